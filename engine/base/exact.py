"""Exact quantities: nothing is ever rounded unless a rulebook says so, and no float is let in.

The roundings are those of DMN 1.5 FEEL (`round half up`, `floor`, `ceiling`), on exact fractions.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, DivisionByZero, FloatOperation, Inexact, InvalidOperation, Overflow
from fractions import Fraction
from typing import TypeAlias

Number: TypeAlias = Fraction | Decimal | int

EXACT = Context(prec=120, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow, FloatOperation])
"""Decimal arithmetic that raises rather than rounds, for `localcontext(EXACT)` or `EXACT.multiply(a, b)`."""

_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,12})?")


def parse_decimal(text: str) -> Decimal | None:
    """The number that the text writes, with the digits after the point that it writes, or None.

    Digits with an optional sign and fraction: no exponent, no separators, no white space; at most 18
    digits before the point and 12 after it. A negative zero is zero.
    """
    return EXACT.plus(Decimal(text)) if _PLAIN_NUMBER.fullmatch(text) else None


def plain(value: Decimal, scale: int) -> str:
    """The number with exactly `scale` digits after the point and never an exponent: `50.00`.

    Raises decimal.Inexact when digits would be lost.

    >>> plain(Decimal("5E+1"), 2)
    '50.00'
    """
    return format(EXACT.plus(EXACT.quantize(value, Decimal((0, (1,), -scale)))), "f")


def digits_after_point(value: Decimal) -> int:
    """How many digits after the point the value needs; zeros at the end do not count.

    >>> digits_after_point(Decimal("1.250"))
    2
    """
    exponent = EXACT.normalize(value).as_tuple().exponent
    assert isinstance(exponent, int), "a quantity is a finite number"
    return max(0, -exponent)


def floor(value: Number, digits: int = 0) -> Decimal:
    """The greatest number of so many digits that is not above the value: -1.56 to one digit is -1.6."""
    numerator, denominator = _in_units(value, digits)
    return _from_units(numerator // denominator, digits)


def ceiling(value: Number, digits: int = 0) -> Decimal:
    """The least number of so many digits that is not below the value: -1.56 to one digit is -1.5."""
    numerator, denominator = _in_units(value, digits)
    return _from_units(-(-numerator // denominator), digits)


def round_half_up(value: Number, digits: int = 0) -> Decimal:
    """The nearest number of so many digits; a half goes away from zero, below zero too, as FEEL has it.

    >>> round_half_up(Decimal("-5.5"))
    Decimal('-6')
    """
    numerator, denominator = _in_units(value, digits)
    units = (2 * abs(numerator) + denominator) // (2 * denominator)
    return _from_units(units if numerator >= 0 else -units, digits)


def _in_units(value: Number, digits: int) -> tuple[int, int]:
    """The value as a fraction of the unit that one step of the last digit is."""
    numerator, denominator = value.as_integer_ratio()
    return numerator * 10 ** max(digits, 0), denominator * 10 ** max(-digits, 0)


def _from_units(units: int, digits: int) -> Decimal:
    """So many steps of the last digit; tens and hundreds (negative digits) are written out."""
    return EXACT.scaleb(Decimal(units * 10 ** max(-digits, 0)), -max(digits, 0))
