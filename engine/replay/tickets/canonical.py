"""How a stored column becomes a fact of the relation `tickets`.

A column whose type is none that a fact's values can simply be cast from is not read here: who reads it row
by row knows more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from sqlglot import exp
from sqlglot.expressions.datatypes import DType

from engine.evaluate.facts import MOST_DIGITS
from engine.replay.engines.engine import Range
from engine.replay.sql import days, lists
from engine.replay.sql import vocabulary as v
from engine.replay.sql.numbers import Digits
from engine.replay.sql.slots import Sql
from engine.replay.sql.vocabulary import HALF
from engine.rulebook.types import NUMBERS, Kind, Type

Fit: TypeAlias = Literal["plain", "converted", "never"]
"""A stored type is cast as it is; or needs somebody who reads row by row; or holds no such values at all."""

_D = exp.DataType.Type
_EXACT = Context(prec=80)
BIGINT = v.type_written("BIGINT")
WHOLE = frozenset(
    {_D.TINYINT, _D.SMALLINT, _D.INT, _D.BIGINT, _D.UTINYINT, _D.USMALLINT, _D.UINT, _D.UBIGINT}
)
PLAIN_NUMBERS = WHOLE | {_D.DECIMAL}
TEXTS = frozenset({_D.TEXT, _D.VARCHAR, _D.CHAR, _D.NCHAR, _D.NVARCHAR, _D.ENUM})
WALLS = frozenset({_D.TIMESTAMP, _D.TIMESTAMPNTZ, _D.TIMESTAMP_S, _D.TIMESTAMP_MS, _D.TIMESTAMP_NS})
"""Instants without a zone: what the clocks of the catalogue's zone show."""
LISTS = frozenset({_D.ARRAY, _D.LIST})
_PLAIN: Mapping[Kind, frozenset[DType]] = {
    Kind.BOOLEAN: frozenset({_D.BOOLEAN}),
    Kind.INTEGER: WHOLE,
    Kind.DECIMAL: WHOLE | {_D.DECIMAL},
    Kind.MONEY: WHOLE | {_D.DECIMAL},
    Kind.ENUM: TEXTS,
    Kind.TEXT: TEXTS,
    Kind.DATE: frozenset({_D.DATE}),
    Kind.MONTH: TEXTS,
    Kind.INSTANT: WALLS | {_D.TIMESTAMPTZ},
}
_CONVERTED: Mapping[Kind, frozenset[DType]] = {
    Kind.INTEGER: frozenset({_D.DECIMAL}),
    Kind.DECIMAL: TEXTS,
    Kind.MONEY: TEXTS,
    Kind.DATE: TEXTS,
    Kind.INSTANT: TEXTS,
    Kind.LIST: LISTS | {_D.STRUCT},
}


@dataclass(frozen=True)
class Stored:
    """A column of a file: its name, its type, and what the file tells of it."""

    name: str
    type: exp.DataType
    told: Range | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it is known that no row has a value."""
        return self.type.this is _D.NULL or (self.told is not None and self.told.empty)


def fit(type_: Type, stored: exp.DataType) -> Fit:
    """Whether a stored type carries the values of a fact's type."""
    if type_.kind is Kind.LIST and stored.this in LISTS:
        return _fit_of_records(type_, stored)
    if stored.this in _PLAIN.get(type_.kind, ()):
        return "plain"
    if type_.kind is Kind.INTEGER and stored.this is _D.DECIMAL:
        return "plain" if digits(stored)[1] == 0 else "converted"
    return "converted" if stored.this in _CONVERTED.get(type_.kind, ()) else "never"


def _fit_of_records(type_: Type, stored: exp.DataType) -> Fit:
    fields = fields_of(stored)
    if fields is None:
        return "never"
    fits = {fit(type_.fields[n].type, t) if n in type_.fields else "converted" for n, t in fields.items()}
    return "plain" if fits <= {"plain"} else "converted"


def fields_of(stored: exp.DataType) -> Mapping[str, exp.DataType] | None:
    """The fields of the structures that a list holds; None where it holds none."""
    inner = stored.expressions[0] if stored.expressions else None
    if not isinstance(inner, exp.DataType) or inner.this is not _D.STRUCT:
        return None
    return {part.this.name: part.args["kind"] for part in inner.expressions}


def digits(stored: exp.DataType) -> tuple[int, int]:
    """The digits of a decimal type in all, and behind the point."""
    if stored.this is not _D.DECIMAL:
        return whole_digits(stored), 0
    numbers = [int(part.name) for part in stored.find_all(exp.DataTypeParam)]
    return (numbers[0], numbers[1] if len(numbers) > 1 else 0) if numbers else (38, 0)


def whole_digits(stored: exp.DataType) -> int:
    """How many digits numbers of a type may have in front of the point."""
    if stored.this is _D.DECIMAL:
        precision, scale = digits(stored)
        return precision - scale
    return 20 if stored.this in (_D.BIGINT, _D.UBIGINT) else 10


