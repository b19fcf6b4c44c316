"""Tickets out of the decision log, as Parquet that `caiding decide` reads back.

What is stored about a decision stands in columns `decision.…`, whose names no fact can have.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import BinaryIO

import pyarrow as pa

from api.tickets.exact_json import parse
from api.tickets.parquet_tickets import DECISION_COLUMNS, Arrow
from api.tickets.parquet_values import by_column, column_of
from api.tickets.parquet_writer import arrow_type, write_groups
from api.tickets.stored import DECISION, StoredTicket
from engine.base.findings import Finding
from engine.evaluate.facts import Facts, facts_from, instant_from
from engine.plan.nodes import Plan
from engine.rulebook.types import INSTANT

ROWS_AT_ONCE, IN_A_GROUP = 2_000, 60


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
    columns = [
        *((name, pa.string()) for name in own),
        ("as_of", arrow_type(INSTANT, plan.zone, "us")),
        *((name, arrow_type(fact.type, plan.zone, "us")) for name, fact in facts.items()),
    ]
    schema, rows = pa.schema(columns), iter(tickets)
    batches = iter(lambda: list(islice(rows, ROWS_AT_ONCE)), [])
    write_groups(out, schema, (_record_batch(batch, own, schema, plan) for batch in batches), IN_A_GROUP)


def _record_batch(batch: Sequence[StoredTicket], own: Sequence[str], schema: Arrow, plan: Plan) -> Arrow:
    columns = by_column([_facts(ticket, plan) for ticket in batch])
    values = {name: column_of(column, plan.facts[name].type) for name, column in columns.items()}
    values |= {name: [getattr(t, name.removeprefix(DECISION_COLUMNS)) for t in batch] for name in own}
    values["as_of"] = [None if t.as_of is None else instant_from(t.as_of, plan.zone) for t in batch]
    nothing = [None] * len(batch)
    arrays = [pa.array(values.get(part.name, nothing), part.type) for part in schema]
    return pa.record_batch(arrays, schema=schema)


def _facts(ticket: StoredTicket, plan: Plan) -> Facts:
    raw, _ = parse(ticket.facts)
    facts, findings = facts_from(raw, plan)
    if findings:
        raise DoesNotFit(Finding("D117", {"id": ticket.id}), *findings)
    return facts
