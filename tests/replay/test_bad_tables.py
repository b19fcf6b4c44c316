"""What is wrong with files of tickets is said by file and row, and the rest is judged."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from api.tickets.conversion import TicketStream
from api.tickets.refusal import TicketsRefused
from api.tickets.stored import StoredTicket
from api.tickets.stored_parquet import write_stored_parquet
from api.tickets.tables import MOST_NAMES, TableOptions, at_odds, read_tickets
from api.tickets.ticket import Ticket
from engine.base.findings import Finding
from engine.library import load
from engine.replay.engines.duck import Duck
from engine.replay.engines.engine import DamagedFile, EngineFailure
from engine.replay.sql.numbers import Digits
from engine.replay.tickets.table import TicketTable, facts_under
from tests.replay.stored_tickets import AS_OF, by_table, plan_of, written

PLAN = plan_of()
OPTIONS = TableOptions(AS_OF)


@pytest.fixture(scope="module")
def engine() -> Iterator[Duck]:
    with Duck(memory="500MB", threads=2) as engine:
        yield engine


def read(engine: Duck, *names: Any, **options: Any) -> TicketTable:
    return read_tickets(engine, names, [PLAN], replace(OPTIONS, **options))


def refused(engine: Duck, *names: Any, **options: Any) -> list[tuple[str, str]]:
    """Files and codes."""
    with pytest.raises(TicketsRefused) as caught:
        read(engine, *names, **options)
    return [(Path(file).name, finding.code) for file, finding in caught.value.troubles]


def finding_of(engine: Duck, name: str) -> Finding:
    with pytest.raises(TicketsRefused) as caught:
        read(engine, name)
    (finding,) = caught.value.findings
    return finding


def test_a_truncated_file_is_none(engine: Duck, tmp_path: Path) -> None:
    whole = Path(written(tmp_path / "whole.parquet", {"number": list(range(1000))}))
    (tmp_path / "half.parquet").write_bytes(whole.read_bytes()[:2000])
    assert refused(engine, str(tmp_path / "half.parquet"), str(whole)) == [("half.parquet", "D060")]


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.ndjson", "a.json"])
def test_an_empty_file_is_named(engine: Duck, tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert refused(engine, str(tmp_path / name)) == [(name, "Q030")]


def test_a_file_without_tickets_is_worth_a_word(engine: Duck, tmp_path: Path) -> None:
    name = written(tmp_path / "none.parquet", {"number": pa.array([], pa.int64())})
    table = read(engine, name)
    assert (table.rows, table.bad.count) == (0, 0)
    assert by_table(engine, table) == {}
    assert "Q031" in [note.code for note in table.notes]


def test_a_missing_file_is_the_systems_to_name(engine: Duck, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(engine, str(tmp_path / "none.parquet"))


def test_a_pattern_is_every_file_that_it_matches(engine: Duck, tmp_path: Path) -> None:
    for month in (1, 2, 3):
        written(tmp_path / f"2015-0{month}.parquet", {"number": [month]})
    table = read(engine, str(tmp_path / "2015-0[12].parquet"), str(tmp_path / "*-02.parquet"))
    assert table.rows == 2
    assert refused(engine, str(tmp_path / "2016-*")) == [("2016-*", "Q036")]


def test_a_file_is_read_once_by_whatever_path_it_is_named(
    engine: Duck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its tickets would be counted, and fined, twice."""
    written(tmp_path / "one.parquet", {"number": [1]})
    (tmp_path / "link.parquet").symlink_to("one.parquet")
    monkeypatch.chdir(tmp_path)
    assert read(engine, "one.parquet", str(tmp_path / "one.parquet"), "./*.parquet").rows == 1


def test_a_name_with_the_marks_of_a_pattern_is_a_name(engine: Duck, tmp_path: Path) -> None:
    written(tmp_path / "a1.parquet", {"number": [1]})
    name = written(tmp_path / "a[1]?*.parquet", {"number": [2, 3]})
    table = read(engine, name)
    assert table.rows == 2
    assert table.raw(engine, [(name, 2)])[name, 2].facts == {"number": 3}


def test_an_unknown_column_is_named_with_what_was_meant(engine: Duck, tmp_path: Path) -> None:
    name = written(tmp_path / "a.parquet", {"nunber": [1], "paid": [True]})
    finding = finding_of(engine, name)
    assert (finding.code, finding.values["column"], finding.suggestion) == ("D050", "nunber", "number")


WRONG: dict[str, Any] = {
    "paid": [1, 0],
    "number": ["1", "2"],
    "fine": [True, False],
    "kind": [1, 2],
    "note": [date(2015, 1, 1), None],
    "day": [1, 2],
    "month": [date(2015, 1, 1), None],
    "at": [date(2015, 1, 1), None],
    "scans": ["[]", None],
}


