"""Words of SQL that the databases spell differently, and small helpers for building what they share.

A word is a node of its own; `engine.replay.sql.dialects` spells it for each database. Instants are naive
TIMESTAMPs on the UTC line, days are DATEs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar, Literal

from sqlglot import exp

from engine.replay.sql.slots import Sql


class Word(exp.Expression, exp.Func):
    """A word that the databases spell differently."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True}


class _OfTwo(Word):
    arg_types: ClassVar[dict[str, bool]] = {"this": True, "expression": True}


class WholeQuotient(_OfTwo):
    """BIGINT by BIGINT, without what is left over."""


class LongQuotient(_OfTwo):
    """Of whole numbers of up to 38 digits, without what is left over, to as many digits."""


class ShortQuotient(_OfTwo):
    """The same where the quotient has at most 18 digits."""


class Quicker(Word):
    """`narrow` where `this` is TRUE, in databases in which that is quicker; else `expression`, its equal."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "narrow": True, "expression": True}


class Lookup(_OfTwo):
    """The whole number (BIGINT) at an index from 1 in a text of numbers with commas between; it is there."""


class MicrosecondsLater(_OfTwo):
    """The instant so many (BIGINT) microseconds later, a whole number of seconds."""


class LaterBy(Word):
    """The instant put off by the time from `begin` to `end`."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "begin": True, "end": True}


class Microseconds(Word):
    """The instant as BIGINT microseconds since the year 1970."""


class OfMicroseconds(Word):
    """The instant of so many BIGINT microseconds since the year 1970."""


class DaysLater(_OfTwo):
    """The day so many (BIGINT) days later."""


class MonthsLater(_OfTwo):
    """The day so many (BIGINT) months later, or the month's last where it has no such day."""


class DaysFrom(_OfTwo):
    """BIGINT days from `this` to `expression`."""


class Weekday(Word):
    """0 for Monday to 6 for Sunday, BIGINT."""


class DayOfMonth(Word):
    """1 to 31, BIGINT."""


class LastOfMonth(Word):
    """The last day of the day's month."""


class Picked(_OfTwo):
    """The entry of a list at a BIGINT index from 1, which is there."""


class Field(_OfTwo):
    """A field of a record; `expression` is an identifier."""


class _Over(Word):
    """Over a list, with the name of its record and what is asked of each."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "name": True, "body": True}


class Mapped(_Over):
    """The list of what `body` gives for each record."""


class Kept(_Over):
    """The records of which `body` is TRUE, in their order."""


class Some(_Over):
    """Kleene's or of `body` over all records; FALSE for no list."""


class Every(_Over):
    """Kleene's and of `body` over all records; TRUE for no list."""


class Size(Word):
    """How many records a list has, BIGINT; NULL for no list."""


class FirstIndex(_Over):
    """The BIGINT index from 1 of the first record of which `body` is TRUE; NULL where there is none."""


class LastIndex(_Over):
    """The BIGINT index from 1 of the last record of which `body` is TRUE; NULL where there is none."""


class Bits(Word):
    """All the bits of a list of BIGINTs together; 0 where it is empty or not there."""


class Sorted(Word):
    """The list in the order of its records' fields."""


class Reduced(Word):
    """`initial` joined with one record after another by `body`; of the records' own type."""

    arg_types: ClassVar[dict[str, bool]] = {
        "this": True,
        "initial": True,
        "so_far": True,
        "name": True,
        "body": True,
    }


class Record(Word):
    """A record of named fields: `expressions` are aliases."""

    arg_types: ClassVar[dict[str, bool]] = {"expressions": True}
    is_var_len_args: ClassVar[bool] = True


class Listed(Word):
    """A list of the given entries."""

    arg_types: ClassVar[dict[str, bool]] = {"expressions": True}
    is_var_len_args: ClassVar[bool] = True


# --- what all databases share -------------------------------------------------------------------------


@cache
def _read(written: str, dialect: str | None) -> exp.DataType:
    return exp.DataType.build(written, dialect=dialect)


def type_written(written: str, dialect: str | None = None) -> exp.DataType:
    """A type by its name, a tree of its own each time; sqlglot reads a name once, which takes 0.1 ms."""
    return _read(written, dialect).copy()


BIGINT = type_written("BIGINT")
HUGEINT = type_written("INT128")
"""Whole numbers of up to 38 digits; where there is no such type, DECIMAL(38, 0)."""
DATE = type_written("DATE")
TIMESTAMP = type_written("TIMESTAMP")
BOOLEAN = type_written("BOOLEAN")
NULL = exp.Null()

HALF, WHOLE = 18, 38
"""How many digits 64 and 128 bits have room for."""


def cast(value: Sql, type_: exp.DataType) -> Sql:
    """The value in another type; what is so already stays as it is."""
    if isinstance(value, exp.Cast) and value.to == type_:
        return value
    return exp.Cast(this=value, to=type_.copy())


def grouped(value: Sql) -> Sql:
    """In brackets where an operator beside it would tear it apart."""
    torn = isinstance(value, exp.Binary | exp.Not | exp.Between | exp.In) and not isinstance(value, exp.Dot)
    return exp.Paren(this=value) if torn else value


def binary(node: type[exp.Binary], left: Sql, right: Sql) -> Sql:
    return node(this=grouped(left), expression=grouped(right))


def is_literal(value: Sql) -> bool:
    """Whether it is a number, a day, an instant or a text as it stands, so that it is never NULL."""
    return isinstance(value.this if isinstance(value, exp.Neg | exp.Cast) else value, exp.Literal)


def when(condition: Sql, value: Sql, otherwise: Sql | None = None) -> Sql:
    """The value where the condition is TRUE, else the other, or NULL."""
    return exp.Case(ifs=[exp.If(this=condition, true=value)], default=otherwise)


def extreme(word: Literal["LEAST", "GREATEST"], values: Sequence[Sql]) -> Sql:
    """The least or greatest; NULL if one is NULL (the databases leave NULLs out)."""
    if len(values) == 1:
        return values[0]
    chosen = exp.Anonymous(this=word, expressions=list(values))
    doubtful = [
        exp.Is(this=grouped(value), expression=exp.Null()) for value in values if not is_literal(value)
    ]
    if not doubtful:
        return chosen
    return when(exp.Not(this=exp.Paren(this=any_of(doubtful))), chosen)


def any_of(conditions: Sequence[Sql]) -> Sql:
    """At least one of the conditions; there is at least one."""
    joined, *others = conditions
    for condition in others:
        joined = exp.Or(this=joined, expression=condition)
    return joined


def call(name: str, *arguments: Any) -> Sql:
    """A function that all databases spell alike."""
    return exp.Anonymous(this=name, expressions=list(arguments))
