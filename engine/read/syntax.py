"""The syntax tree of tests and formulas: what was written, nothing yet resolved.

Names may be facts, record fields, parameters, outputs or enum values; `engine.rulebook` settles which.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Literal, TypeAlias

from engine.base.spans import Span

CompareOperator: TypeAlias = Literal["<", "<=", ">", ">=", "=", "!="]


@dataclass(frozen=True, slots=True)
class Number:
    """`20`, `7.89`, `-3`; `unit` is the word behind it (`20 CNY`)."""

    value: Decimal
    unit: str | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Text:
    value: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Truth:
    value: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Day:
    value: date
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class MonthLiteral:
    """`2015-11`."""

    year: int
    month: int
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Instant:
    """`2015-10-01T12:00`; `offset_minutes` is None where no zone is written; 24:00 is `day` + 24 h."""

    day: date
    minutes: int
    seconds: int
    offset_minutes: int | None
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """`12:00`; 24:00 is given as `end_of_day`."""

    value: time
    end_of_day: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    text: str
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic `+ - * /`, comparison, `and`, `or`."""

    operator: Literal["+", "-", "*", "/", "and", "or"] | CompareOperator
    left: Formula
    right: Formula
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Negative:
    operand: Formula
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """`not(…)` in a formula."""

    operand: Formula
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Call:
    """`round half up(x, 2)`; `name_span` is the function's name."""

    function: str
    arguments: tuple[Formula, ...]
    span: Span = field(compare=False)
    name_span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class In:
    """`x in [11..15]`."""

    subject: Formula
    tests: Tests
    span: Span = field(compare=False)


Formula: TypeAlias = (
    Number
    | Text
    | Truth
    | Day
    | MonthLiteral
    | Instant
    | TimeOfDay
    | Name
    | Binary
    | Negative
    | Not
    | Call
    | In
)


@dataclass(frozen=True, slots=True)
class Compare:
    """One unary test: `< 3`; a bare value is `=`."""

    operator: CompareOperator
    end: Formula
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Interval:
    """`[11..15]`, `(10..11)`."""

    low: Formula
    low_included: bool
    high: Formula
    high_included: bool
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class Presence:
    """`present` or `absent`."""

    present: bool
    span: Span = field(compare=False)


UnaryTest: TypeAlias = Compare | Interval | Presence


@dataclass(frozen=True, slots=True)
class Tests:
    """A whole cell: one of `tests` holds (or none of them, when `negated`); no tests means `-`."""

    tests: tuple[UnaryTest, ...]
    negated: bool
    span: Span = field(compare=False)
