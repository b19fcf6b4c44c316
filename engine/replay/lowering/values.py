"""Values of rulebooks and tickets as worths, and what expressions are written with."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from sqlglot import exp

from engine.base.exact import EXACT
from engine.evaluate.facts import MOST_DIGITS
from engine.replay.lowering.causes import Mask
from engine.replay.lowering.worth import Worth, chosen
from engine.replay.sql import days, numbers
from engine.replay.sql.logic import (
    Truth,
)
from engine.replay.sql.numbers import Digits, Number, Quantity, Ratio
from engine.replay.sql.refused import refuse
from engine.replay.sql.slots import Sql
from engine.rulebook.expressions import (
    Absolute,
    Arithmetic,
    Extreme,
    Quotient,
    Rounding,
)
from engine.rulebook.types import NUMBERS, Scalar, Type

Given: TypeAlias = Collection[str] | Mapping[str, Digits | None]
"""The facts that tickets have columns for; of numbers also how wide the files' statistics show them to be."""
RECORD = "r$"
"""The name of the record that a list's lambda looks at, which no fact can have."""


@dataclass(frozen=True)
class Cell:
    """A value with the causes for which it may be unknown."""

    worth: Worth
    mask: Mask


@dataclass(frozen=True)
class Scope:
    """What stands around an expression: whether a list's record, and the output cells of a table's row."""

    in_record: bool = False
    outputs: Mapping[str, Cell] = field(default_factory=dict)


OUTSIDE = Scope()


def truth_of(expression: Sql) -> Truth:
    match expression:
        case exp.Null():
            return None
        case exp.Boolean():
            return bool(expression.this)
        case _:
            return expression


def literal(value: Scalar, type_: Type) -> Worth:
    """A value of the rulebook."""
    match value:
        case bool():
            return Worth(exp.Boolean(this=value), may_be_unknown=False)
        case int() | Decimal():
            number = numbers.constant(value)
            return Worth(number.sql, may_be_unknown=False, number=number)
        case str():
            return Worth(exp.Literal.string(value), may_be_unknown=False)
        case datetime():
            return Worth(days.instant(value), may_be_unknown=False)
        case date():
            return Worth(days.date(value), may_be_unknown=False)
        case _:
            raise refuse("Q001", type=str(type_))


def number_of(
    value: Sql, type_: Type, minimum: Scalar | None = None, maximum: Scalar | None = None
) -> Quantity | None:
    """A number of a ticket, as wide as the catalogue lets it be."""
    if type_.kind not in NUMBERS:
        return None
    scale = type_.scale or 0
    widest = Digits.wide(MOST_DIGITS, scale)
    low = widest.low if minimum is None else _in_units(minimum, scale)
    high = widest.high if maximum is None else _in_units(maximum, scale)
    return Quantity(value, Digits(low, high, scale))


def _in_units(bound: Scalar, scale: int) -> int:
    """A bound in units of the last digit."""
    assert isinstance(bound, int | Decimal), "the bound of a number is a number"
    return int(EXACT.scaleb(Decimal(bound), scale))


def first_of(branches: Sequence[tuple[Truth, Worth]], otherwise: Worth) -> Worth:
    """The worth of the first branch whose condition holds; numbers are all of one type."""
    quantities = [worth.number for _, worth in branches if isinstance(worth.number, Quantity)]
    if isinstance(otherwise.number, Quantity):
        quantities.append(otherwise.number)
    if not quantities:
        return chosen(branches, otherwise)
    values, digits = numbers.alike(quantities)
    cast = dict(zip(map(id, quantities), values, strict=True))
    found = chosen([(c, _recast(worth, cast)) for c, worth in branches], _recast(otherwise, cast))
    return replace(found, number=Quantity(found.value, digits))


def _recast(worth: Worth, cast: Mapping[int, Sql]) -> Worth:
    return replace(worth, value=cast[id(worth.number)]) if id(worth.number) in cast else worth


def known_number(worth: Worth) -> Any:
    """The number that a worth is; the type checker of rules has seen to it that it is one."""
    assert worth.number is not None, "only numbers are reckoned with"
    return worth.number


def reckoned(
    expression: Arithmetic | Quotient | Rounding | Extreme | Absolute, operands: list[Any]
) -> Number | Ratio:
    match expression:
        case Arithmetic(operator="+"):
            return numbers.add(*operands)
        case Arithmetic(operator="-"):
            return numbers.subtract(*operands)
        case Arithmetic():
            return numbers.multiply(*operands)
        case Quotient():
            return numbers.quotient(*operands)
        case Rounding(mode=mode, digits=digits):
            return numbers.rounded(mode, operands[0], digits)
        case Extreme(kind="min"):
            return numbers.least(operands)
        case Extreme():
            return numbers.greatest(operands)
        case Absolute():
            return numbers.absolute(operands[0])
