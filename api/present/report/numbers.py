"""Numbers of a report as people read them: separators, true minus signs, shares, money without its unit."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias

Number: TypeAlias = int | Decimal

MINUS = "\N{MINUS SIGN}"
_TENTH = Decimal("0.1")


def plain(number: Number) -> str:
    """A count, or money with its two digits.

    >>> plain(1234567), plain(Decimal("-29120")), plain(Decimal("0.005"))
    ('1,234,567', '−29,120.00', '0.005')
    """
    text = f"{abs(number):,}" if isinstance(number, int) else f"{_with_cents(abs(number)):,}"
    return f"{MINUS}{text}" if number < 0 else text


def signed(number: Number) -> str:
    """A difference: always with its sign, and nothing but a zero where there is none.

    >>> signed(12), signed(Decimal("-30.5")), signed(Decimal("0.00"))
    ('+12', '−30.50', '0')
    """
    if not number:
        return "0"
    return f"+{plain(number)}" if number > 0 else plain(number)


def _with_cents(number: Decimal) -> Decimal:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int), "money is a number"
    return number if exponent <= -2 else number.quantize(Decimal("0.01"))


def share(part: Number, whole: Number) -> str:
    """How much of the whole, to a tenth of a per cent; what is there is never said to be nothing.

    >>> share(316, 3000), share(1, 30000), share(0, 5), share(0, 0), share(29999, 30000)
    ('10.5%', '<0.1%', '0%', '0%', '>99.9%')
    """
    if not part or not whole:
        return "0%"
    exact = Decimal(part) * 100 / Decimal(whole)
    rounded = exact.quantize(_TENTH, ROUND_HALF_UP)
    if rounded == 0:
        return "<0.1%"
    if rounded == 100 and part != whole:
        return ">99.9%"
    return f"{rounded:,}%"


def growth(before: Number, after: Number) -> str | None:
    """The difference beside what there was; None where there was nothing or nothing differs.

    >>> growth(Decimal(100), Decimal(116)), growth(200, 150), growth(0, 5)
    ('+16.0%', '−25.0%', None)
    """
    if not before or before == after:
        return None
    more = Decimal(after) - Decimal(before)
    return f"{'+' if more > 0 else MINUS}{share(abs(more), abs(Decimal(before)))}"
