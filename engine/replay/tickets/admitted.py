"""Which stored values are none of a fact's: the judgement of `engine.evaluate.facts` over whole columns.

Files tell the least and the largest value of many columns, which proves without reading that all lie within
bounds; then nothing is asked of each row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

from sqlglot import exp

from engine.base.calendar import EARLIEST, LATEST
from engine.evaluate.facts import MOST_DIGITS, MOST_RECORDS, MOST_TEXT
from engine.replay.engines.engine import Dialect
from engine.replay.sql import lists
from engine.replay.sql import vocabulary as v
from engine.replay.sql.logic import whole
from engine.replay.sql.slots import Sql
from engine.replay.tickets.canonical import (
    Stored,
    canonical_type,
    digits,
    fields_of,
    read,
    tried,
    whole_digits,
)
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import INSTANT, NUMBERS, Kind, Scalar, Type

_D = exp.DataType.Type
MOST_PRECISION = 38
"""So many digits a decimal of any engine has."""


@dataclass(frozen=True)
class Asked:
    """What a check is asked for: for which engine, and in which zone clocks are read."""

    zone: ZoneInfo
    dialect: Dialect


def bad(stored: Stored, facts: Sequence[FactDeclaration], asked: Asked) -> Sql | None:
    """Where a value is none that every declaration admits; None: nowhere, by the type or by what files tell.

    It may be NULL where the value is NULL, which is never bad.
    """
    column = exp.column(stored.name, quoted=True)
    if stored.told is not None and stored.told.empty:
        return None
    if all(fact.derived == "engine" for fact in facts):
        return _given(column)
    given = [fact for fact in facts if fact.derived != "engine"]
    return either(part for fact in given for part in _bad_parts(column, stored, fact, asked))


def bad_instant(stored: Stored, asked: Asked) -> Sql | None:
    """The same for a column of instants that is no fact's."""
    return _out_of_bounds(exp.column(stored.name, quoted=True), stored, INSTANT, asked)


def either(parts: Iterable[Sql | None]) -> Sql | None:
    """Where one of the parts holds; what is said twice counts once."""
    some = list({part.sql("duckdb"): part for part in parts if part is not None}.values())
    return reduce(lambda left, right: exp.Or(this=left, expression=right), some) if some else None


def _given(column: Sql) -> Sql:
    return exp.Not(this=exp.Is(this=column, expression=exp.Null()))


def _bad_parts(column: Sql, stored: Stored, fact: FactDeclaration, asked: Asked) -> Iterator[Sql | None]:
    yield _not_of(column, stored, fact.type, asked)
    yield _out_of_bounds(column, stored, fact.type, asked, (fact.minimum, fact.maximum))


def _not_of(column: Sql, stored: Stored, type_: Type, asked: Asked) -> Sql | None:
    """Where a value is none of the type, whatever its bounds."""
    match type_.kind:
        case Kind.ENUM:
            return _not_among(column, type_.members, asked.dialect)
        case Kind.TEXT:
            return exp.GT(this=exp.Length(this=column), expression=whole(MOST_TEXT))
        case Kind.MONTH:
            return _not_a_month(column, read(column, stored.type, type_, asked.zone))
        case Kind.LIST:
            return _bad_records(column, stored, type_, asked)
        case Kind.DECIMAL | Kind.MONEY if digits(stored.type)[1] > (type_.scale or 0):
            return _too_fine(column, stored.type, type_.scale or 0)
        case _:
            return None


def _not_among(column: Sql, members: Sequence[str], dialect: Dialect) -> Sql:
    words = [exp.Literal.string(member) for member in members]
    if dialect == "duckdb":  # on a column with a dictionary a cast looks at each word once, IN at each row
        enum = exp.DataType(this=_D.ENUM, expressions=words)
        none = exp.Is(this=tried(column, enum), expression=exp.Null())
        return exp.And(this=none, expression=_given(column))
    return exp.Not(this=exp.In(this=column, expressions=words))


def _not_a_month(column: Sql, first_day: Sql) -> Sql:
    """`2015-1`, which a database may take for a month, is none."""
    written = exp.Left(this=v.cast(first_day, v.type_written("TEXT")), expression=whole(7))
    return v.grouped(
        exp.And(this=_given(column), expression=exp.NullSafeNEQ(this=written, expression=column))
    )


def _too_fine(column: Sql, stored: exp.DataType, scale: int) -> Sql:
    """More digits behind the point than the fact has; what cannot be rounded is far too large."""
    rounded = tried(exp.Round(this=column, decimals=whole(scale)), stored.copy())
    return exp.NullSafeNEQ(this=column, expression=rounded)