@pytest.mark.parametrize("fact", WRONG)
def test_a_column_of_another_type_is_named_with_both(engine: Duck, tmp_path: Path, fact: str) -> None:
    finding = finding_of(engine, written(tmp_path / "a.parquet", {fact: WRONG[fact]}))
    assert finding.code == "Q032"
    assert finding.values["column"] == fact
    assert finding.values["type"] == str(PLAN.facts[fact].type)


def test_floating_point_numbers_are_not_exact(engine: Duck, tmp_path: Path) -> None:
    assert refused(engine, written(tmp_path / "a.parquet", {"fine": [1.5]})) == [("a.parquet", "D061")]


@pytest.mark.parametrize("fact", sorted(WRONG))
def test_a_column_that_is_empty_is_of_every_type(engine: Duck, tmp_path: Path, fact: str) -> None:
    for type_ in (pa.null(), pa.int32(), pa.string()):
        columns = {fact: pa.array([None, None], type_), "ticket_no": ["a", "b"]}
        table = read(engine, written(tmp_path / "a.parquet", columns))
        assert (table.rows, set(table.facts)) == (2, {"ticket_no"})


def test_values_outside_the_catalogue_are_counted_and_the_first_ten_shown(
    engine: Duck, tmp_path: Path
) -> None:
    kinds = ["lost" if row % 4 == 3 else "loss" for row in range(100)]
    name = written(tmp_path / "a.parquet", {"kind": kinds, "ticket_no": [str(row) for row in range(100)]})
    table = read(engine, name)
    assert (table.rows, table.bad.count) == (75, 25)
    assert [(bad.file, bad.row) for bad in table.bad.first] == [(name, row) for row in range(4, 44, 4)]
    (finding,) = table.bad.first[0].findings
    assert (finding.code, finding.pointer, finding.values["written"]) == ("F006", "/kind", "lost")
    assert finding.suggestion == "loss"
    assert len(by_table(engine, table)) == 75


