"""Quantities in SQL and the ranges of what they can be, so that sums and products are known to have room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlglot import exp

from engine.base import exact
from engine.replay.sql.refused import refuse
from engine.replay.sql.slots import Sql
from engine.replay.sql.vocabulary import BIGINT, HUGEINT, binary, cast, grouped, type_written

NARROW, WIDE = 18, 38
"""How many digits 64 and 128 bits have room for."""


@dataclass(frozen=True, slots=True)
class Digits:
    """What a number can be: from `low` to `high`, both counted in units of the last of `scale` digits."""

    low: int
    high: int
    scale: int = 0

    @classmethod
    def wide(cls, whole_digits: int, scale: int = 0) -> Digits:
        """Any number of so many digits before and after the point."""
        most = 10 ** (whole_digits + scale) - 1
        return cls(-most, most, scale)

    @property
    def precision(self) -> int:
        """How many digits the widest of the numbers has."""
        return len(str(max(abs(self.low), abs(self.high))))

    @property
    def is_narrow(self) -> bool:
        return max(self.precision, self.scale) <= NARROW

    def at(self, scale: int) -> Digits:
        """The same range with more digits after the point."""
        step = 10 ** (scale - self.scale)
        return Digits(self.low * step, self.high * step, scale)

    def either(self, *others: Digits) -> Digits:
        """A range that holds all of them."""
        scale = max(digits.scale for digits in (self, *others))
        ranges = [digits.at(scale) for digits in (self, *others)]
        return Digits(min(r.low for r in ranges), max(r.high for r in ranges), scale)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in SQL and what it can be; NULL where it is not there."""

    sql: Sql
    digits: Digits

    @property
    def value(self) -> Decimal | None:
        """The number itself, of a constant."""
        literal = self.sql.this if isinstance(self.sql, exp.Neg) else self.sql
        fixed = isinstance(literal, exp.Literal) and self.digits.low == self.digits.high
        return Decimal(self.digits.low).scaleb(-self.digits.scale, exact.EXACT) if fixed else None


def constant(value: int | Decimal) -> Quantity:
    """A number of the rulebook."""
    number = Decimal(value)
    scale = exact.digits_after_point(number)
    units = int(exact.EXACT.scaleb(number, scale))
    text = exact.plain(abs(number), scale)
    literal = exp.Literal.number(text)
    return Quantity(exp.Neg(this=literal) if units < 0 else literal, Digits(units, units, scale))


ONE = constant(1)


def data_type(digits: Digits) -> exp.DataType:
    """The type that has room for all of it: BIGINT or HUGEINT, DECIMAL(18 or 38, scale)."""
    if digits.scale == 0:
        return BIGINT if digits.is_narrow else HUGEINT
    return decimal_type(NARROW if digits.is_narrow else WIDE, digits.scale)


def wide_type(scale: int) -> exp.DataType:
    return HUGEINT if scale == 0 else decimal_type(WIDE, scale)


def decimal_type(precision: int, scale: int) -> exp.DataType:
    return type_written(f"DECIMAL({precision}, {scale})")


def checked(digits: Digits) -> Digits:
    if max(digits.precision, digits.scale) > WIDE:
        raise refuse("Q003")
    return digits


# --- sums and products --------------------------------------------------------------------------------


def plus(left: Quantity, right: Quantity) -> Quantity:
    if left.value is not None and right.value is not None:
        return constant(exact.EXACT.add(left.value, right.value))
    one, two = _at_one_scale(left, right)
    return _joined(exp.Add, left, right, Digits(one.low + two.low, one.high + two.high, one.scale))


def minus(left: Quantity, right: Quantity) -> Quantity:
    if left.value is not None and right.value is not None:
        return constant(exact.EXACT.subtract(left.value, right.value))
    one, two = _at_one_scale(left, right)
    return _joined(exp.Sub, left, right, Digits(one.low - two.high, one.high - two.low, one.scale))


def _at_one_scale(left: Quantity, right: Quantity) -> tuple[Digits, Digits]:
    scale = max(left.digits.scale, right.digits.scale)
    return left.digits.at(scale), right.digits.at(scale)


def times(left: Quantity, right: Quantity) -> Quantity:
    if left.value is not None and right.value is not None:
        return constant(exact.EXACT.multiply(left.value, right.value))
    if left.value == 1 or right.value == 1:
        return right if left.value == 1 else left
    one, two = left.digits, right.digits
    corners = [x * y for x in (one.low, one.high) for y in (two.low, two.high)]
    return _joined(exp.Mul, left, right, Digits(min(corners), max(corners), one.scale + two.scale))


def _joined(node: type[exp.Binary], left: Quantity, right: Quantity, digits: Digits) -> Quantity:
    """An operation whose operands are brought into types that have room for its outcome."""
    at_work = digits if node is exp.Mul else digits.either(left.digits, right.digits)
    room = checked(at_work)
    return Quantity(binary(node, _with_room(left, room), _with_room(right, room)), checked(digits))


def _with_room(value: Quantity, room: Digits) -> Sql:
    if value.value is not None:
        return value.sql
    if value.digits.is_narrow and not room.is_narrow:
        return cast(value.sql, wide_type(value.digits.scale))
    if value.digits.scale == 0 and room.scale > 0 and value.digits.is_narrow:
        return cast(value.sql, decimal_type(NARROW, 0))  # else a BIGINT beside a decimal takes 128 bits
    return value.sql


def negated(value: Quantity) -> Quantity:
    if value.value is not None:
        return constant(-value.value)
    digits = value.digits
    return Quantity(exp.Neg(this=grouped(value.sql)), Digits(-digits.high, -digits.low, digits.scale))


def magnitude(value: Quantity) -> Quantity:
    if value.value is not None:
        return constant(abs(value.value))
    low, high = value.digits.low, value.digits.high
    least = 0 if low <= 0 <= high else min(abs(low), abs(high))
    if low >= 0:
        return value
    return Quantity(exp.Abs(this=value.sql), Digits(least, max(-low, high), value.digits.scale))


def alike(values: Sequence[Quantity]) -> tuple[list[Sql], Digits]:
    """The numbers in one type with room for all, for the branches of a CASE, which might round one else."""
    first, *others = (value.digits for value in values)
    digits = checked(first.either(*others))
    target = data_type(digits)
    same = {value.sql for value in values if data_type(value.digits) == target and value.value is None}
    return [value.sql if value.sql in same else cast(value.sql, target) for value in values], digits


def as_type(value: Quantity, scale: int) -> Sql:
    """The number as BIGINT or DECIMAL with so many digits after the point, which has room for its own."""
    return cast(value.sql, data_type(checked(value.digits.at(scale))))