def canonical_type(type_: Type) -> exp.DataType:
    """The type of a fact's column in the relation `tickets`."""
    match type_.kind:
        case Kind.BOOLEAN:
            return v.type_written("BOOLEAN")
        case Kind.INTEGER:
            return v.type_written("BIGINT")
        case Kind.DECIMAL | Kind.MONEY:
            return v.type_written(f"DECIMAL({MOST_DIGITS + (type_.scale or 0)}, {type_.scale or 0})")
        case Kind.DATE | Kind.MONTH:
            return v.type_written("DATE")
        case Kind.INSTANT:
            return v.type_written("TIMESTAMP", "duckdb")
        case Kind.LIST:
            return _list_type({name: canonical_type(part.type) for name, part in type_.fields.items()})
        case _:
            return v.type_written("TEXT")


def _list_type(fields: Mapping[str, exp.DataType]) -> exp.DataType:
    parts = [exp.ColumnDef(this=exp.to_identifier(n, quoted=True), kind=t) for n, t in fields.items()]
    struct = exp.DataType(this=_D.STRUCT, expressions=parts, nested=True)
    return exp.DataType(this=_D.ARRAY, expressions=[struct], nested=True)


def widest(types: Sequence[Type]) -> Type:
    """One type for a fact of which editions say different digits, members or fields."""
    first = types[0]
    fields = {name: part for type_ in reversed(types) for name, part in type_.fields.items()}
    scale = max((type_.scale or 0 for type_ in types), default=0)
    return Type(first.kind, first.unit, scale, first.members, fields)


def read(column: Sql, stored: exp.DataType, type_: Type, zone: ZoneInfo) -> Sql:
    """A stored value as the fact's; where it is none of the fact's, whatever it may be, but no failure."""
    match type_.kind:
        case Kind.INSTANT:
            return utc(column, stored, zone)
        case Kind.MONTH:
            first = exp.DPipe(this=column, expression=exp.Literal.string("-01"))
            return tried(first, canonical_type(type_))
        case Kind.LIST:
            return _records(column, stored, type_, zone)
        case _ if _is_already(stored, type_):
            return column
        case _:
            return tried(column, canonical_type(type_))


def tried(value: Sql, type_: exp.DataType) -> Sql:
    """The value in another type; NULL where it is none of that type."""
    return exp.TryCast(this=value, to=type_, safe=True)


def narrowed(value: Sql, told: Digits | None) -> Sql:
    """A number that is known to fit into 64 bits as one that does: it is compared three times as fast."""
    if told is None or not told.is_narrow:
        return value
    return v.cast(value, BIGINT if told.scale == 0 else v.type_written(f"DECIMAL({HALF}, {told.scale})"))


def told_digits(column: Stored, type_: Type) -> Digits | None:
    """The numbers that a column holds by what its files tell, counted in units of the fact's last digit."""
    if type_.kind not in NUMBERS or column.told is None or not column.told.ends:
        return None
    try:
        ends = [Decimal(end) for end in column.told.ends]
    except ArithmeticError:
        return None
    scale = type_.scale or 0
    units = [end.scaleb(scale, _EXACT) for end in (min(ends), max(ends))]
    return Digits(
        int(units[0].to_integral_value(ROUND_FLOOR)), int(units[1].to_integral_value(ROUND_CEILING)), scale
    )


def _is_already(stored: exp.DataType, type_: Type) -> bool:
    if stored.this is not _D.DECIMAL:
        return type_.kind not in (Kind.INTEGER, Kind.DECIMAL, Kind.MONEY) or stored.this is _D.BIGINT
    whole, behind = digits(stored)
    return type_.kind is not Kind.INTEGER and behind == type_.scale and whole <= MOST_DIGITS + behind


def utc(column: Sql, stored: exp.DataType, zone: ZoneInfo) -> Sql:
    """An instant as the wall clock of UTC shows it.

    In DuckDB many times as fast as a cast, which asks a library of calendars.
    """
    if stored.this is _D.TIMESTAMPTZ:
        if stored.expressions:  # of another precision, which few functions take
            column = exp.cast(column, v.type_written("TIMESTAMPTZ"))
        return v.OfMicroseconds(this=v.Microseconds(this=column))
    wall = column if stored.this is _D.TIMESTAMPNTZ else v.cast(column, v.TIMESTAMP)
    return days.of_wall(wall, zone)


def _records(column: Sql, stored: exp.DataType, type_: Type, zone: ZoneInfo) -> Sql:
    if _list_type(fields_of(stored) or {}) == canonical_type(type_):
        return column
    record, fields = lists.record("entry"), fields_of(stored) or {}
    parts = [
        exp.alias_(
            read(lists.field(record, name), fields[name], part.type, zone)
            if name in fields
            else v.cast(exp.Null(), canonical_type(part.type)),
            name,
            quoted=True,
        )
        for name, part in type_.fields.items()
    ]
    return lists.mapped(column, "entry", v.Record(expressions=parts))
