"""`caiding decide` over tables: the same summary and the same table, row by row and by a query."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from api.tickets.parquet_tickets import Arrow
from tests.api.command_line import SMALL, Ran, Run

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DECIDE = ("decide", "--rules", SMALL, "--as-of", "2015-12-31T18:00")


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    """Thirty tickets, one of them with a value that the catalogue does not have."""
    number = range(30)
    table = pa.table(
        {
            "ticket_no": [f"T{n}" for n in number],
            "kind": [("loss", "delay", None)[n % 3] for n in number],
            "value": pa.array([Decimal(n) for n in number], pa.decimal128(10, 2)),
            "days": pa.array([-1 if n == 29 else n for n in number], pa.int64()),
            "paid": [n % 4 == 0 for n in number],
            "day": [date(2015, 6, 1 + n % 28) for n in number],
        }
    )
    table = table.set_column(1, "kind", pa.array([*table["kind"].to_pylist()[:-1], "lost"]))
    pq.write_table(table, tmp_path / "tickets.parquet")
    return tmp_path / "tickets.parquet"


def table_of(path: Path) -> list[dict[str, object]]:
    found: Arrow = pq.read_table(path)
    return list(found.sort_by("source_row").to_pylist())


@pytest.fixture
def judged(run: Run, tickets: Path, tmp_path: Path) -> Callable[..., tuple[Ran, Path]]:
    def call(engine: str, *more: str) -> tuple[Ran, Path]:
        target = tmp_path / f"{engine}.parquet"
        return run(*DECIDE, "--engine", engine, "--output", target, *more, tickets), target

    return call


def test_a_query_gives_the_summary_and_the_table_of_the_rows(
    judged: Callable[..., tuple[Ran, Path]],
) -> None:
    (by_row, rows), (by_query, query) = judged("rows"), judged("duckdb")
    assert by_row.code == by_query.code == 2, "one ticket is bad"
    assert by_row.out == by_query.out
    assert "lost" in by_query.err
    assert ":30 /kind" in by_query.err
    assert table_of(rows) == table_of(query)
    assert len(table_of(rows)) == 29


def test_spark_gives_the_same(spark: SparkSession, judged: Callable[..., tuple[Ran, Path]]) -> None:
    assert spark.version
    (by_row, rows), (by_spark, written) = judged("rows"), judged("spark", "--master", "local[2]")
    assert by_row.out == by_spark.out
    assert table_of(rows) == table_of(written)


def test_few_tickets_are_judged_row_by_row(
    run: Run, tickets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A query that is never made needs no engine."""
    monkeypatch.setattr("api.cli.decide_table.decide_by_query", lambda _: pytest.fail("a query was made"))
    ran = run(*DECIDE, "--output", tmp_path / "verdicts.parquet", tickets)
    assert ran.code == 2
    assert len(table_of(tmp_path / "verdicts.parquet")) == 29


def test_many_are_judged_by_a_query(run: Run, tickets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.cli.decide_table.MANY", 30)
    monkeypatch.setattr("api.cli.decide.decide_by_query", lambda asked: len(asked.inputs))
    assert run(*DECIDE, tickets).code == 1, "the query's own code: one file"


def test_a_query_gives_no_verdicts_in_full(run: Run, tickets: Path) -> None:
    ran = run(*DECIDE, "--engine", "duckdb", "--format", "json", tickets)
    assert ran.code == 1
    assert "error[Q143]" in ran.err


def test_a_master_without_spark_is_a_mistake(run: Run, tickets: Path) -> None:
    ran = run(*DECIDE, "--master", "local[2]", tickets)
    assert ran.code == 1
    assert "error[Q139]" in ran.err
