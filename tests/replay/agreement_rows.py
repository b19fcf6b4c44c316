"""Tickets that have been read, as rows of the relation `tickets` that lowered plans read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pyarrow as pa

from engine.evaluate.facts import MOST_DIGITS, Facts
from engine.plan.nodes import Plan
from engine.rulebook.types import Kind, Type

Arrow: TypeAlias = Any
Read: TypeAlias = tuple[Facts, datetime | None]
"""A ticket's facts, checked, and its instant of judging."""

MICROSECONDS = pa.timestamp("us")


def relation(plan: Plan, tickets: Sequence[Read], columns: Collection[str]) -> Arrow:
    """The tickets as an Arrow table with these columns of facts, each of its canonical type."""
    found = {
        "source_file": pa.array(["made up"] * len(tickets), pa.string()),
        "source_row": pa.array(range(1, len(tickets) + 1), pa.int64()),
        "as_of": pa.array([_in_utc(as_of) for _, as_of in tickets], MICROSECONDS),
    }
    for name in sorted(columns):
        type_ = plan.facts[name].type
        values = [canonical(facts.get(name), type_) for facts, _ in tickets]
        found[name] = pa.array(values, arrow_type(type_))
    return pa.table(found)


def columns_of(tickets: Sequence[Read]) -> frozenset[str]:
    """The facts that at least one of the tickets gives."""
    return frozenset(name for facts, _ in tickets for name in facts)


def arrow_type(type_: Type) -> Arrow:
    """The canonical type of a column."""
    match type_.kind:
        case Kind.BOOLEAN:
            return pa.bool_()
        case Kind.INTEGER:
            return pa.int64()
        case Kind.DECIMAL | Kind.MONEY:
            return pa.decimal128(MOST_DIGITS + (type_.scale or 0), type_.scale or 0)
        case Kind.DATE | Kind.MONTH:
            return pa.date32()
        case Kind.INSTANT:
            return MICROSECONDS
        case Kind.LIST:
            return pa.list_(pa.struct([(name, arrow_type(f.type)) for name, f in type_.fields.items()]))
        case _:
            return pa.string()


def canonical(value: Any, type_: Type) -> Any:
    """A fact's value as Arrow takes it; None where the ticket does not give it."""
    match value:
        case datetime():
            return _in_utc(value)
        case tuple():
            fields = type_.fields
            return [
                {name: canonical(record.get(name), fields[name].type) for name in fields} for record in value
            ]
        case _:
            return value


def _in_utc(instant: datetime | None) -> datetime | None:
    """Without a zone, on the UTC line."""
    return None if instant is None else instant.astimezone(UTC).replace(tzinfo=None)
