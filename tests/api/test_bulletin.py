"""`caiding bulletin`: what stands in a week's bulletin, whose it is, and what the command refuses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pytest

from engine.replay.settle.payers import LEVEL_1, OWN, PARTIES, ROLE, Payers, outlet_named
from tests.api.command_line import Run

HANDLING = "penalties/registration/handling-time"
WEEK = "2015-W47"
"""16 to 22 November 2015."""


def _ticket(number: str, **facts: Any) -> dict[str, Any]:
    return {"ticket_no": number, "rulebook_owner": "zto", "outlet_id": "A", **facts}


def _bulletin(run: Run, folder: Path, tickets: list[dict[str, Any]], *more: object) -> Any:
    path = folder / "tickets.ndjson"
    path.write_text("\n".join(map(json.dumps, tickets)), encoding="utf-8")
    ran = run("bulletin", "--week", WEEK, "--tickets", path, *more)
    assert ran.code == 0, ran.err
    return ran.out


def _lines(run: Run, folder: Path, *tickets: dict[str, Any]) -> dict[str, tuple[bool, bool, str | None]]:
    """Of each ticket listed: whether it is open, whether that is from an earlier week, when it was done."""
    told = json.loads(_bulletin(run, folder, list(tickets), "--format", "json", "--rule", HANDLING))
    lines = [line for outlet in told["outlets"] for line in outlet["lines"]]
    return {line["ticket"]: (line["open"], line["earlier"], line["stopped"]) for line in lines}


CLOCKS: Mapping[str, tuple[str, str | None, object]] = {
    "ran out and is open": ("2015-11-18T18:00", None, (True, False, None)),
    "ran out, done in the week": (
        "2015-11-18T18:00",
        "2015-11-19T09:00",
        (False, False, "2015-11-19T09:00:00+08:00"),
    ),
    "ran out, done when the week was over": ("2015-11-18T18:00", "2015-11-23T00:00", (True, False, None)),
    "done at the due moment": ("2015-11-18T18:00", "2015-11-18T18:00", None),
    "ran out before, still open": ("2015-11-15T18:00", None, (True, True, None)),
    "ran out before, done after": ("2015-11-15T18:00", "2015-11-23T08:00", (True, True, None)),
    "ran out before, done in the week": ("2015-11-15T18:00", "2015-11-17T08:00", None),
    "not yet due": ("2015-11-23T09:00", None, None),
    "ran out after": ("2015-11-23T09:00", "2015-11-24T09:00", None),
    "the first instant": ("2015-11-16T00:00", None, (True, False, None)),
    "the last second": ("2015-11-22T23:59:59", None, (True, False, None)),
    "midnight of Sunday, in time until Monday": ("2015-11-22T24:00", None, None),
}
"""When it is due, when it was done, and how the bulletin lists it."""


def test_a_clock_stands_in_the_bulletin_of_the_week_in_which_it_ran_out_and_of_later_ones_while_it_is_open(
    run: Run, tmp_path: Path
) -> None:
    tickets = [
        _ticket(name, hq_deadline_at=due, **({"completed_at": done} if done else {}))
        for name, (due, done, _) in CLOCKS.items()
    ]
    expected = {name: listed for name, (_, _, listed) in CLOCKS.items() if listed is not None}
    assert _lines(run, tmp_path, *tickets) == expected


def test_all_tickets_are_judged_as_of_the_end_of_the_week_whatever_instant_they_carry(
    run: Run, tmp_path: Path
) -> None:
    early = {"facts": _ticket("T1", hq_deadline_at="2015-11-18T18:00"), "as_of": "2015-11-17T00:00"}
    late = {"facts": _ticket("T2", hq_deadline_at="2015-11-25T18:00"), "as_of": "2015-12-01T00:00"}
    assert list(_lines(run, tmp_path, early, late)) == ["T1"]


def test_a_limit_of_days_that_ends_with_sunday_ran_out_in_that_week(run: Run, tmp_path: Path) -> None:
    """Nothing happens on the night to Monday that could still keep it."""
    ticket = _ticket("T1", delivered_at="2015-10-22", is_cod=True, delivered=True)
    told = json.loads(_bulletin(run, tmp_path, [ticket], "--format", "json"))
    (line,) = [line for outlet in told["outlets"] for line in outlet["lines"]]
    assert line["due"] == "2015-11-22T24:00+08:00"
    assert line["overdue_seconds"] == 0
    assert line["open"]


def test_lines_stand_under_the_outlet_that_the_rule_holds_responsible(run: Run, tmp_path: Path) -> None:
    tickets = [
        _ticket("T1", hq_deadline_at="2015-11-18T18:00"),
        _ticket("T2", hq_deadline_at="2015-11-17T18:00", outlet_id="B", outlet_level1_id="B0"),
        _ticket("T3", hq_deadline_at="2015-11-16T18:00"),
        _ticket("T4", hq_deadline_at="2015-11-19T18:00", outlet_role="hub"),
    ]
    for chosen, expected in (
        ((), [("A", ["T3", "T1"]), ("B", ["T2"]), (None, ["T4"])]),
        (("--payer", "responsible_outlet=outlet_level1_id"), [(None, ["T3", "T1", "T4"]), ("B0", ["T2"])]),
    ):
        told = json.loads(_bulletin(run, tmp_path, tickets, "--format", "json", "--rule", HANDLING, *chosen))
        groups = [(o["outlet"], [line["ticket"] for line in o["lines"]]) for o in told["outlets"]]
        assert groups == expected
        assert {outlet["party"] for outlet in told["outlets"]} == {"responsible_outlet"}
        assert (told["from"], told["to"], told["tickets"], told["overdue"], told["open"]) == (
            "2015-11-16",
            "2015-11-22",
            4,
            4,
            4,
        )


def test_the_bulletin_is_text_in_two_languages_and_markdown_that_does_nothing(
    run: Run, tmp_path: Path
) -> None:
    tickets = [
        _ticket("T1|@all", hq_deadline_at="2015-11-18T18:00", completed_at="2015-11-19T19:05"),
        _ticket("T2", hq_deadline_at="2015-11-10T18:00"),
    ]
    path = tmp_path / "tickets.ndjson"
    text = " ".join(_bulletin(run, tmp_path, tickets, "--rule", HANDLING).split())
    assert "bulletin of 2015-W47 (2015-11-16 to 2015-11-22)" in text
    assert "2 tickets judged: 2 overdue, 1 of them still open at the week's end" in text
    assert "A: 2 overdue, 1 open" in text
    assert "1 d 1 h done at" in text
    chinese = run(
        "--lang", "zh", "bulletin", "--week", WEEK, "--rule", HANDLING, "--format", "markdown", path
    )
    assert chinese.out.splitlines()[-2:] == [
        "| T2 | 规定时间内处理完毕 | 2015-11-10 18:00 | 12 天 6 小时 | 未了结（以前各周超时） |",
        (
            "| T1\\|@\N{ZERO WIDTH SPACE}all | 规定时间内处理完毕 | 2015-11-18 18:00 "
            "| 1 天 1 小时 | 已于 2015-11-19 19:05 了结 |"
        ),
    ]


def test_a_ticket_that_cannot_be_judged_is_told_and_the_others_stand_in_the_bulletin(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "tickets.ndjson"
    good, bad = _ticket("T1", hq_deadline_at="2015-11-18T18:00"), _ticket("T2", hq_deadline_at="soon")
    path.write_text(f"{json.dumps(good)}\n{json.dumps(bad)}\n", encoding="utf-8")
    ran = run("bulletin", "--week", WEEK, "--tickets", tmp_path / "*.ndjson", "--format", "json")
    assert ran.code == 2
    assert (json.loads(ran.out)["tickets"], json.loads(ran.out)["bad"]) == (1, 1)
    assert "soon" in ran.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--week", "2015-W54", "x.csv"], "`2015-W54` is not a week"),
        (["--week", "2015-47", "x.csv"], "`2015-47` is not a week"),
        (["--week", "9999-W52", "x.csv"], "`9999-W52` is not a week"),
        (["--week", WEEK], "--tickets"),
        (["x.csv"], "--week"),
        (["--week", WEEK, "no-such-file.csv"], "no-such-file.csv"),
        (
            ["--week", WEEK, "--rule", f"{HANDLING}s", "examples/tickets/dispatch_delay.json"],
            f"mean `{HANDLING}`",
        ),
        (["--week", WEEK, "--payer", "outlet", "examples/tickets/dispatch_delay.json"], "outlet"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(arguments: list[str], told: str, run: Run) -> None:
    ran = run("bulletin", *arguments)
    assert ran.code == 1
    assert told in ran.err
    assert "Traceback" not in ran.err
    assert ran.out == ""


def test_one_ticket_names_the_outlet_that_the_settlement_names() -> None:
    """Whatever a ticket says of its outlets, and whichever fact names a party."""
    columns = (OWN, LEVEL_1, ROLE, *PARTIES.values())
    columns = tuple(dict.fromkeys(columns))
    values: dict[str, tuple[str | None, ...]] = {name: (None, name.upper()) for name in columns}
    values[ROLE] = (None, "responsible_outlet", "receiving_outlet", "hub")
    rows = [dict(zip(columns, row, strict=True)) for row in product(*(values[name] for name in columns))]
    database = duckdb.connect()
    parties = (None, "responsible_outlet", "receiving_outlet", "first_level_outlet", "hub", "hotline")
    for chosen in ({}, {"hub": LEVEL_1}):
        payers = Payers(columns, chosen)
        asked = [payers.own_outlet() if party is None else payers.outlet_of(party) for party in parties]
        select = ", ".join(f"({sql.sql(dialect='duckdb')})" for sql in asked)
        for row in rows:
            given = ", ".join(f"{'NULL' if v is None else repr(v)}::VARCHAR AS {n}" for n, v in row.items())
            query = f"SELECT {select} FROM (SELECT {given})"  # noqa: S608 - of this test's own words
            by_query = database.execute(query).fetchone()
            facts = {name: value for name, value in row.items() if value is not None}
            assert by_query == tuple(outlet_named(facts, party, chosen) for party in parties)
