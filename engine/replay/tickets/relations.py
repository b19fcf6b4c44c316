"""Small tables written into a query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlglot import exp

from engine.replay.sql.slots import Sql

TEXT = exp.DataType.build("VARCHAR", dialect="duckdb")
WHOLE = exp.DataType.build("BIGINT", dialect="duckdb")
MONEY = exp.DataType.build("DECIMAL(38, 2)", dialect="duckdb")


def value(written: Any, type_: exp.DataType) -> Sql:
    """A value as SQL has it, with its type."""
    return exp.cast(_literal(written), type_)


def _literal(written: Any) -> Sql:
    match written:
        case None:
            return exp.Null()
        case bool():
            return exp.Boolean(this=written)
        case int() | Decimal():
            number = exp.Literal.number(
                format(abs(written), "f") if isinstance(written, Decimal) else abs(written)
            )
            return exp.Neg(this=number) if written < 0 else number
        case date():
            return exp.Literal.string(written.isoformat())
        case _:
            return exp.Literal.string(str(written))


def table(rows: Sequence[Sequence[Any]], columns: Sequence[tuple[str, exp.DataType]]) -> exp.Select:
    """The rows as a relation with these columns."""
    names = [name for name, _ in columns]
    typed = [exp.alias_(exp.cast(exp.column(name), type_), name) for name, type_ in columns]
    if not rows:
        nothing = [exp.alias_(value(None, type_), name) for name, type_ in columns]
        return exp.select(*nothing).where(exp.false())
    tuples = [exp.Tuple(expressions=[_literal(cell) for cell in row]) for row in rows]
    return exp.select(*typed).from_(exp.values(tuples, alias="v", columns=names))
