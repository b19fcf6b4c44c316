"""The shipped rulebooks on Spark: whole commands, whose every number is that of DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

import pytest

from api.tickets.history import COLUMNS, history
from api.tickets.parquet_writer import write_parquet
from api.tickets.tables import TableOptions, read_tickets
from engine.library import Library
from engine.plan.nodes import Plan
from engine.replay.dry_run.impact import Impact
from engine.replay.dry_run.run import Options, run
from engine.replay.engines.duck import Duck
from engine.replay.engines.engine import Engine
from engine.replay.engines.spark import Spark
from engine.replay.settle.run import Order, Settlement, settle
from engine.replay.settle.settlement import Statement
from tests.present.naive_impact import candidate
from tests.shipped.shipped import library

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

AS_OF = datetime(2015, 12, 31, 18, tzinfo=ZoneInfo("Asia/Shanghai"))
TICKETS = 2_000
Settled: TypeAlias = tuple[Settlement, list[Statement]]


@pytest.fixture(scope="module")
def tickets(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A small made-up history as a file."""
    plan = _plan(library())
    file = tmp_path_factory.mktemp("history") / "tickets.parquet"
    with file.open("wb") as out:
        write_parquet(out, history(TICKETS, seed=11), COLUMNS, plan.facts, plan.zone)
    return str(file)


@pytest.fixture
def duck(tmp_path: Path) -> Iterator[Duck]:
    with Duck(memory="1GB", threads=1, folder=tmp_path) as engine:
        yield engine


@pytest.fixture
def spark_engine(spark: SparkSession) -> Iterator[Spark]:
    with Spark(spark) as engine:
        yield engine


def test_a_dry_run(tickets: str, duck: Duck, spark_engine: Spark) -> None:
    """Counts, money, classes, dimensions, distributions, causes and examples are the same."""
    found = _impact(tickets, spark_engine)
    assert found.changed_in_money
    assert found == _impact(tickets, duck)


def test_a_settlement(tickets: str, duck: Duck, spark_engine: Spark) -> None:
    """Statements with their lines, what is open and why, counts and totals are the same."""
    found, statements = _settled(tickets, spark_engine)
    expected, alike = _settled(tickets, duck)
    assert found.lines
    assert found.open_lines
    assert statements == alike
    told = ("counts", "findings", "rules", "totals", "lines", "open_lines", "outlets", "common_facts")
    assert [getattr(found, name) for name in told] == [getattr(expected, name) for name in told]


def _impact(tickets: str, engine: Engine) -> Impact:
    plans = _plan(library()), _plan(candidate())
    table = read_tickets(engine, [tickets], plans, TableOptions(AS_OF))
    return run(engine, table, plans, Options("base", "candidate", AS_OF))


def _plan(edition: Library) -> Plan:
    assert edition.plan is not None, "the shipped rulebooks are sound"
    return edition.plan


def _settled(tickets: str, engine: Engine) -> Settled:
    plan = _plan(library())
    table = read_tickets(engine, [tickets], [plan], TableOptions(AS_OF))
    found = settle(engine, table.source, table.facts, (library(), plan), Order(date(2015, 11, 1)))
    return found, list(found.statements())
