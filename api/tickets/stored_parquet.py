"""Tickets out of the decision log, as Parquet that `caiding decide` reads back.

What is stored about a decision stands in columns `decision.…`, whose names no fact can have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from api.tickets.exact_json import parse
from api.tickets.parquet_tickets import DECISION_COLUMNS, Arrow
from api.tickets.parquet_writer import plain_arrow_type
from api.tickets.stored import DECISION, StoredTicket
from engine.base.findings import Finding
from engine.evaluate.facts import Facts, facts_from
from engine.plan.nodes import Plan
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import Kind, Type, Value

ROWS_AT_ONCE = 2000


class DoesNotFit(Exception):
    """The facts of a ticket are not of the types that the columns have."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(*(finding.code for finding in findings))
        self.findings = findings


def write_stored_parquet(
    out: BinaryIO, tickets: Iterable[StoredTicket], plan: Plan, *, verdicts: bool
) -> None:
    """A column for each fact that a ticket can give, of its own exact type; raises DoesNotFit."""
    facts = {name: fact for name, fact in plan.facts.items() if fact.derived != "engine"}
    own = [DECISION_COLUMNS + name for name in (*DECISION, *(["verdict"] if verdicts else []))]
    texts = [(name, pa.string()) for name in (*own, "as_of")]
    schema = pa.schema([*texts, *((name, _arrow_type(fact.type, plan.zone)) for name, fact in facts.items())])
    rows = iter(tickets)
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        while batch := list(islice(rows, ROWS_AT_ONCE)):
            columns: list[Sequence[object]] = [_own(batch, name) for name, _ in texts]
            values = [_facts(ticket, plan) for ticket in batch]
            columns += [[_plain(row.get(name), fact) for row in values] for name, fact in facts.items()]
            arrays = [pa.array(column, type_) for column, type_ in zip(columns, schema.types, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def _arrow_type(type_: Type, zone: str) -> Arrow:
    if type_.kind is Kind.LIST:
        fields = {name: _arrow_type(part.type, zone) for name, part in type_.fields.items()}
        return pa.list_(pa.struct(list(fields.items())))
    return plain_arrow_type(type_, zone, "us")


def _own(batch: Sequence[StoredTicket], column: str) -> list[str | None]:
    return [getattr(ticket, column.removeprefix(DECISION_COLUMNS)) for ticket in batch]


def _facts(ticket: StoredTicket, plan: Plan) -> Facts:
    raw, _ = parse(ticket.facts)
    facts, findings = facts_from(raw, plan)
    if findings:
        raise DoesNotFit(Finding("D117", {"id": ticket.id}), *findings)
    return facts


def _plain(value: Value | None, fact: FactDeclaration) -> object:
    """Months are texts, `2015-10`; all else Arrow takes as it is."""
    if isinstance(value, tuple):
        return [_plain_record(record, fact.type) for record in value]
    return f"{value:%Y-%m}" if _is_month(value, fact.type) else value


def _plain_record(record: Mapping[str, object], type_: Type) -> dict[str, object]:
    return {
        name: f"{value:%Y-%m}" if _is_month(value, type_.fields[name].type) else value
        for name, value in record.items()
    }


def _is_month(value: object, type_: Type) -> bool:
    return type_.kind is Kind.MONTH and isinstance(value, date | datetime)
