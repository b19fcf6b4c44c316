"""The nearest values of a fact that will do, one on each side of what the ticket says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, TypeAlias

from engine.rulebook.types import ORDERED, Kind, Type

WillDo: TypeAlias = Callable[[Any], bool]

MINUTE = timedelta(minutes=1)


def nearest(values: Sequence[Any], now: Any, around: Any, type_: Type, will_do: WillDo) -> list[Any]:
    """Of ordered values the nearest below and above `now`, of lists the first, of others each that will do.

    Between a value that will do and its neighbour that will not, the boundary is sought by halves. Where
    nothing is given (`now` is None), it is the one that is nearest to `around`.
    """
    if type_.kind is Kind.LIST:
        return list(islice((value for value in values if value != now and will_do(value)), 1))
    if type_.kind not in ORDERED:
        return [value for value in values if value != now and will_do(value)]
    if now is None and will_do(around):
        return [around]
    here = around if now is None else now
    below = _outward([value for value in reversed(values) if value < here], here, type_, will_do)
    above = _outward([value for value in values if value > here], here, type_, will_do)
    found = sorted(below + above, key=lambda value: _distance(value, here))
    return found if now is not None else found[:1]


def _outward(values: Sequence[Any], before: Any, type_: Type, will_do: WillDo) -> list[Any]:
    """The first that will do on the way outward, brought as near as it will go."""
    for value in values:
        if will_do(value):
            return [boundary(before, value, type_, will_do)]
        before = value
    return []


def boundary(fails: Any, does: Any, type_: Type, will_do: WillDo) -> Any:
    """Between two values the one nearest to that which fails of those that will do, found by halves."""
    at, steps = _scale_between(fails, does, type_)
    low, high = 0, steps
    while high - low > 1:
        middle = (low + high) // 2
        if will_do(at(middle)):
            high = middle
        else:
            low = middle
    return does if high == steps else at(high)


def _scale_between(fails: Any, does: Any, type_: Type) -> tuple[Callable[[int], Any], int]:
    """How to count from the value that fails to the one that does, in the smallest steps."""
    match type_.kind:
        case Kind.INTEGER | Kind.DECIMAL | Kind.MONEY:
            step = Decimal((0, (1,), -(type_.scale or 0)))
            steps = int((abs(Decimal(does) - Decimal(fails)) / step).to_integral_value())
            sign = 1 if does > fails else -1
            whole = type_.kind is Kind.INTEGER
            return lambda n: fails + sign * n if whole else Decimal(fails) + sign * n * step, steps
        case Kind.INSTANT:
            return _minutes_between(fails, does)
        case Kind.MONTH:
            return _months_between(fails, does)
        case _:
            sign = 1 if does > fails else -1
            return lambda n: fails + timedelta(days=sign * n), abs((does - fails).days)


def _minutes_between(fails: datetime, does: datetime) -> tuple[Callable[[int], datetime], int]:
    """Counted back from the one that does, so that its seconds are kept."""
    apart = does.astimezone(UTC) - fails.astimezone(UTC)
    steps = -(-abs(apart) // MINUTE)
    sign = 1 if apart > timedelta() else -1
    home = does.tzinfo
    return lambda n: (does.astimezone(UTC) - sign * (steps - n) * MINUTE).astimezone(home), steps


def _months_between(fails: date, does: date) -> tuple[Callable[[int], date], int]:
    start, end = _month(fails), _month(does)
    sign = 1 if end > start else -1
    return lambda n: date((start + sign * n) // 12, (start + sign * n) % 12 + 1, 1), abs(end - start)


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _distance(value: Any, now: Any) -> Any:
    return abs(value - now)
