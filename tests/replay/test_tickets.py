"""The table of tickets says of every row what the row-by-row reader says of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.tickets.history import COLUMNS, history
from api.tickets.parquet_writer import write_parquet
from api.tickets.tables import TableOptions, read_tickets
from api.tickets.writers import write_ndjson
from engine.library import load
from engine.replay.engines.duck import Duck
from engine.replay.engines.engine import Engine
from tests.replay.stored_tickets import AS_OF, by_rows, by_table, plan_of, written

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PLAN = plan_of()
OPTIONS = TableOptions(AS_OF)
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def engine() -> Iterator[Duck]:
    with Duck(memory="500MB", threads=2) as engine:
        yield engine


def require_same(engine: Engine, file: str, *, straight: bool | None = True) -> None:
    """The table has the good rows of the file with their very values, and knows how many are bad and why."""
    good, wrong = by_rows(file, PLAN)
    table = read_tickets(engine, [file], [PLAN], OPTIONS)
    assert by_table(engine, table) == good
    assert table.rows == len(good)
    assert table.bad.count == len(wrong)
    first = {ticket.row: sorted((f.code, f.pointer) for f in ticket.findings) for ticket in table.bad.first}
    assert first == {row: sorted(wrong[row]) for row in sorted(wrong)[:10]}
    assert straight in (None, "tickets-" not in str(table.parts[0].scan.relation))


WIDE = (0, 1, -1, 1000, 1001, 10**18 - 1, 10**18, -(10**18), 2**63 - 1)
INTEGERS: dict[str, list[Any]] = {
    "int8": [0, 1, -1, 100],
    "int32": [0, 1000, 1001, -1],
    "int64": list(WIDE),
    "uint64": [0, 1000, 10**18 - 1, 10**18, 2**64 - 1],
}


@pytest.mark.parametrize("stored", INTEGERS)
@pytest.mark.parametrize("fact", ["number", "free", "rate", "fine"])
def test_whole_numbers_of_every_width(engine: Duck, tmp_path: Path, stored: str, fact: str) -> None:
    values = [*INTEGERS[stored], None]
    require_same(engine, written(tmp_path / "a.parquet", {fact: pa.array(values, getattr(pa, stored)())}))


@pytest.mark.parametrize("digits", [(5, 2), (20, 2), (22, 4), (38, 4), (38, 6), (9, 0), (38, 0), (18, 5)])
@pytest.mark.parametrize("fact", ["rate", "fine", "number", "free"])
def test_decimals_of_every_precision(
    engine: Duck, tmp_path: Path, digits: tuple[int, int], fact: str
) -> None:
    whole, behind = digits
    exact = Context(prec=60)
    unit = Decimal(1).scaleb(-behind)
    edge = exact.subtract(Decimal(10) ** (whole - behind), unit)
    some = [
        Decimal(0),
        Decimal(1),
        edge,
        edge.copy_negate(),
        unit,
        -unit,
        Decimal("1.5") if behind else Decimal(2),
    ]
    some += [exact.subtract(Decimal(10**18), unit), Decimal(10**18)] if whole - behind > 18 else []
    straight = fact in ("rate", "fine") or behind == 0
    file = written(tmp_path / "a.parquet", {fact: pa.array([*some, None], pa.decimal128(whole, behind))})
    require_same(engine, file, straight=straight)


@pytest.mark.parametrize("form", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
@pytest.mark.parametrize("fact", ["kind", "note", "month", "ticket_no"])
def test_texts(engine: Duck, tmp_path: Path, form: Any, fact: str) -> None:
    months = ["2015-10", "2015-1", "2015-13", "1899-12", "1900-01", "2199-12", "2200-01", "02015-10"]
    values = ["delay", "loss", "none", "Delay", "", "delay ", "甲" * 10_000, "甲" * 10_001, *months, None]
    array = pa.array(values, pa.string()).cast(form)
    require_same(engine, written(tmp_path / "a.parquet", {fact: array}))


DAYS = [date(1899, 12, 31), date(1900, 1, 1), date(1999, 12, 31), date(2000, 1, 1), date(2199, 12, 31)]
DAYS += [date(2200, 1, 1), date(9999, 12, 31), date(1, 1, 1)]


def test_days(engine: Duck, tmp_path: Path) -> None:
    require_same(engine, written(tmp_path / "a.parquet", {"day": pa.array([*DAYS, None], pa.date32())}))
    require_same(engine, written(tmp_path / "b.parquet", {"day": pa.array([*DAYS, None], pa.date64())}))


MOMENTS = [
    datetime(1899, 12, 31, 23, 59, 59, 999999),
    datetime(1900, 1, 1),
    datetime(1900, 12, 31, 23, 54, 20),  # the clocks of Shanghai are moved by minutes and seconds here
    datetime(1901, 1, 1),
    datetime(1940, 6, 1, 0, 30),  # skipped
    datetime(1986, 5, 4, 2, 30),  # skipped
    datetime(1986, 9, 14, 1, 30),  # twice
    datetime(2015, 6, 20, 10, 0, 0, 1),
    datetime(2199, 12, 31, 15, 59, 59),
    datetime(2199, 12, 31, 23, 59, 59, 999999),
    datetime(2200, 1, 1),
]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Shanghai"])
@pytest.mark.parametrize("fact", ["at", "as_of"])
def test_instants(engine: Duck, tmp_path: Path, unit: str, zone: str | None, fact: str) -> None:
    divisor = {"s": 1_000_000, "ms": 1000, "us": 1, "ns": 1}[unit]
    moments = [m.replace(microsecond=m.microsecond // divisor * divisor) for m in MOMENTS]
    array = pa.array([*moments, None], pa.timestamp(unit)).cast(pa.timestamp(unit, tz=zone))
    require_same(engine, written(tmp_path / "a.parquet", {fact: array, "number": [1] * len(array)}))


def test_lists_of_records(engine: Duck, tmp_path: Path) -> None:
    moment = datetime(2015, 6, 20, 2, tzinfo=UTC)
    records: list[Any] = [
        None,
        [],
        [{"at": moment, "place": "Wuhan", "role": "hub"}, {"at": None, "place": "", "role": None}],
        [{"at": moment, "place": None, "role": "Hub"}],
        [{"at": datetime(1890, 1, 1, tzinfo=UTC), "place": "x", "role": "hub"}],
        [{"at": moment, "place": "x" * 10_001, "role": "hub"}],
        [None],
        [{"place": "y"}] * 10_000,
        [{"place": "y"}] * 10_001,
    ]
    struct = pa.struct([("at", pa.timestamp("us", tz="UTC")), ("place", pa.string()), ("role", pa.string())])
    file = written(tmp_path / "a.parquet", {"scans": pa.array(records, pa.list_(struct))})
    require_same(engine, file)


def test_fields_in_another_order_and_fields_left_out(engine: Duck, tmp_path: Path) -> None:
    struct = pa.struct([("month", pa.string()), ("amount", pa.decimal128(10, 3)), ("day", pa.date32())])
    records = [
        [{"month": "2015-10", "amount": Decimal("1.500"), "day": date(2015, 1, 1)}],
        [{"month": "2015-1", "amount": None, "day": None}],
        [{"month": None, "amount": Decimal("1.005"), "day": None}],
        [{"month": None, "amount": None, "day": date(1800, 1, 1)}],
    ]
    scans = pa.struct([("role", pa.string()), ("at", pa.timestamp("ms", tz="Asia/Shanghai"))])
    other = [[{"role": "hub", "at": datetime(2015, 1, 1, tzinfo=SHANGHAI)}], None, [], None]
    columns = {"months": pa.array(records, pa.list_(struct)), "scans": pa.array(other, pa.list_(scans))}
    require_same(engine, written(tmp_path / "a.parquet", columns))


def test_a_field_that_no_record_has_makes_its_tickets_bad(engine: Duck, tmp_path: Path) -> None:
    struct = pa.struct([("place", pa.string()), ("palce", pa.string())])
    records = pa.array([[], [{"place": "x"}], None], pa.list_(struct))
    require_same(engine, written(tmp_path / "a.parquet", {"scans": records}), straight=False)


ODD: dict[str, Any] = {
    "day": ["2015-10-01", "2015-10-1", "2015-02-30", "1899-01-01", None],
    "at": ["2015-10-01T10:00", "2015-10-01T24:00", "2015-10-01 10:00:00.5Z", "2015-10-01", None],
    "fine": ["50.00", "50", "-1", "1.005", None],
    "rate": ["0.1234", "0.12345", "1e3", "x", None],
    "as_of": ["2015-10-01T10:00", "2015-10-01", "1899-10-01T10:00", None, "2015-10-01T10:00:00.9"],
}


@pytest.mark.parametrize("fact", ODD)
def test_texts_for_what_has_a_type_of_its_own_are_read_row_by_row(
    engine: Duck, tmp_path: Path, fact: str
) -> None:
    columns = {fact: ODD[fact], "number": [1, 2, 3, 4, 5]}
    require_same(engine, written(tmp_path / "a.parquet", columns), straight=False)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    days=st.lists(st.none() | st.dates(date(1890, 1, 1), date(2210, 1, 1)), min_size=3, max_size=3),
    moments=st.lists(
        st.none() | st.datetimes(datetime(1899, 12, 30), datetime(2200, 1, 3)), min_size=3, max_size=3
    ),
    kinds=st.lists(st.none() | st.sampled_from(["delay", "loss", "none", "x"]), min_size=3, max_size=3),
    numbers=st.lists(st.none() | st.integers(-5, 1005), min_size=3, max_size=3),
)
def test_whatever_a_ticket_says(
    engine: Duck,
    tmp_path: Path,
    days: list[Any],
    moments: list[Any],
    kinds: list[Any],
    numbers: list[Any],
) -> None:
    columns = {
        "day": pa.array(days, pa.date32()),
        "at": pa.array(moments, pa.timestamp("us")),
        "kind": pa.array(kinds, pa.string()),
        "number": pa.array(numbers, pa.int16()),
    }
    require_same(engine, written(tmp_path / "a.parquet", columns))


def test_without_statistics_every_value_is_looked_at(engine: Duck, tmp_path: Path) -> None:
    columns = {
        "day": pa.array([date(1899, 1, 1), date(2015, 1, 1), None], pa.date32()),
        "number": [1001, 5, -1],
        "fine": pa.array([Decimal("0.01"), None, Decimal("-0.01")], pa.decimal128(20, 2)),
    }
    require_same(engine, written(tmp_path / "a.parquet", columns, write_statistics=False))


def test_a_table_proved_by_statistics_asks_nothing_of_its_rows(engine: Duck, tmp_path: Path) -> None:
    moments = [datetime(2015, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(100)]
    columns = {"at": moments, "number": list(range(100)), "day": [date(2015, 1, 1)] * 100}
    table = read_tickets(engine, [written(tmp_path / "a.parquet", columns)], [PLAN], OPTIONS)
    assert table.source.args.get("where") is None


def test_the_made_up_history_goes_straight_in_and_is_the_same_in_every_form(
    engine: Duck, tmp_path: Path
) -> None:
    plan = load(Path("rules")).plan
    assert plan is not None
    made = list(history(3000, 5))
    with (tmp_path / "a.parquet").open("wb") as out:
        write_parquet(out, made, COLUMNS, plan.facts, plan.zone)
    with (tmp_path / "a.ndjson").open("wb") as out:
        write_ndjson(out, made)
    tables = [
        read_tickets(engine, [str(tmp_path / name)], [plan], OPTIONS) for name in ("a.parquet", "a.ndjson")
    ]
    assert [(table.rows, table.bad.count) for table in tables] == [(3000, 0)] * 2
    assert "tickets-" not in str(tables[0].parts[0].scan.relation)
    assert by_table(engine, tables[0]) == by_table(engine, tables[1])


@pytest.fixture
def on_spark(spark: SparkSession) -> Iterator[Engine]:
    from engine.replay.engines.spark import Spark

    with Spark(spark) as engine:
        yield engine


def test_on_spark_the_same_tickets_are_good(on_spark: Engine, tmp_path: Path) -> None:
    """A file with bad values of every type, and one that has to be converted."""
    struct = pa.struct([("at", pa.timestamp("us", tz="UTC")), ("role", pa.string())])
    moment = datetime(2015, 6, 20, 2, tzinfo=UTC)
    scans = [None, [], [{"at": moment, "role": "hub"}], [{"at": moment, "role": "Hub"}], [None], None]
    instants = [MOMENTS[1], MOMENTS[2], MOMENTS[5], MOMENTS[7], None, MOMENTS[-1]]
    columns = {
        "number": pa.array([1, None, 1000, 5, 6, 1001], pa.int32()),
        "fine": pa.array([Decimal("1.500"), None, Decimal("1.005"), *[Decimal(1)] * 3], pa.decimal128(24, 3)),
        "kind": ["loss", "delay", None, "none", "lost", "loss"],
        "month": ["2015-10", None, "2015-1", "nothing", "2015-12", "2199-12"],
        "day": pa.array([DAYS[3], None, DAYS[4], *[DAYS[3]] * 3], pa.date32()),
        "at": pa.array(instants, pa.timestamp("us")),
        "as_of": pa.array(instants, pa.timestamp("ms")).cast(pa.timestamp("ms", tz="Asia/Shanghai")),
        "scans": pa.array(scans, pa.list_(struct)),
        "note": ["x", None, "甲" * 10_001, "", "x", "x"],
    }
    require_same(on_spark, written(tmp_path / "a.parquet", columns), straight=None)
    require_same(on_spark, written(tmp_path / "b.parquet", {"day": ODD["day"]}), straight=None)
