"""What a table of verdicts looks like: one row a ticket, the same whoever judged it and wherever.

The names are those of a verdict as JSON; only `row` is `table_row` here. Instants are absolute. A day on
which a clock started or stopped is its first instant in the catalogue's zone, and `due` with `inclusive` is
the limit itself, not the 24:00 that people read. Titles, citations and reasons stand in the edition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from sqlglot import exp

from engine.plan.nodes import Plan
from engine.replay.sql.vocabulary import type_written
from engine.rulebook.types import MONEY_DIGITS, Kind, Type

MOST_DIGITS = 38
POINTS_DIGITS = 12


class Plain(Enum):
    """A value without parts."""

    TEXT = "VARCHAR"
    WHOLE = "BIGINT"
    TRUTH = "BOOLEAN"
    DAY = "DATE"
    INSTANT = "TIMESTAMPTZ"


@dataclass(frozen=True)
class Exact:
    """A number with so many digits after the point."""

    scale: int


@dataclass(frozen=True)
class Many:
    """A list."""

    of: Shape


@dataclass(frozen=True)
class Parts:
    """A record of named parts."""

    fields: Mapping[str, Shape]


Shape: TypeAlias = Plain | Exact | Many | Parts

MONEY = Exact(MONEY_DIGITS)
TEXTS = Many(Plain.TEXT)
SHARE = Parts({"party": Plain.TEXT, "amount": MONEY, "up_to": Plain.TRUTH})
ALTERNATIVE = Parts({"reading": Plain.TEXT, "output": Plain.TEXT, "value": Plain.TEXT})
OUTCOME = Parts(
    {
        "rule": Plain.TEXT,
        "table_row": Plain.TEXT,
        "kind": Plain.TEXT,
        "amount": MONEY,
        "unit": Plain.TEXT,
        "payer": Plain.TEXT,
        "payee": Plain.TEXT,
        "per": Plain.TEXT,
        "of": MONEY,
        "shares": Many(SHARE),
        "code": Plain.TEXT,
        "by": Plain.TEXT,
        "acts": TEXTS,
        "action": Plain.TEXT,
        "allowed": Plain.TRUTH,
        "requires": TEXTS,
        "to": Plain.TEXT,
        "name": Plain.TEXT,
        "points": Exact(POINTS_DIGITS),
        "reason": Plain.TEXT,
        "alternatives": Many(ALTERNATIVE),
        "state": Plain.TEXT,
        "started": Plain.INSTANT,
        "due": Plain.INSTANT,
        "inclusive": Plain.TRUTH,
        "stopped": Plain.INSTANT,
    }
)
DEFEATED = Parts({"rule": Plain.TEXT, "by": Plain.TEXT})
UNDECIDED = Parts({"rule": Plain.TEXT, "reason": Plain.TEXT, "missing": TEXTS})
TOTAL = Parts({"kind": Plain.TEXT, "unit": Plain.TEXT, "amount": MONEY})
PLACE: Mapping[str, Shape] = {
    "source_file": Plain.TEXT,
    "source_row": Plain.WHOLE,
    "ticket_no": Plain.TEXT,
    "edition": Plain.TEXT,
    "as_of": Plain.INSTANT,
}


def verdict_columns(plan: Plan) -> Mapping[str, Shape]:
    """The columns of the table in their order; `derived` is there if the plan works out any fact."""
    derived = {name: fact_shape(plan.facts[name].type) for name in sorted(plan.defined)}
    return {
        **PLACE,
        "outcomes": Many(OUTCOME),
        "defeated": Many(DEFEATED),
        "undecided": Many(UNDECIDED),
        **({"derived": Parts(derived)} if derived else {}),
        "totals": Many(TOTAL),
    }


def fact_shape(type_: Type) -> Shape:
    """The shape of a fact's value; months are their first day."""
    match type_.kind:
        case Kind.BOOLEAN:
            return Plain.TRUTH
        case Kind.INTEGER:
            return Plain.WHOLE
        case Kind.DECIMAL | Kind.MONEY:
            return Exact(type_.scale or 0)
        case Kind.DATE | Kind.MONTH:
            return Plain.DAY
        case Kind.INSTANT:
            return Plain.INSTANT
        case Kind.LIST:
            return Many(Parts({name: fact_shape(field.type) for name, field in type_.fields.items()}))
        case _:
            return Plain.TEXT


def sql_type(shape: Shape) -> exp.DataType:
    """The shape as a type of SQL."""
    match shape:
        case Plain.INSTANT:
            # The absolute one in every dialect: what Spark calls TIMESTAMP depends on its settings.
            return exp.DataType.build("TIMESTAMP_LTZ", udt=True)
        case Plain():
            return type_written(shape.value, "duckdb")
        case Exact(scale=scale):
            return type_written(f"DECIMAL({MOST_DIGITS}, {scale})", "duckdb")
        case Many(of=of):
            return exp.DataType(this=exp.DataType.Type.ARRAY, expressions=[sql_type(of)], nested=True)
        case Parts(fields=fields):
            parts = [
                exp.ColumnDef(this=exp.to_identifier(name, quoted=True), kind=sql_type(part))
                for name, part in fields.items()
            ]
            return exp.DataType(this=exp.DataType.Type.STRUCT, expressions=parts, nested=True)