def _bad_records(column: Sql, stored: Stored, type_: Type, asked: Asked) -> Sql:
    """A list that is too long, or has an entry that is no record, or a record with a bad value."""
    entry = lists.record("entry")
    parts: list[Sql | None] = [exp.Is(this=entry, expression=exp.Null())]
    for name, written in (fields_of(stored.type) or {}).items():
        field, part = lists.field(entry, name), type_.fields[name].type
        parts.append(_not_of(field, Stored(name, written), part, asked))
        parts.append(_out_of_bounds(field, Stored(name, written), part, asked))
    wrong = either(parts)
    assert wrong is not None, "an entry that is not there is always wrong"
    some = lists.some(column, "entry", _surely(wrong))
    return exp.Or(this=_surely(some), expression=_longer(column))


def _longer(column: Sql) -> Sql:
    return exp.GT(this=lists.size(column), expression=whole(MOST_RECORDS))


def _surely(condition: Sql) -> Sql:
    return exp.Coalesce(this=condition, expressions=[exp.false()])


def _out_of_bounds(
    column: Sql, stored: Stored, type_: Type, asked: Asked, own: Sequence[Scalar | None] = ()
) -> Sql | None:
    """Where a value lies outside of its kind's bounds or of the fact's own; None where that is known to be
    nowhere.
    """
    low, high = _bounds(stored.type, type_, asked.zone, own)
    told = _told(stored, type_.kind, asked.zone)
    if type_.kind in NUMBERS:
        value: Sql = column  # as it is stored: what does not fit into the fact's type is out of bounds too
        low_, high_ = _number(low, stored.type, ROUND_CEILING), _number(high, stored.type, ROUND_FLOOR)
    else:
        value = read(column, stored.type, type_, asked.zone)
        low_, high_ = _moment(low, type_), _moment(high, type_)
    parts: list[Sql | None] = []
    if low_ is not None and (told is None or told[0] < low):
        parts.append(exp.LT(this=value, expression=low_))
    if high_ is not None and (told is None or told[1] > high):
        parts.append(exp.GT(this=value, expression=high_))
    return either(parts)


def _number(bound: Any, stored: exp.DataType, rounding: str) -> Sql | None:
    """A bound with as many digits behind the point as the column has; None where nothing can be beyond."""
    if bound is None:
        return None
    scale = digits(stored)[1]
    rounded = Decimal(bound).quantize(Decimal(1).scaleb(-scale), rounding, Context(prec=2 * MOST_PRECISION))
    if len(rounded.as_tuple().digits) > MOST_PRECISION:
        return None
    literal = exp.Literal.number(format(abs(rounded), "f"))
    number = exp.Neg(this=literal) if rounded < 0 else literal
    return number if scale == 0 else v.cast(number, v.type_written(f"DECIMAL({MOST_PRECISION}, {scale})"))


def _moment(bound: Any, type_: Type) -> Sql | None:
    if bound is None:
        return None
    return v.cast(exp.Literal.string(bound.isoformat()), canonical_type(type_))


def _bounds(
    stored: exp.DataType, type_: Type, zone: ZoneInfo, own: Sequence[Scalar | None]
) -> tuple[Any, Any]:
    """The least and the largest value allowed; instants are said in UTC, without a zone."""
    bounds = [_plain(bound) for bound in own] or [None, None]
    least, most = _bounds_of_kind(stored, type_, zone)
    low = [bound for bound in (least, bounds[0]) if bound is not None]
    high = [bound for bound in (most, bounds[1]) if bound is not None]
    return max(low, default=None), min(high, default=None)


def _bounds_of_kind(stored: exp.DataType, type_: Type, zone: ZoneInfo) -> tuple[Any, Any]:
    match type_.kind:
        case Kind.DATE | Kind.MONTH:
            return EARLIEST, LATEST
        case Kind.INSTANT:
            beyond = _in_utc(datetime.combine(LATEST + timedelta(days=1), time.min, zone))
            return _in_utc(datetime.combine(EARLIEST, time.min, zone)), beyond - timedelta(microseconds=1)
        case kind if kind in NUMBERS and whole_digits(stored) > MOST_DIGITS:
            most = Decimal(10**MOST_DIGITS) - Decimal(1).scaleb(-(type_.scale or 0))
            return -most, most
        case _:
            return None, None


def _told(stored: Stored, kind: Kind, zone: ZoneInfo) -> tuple[Any, Any] | None:
    """The least and the largest value, where the file tells them in a way that is understood."""
    if stored.told is None or not stored.told.ends:
        return None
    try:
        ends = [_end(written, kind, zone) for written in stored.told.ends]
    except (ValueError, ArithmeticError, OverflowError):
        return None
    return min(ends), max(ends)


def _end(written: str, kind: Kind, zone: ZoneInfo) -> Any:
    match kind:
        case Kind.DATE:
            return date.fromisoformat(written)
        case Kind.INSTANT:
            moment = datetime.fromisoformat(written)
            return _in_utc(moment if moment.tzinfo else moment.replace(tzinfo=zone))
        case kind if kind in NUMBERS:
            return Decimal(written)
        case _:
            raise ValueError(written)


def _plain(bound: Scalar | None) -> Any:
    return _in_utc(bound) if isinstance(bound, datetime) else bound


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
