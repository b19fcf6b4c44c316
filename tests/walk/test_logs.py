"""Logs of events: each ticket is its events in their order, whatever the order of the rows."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.tickets.event_log import EventLog, log_tickets, read_log, steps_of
from api.tickets.log_mapping import LogMapping
from api.tickets.mapping import ImportMapping
from api.tickets.mapping_reader import read_mapping
from api.tickets.sources import Reading, rows_of, tickets_of
from engine.base.findings import codes
from engine.evaluate.facts import facts_from
from tests.walk.desk import HERE, plan
from tests.walk.test_case_files import data, named

Event = tuple[str, str, str]
HEADER = "no,when,what\n"


def mapping(text: str | None = None) -> ImportMapping:
    content = (HERE / "logs" / "mapping.yaml").read_bytes() if text is None else text.encode()
    found, findings = read_mapping("m.yaml", content, plan())
    assert found is not None, [finding.message("en") for finding in findings]
    return found


def of_logs(one: ImportMapping) -> LogMapping:
    assert one.log is not None
    return one.log


def log(events: Iterable[Event], one: ImportMapping | None = None, only: str | None = None) -> EventLog:
    text = HEADER + "".join(f"{','.join(event)}\n" for event in events)
    one = one or mapping()
    rows = rows_of(io.BytesIO(text.encode()), "log.csv", "csv", one)
    return read_log(rows, of_logs(one), plan(), only)


def tickets(found: EventLog) -> dict[str, Any]:
    """The facts of each ticket, and of bad ones the codes of what is wrong."""
    told: dict[str, Any] = {}
    for ticket in log_tickets(found, {"value": 80}):
        name = str(ticket.facts.get("ticket_no", f"line {ticket.line}"))
        told[name] = dict(ticket.facts) if not ticket.findings else [f.code for f in ticket.findings]
    return told


def clock(at: Any) -> str:
    return f"{at:%d %H:%M:%S.%f}".rstrip("0").rstrip(".")


DAY: Sequence[Event] = (
    ("T1", "2015-06-10T10:00", "opened"),
    ("T2", "2015-06-10 09:00:00.250+08:00", "opened"),
    ("T1", "2015-06-10T10:05", "wait"),
    ("T1", "2015-06-10T10:10", "looked at"),
    ("T1", "2015-06-10T10:20", "answered"),
    ("T1", "2015-06-10T10:30", "reopened"),
    ("T1", "2015-06-10T10:40", "answered"),
    ("T1", "2015-06-12T10:40", "settled"),
    ("T1", "2015-06-13T10:40", "settled"),
    ("T1", "2015-06-13T11:00", "wait"),
)


@pytest.mark.parametrize("mistake", data("log_mistakes.yaml"), ids=named)
def test_a_mistake_in_the_mapping_of_a_log_has_its_place(mistake: dict[str, Any]) -> None:
    found, findings = read_mapping("m.yaml", f"{{mapping: m, {mistake['mapping'][1:]}".encode(), plan())
    assert found is None
    said = [
        [f.code, f.span.text if f.span else None, *([f.suggestion] if f.suggestion else [])] for f in findings
    ]
    assert said == mistake["says"]


def test_every_activity_sets_what_its_mapping_says() -> None:
    facts = tickets(log(DAY))
    first, second = facts["T1"], facts["T2"]
    assert (first["kind"], first["excused"], first["value"]) == ("loss", False, 80)
    assert (clock(first["opened_at"]), clock(first["answered_at"])) == ("10 10:00:00", "10 10:40:00")
    assert (str(first["opened_on"]), str(first["settled_on"])) == ("2015-06-10", "2015-06-12")
    assert [[clock(w["began"]), clock(w["ended"]) if "ended" in w else None] for w in first["waits"]] == [
        ["10 10:05:00", "10 10:10:00"],
        ["13 11:00:00", None],
    ]
    assert clock(second["opened_at"]) == "10 09:00:00.25"
    assert "answered_at" not in second


def test_a_ticket_is_taken_out_of_a_log_as_a_case() -> None:
    found = log(DAY, only="T1")
    steps, findings = steps_of(found, "T1", {"value": 80})
    assert (findings, found.rows, list(found.lines)) == ([], 9, ["T1"])
    assert [step.title.zh for step in steps if step.title][:3] == ["开单", "等待", "looked at"]
    assert steps[-1].facts == tickets(log(DAY))["T1"]


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_is_of_no_account(random: Random) -> None:
    """Also of rows of one instant, whose events go by the order of the activities in the mapping."""
    start = datetime(2015, 6, 10, 10)
    names = [*of_logs(mapping()).activities]
    events = [
        (
            random.choice(("T1", "T2")),
            (start + timedelta(minutes=random.randint(0, 3))).isoformat(),
            random.choice(names),
        )
        for _ in range(random.randint(1, 8))
    ]
    shuffled = random.sample(events, len(events))
    assert tickets(log(shuffled)) == tickets(log(events))


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_last_step_of_a_case_is_the_ticket_that_decide_reads(random: Random) -> None:
    start = datetime(2015, 6, 10, 10)
    names = [*of_logs(mapping()).activities]
    moments = [start + timedelta(minutes=random.randint(0, 90)) for _ in range(random.randint(1, 8))]
    found = log([("T1", at.isoformat(), random.choice(names)) for at in moments])
    steps, _ = steps_of(found, "T1", {"value": 80})
    assert steps[-1].facts == tickets(found)["T1"]


def test_a_bad_row_spoils_its_ticket_and_no_other() -> None:
    rows = [
        ("T1", "2015-06-10T10:00", "opened"),
        ("T1", "2015-06-10T10:00", "opnd"),
        ("T2", "2015-06-31T10:00", "opened"),
        ("T3", "1815-06-10T10:00", "opened"),
        ("", "2015-06-10T10:00", "opened"),
        ("T4", "2015-06-10T10:00", "opened"),
    ]
    told = tickets(log(rows))
    assert {name: codes for name, codes in told.items() if isinstance(codes, list)} == {
        "line 3": ["W028"],
        "line 4": ["F008"],
        "line 5": ["F009"],
        "line 6": ["W027"],
    }
    assert [name for name, facts in told.items() if isinstance(facts, dict)] == ["T4"]


def test_an_activity_that_is_not_named_may_pass_and_is_still_an_event() -> None:
    text = (
        "mapping: m\nlog: {ticket: no, at: when, activity: what, every: {first: opened_at}, others: pass}\n"
    )
    found = log([("T1", "2015-06-10T10:00", "b"), ("T1", "2015-06-10T10:00", "a")], mapping(text))
    steps, _ = steps_of(found, "T1", {})
    assert [step.title.en for step in steps if step.title] == ["a", "b"]
    assert clock(steps[0].facts["opened_at"]) == "10 10:00:00"


def test_instants_may_be_written_in_another_form() -> None:
    at = '{column: when, format: "%d.%m.%Y %H.%M"}'
    rest = "activity: what, fact: ticket_no, every: {last: opened_at}, others: pass"
    text = f"mapping: m\nlog: {{ticket: no, at: {at}, {rest}}}\n"
    found = log([("T1", "10.06.2015 10.00", "a")], mapping(text))
    assert clock(tickets(found)["T1"]["opened_at"]) == "10 10:00:00"
    assert log([("T1", "2015-06-10T10:00", "a")], mapping(text)).bad["T1"][0][1].code == "D077"


def test_a_log_is_read_as_tickets_from_every_form_with_columns() -> None:
    """NDJSON has the cells by name; what the log tells is a ticket as any other is."""
    lines = "".join(f'{{"no": "{no}", "when": "{when}", "what": "{what}"}}\n' for no, when, what in DAY)
    reading = Reading(plan(), mapping())
    from_lines = list(tickets_of(io.BytesIO(lines.encode()), "log.ndjson", "ndjson", reading))
    text = HEADER + "".join(f"{','.join(event)}\n" for event in DAY)
    from_rows = list(tickets_of(io.BytesIO(text.encode()), "log.csv", "csv", reading))
    assert [ticket.facts for ticket in from_lines] == [ticket.facts for ticket in from_rows]
    assert [ticket.line for ticket in from_rows] == [2, 3]
    for ticket in from_rows:
        assert facts_from(ticket.facts, plan(), "") == (ticket.facts, [])


def test_every_message_about_a_log_is_told_somewhere() -> None:
    of_mappings = {code for code in codes() if "W020" <= code <= "W026"} - {"W022"}
    told = {code for mistake in data("log_mistakes.yaml") for code, *_ in mistake["says"]}
    assert of_mappings <= told


def test_a_number_that_is_none_makes_no_ticket() -> None:
    rows = '{"no":{"a":1},"when":"2015-06-10T10:00","what":"opened"}\n'
    rows += '{"no":true,"when":["x"],"what":"opened"}\n'
    found = read_log(
        rows_of(io.BytesIO(rows.encode()), "log.jsonl", "ndjson", mapping()), of_logs(mapping()), plan()
    )
    trouble = [finding for ticket in log_tickets(found, {}) for finding in ticket.findings]
    assert [finding.code for finding in trouble] == ["W027", "W027", "F008"]
    assert trouble[-1].values["written"] == '["x"]'
