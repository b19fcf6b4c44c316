"""Tickets out of the decision log, as Parquet that `caiding decide` reads back.

What is stored about a decision stands in columns `decision.…`, whose names no fact can have.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from api.tickets.exact_json import parse
from api.tickets.parquet_tickets import DECISION_COLUMNS
from api.tickets.parquet_values import column_of
from api.tickets.parquet_writer import arrow_type
from api.tickets.stored import DECISION, StoredTicket
from engine.base.findings import Finding
from engine.evaluate.facts import Facts, facts_from
from engine.plan.nodes import Plan

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
    schema = pa.schema(
        [*texts, *((name, arrow_type(fact.type, plan.zone, "us")) for name, fact in facts.items())]
    )
    rows = iter(tickets)
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        while batch := list(islice(rows, ROWS_AT_ONCE)):
            columns: list[Sequence[object]] = [_own(batch, name) for name, _ in texts]
            values = [_facts(ticket, plan) for ticket in batch]
            columns += [
                column_of([row.get(name) for row in values], fact.type) for name, fact in facts.items()
            ]
            arrays = [pa.array(column, type_) for column, type_ in zip(columns, schema.types, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def _own(batch: Sequence[StoredTicket], column: str) -> list[str | None]:
    return [getattr(ticket, column.removeprefix(DECISION_COLUMNS)) for ticket in batch]


def _facts(ticket: StoredTicket, plan: Plan) -> Facts:
    raw, _ = parse(ticket.facts)
    facts, findings = facts_from(raw, plan)
    if findings:
        raise DoesNotFit(Finding("D117", {"id": ticket.id}), *findings)
    return facts
