"""A small catalogue with every type of fact, and what a reader of single rows makes of a Parquet file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from api.tickets.sources import Reading, tickets_of
from engine.evaluate.facts import as_of_from, facts_from
from engine.plan.nodes import Plan
from engine.replay.engines.engine import Engine
from engine.replay.tickets.table import TicketTable
from tests.cases.small_library import library_from

FACTS: Mapping[str, Any] = {
    "ticket_no": "text",
    "paid": "boolean",
    "number": {"type": "integer", "minimum": 0, "maximum": 1000},
    "free": "integer",
    "rate": {"type": "decimal", "scale": 4},
    "fine": {"type": "money", "minimum": 0},
    "kind": {"type": "enum", "values": ["delay", "loss", "none"]},
    "note": "text",
    "day": {"type": "date", "minimum": "2000-01-01"},
    "month": "month",
    "at": "instant",
    "scans": {
        "type": "list",
        "record": {"at": "instant", "place": "text", "role": {"type": "enum", "values": ["hub", "outlet"]}},
    },
    "months": {"type": "list", "record": {"month": "month", "amount": "money", "day": "date"}},
}
RULEBOOK = """
rulebook: book
title: {zh: 例, en: example}
sections:
  - section: s
    title: {zh: 节, en: section}
    items:
      - rule: late
        title: {zh: 例, en: late}
        cite: {source: deck, quote: 原文}
        when: {paid: true}
        then: {fine: {amount: 10 CNY, per: ticket, payer: payer}}
"""
AS_OF = datetime(2016, 1, 1, 12, 30, tzinfo=UTC)


def plan_of(facts: Mapping[str, Any] = FACTS, **changed: Any) -> Plan:
    """The plan of the catalogue, with some facts otherwise (None: without them)."""
    some = {name: fact for name, fact in {**facts, **changed}.items() if fact is not None}
    library = library_from(some, RULEBOOK)
    assert library.plan is not None, [finding.message("en") for finding in library.findings]
    return library.plan


def written(file: Path, columns: Mapping[str, Any], **settings: Any) -> str:
    """A Parquet file of Arrow arrays or lists."""
    pq.write_table(pa.table(dict(columns)), file, **settings)
    return str(file)


def by_rows(
    file: str, plan: Plan
) -> tuple[dict[int, dict[str, Any]], dict[int, list[tuple[str, str | None]]]]:
    """What the row-by-row reader reads: good tickets as a query gives them, what is wrong with others."""
    good: dict[int, dict[str, Any]] = {}
    wrong: dict[int, list[tuple[str, str | None]]] = {}
    with Path(file).open("rb") as stream:
        for ticket in tickets_of(stream, file, "parquet", Reading(plan)):
            facts, findings = facts_from(ticket.facts, plan, ticket.pointer)
            as_of = as_of_from(ticket.as_of, plan.zone) if ticket.as_of else AS_OF
            if findings or not isinstance(as_of, datetime):
                extra = [] if isinstance(as_of, datetime) else [as_of]
                wrong[ticket.line] = [(finding.code, finding.pointer) for finding in [*findings, *extra]]
            else:
                good[ticket.line] = {name: as_queried(value) for name, value in facts.items()}
                good[ticket.line]["as_of"] = as_queried(as_of)
    return good, wrong


def as_queried(value: Any) -> Any:
    """A fact's value as a query gives it: instants in UTC without a zone, lists of dicts."""
    match value:
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None)
        case tuple():
            return [{name: as_queried(part) for name, part in record.items()} for record in value]
        case _:
            return value


def by_table(engine: Engine, table: TicketTable) -> dict[int, dict[str, Any]]:
    """The rows of the relation without what is not given."""
    names = ["source_row", "as_of", *sorted(table.facts)]
    columns = [exp.column(name, quoted=True) for name in names]
    rows = engine.rows(exp.select(*columns).from_(table.source.subquery("t")))
    return {row[0]: _given(dict(zip(names[1:], row[1:], strict=True))) for row in rows}


def _given(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [_given(record) for record in value] if isinstance(value, list) else value
        for name, value in facts.items()
        if value is not None
    }
