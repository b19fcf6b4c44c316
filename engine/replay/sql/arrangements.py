"""The State Council's arrangements in SQL: working days by number, looked up in a text of the query."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import accumulate

from sqlglot import exp

from engine.base.calendar import Calendar, is_working_day
from engine.replay.sql import days
from engine.replay.sql.logic import whole
from engine.replay.sql.slots import Sql
from engine.replay.sql.vocabulary import DaysFrom, DaysLater, Lookup, binary, when

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Known:
    """The days from `first` to `last`, whose arrangements are known, and those of them that are worked."""

    first: dt.date
    last: dt.date
    worked: tuple[dt.date, ...]

    def days(self) -> list[dt.date]:
        return [self.first + n * _DAY for n in range((self.last - self.first).days + 1)]


@lru_cache(maxsize=1)
def known_days() -> Known:
    calendar = Calendar("cn_statutory", "cn_statutory")
    told = [
        (day, is_working_day(calendar, day))
        for day in _any_day()
        if is_working_day(calendar, day) is not None
    ]
    first, last = told[0][0], told[-1][0]
    assert len(told) == (last - first).days + 1, "no year is left out between two that are known"
    return Known(first, last, tuple(day for day, is_worked in told if is_worked))


def _any_day() -> Iterable[dt.date]:
    """Days of all the years in which there are arrangements."""
    day = dt.date(1990, 1, 1)
    return (day + n * _DAY for n in range(36_600))


@lru_cache(maxsize=64)
def so_many_on(count: int) -> tuple[tuple[dt.date, dt.date], ...]:
    """Each day from which all on the way are known, with the day reached."""
    known = known_days()
    before = worked_before()
    shift = 1 if count > 0 else 0
    starts = [known.first - shift * _DAY + n * _DAY for n in range(len(before))]
    place = count - 1 if count > 0 else count
    reached = [(start, number + place) for start, number in zip(starts, before, strict=True)]
    return tuple((start, known.worked[n]) for start, n in reached if 0 <= n < len(known.worked))


@lru_cache(maxsize=1)
def worked_before() -> tuple[int, ...]:
    """For each day that is known, and the one after the last, how many working days come before it."""
    return tuple(accumulate((day in worked_days() for day in known_days().days()), initial=0))


@lru_cache(maxsize=1)
def worked_days() -> frozenset[dt.date]:
    return frozenset(known_days().worked)


def in_order(day: Sql, first: dt.date) -> Sql:
    """How many working days there were before the place of the day, counted from `first`."""
    return looked_up(worked_before(), number_of(first, day))


def numbered(number: Sql) -> Sql:
    """The working day of the number, from 1; NULL where it is not known."""
    known = known_days()
    distance = looked_up([(day - known.first).days for day in known.worked], number)
    there = exp.Between(this=number, low=whole(1), high=whole(len(known.worked)))
    return when(there, DaysLater(this=days.date(known.first), expression=distance))


def number_of(first: dt.date, day: Sql) -> Sql:
    """The day's number, 1 for the first."""
    return binary(exp.Add, DaysFrom(this=days.date(first), expression=day), whole(1))


def looked_up(values: Iterable[int], number: Sql) -> Sql:
    return Lookup(this=number, expression=exp.Literal.string(",".join(map(str, values))))


def between(day: Sql, first: dt.date, last: dt.date) -> Sql:
    return exp.Between(this=day, low=days.date(first), high=days.date(last))
