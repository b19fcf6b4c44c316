"""Exact numbers in SQL: no digit is lost, nothing overflows, and no floating number is let in.

Every quantity carries the range of what it can be, in units of its last digit, so that the types on the way
are known to have room. Up to 18 digits the databases reckon with 64 bits, beyond with 128, which DuckDB does
fifty times slower where it divides. A division stays a ratio until it is rounded, as in `engine.base.exact`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias, assert_never

from sqlglot import exp

from engine.base import exact
from engine.replay.sql.logic import whole
from engine.replay.sql.quantities import (
    NARROW,
    ONE,
    Digits,
    Quantity,
    alike,
    as_type,
    checked,
    constant,
    data_type,
    decimal_type,
    magnitude,
    minus,
    negated,
    plus,
    times,
)
from engine.replay.sql.refused import NotSayable
from engine.replay.sql.slots import Sql
from engine.replay.sql.vocabulary import (
    HUGEINT,
    LongQuotient,
    Quicker,
    ShortQuotient,
    WholeQuotient,
    binary,
    call,
    cast,
    extreme,
    grouped,
    when,
)
from engine.rulebook.expressions import Operator, RoundingMode

__all__ = [
    "Digits",
    "Number",
    "Quantity",
    "Ratio",
    "absolute",
    "add",
    "alike",
    "as_type",
    "compare",
    "constant",
    "data_type",
    "greatest",
    "least",
    "multiply",
    "negate",
    "quotient",
    "rounded",
    "subtract",
]

_WORTH_REPEATING = 30
"""Up to how many nodes an expression is written twice rather than worked out with 128 bits."""

_ROUNDINGS: dict[RoundingMode, Callable[[exact.Number, int], Decimal]] = {
    "half up": exact.round_half_up,
    "floor": exact.floor,
    "ceiling": exact.ceiling,
}
_WORDS: dict[RoundingMode, str] = {"half up": "ROUND", "floor": "FLOOR", "ceiling": "CEIL"}
_COMPARISONS: dict[Operator, type[exp.Binary]] = {
    "=": exp.EQ,
    "!=": exp.NEQ,
    "<": exp.LT,
    "<=": exp.LTE,
    ">": exp.GT,
    ">=": exp.GTE,
}


@dataclass(frozen=True, slots=True)
class Ratio:
    """A division that is not rounded yet."""

    numerator: Quantity
    denominator: Quantity


Number: TypeAlias = Quantity | Ratio


# --- sums and products --------------------------------------------------------------------------------


def add(left: Number, right: Number) -> Number:
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return plus(left, right)
    one, two = _as_ratio(left), _as_ratio(right)
    if one.denominator == two.denominator:
        return Ratio(plus(one.numerator, two.numerator), one.denominator)
    numerator = plus(times(one.numerator, two.denominator), times(two.numerator, one.denominator))
    return Ratio(numerator, times(one.denominator, two.denominator))


def subtract(left: Number, right: Number) -> Number:
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return minus(left, right)
    return add(left, negate(right))


def multiply(left: Number, right: Number) -> Number:
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return times(left, right)
    one, two = _as_ratio(left), _as_ratio(right)
    return Ratio(times(one.numerator, two.numerator), times(one.denominator, two.denominator))


def quotient(left: Number, right: Number) -> Number:
    """The division, whose divisor cannot be zero: a ratio, or a product where that is exact."""
    if isinstance(right, Ratio):
        return multiply(left, Ratio(right.denominator, right.numerator))
    inverse = None if right.value is None else _inverse(right.value)
    if inverse is None:
        return multiply(left, Ratio(ONE, right))
    try:
        return multiply(left, inverse)
    except NotSayable:
        return multiply(left, Ratio(ONE, right))


def negate(value: Number) -> Number:
    if isinstance(value, Ratio):
        return Ratio(negated(value.numerator), value.denominator)
    return negated(value)


def absolute(value: Number) -> Number:
    if isinstance(value, Ratio):
        return Ratio(magnitude(value.numerator), magnitude(value.denominator))
    return magnitude(value)


def _as_ratio(value: Number) -> Ratio:
    return value if isinstance(value, Ratio) else Ratio(value, ONE)


def _inverse(value: Decimal) -> Quantity | None:
    """One divided by the value, where that has an end."""
    inverse = 1 / Fraction(value)
    for scale in range(NARROW + 1):
        if (units := inverse * 10**scale).denominator == 1:
            return constant(Decimal(units.numerator).scaleb(-scale, exact.EXACT))
    return None


# --- the least, the greatest, comparisons ---------------------------------------------------------------


def least(values: Sequence[Number]) -> Number:
    """The least of the numbers; NULL if one is NULL."""
    return _extreme("LEAST", values)


def greatest(values: Sequence[Number]) -> Number:
    """The greatest of the numbers; NULL if one is NULL."""
    return _extreme("GREATEST", values)


def _extreme(word: str, values: Sequence[Number]) -> Number:
    quantities = [value for value in values if isinstance(value, Quantity)]
    if len(quantities) < len(values):
        chosen, *others = map(_as_ratio, values)
        for other in others:
            chosen = _better_ratio("<=" if word == "LEAST" else ">=", chosen, other)
        return chosen
    fixed = [value.value for value in quantities if value.value is not None]
    if len(fixed) == len(values):
        return constant(min(fixed) if word == "LEAST" else max(fixed))
    sqls, digits = alike(quantities)
    pick = min if word == "LEAST" else max
    ranges = [quantity.digits.at(digits.scale) for quantity in quantities]
    reach = Digits(pick(r.low for r in ranges), pick(r.high for r in ranges), digits.scale)
    return Quantity(extreme("LEAST" if word == "LEAST" else "GREATEST", sqls), reach)


def _better_ratio(operator: Operator, left: Ratio, right: Ratio) -> Ratio:
    one, two = _upright(left), _upright(right)
    sides = times(one.numerator, two.denominator), times(two.numerator, one.denominator)
    is_left = compare(operator, *sides)
    return Ratio(
        _either(is_left, one.numerator, two.numerator), _either(is_left, one.denominator, two.denominator)
    )


def _either(condition: Sql, yes: Quantity, no: Quantity) -> Quantity:
    """One or the other; NULL where it is not known which."""
    (one, two), digits = alike([yes, no])
    branches = [exp.If(this=condition, true=one), exp.If(this=exp.Not(this=grouped(condition)), true=two)]
    return Quantity(exp.Case(ifs=branches), digits)


def compare(operator: Operator, left: Quantity, right: Quantity) -> Sql:
    """The comparison, NULL where one side is."""
    if left.value is not None and right.value is not None:
        difference = left.value - right.value
        known = {"=": difference == 0, "!=": difference != 0, "<": difference < 0, "<=": difference <= 0}
        return exp.Boolean(this=known.get(operator, difference > 0 or (operator == ">=" and difference == 0)))
    checked(left.digits.either(right.digits))
    return binary(_COMPARISONS[operator], left.sql, right.sql)


# --- roundings ------------------------------------------------------------------------------------------


def rounded(mode: RoundingMode, value: Number, digits: int) -> Quantity:
    """The number with at most so many digits after the point, as `engine.base.exact` has it."""
    if isinstance(value, Ratio):
        return _rounded_ratio(mode, value, digits)
    if value.value is not None:
        return constant(_ROUNDINGS[mode](value.value, digits))
    if value.digits.scale <= digits:
        return value
    if digits < 0:
        return _rounded_ratio(mode, Ratio(value, ONE), digits)
    reach = _rounded_range(mode, value.digits, digits)
    if mode == "half up" and digits:
        return Quantity(_quicker(value, lambda number: call("ROUND", number, whole(digits))), reach)
    units = value if mode == "half up" else times(value, constant(10**digits))
    counted = Digits(reach.low, reach.high)
    sql = _quicker(units, lambda number: cast(call(_WORDS[mode], number), data_type(counted)))
    return _in_units(Quantity(sql, counted), digits)


def _quicker(value: Quantity, how: Callable[[Sql], Sql]) -> Sql:
    """What takes long on more than 18 digits, done with fewer where the very number has no more."""
    scale = value.digits.scale
    is_long = sum(1 for _ in value.sql.walk()) > _WORTH_REPEATING
    if value.digits.is_narrow or scale >= NARROW or is_long:
        return how(value.sql)
    most = whole(10 ** (NARROW - scale) - 1)
    is_small = exp.Between(this=grouped(value.sql), low=exp.Neg(this=most), high=most)
    return Quicker(
        this=is_small, narrow=how(cast(value.sql, decimal_type(NARROW, scale))), expression=how(value.sql)
    )


def _rounded_range(mode: RoundingMode, digits: Digits, kept: int) -> Digits:
    def reached(units: int) -> int:
        return int(_ROUNDINGS[mode](Fraction(units, 10 ** (digits.scale - kept)), 0))

    return checked(Digits(reached(digits.low), reached(digits.high), kept))


def _in_units(counted: Quantity, digits: int) -> Quantity:
    """So many steps of the last digit, as a number."""
    return times(counted, constant(Decimal((0, (1,), -digits))))


def _rounded_ratio(mode: RoundingMode, ratio: Ratio, digits: int) -> Quantity:
    if ratio.numerator.value is not None and ratio.denominator.value is not None:
        fraction = Fraction(ratio.numerator.value) / Fraction(ratio.denominator.value)
        return constant(_ROUNDINGS[mode](fraction, digits))
    upright = _upright(ratio)
    shift = upright.denominator.digits.scale + digits - upright.numerator.digits.scale
    above = _whole(upright.numerator, max(shift, 0))
    below = _whole(upright.denominator, max(-shift, 0))
    return _in_units(_divided(mode, above, below), digits)


def _divided(mode: RoundingMode, above: Quantity, below: Quantity) -> Quantity:
    """A whole number by a positive one; SQL cuts towards zero, so that the dividend is moved first."""
    match mode:
        case "half up":
            twice = times(above, constant(2))
            moved = _by_sign(above, plus(twice, below), minus(twice, below))
            below = times(below, constant(2))
        case "floor":
            moved = _by_sign(above, above, minus(above, minus(below, ONE)))
        case "ceiling":
            moved = _by_sign(above, plus(above, minus(below, ONE)), above)
        case _:
            assert_never(mode)
    reach = _divided_range(moved.digits, below.digits)
    if moved.digits.is_narrow and below.digits.is_narrow:
        return Quantity(WholeQuotient(this=moved.sql, expression=_not_zero(below)), reach)
    divided = ShortQuotient if reach.is_narrow else LongQuotient
    sql = divided(this=cast(moved.sql, HUGEINT), expression=cast(_not_zero(below), HUGEINT))
    return Quantity(cast(sql, data_type(reach)), reach)


def _by_sign(of: Quantity, not_negative: Quantity, negative: Quantity) -> Quantity:
    if of.digits.low >= 0:
        return not_negative
    if of.digits.high < 0:
        return negative
    (yes, no), digits = alike([not_negative, negative])
    return Quantity(when(binary(exp.GTE, of.sql, whole(0)), yes, no), digits)


def _divided_range(above: Digits, below: Digits) -> Digits:
    least_divisor = max(below.low, 1)
    return Digits(-(abs(above.low) // least_divisor), abs(above.high) // least_divisor)


def _not_zero(value: Quantity) -> Sql:
    """NULL instead of zero: the rulebook's divisors are never zero, but that may be known by a guard only."""
    return value.sql if value.digits.low > 0 else call("NULLIF", value.sql, whole(0))


def _whole(value: Quantity, more: int) -> Quantity:
    """How many units of its last digit the number is, times ten to the power of `more`."""
    scale = value.digits.scale
    scaled = times(value, constant(10 ** (scale + more)))
    if scaled.value is not None or scale == 0:
        return scaled
    digits = Digits(scaled.digits.low // 10**scale, scaled.digits.high // 10**scale)
    return Quantity(_quicker(scaled, lambda number: cast(number, data_type(digits))), digits)


def _upright(ratio: Ratio) -> Ratio:
    """The same ratio over a divisor that is not negative."""
    digits = ratio.denominator.digits
    if digits.low >= 0:
        return ratio
    below = magnitude(ratio.denominator)
    if digits.high < 0:
        return Ratio(negated(ratio.numerator), below)
    turned = negated(ratio.numerator)
    (yes, no), range_ = alike([turned, ratio.numerator])
    numerator = when(binary(exp.LT, ratio.denominator.sql, whole(0)), yes, no)
    return Ratio(Quantity(numerator, range_), below)
