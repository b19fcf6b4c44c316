"""Whole numbers for values: scales, months, and the days that facts may name."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from engine.base.calendar import EARLIEST, LATEST
from engine.prove.encoding.worth import Worth, value
from engine.prove.encoding.zone import microseconds
from engine.prove.solver import Bool, Int, both, compared, constant, number
from engine.rulebook.types import Kind, Type


def month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def scale_of(type_: Type) -> int:
    return (type_.scale or 0) if type_.kind in (Kind.DECIMAL, Kind.MONEY) else 0


def decimal_worth(scalar: Decimal) -> Worth:
    exponent = scalar.as_tuple().exponent
    assert isinstance(exponent, int), "a constant is a finite number"
    scale = max(0, -exponent)
    return value(number(int(scalar.scaleb(scale))), scale)


def in_scale(bound: Worth, scale: int) -> int:
    """A bound in a type's own unit."""
    found = constant(bound.term)
    assert found is not None, "a bound is a constant"
    return rescaled(found, bound.scale, scale)


def rescaled(found: int, old: int, new: int) -> int:
    """In units of another scale; a coarser one rounds down, which no value of that scale notices."""
    return found * int(10 ** (new - old)) if new >= old else found // int(10 ** (old - new))


def between(term: Int, low: int, high: int) -> Bool:
    return both(compared(">=", term, number(low)), compared("<=", term, number(high)))


def instants(days: int) -> tuple[int, int]:
    """The first and last instant that a fact may name, so many days narrower at each end.

    By the clocks of a zone they are known to a day: nobody may name what lies a day outside.
    """
    first = datetime(EARLIEST.year, EARLIEST.month, EARLIEST.day, tzinfo=UTC) + timedelta(days=days)
    last = datetime(LATEST.year, LATEST.month, LATEST.day, tzinfo=UTC) + timedelta(days=1 - days)
    return microseconds(first), microseconds(last)
