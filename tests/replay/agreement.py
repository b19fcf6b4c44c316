"""Judges tickets by a plan as SQL and by the reference evaluator, and tells where the two part."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import duckdb
import pyarrow.parquet as pq
from sqlglot import exp

from engine.evaluate.reference import ReferenceEvaluator
from engine.evaluate.verdict import Verdict
from engine.plan.nodes import Plan
from engine.replay.lowering.decode import VerdictRows
from engine.replay.lowering.exclusive import runs
from engine.replay.lowering.lower import lower
from engine.replay.sql.columns import judged
from engine.replay.sql.dialects import render
from engine.replay.sql.slots import Lowered
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import Kind
from tests.replay.agreement_rows import Arrow, Read, columns_of, relation

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Row: TypeAlias = tuple[Any, ...]
Database: TypeAlias = Callable[[Arrow, exp.Select], Sequence[Row]]
"""Answers a query over the tickets; the first column is the row, from 1, in whatever order."""

UNSAID = ("title", "citations", "because")
"""What is left to the reference evaluator."""


@dataclass(frozen=True)
class OnSpark:
    """Spark over a Parquet file of the tickets, which lies in the folder."""

    session: SparkSession
    folder: Path

    def __call__(self, tickets: Arrow, query: exp.Select) -> Sequence[Row]:
        file = self.folder / f"tickets-{id(tickets)}.parquet"
        pq.write_table(tickets, file)
        self.session.read.parquet(str(file)).createOrReplaceTempView("tickets")
        try:
            return [tuple(row) for row in self.session.sql(render(query, "spark")).collect()]
        finally:
            self.session.catalog.dropTempView("tickets")
            file.unlink()


def on_duckdb(tickets: Arrow, query: exp.Select) -> Sequence[Row]:
    with duckdb.connect(config={"threads": 2}) as database:
        database.register("tickets", tickets)
        return database.execute(render(query, "duckdb")).fetchall()


def verdicts_in_sql(
    plan: Plan, tickets: Sequence[Read], columns: Collection[str], database: Database
) -> list[dict[str, Any]]:
    """What the plan as SQL says of each ticket; `columns` are the facts that have one."""
    rows = VerdictRows(lowered := lower(plan, columns))
    select = [exp.column("source_row"), *(exp.alias_(part, f"v{n}") for n, part in enumerate(rows.select))]
    query = judged(exp.select("*").from_("tickets"), lowered.columns, select)
    found = {row[0]: row[1:] for row in database(relation(plan, tickets, columns), query)}
    assert sorted(found) == list(range(1, len(tickets) + 1)), "every ticket is judged once"
    for row in found.values():
        _exclusive(lowered, row)
    return [rows.verdict(found[n], as_of) for n, (_, as_of) in enumerate(tickets, 1)]


def _exclusive(lowered: Lowered, row: Row) -> None:
    """No ticket shows two slots that exclude one another."""
    shown = {}
    place = 0
    for slot in lowered.slots:
        shown[id(slot)] = row[place]
        place += 1 + len(slot.held) + (len(slot.causes.words) if slot.causes else 0)
    for run in runs(lowered.slots):
        present = [slot for slot in run if shown[id(slot)]]
        assert len(present) < 2, f"both are present: {present[0].fixed} and {present[1].fixed}"


def bare(verdict: Verdict) -> dict[str, Any]:
    """The verdict without what SQL leaves unsaid."""
    parts = {
        part: [{key: value for key, value in entry.items() if key not in UNSAID} for entry in entries]
        for part, entries in verdict.items()
        if isinstance(entries, list)
    }
    return {**verdict, **parts}


def differences(
    plan: Plan,
    tickets: Sequence[Read],
    database: Database = on_duckdb,
    columns: Collection[str] | None = None,
) -> Iterator[str]:
    """Every ticket of which SQL says something else than the reference evaluator, part by part."""
    columns = columns_of(tickets) if columns is None else columns
    reference = ReferenceEvaluator(plan)
    in_sql = verdicts_in_sql(plan, tickets, columns, database)
    for (facts, as_of), found in zip(tickets, in_sql, strict=True):
        expected = bare(reference.decide(facts, as_of))
        if _as_json(found) != _as_json(expected):
            ticket = json.dumps({"facts": facts, "as_of": as_of}, ensure_ascii=False, default=str)
            yield "\n".join([f"ticket: {ticket}", *_parted(expected, found)])


def _as_json(verdict: Any) -> str:
    """As it would be stored; the order of entries counts, that of keys does not."""
    return json.dumps(verdict, ensure_ascii=False, sort_keys=True)


def _parted(expected: dict[str, Any], found: dict[str, Any]) -> Iterator[str]:
    for part, said in expected.items():
        if _as_json(said) == _as_json(found[part]):
            continue
        if not isinstance(said, list):
            yield f"{part}\n  reference: {_as_json(said)}\n  sql:       {_as_json(found[part])}"
            continue
        right, wrong = [*map(_as_json, said)], [*map(_as_json, found[part])]
        yield part
        yield from (f"  only reference: {entry}" for entry in right if entry not in wrong)
        yield from (f"  only sql:       {entry}" for entry in wrong if entry not in right)
        if sorted(right) == sorted(wrong):
            yield f"  in another order: {wrong}"


# --- digits -------------------------------------------------------------------------------------------

MOST: Mapping[Kind, Decimal] = {Kind.MONEY: Decimal(10**15), Kind.DECIMAL: Decimal(10**6)}


def bounded(plan: Plan) -> Plan:
    """The plan with bounds for the numbers that have none, so that formulas keep to 38 digits."""
    return replace(plan, facts={name: _bounded(fact) for name, fact in plan.facts.items()})


def _bounded(fact: FactDeclaration) -> FactDeclaration:
    most = MOST.get(fact.type.kind)
    if most is None or fact.minimum is not None or fact.maximum is not None:
        return fact
    return replace(fact, minimum=-most, maximum=most)
