"""`caiding settle`: what it writes and how, corrections, and what it refuses."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from api.present import settlement_folder
from tests.api.command_line import ROOT, Run

RULES = ROOT / "tests" / "replay" / "small_network"
COLUMNS = (
    "ticket_no",
    "created_at",
    "outlet_id",
    "outlet_level1_id",
    "month",
    "parcels",
    "kind",
    "loss",
    "late",
    "idle",
)


def _ticket(number: int, outlet: str, **facts: Any) -> dict[str, Any]:
    common = {"ticket_no": f"T{number}", "outlet_id": outlet, "outlet_level1_id": outlet}
    return {
        **common,
        "created_at": "2015-11-05T10:00",
        "month": "2015-11",
        "parcels": 100,
        "loss": 0,
        **facts,
    }


TICKETS = (
    *(_ticket(n, "A", kind="appeal", late=n == 1) for n in (1, 2)),
    *(_ticket(n, "B/ä=1", kind="appeal") for n in (3, 4, 5)),
    _ticket(6, "C", kind="other", late=True),
    _ticket(7, "C", kind="appeal", month="2015-10"),
)


def _written(path: Path, tickets: Iterable[Mapping[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerows({name: _cell(value) for name, value in ticket.items()} for ticket in tickets)
    return path


def _cell(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    return _written(tmp_path / "tickets.csv", TICKETS)


def _settle(run: Run, tickets: object, *more: object, month: str = "2015-11") -> Any:
    return run("settle", "--rules", RULES, "--month", month, "--tickets", tickets, "--memory", "500MB", *more)


def _digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_summary(run: Run, tickets: Path) -> None:
    """Without a folder the month is summed up, and nothing is written."""
    ran = _settle(run, tickets)
    assert (ran.code, ran.err) == (0, "")
    assert re.search(r"fine +43\.00 CNY", ran.out)
    assert "tickets of other months" in ran.out
    assert sorted(path.name for path in tickets.parent.iterdir()) == ["tickets.csv"]


def test_twice_the_same_bytes(run: Run, tickets: Path, tmp_path: Path) -> None:
    """Every file of a settled month is a function of its tickets and rules."""
    for name in ("once", "again"):
        assert _settle(run, tickets, "--output", tmp_path / name).code == 0
    first = _digests(tmp_path / "once")
    assert first == _digests(tmp_path / "again")
    assert {
        "settlement.json",
        "settlement.xlsx",
        "lines.parquet",
        "open.parquet",
        "index.html",
    } <= first.keys()
    assert len([name for name in first if name.startswith("outlets/")]) == 3


def test_what_programs_read(run: Run, tickets: Path, tmp_path: Path) -> None:
    """The lines have ticket, rule and amount, outlet by outlet; the account has the totals and digests."""
    _settle(run, tickets, "--output", tmp_path / "out")
    lines = pq.read_table(tmp_path / "out" / "lines.parquet").to_pylist()
    assert [(row["outlet"], row["ticket_no"], row["rule"], str(row["amount"])) for row in lines] == [
        ("A", "T1", "fines/s/bands", "5.00"),
        ("A", "T2", "fines/s/bands", "5.00"),
        ("A", "T1", "fines/t/late", "3.00"),
        ("B/ä=1", "T3", "fines/s/bands", "9.00"),
        ("B/ä=1", "T4", "fines/s/bands", "9.00"),
        ("B/ä=1", "T5", "fines/s/bands", "9.00"),
        ("C", "T6", "fines/t/late", "3.00"),
    ]
    assert lines[0]["schemes"] == ["fines/s/bands", "fines/t/late"]
    account = json.loads((tmp_path / "out" / "settlement.json").read_text(encoding="utf-8"))
    assert account["totals"] == {"fine": {"CNY": "43.00"}}
    assert account["inputs"][0]["sha256"] == sha256(tickets.read_bytes()).hexdigest()
    lines_file = tmp_path / "out" / "lines.parquet"
    assert account["files"]["lines.parquet"] == sha256(lines_file.read_bytes()).hexdigest()


def test_what_people_read(run: Run, tickets: Path, tmp_path: Path) -> None:
    """The workbook has the outlets with their counts and totals, each line, and the rules with citations."""
    _settle(run, tickets, "--output", tmp_path / "out")
    book = openpyxl.load_workbook(tmp_path / "out" / "settlement.xlsx")
    assert book.sheetnames == ["Outlets", "Lines", "Open", "Rules"]
    outlets = list(book["Outlets"].iter_rows(values_only=True))
    assert outlets[4][:2] == ("outlet", "tickets")
    assert [row[0] for row in outlets[5:]] == ["A", "B/ä=1", "C", "in all"]
    assert [row[-2] for row in outlets[5:]] == [13, 27, 3, 43]
    line = list(book["Lines"].iter_rows(values_only=True))[1]
    assert line[:5] == ("A", "T1", "bands", "fine", 5)
    assert line[8] == "「月末結算」 deck"


def test_a_correction(run: Run, tickets: Path, tmp_path: Path) -> None:
    """A late ticket adds its own lines and may move the band of others; what was settled stays as it is."""
    _settle(run, tickets, "--output", tmp_path / "settled")
    before = _digests(tmp_path / "settled")
    late = _written(tmp_path / "late.csv", [_ticket(8, "A", kind="appeal"), _ticket(9, "C", kind="praise")])
    ran = _settle(run, tickets, late, "--against", tmp_path / "settled", "--output", tmp_path / "corrected")
    assert (ran.code, ran.err) == (0, "")
    assert "+17.00 CNY" in ran.out
    rows = pq.read_table(tmp_path / "corrected" / "changes.parquet").to_pylist()
    assert [(row["outlet"], row["ticket_no"], row["change"], str(row["delta"])) for row in rows] == [
        ("A", "T8", "added", "9.00"),
        ("A", "T1", "changed", "4.00"),
        ("A", "T2", "changed", "4.00"),
    ]
    assert _digests(tmp_path / "settled") == before
    account = json.loads((tmp_path / "corrected" / "settlement.json").read_text(encoding="utf-8"))
    assert account["correction_of"]["sha256"] == before["settlement.json"]


def test_a_line_that_goes(run: Run, tickets: Path, tmp_path: Path) -> None:
    """What is no longer owed is taken away, also from an outlet that has nothing else."""
    _settle(run, tickets, "--output", tmp_path / "settled")
    fewer = _written(tmp_path / "fewer.csv", [t for t in TICKETS if t["outlet_id"] != "C"])
    _settle(run, fewer, "--against", tmp_path / "settled", "--output", tmp_path / "corrected")
    rows = pq.read_table(tmp_path / "corrected" / "changes.parquet").to_pylist()
    assert [(r["outlet"], r["ticket_no"], r["change"], str(r["delta"])) for r in rows] == [
        ("C", "T6", "taken_away", "-3.00")
    ]


def test_nothing_half_written(
    run: Run, tickets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that breaks off leaves no folder of that name, and none of its own."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(settlement_folder, "write_index", full)
    ran = _settle(run, tickets, "--output", tmp_path / "out")
    assert (ran.code, "error[D029]: the disk is full" in ran.err) == (1, True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tickets.csv"]


def test_never_written_over(run: Run, tickets: Path, tmp_path: Path) -> None:
    """A settled month stands: another one needs another folder."""
    _settle(run, tickets, "--output", tmp_path / "out")
    before = _digests(tmp_path / "out")
    ran = _settle(run, tickets, "--output", tmp_path / "out")
    assert (ran.code, "error[Q114]" in ran.err) == (1, True)
    assert _digests(tmp_path / "out") == before


def test_volumes(run: Run, tickets: Path, tmp_path: Path) -> None:
    """The volumes of a file decide the rate."""
    volumes = tmp_path / "volumes.csv"
    volumes.write_text("outlet_level1_id,month,parcels\nA,2015-11,10\nA,2015-10,5\nB/ä=1,2015-11,1000\n")
    ran = _settle(run, tickets, "--volumes", volumes, "--format", "json")
    assert json.loads(ran.out)["totals"] == {"fine": {"CNY": "39.00"}}


@pytest.mark.parametrize(
    ("content", "code", "place"),
    [
        ("outlet_level1_id,month,parcels\nA,2015-11,10\nA,2015-11,11\n", "Q110", "volumes.csv:3"),
        ("outlet_level1_id,month,parcels\n,2015-11,10\n", "Q111", "volumes.csv:2 /outlet_level1_id"),
        ("outlet_level1_id,month,parcles\nA,2015-11,10\n", "D050", "volumes.csv"),
        ("outlet_level1_id,month,parcels\nA,2015-11,0\n", "F010", "volumes.csv:2 /parcels"),
    ],
)
def test_volumes_that_are_wrong(
    run: Run, tickets: Path, tmp_path: Path, content: str, code: str, place: str
) -> None:
    """Nothing is settled by volumes that cannot be right."""
    volumes = tmp_path / "volumes.csv"
    volumes.write_text(content)
    ran = _settle(run, tickets, "--volumes", volumes, "--output", tmp_path / "out")
    assert (ran.code, ran.out) == (2, "")
    assert f"error[{code}]" in ran.err
    assert f"{tmp_path}/{place}" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--payer", "responsible_outlet"), "Q119"),
        (("--payer", "responsible_outlets=outlet_id"), "Q120"),
        (("--payer", "responsible_outlet=outlet"), "Q121"),
        (("--dated-by", "create_at"), "Q122"),
        (("--against", "nowhere"), "Q115"),
        (("--month", "2015-13"), "Q112"),
    ],
)
def test_words_that_are_wrong(run: Run, tickets: Path, words: tuple[str, ...], code: str) -> None:
    """What cannot be meant is said before anything is read."""
    ran = _settle(run, tickets, *words)
    assert (ran.code, f"error[{code}]" in ran.err) == (1, True)


def test_against_another_month(run: Run, tickets: Path, tmp_path: Path) -> None:
    """A correction is of the same month, and of lines as they were written."""
    _settle(run, tickets, "--output", tmp_path / "settled")
    assert "error[Q116]" in _settle(run, tickets, "--against", tmp_path / "settled", month="2015-10").err
    lines = tmp_path / "settled" / "lines.parquet"
    lines.write_bytes(lines.read_bytes() + b"x")
    assert "error[Q118]" in _settle(run, tickets, "--against", tmp_path / "settled").err


def test_a_month_without_tickets(run: Run, tickets: Path) -> None:
    """It is said, and the exit code tells it."""
    ran = _settle(run, tickets, month="2015-01")
    assert (ran.code, "error[Q108]" in ran.err) == (2, True)


def test_bad_tickets(run: Run, tickets: Path, tmp_path: Path) -> None:
    """They are named with their file and line, counted, and the rest is settled."""
    bad = _written(tmp_path / "bad.csv", [_ticket(10, "A", kind="apeal")])
    ran = _settle(run, tickets, bad)
    assert (ran.code, "43.00 CNY" in ran.out) == (2, True)
    assert f"{bad}:2 /kind" in ran.err


def test_a_ticket_that_stands_twice(run: Run, tickets: Path, tmp_path: Path) -> None:
    """Two tickets with one number are both settled, and named; a file named twice is read once."""
    again = _written(tmp_path / "again.csv", [TICKETS[5]])
    ran = _settle(run, tickets, again)
    assert (ran.code, "[Q082]" in ran.err, "T6" in ran.err) == (0, True, True)
    folder = tmp_path / "settled"
    twice = _settle(run, tickets, tickets, tickets.parent / "tick*.csv", "--output", folder)
    assert (twice.code, twice.err) == (0, "")
    assert len(json.loads((folder / "settlement.json").read_text())["inputs"]) == 1
