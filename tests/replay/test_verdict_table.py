"""The table of verdicts is the same to the last value, whoever writes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from sqlglot import exp

from api.tickets.history import history
from api.tickets.parquet_tickets import Arrow
from api.tickets.verdict_table import JudgedTicket, arrow_schema, write_verdicts
from engine.evaluate.reference import ReferenceEvaluator
from engine.plan.nodes import Plan
from engine.replay.engines.duck import Duck
from engine.replay.engines.engine import Engine
from engine.replay.engines.spark import Spark
from engine.replay.lowering.lower import lower
from engine.replay.sql.refused import NotSayable
from engine.replay.verdicts.table import verdict_query
from tests.agreement.test_agreement import made_up_plan, shipped
from tests.cases import test_cases
from tests.cases.small_library import case_files
from tests.generators import Ticket, pools_of
from tests.replay.agreement_rows import Read, columns_of, relation
from tests.replay.agreement_tickets import nasty_tickets, read

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SHIPPED_TICKETS, OTHER_TICKETS = 200, 40
MADE_UP_PLANS = 6


@pytest.fixture
def duck() -> Iterator[Engine]:
    with Duck(memory="1GB", threads=1) as engine:
        yield engine


def by_row(plan: Plan, tickets: Sequence[Read]) -> Arrow:
    """The table as the reference evaluator has it written, verdict by verdict."""
    evaluator, out = ReferenceEvaluator(plan), BytesIO()
    judged = [
        JudgedTicket("made up", row, _number(facts), evaluator.decide(facts, as_of))
        for row, (facts, as_of) in enumerate(tickets, 1)
    ]
    assert write_verdicts(out, judged, plan) == len(tickets)
    return pq.read_table(out)


def _number(facts: Any) -> str | None:
    number = facts.get("ticket_no")
    return None if number is None else str(number)


def by_query(plan: Plan, tickets: Sequence[Read], engine: Engine, folder: Path) -> Arrow:
    """The table as an engine writes it."""
    given = columns_of(tickets)
    pq.write_table(relation(plan, tickets, given), folder / "tickets.parquet")
    scan = engine.scan([str(folder / "tickets.parquet")])
    source = exp.select("*").from_(scan.relation)
    query = verdict_query(source, lower(plan, given), engine.dialect, given)
    target = folder / "verdicts.parquet"
    assert engine.write_parquet(query, target) == len(tickets)
    return pq.read_table(target).cast(arrow_schema(plan)).sort_by("source_row")


def assert_same(left: Arrow, right: Arrow) -> None:
    """Equal in schema and content; the first row that differs is shown."""
    assert left.schema == right.schema
    if not left.equals(right):
        rows = zip(left.to_pylist(), right.to_pylist(), strict=True)
        one, other = next((one, other) for one, other in rows if one != other)
        assert one == other


def test_shipped_rulebooks(duck: Engine, tmp_path: Path) -> None:
    _, plan, pools, seeds = shipped()
    tickets = [*nasty_tickets(Random(1), plan, pools, seeds, SHIPPED_TICKETS)]
    assert_same(by_query(plan, tickets, duck, tmp_path), by_row(plan, tickets))


@pytest.mark.parametrize("file", case_files(), ids=lambda file: file.stem)
def test_rulebooks_of_cases(file: Path, duck: Engine, tmp_path: Path) -> None:
    plan = test_cases.plan_of(file)
    try:
        lower(plan)
    except NotSayable:
        return  # the tests of agreement say which of them SQL refuses, and why
    tickets = [*nasty_tickets(Random(file.stem), plan, pools_of(plan), (), OTHER_TICKETS)]
    assert_same(by_query(plan, tickets, duck, tmp_path), by_row(plan, tickets))


@pytest.mark.parametrize("seed", range(MADE_UP_PLANS))
def test_made_up_rulebooks(seed: int, duck: Engine, tmp_path: Path) -> None:
    random = Random(seed)
    plan = made_up_plan(random)
    tickets = [*nasty_tickets(random, plan, pools_of(plan), (), OTHER_TICKETS)]
    assert_same(by_query(plan, tickets, duck, tmp_path), by_row(plan, tickets))


def test_spark_writes_the_same_table(spark: SparkSession, tmp_path: Path) -> None:
    """For tickets with the columns that a history has: Spark takes long over what all facts together ask."""
    _, plan, _, _ = shipped()
    tickets = [read(Ticket(facts, "2015-12-31T18:00"), plan) for facts in history(200, 2015)]
    with Spark(spark) as engine:
        assert_same(by_query(plan, tickets, engine, tmp_path), by_row(plan, tickets))


@pytest.mark.parametrize("seed", range(2))
def test_spark_writes_the_same_table_for_made_up_rulebooks(
    seed: int, spark: SparkSession, tmp_path: Path
) -> None:
    random = Random(seed)
    plan = made_up_plan(random)
    tickets = [*nasty_tickets(random, plan, pools_of(plan), (), OTHER_TICKETS)]
    with Spark(spark) as engine:
        assert_same(by_query(plan, tickets, engine, tmp_path), by_row(plan, tickets))