def test_bad_tickets_of_every_form_are_counted_together(engine: Duck, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ticket_no,number\nT1,5\nT2,x\nT3,1001\n", encoding="utf-8")
    (tmp_path / "b.ndjson").write_text('{"number": 5}\n{"number": }\n{"nr": 1}\n', encoding="utf-8")
    name = written(tmp_path / "c.parquet", {"number": [1, 2000]})
    table = read(engine, name, str(tmp_path / "b.ndjson"), str(tmp_path / "a.csv"))
    assert (table.rows, table.bad.count) == (3, 5)
    places = sorted((Path(bad.file).name, bad.row) for bad in table.bad.first)
    assert places == [("a.csv", 3), ("a.csv", 4), ("b.ndjson", 2), ("b.ndjson", 3), ("c.parquet", 2)]


def test_two_tickets_with_one_number_are_counted_and_judged_all_the_same(
    engine: Duck, tmp_path: Path
) -> None:
    first = written(tmp_path / "a.parquet", {"ticket_no": ["T1", "T2", "T3", None, "T4", None]})
    second = written(tmp_path / "b.parquet", {"ticket_no": ["T2", "T4", "T4", "T5"]})
    table = read(engine, first, second)
    repeated = table.repeated(engine)
    assert (repeated.count, repeated.numbers) == (3, ("T2", "T4"))
    assert table.rows == 10
    assert read(engine, second).repeated(engine).count == 1
    assert read(engine, first).repeated(engine).count == 0


def test_files_that_differ_in_columns_are_read_together_and_told(engine: Duck, tmp_path: Path) -> None:
    first = written(tmp_path / "a.parquet", {"ticket_no": ["T1"], "number": pa.array([1], pa.int8())})
    second = written(tmp_path / "b.parquet", {"number": pa.array([2], pa.int64()), "paid": [True]})
    table = read(engine, first, second)
    assert table.rows == 2
    notes = [dict(note.values) for note in table.notes if note.code == "Q035"]
    assert notes == [{"file": first, "columns": "paid"}, {"file": second, "columns": "ticket_no"}]


def test_facts_that_rules_read_and_no_file_has_are_told(engine: Duck, tmp_path: Path) -> None:
    table = read(engine, written(tmp_path / "a.parquet", {"number": [1]}))
    assert [dict(note.values) for note in table.notes] == [{"count": "1", "facts": "paid (1)"}]


def test_facts_that_most_rules_read_are_told_first(engine: Duck, tmp_path: Path) -> None:
    """Else the one without which nearly nothing applies hides among a hundred names."""
    plan = load(Path(__file__).parents[2] / "rules").plan
    assert plan is not None
    name = written(tmp_path / "a.parquet", {"first_call_type": ["loss"]})
    table = read_tickets(engine, [name], [plan, plan], OPTIONS)
    (told,) = [note.values["facts"] for note in table.notes if note.code == "Q034"]
    shown = re.findall(r"(\w+) \((\d+)\)", told)
    assert shown[0][0] == "rulebook_owner"
    assert len(shown) == MOST_NAMES
    assert shown == sorted(shown, key=lambda one: (-int(one[1]), one[0]))
    assert int(shown[0][1]) <= len(plan.items) + len(plan.definitions)


def test_a_ticket_is_read_again_as_it_was(engine: Duck, tmp_path: Path) -> None:
    struct = pa.struct([("place", pa.string()), ("at", pa.timestamp("ms", tz="UTC"))])
    scans = pa.array([[{"place": "Wuhan", "at": 0}], None], pa.list_(struct))
    name = written(tmp_path / "a.parquet", {"scans": scans, "fine": [Decimal("1.50"), None]})
    (tmp_path / "b.csv").write_text("fine,at\n2.5,2015-06-20T24:00\n", encoding="utf-8")
    table = read(engine, name, str(tmp_path / "b.csv"))
    found = table.raw(engine, [(name, 1), (str(tmp_path / "b.csv"), 2)])
    facts = [facts_under(ticket, PLAN) for ticket in found.values()]
    assert [one["fine"] for one in facts] == [Decimal("1.50"), Decimal("2.5")]
    assert facts[0]["scans"][0]["at"].isoformat() == "1970-01-01T08:00:00+08:00"  # type: ignore[index,union-attr]
    assert facts[1]["at"].isoformat() == "2015-06-21T00:00:00+08:00"  # type: ignore[union-attr]


def test_tickets_may_come_from_no_file_at_all(engine: Duck) -> None:
    tickets = [
        Ticket(1, {"number": 5}),
        Ticket(2, {"number": -5}),
        Ticket(3, {"number": 6}, "2015-01-01T00:00"),
    ]
    table = read(engine, TicketStream("the log", tickets))
    assert (table.rows, table.bad.first[0].file, table.bad.first[0].row) == (2, "the log", 2)
    assert {row["number"] for row in by_table(engine, table).values()} == {5, 6}


def test_numbers_are_known_to_lie_where_the_files_say(engine: Duck, tmp_path: Path) -> None:
    fines = [Decimal("1.50"), Decimal("300.00"), None]
    columns = {"number": [5, 7, None], "fine": pa.array(fines, pa.decimal128(20, 2)), "paid": [True] * 3}
    told = written(tmp_path / "a.parquet", columns)
    silent = written(tmp_path / "b.parquet", columns, write_statistics=False)
    wide = written(tmp_path / "c.parquet", {"number": [1000]})
    known = {"number": Digits(5, 7), "fine": Digits(150, 30_000, 2), "paid": None}
    assert read(engine, told).facts == known
    assert read(engine, silent).facts == known
    assert read(engine, told, wide).facts == {**known, "number": Digits(5, 1000)}
    assert "DECIMAL(18, 2)" in read(engine, told).source.sql("duckdb")


NEWER = plan_of(
    number={"type": "integer", "minimum": 5},
    kind={"type": "enum", "values": ["loss", "theft"]},
    rate={"type": "decimal", "scale": 6},
    note=None,
    colour="text",
)


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_a_ticket_must_be_good_for_both_editions(engine: Duck, tmp_path: Path, form: str) -> None:
    kinds, numbers = ["loss", "theft", "delay", "loss"], [5, 5, 5, 4]
    if form == "csv":
        rows = [f"{kind},{number},x,red" for kind, number in zip(kinds, numbers, strict=True)]
        (tmp_path / "a.csv").write_text("\n".join(["kind,number,note,colour", *rows]), encoding="utf-8")
        name = str(tmp_path / "a.csv")
    else:
        columns = {"kind": kinds, "number": numbers, "note": ["x"] * 4, "colour": ["red"] * 4}
        name = written(tmp_path / "a.parquet", columns)
    table = read_tickets(engine, [name], [PLAN, NEWER], OPTIONS)
    assert (table.rows, table.bad.count) == (1, 3)
    (row,) = by_table(engine, table).values()
    assert row == {**row, "kind": "loss", "number": 5, "note": "x", "colour": "red"}
    place = (name, 1 if form == "parquet" else 2)
    ticket = table.raw(engine, [place])[place]
    assert dict(facts_under(ticket, PLAN)) == {"kind": "loss", "number": 5, "note": "x"}
    assert dict(facts_under(ticket, NEWER)) == {"kind": "loss", "number": 5, "colour": "red"}


def test_a_fact_of_two_kinds_is_refused(engine: Duck, tmp_path: Path) -> None:
    other = plan_of(number="text")
    assert [f.values for f in at_odds([PLAN, other])] == [
        {"fact": "number", "left": "integer", "right": "text"}
    ]
    with pytest.raises(TicketsRefused):
        read_tickets(engine, [written(tmp_path / "a.parquet", {"number": [1]})], [PLAN, other], OPTIONS)


def test_damaged_files_are_refused_by_name_never_in_a_databases_words(engine: Duck, tmp_path: Path) -> None:
    columns = {
        "number": list(range(1000)),
        "kind": ["loss"] * 1000,
        "at": pa.array(range(1000), pa.timestamp("ms", tz="UTC")),
        "ticket_no": [f"T{row}" for row in range(1000)],
    }
    whole = Path(written(tmp_path / "whole.parquet", columns)).read_bytes()
    chance, file = random.Random(4), tmp_path / "damaged.parquet"
    refusals, said = 0, []
    for _ in range(60):
        damaged, at = bytearray(whole), chance.randrange(4, len(whole) - 8)
        damaged[at : at + 20] = chance.randbytes(20)
        file.write_bytes(damaged[: len(whole)])
        try:
            by_table(engine, read(engine, str(file)))
        except TicketsRefused:
            refusals += 1
        except EngineFailure as failure:
            said.append((failure.finding.code, dict(failure.finding.values)))
    assert said == [("D060", {"file": str(file)})] * len(said)
    assert refusals + len(said) > 20


def test_of_several_files_the_damaged_one_is_named(engine: Duck, tmp_path: Path) -> None:
    columns = {"number": list(range(1000)), "ticket_no": [f"T{row}" for row in range(1000)]}
    files = [Path(written(tmp_path / f"{name}.parquet", columns)) for name in "abc"]
    content = bytearray(files[1].read_bytes())
    content[200:220] = bytes(20)
    files[1].write_bytes(content)
    with pytest.raises(DamagedFile) as caught:
        by_table(engine, read(engine, *map(str, files)))
    assert caught.value.finding.values == {"file": str(files[1])}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes, where the tests may make one."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    folder = tmp_path / "small"
    folder.mkdir()
    if mount is None or umount is None:
        pytest.skip("no disks can be made here")
    made = subprocess.run([mount, "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], check=False)
    if made.returncode:
        pytest.skip("no disks can be made here")
    yield folder
    subprocess.run([umount, "-l", str(folder)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="disks are made as Linux makes them")
def test_a_disk_that_fills_during_a_conversion_is_named(small_disk: Path, tmp_path: Path) -> None:
    chance = random.Random(1)
    lines = (f'{{"note": "{chance.randbytes(400).hex()}"}}\n' for _ in range(12_000))
    (tmp_path / "a.ndjson").write_text("".join(lines), encoding="utf-8")
    with Duck(folder=small_disk) as engine, pytest.raises(EngineFailure) as caught:
        read(engine, str(tmp_path / "a.ndjson"))
    assert caught.value.finding.code == "Q051"
    assert caught.value.finding.values == {"folder": str(small_disk)}
    assert list(small_disk.iterdir()) == []


def test_an_export_of_the_decision_log_goes_straight_in(engine: Duck, tmp_path: Path) -> None:
    as_of = "2015-06-21T10:00:00+08:00"
    stored = [
        StoredTicket("d1", "2015-06-21T02:00Z", "e", "shop", as_of, '{"number": 5, "month": "2015-06"}'),
        StoredTicket("d2", "2015-06-21T02:01Z", "e", "shop", None, '{"paid": true}', "{}"),
    ]
    with (tmp_path / "log.parquet").open("wb") as out:
        write_stored_parquet(out, stored, PLAN, verdicts=True)
    table = read(engine, str(tmp_path / "log.parquet"))
    assert "tickets-" not in str(table.parts[0].scan.relation)
    assert set(table.facts) == {"number", "month", "paid"}
    assert by_table(engine, table) == {
        1: {"as_of": datetime(2015, 6, 21, 2), "number": 5, "month": date(2015, 6, 1)},
        2: {"as_of": datetime(2016, 1, 1, 12, 30), "paid": True},
    }


def test_a_pipe_is_read_once(engine: Duck, tmp_path: Path) -> None:
    pipe = tmp_path / "tickets.csv"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("number\n5\n6\n", "utf-8"))
    writer.start()
    table = read(engine, str(pipe))
    writer.join()
    assert [row["number"] for row in by_table(engine, table).values()] == [5, 6]
