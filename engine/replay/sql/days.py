"""Days and instants in SQL: the twins of the functions of `engine.base.calendar`.

A day is a DATE, an instant a naive TIMESTAMP on the UTC line. No database's own time zones are used: the
offsets of a zone are constants of the query, as Python's `zoneinfo` has them for the years 1800 to 2201
(a zone that moves its clocks every year is read beyond them as in their first or last days). What lies
outside Python's calendar, the years 1 to 9999, is NULL. `years` says where a day or an instant is known to
lie, so that no needless question is asked of each ticket.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
from typing import Generic, TypeAlias, TypeVar

from sqlglot import exp

from engine.base import calendar as reckoning
from engine.base.calendar import MINUTES_IN_A_DAY
from engine.replay.sql.logic import whole
from engine.replay.sql.numbers import Digits, Quantity, constant, multiply
from engine.replay.sql.slots import Sql
from engine.replay.sql.vocabulary import (
    BIGINT,
    DATE,
    TIMESTAMP,
    DayOfMonth,
    DaysFrom,
    DaysLater,
    LastOfMonth,
    LaterBy,
    MicrosecondsLater,
    MonthsLater,
    cast,
    extreme,
    grouped,
    when,
)

Years: TypeAlias = tuple[int, int]

ANY_YEARS: Years = (dt.date.min.year, dt.date.max.year)
_FIRST_SEEN, _LAST_SEEN = datetime(1800, 1, 1, tzinfo=UTC), datetime(2201, 1, 1, tzinfo=UTC)
_DAY, _MINUTE, _MICROSECOND = timedelta(days=1), timedelta(minutes=1), timedelta(microseconds=1)
_MANY = 64
"""From how many steps on they are searched by halves; fewer are asked one after another, the last first."""
_ALWAYS_THERE = 28
"""Every month has this day."""


# --- literals and comparisons -----------------------------------------------------------------------------


def date(day: dt.date) -> Sql:
    """A day of the rulebook."""
    return cast(exp.Literal.string(day.isoformat()), DATE)


def instant(moment: datetime) -> Sql:
    """An instant of the rulebook, which has a zone."""
    return _timestamp(moment.astimezone(UTC).replace(tzinfo=None))


def _timestamp(moment: datetime) -> Sql:
    return cast(exp.Literal.string(moment.isoformat(sep=" ")), TIMESTAMP)


def earliest(moments: Sequence[Sql]) -> Sql:
    """The earliest of days or of instants; NULL if one is NULL."""
    return extreme("LEAST", moments)


def latest(moments: Sequence[Sql]) -> Sql:
    """The latest of days or of instants; NULL if one is NULL."""
    return extreme("GREATEST", moments)


# --- the zone ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Move:
    """From `at` (UTC, naive) on the zone's clocks are `after` ahead of UTC, until then `before`."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def on_the_wall(self) -> datetime:
        """From when on the wall shows new time: a skipped hour is old time, and so is the first of two."""
        return self.at + max(self.before, self.after)


@lru_cache(maxsize=64)
def moves(zone: tzinfo) -> tuple[Move, ...]:
    """Every time at which the zone's clocks were or will be moved, in order."""
    days = [_FIRST_SEEN + n * _DAY for n in range((_LAST_SEEN - _FIRST_SEEN).days)]
    offsets = [_offset(day, zone) for day in days]
    moved = [day for day, (one, two) in zip(days, pairwise(offsets), strict=False) if one != two]
    return tuple(_move_within(day, zone) for day in moved)


def _move_within(day: datetime, zone: tzinfo) -> Move:
    """The move in the 24 hours, to the second."""
    before, first, last = _offset(day, zone), 0, 24 * 60 * 60
    while last - first > 1:
        middle = (first + last) // 2
        if _offset(day + timedelta(seconds=middle), zone) == before:
            first = middle
        else:
            last = middle
    at = day + timedelta(seconds=last)
    return Move(at.replace(tzinfo=None), before, _offset(at, zone))


def _offset(moment: datetime, zone: tzinfo) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None, "a zone has an offset"
    return offset


def _first_offset(zone: tzinfo) -> timedelta:
    return _offset(_FIRST_SEEN, zone)


def wall_of(moment: Sql, zone: tzinfo) -> Sql:
    """What the zone's clocks show at the instant, TIMESTAMP."""
    steps = [(_timestamp(move.at), _microseconds(move.after)) for move in moves(zone)]
    return _later(moment, stepped(moment, _microseconds(_first_offset(zone)), steps))


def day_of(moment: Sql, zone: tzinfo) -> Sql:
    """The day on the zone's calendar."""
    return cast(wall_of(moment, zone), DATE)


def at(day: Sql, minute_of_day: int | Sql, zone: tzinfo) -> Sql:
    """The instant at which the zone's clock shows that minute (0 to 1440, a literal) of the day."""
    minute = minute_of_day if isinstance(minute_of_day, int) else int(minute_of_day.name)
    since_midnight = minute * _MINUTE
    first = _microseconds(since_midnight - _first_offset(zone))
    steps = [
        (date(_first_day_from(move.on_the_wall - since_midnight)), _microseconds(since_midnight - move.after))
        for move in moves(zone)
    ]
    reached = _later(cast(day, TIMESTAMP), stepped(day, first, steps))
    reach = _days_with(minute, zone)
    return when(exp.Between(this=day, low=date(reach[0]), high=date(reach[1])), reached)


def of_wall(wall: Sql, zone: tzinfo) -> Sql:
    """The instant at which the zone's clocks show the time: of a repeated one the first, as in `at`."""
    steps = [(_timestamp(move.on_the_wall), _microseconds(-move.after)) for move in moves(zone)]
    return _later(wall, stepped(wall, _microseconds(-_first_offset(zone)), steps))


def start_of(day: Sql, zone: tzinfo) -> Sql:
    """The day's 00:00, TIMESTAMP on the UTC line."""
    return at(day, 0, zone)


def end_of(day: Sql, zone: tzinfo) -> Sql:
    """The day's 24:00, TIMESTAMP on the UTC line."""
    return at(day, MINUTES_IN_A_DAY, zone)


def _first_day_from(wall: datetime) -> dt.date:
    """The first day whose 00:00 is not before the time on the wall."""
    return wall.date() if wall.time() == dt.time.min else wall.date() + _DAY


@lru_cache(maxsize=256)
def _days_with(minute: int, zone: tzinfo) -> tuple[dt.date, dt.date]:
    """The first and the last day on which that minute lies in Python's calendar, in the zone and in UTC."""
    first = next(day for day in _from(dt.date.min, _DAY) if _is_there(day, minute, zone))
    last = next(day for day in _from(dt.date.max, -_DAY) if _is_there(day, minute, zone))
    return first, last


def _from(day: dt.date, step: timedelta) -> Sequence[dt.date]:
    return [day + n * step for n in range(4)]


def _is_there(day: dt.date, minute: int, zone: tzinfo) -> bool:
    try:
        reckoning.at(day, minute, zone)
    except OverflowError:
        return False
    return True


def stepped(key: Sql, first: Sql, steps: Sequence[tuple[Sql, Sql]]) -> Sql:
    """The value of the last step that is not above the key, or the first value; steps are in order.

    The last step is asked for first, as tickets are mostly of today.
    """
    if not steps:
        return first
    *earlier, (begins, value) = steps
    middle = len(earlier) // 2
    if len(earlier) <= _MANY:
        ifs = [exp.If(this=exp.GTE(this=key, expression=b), true=v) for b, v in reversed(steps)]
        return exp.Case(ifs=ifs, default=first)
    (split, its_value), below, above = earlier[middle], earlier[:middle], earlier[middle + 1 :]
    halves = when(
        exp.GTE(this=key, expression=split), stepped(key, its_value, above), stepped(key, first, below)
    )
    return when(exp.GTE(this=key, expression=begins), value, halves)


def _microseconds(duration: timedelta) -> Sql:
    return whole(duration // _MICROSECOND)


def _later(moment: Sql, microseconds: Sql) -> Sql:
    is_zero = isinstance(microseconds, exp.Literal) and microseconds.name == "0"
    return moment if is_zero else MicrosecondsLater(this=moment, expression=microseconds)


# --- reckoning ----------------------------------------------------------------------------------------------


def days_between(first: Sql, second: Sql) -> Sql:
    """BIGINT days from `first` to `second`, negative when `second` is earlier."""
    return DaysFrom(this=first, expression=second)


def add_days(day: Sql, days: Quantity, years: Years = ANY_YEARS) -> Sql:
    """The day so many days later; NULL outside the calendar."""
    return _reckoned(_DAYS, day, days, years)


def add_months(day: Sql, months: Quantity, years: Years = ANY_YEARS) -> Sql:
    """The same day so many months later, or the month's last; NULL outside the calendar."""
    return _reckoned(_MONTHS, day, months, years)


def add_years(day: Sql, years_later: Quantity, years: Years = ANY_YEARS) -> Sql:
    """The same day so many years later, 28 for 29 February where need be; NULL outside the calendar."""
    return _reckoned(_YEARS, day, years_later, years)


def add_minutes(moment: Sql, minutes: Quantity, years: Years = ANY_YEARS, zone: tzinfo = UTC) -> Sql:
    """The instant so many minutes later; NULL outside the calendar, in UTC or on the zone's clocks."""
    return _reckoned(_minutes_in(zone), moment, minutes, years)


def later_by(moment: Sql, begin: Sql, end: Sql) -> Sql:
    """The instant put off by the time from `begin` to `end`."""
    return LaterBy(this=moment, begin=begin, end=end)


def day_of_month(day: Sql, named: int) -> Sql:
    """The named day (1 to 31) of the day's month, or the month's last where it is shorter."""
    found = DaysLater(this=day, expression=exp.Sub(this=whole(named), expression=DayOfMonth(this=day)))
    return found if named <= _ALWAYS_THERE else earliest([found, LastOfMonth(this=day)])


_Moment = TypeVar("_Moment", dt.date, datetime)


@dataclass(frozen=True)
class _Line(Generic[_Moment]):
    """The calendar's moments in order, a way along them, and at most how many steps lie between two.

    `along` raises OverflowError beyond the calendar, as does the reference.
    """

    first: _Moment
    last: _Moment
    most: int
    along: Callable[[_Moment, int], _Moment]
    literal: Callable[[_Moment], Sql]
    word: Callable[[Sql, Quantity], Sql]

    def within(self, years: Years) -> tuple[_Moment, _Moment]:
        """The first and the last moment of the years."""
        first, last = (m.replace(year=y) for m, y in zip((self.first, self.last), years, strict=True))
        return max(first, self.first), min(last, self.last)

    def fits(self, amount: Digits, years: Years) -> bool:
        """Whether no way of so many steps leads out of the calendar."""
        first, last = self.within(years)
        try:
            return self.along(first, amount.low) >= self.first and self.along(last, amount.high) <= self.last
        except OverflowError:
            return False


def _reckoned(line: _Line[_Moment], moment: Sql, amount: Quantity, years: Years) -> Sql:
    """The moment so many steps along; NULL where that leads out of the calendar."""
    if line.fits(amount.digits, years):
        return line.word(moment, amount)
    if amount.value is None:
        return _reckoned_far(line, moment, amount)
    try:
        limit = line.along(line.last if amount.value > 0 else line.first, -int(amount.value))
    except OverflowError:
        return exp.Null()
    order = exp.LTE if amount.value > 0 else exp.GTE
    return when(order(this=moment, expression=line.literal(limit)), line.word(moment, amount))


def _reckoned_far(line: _Line[_Moment], moment: Sql, amount: Quantity) -> Sql:
    """Where the number of steps differs from ticket to ticket: first looked at, then where it led."""
    steps = Digits(max(amount.digits.low, -line.most), min(amount.digits.high, line.most))
    few = amount.sql if amount.digits.is_narrow else cast(amount.sql, BIGINT)
    reached = line.word(moment, Quantity(few, steps))
    inside = exp.Between(this=reached, low=line.literal(line.first), high=line.literal(line.last))
    near = exp.Between(this=grouped(amount.sql), low=whole(-line.most), high=whole(line.most))
    return when(inside, reached) if steps == amount.digits else when(near, when(inside, reached))


def _days_along(day: dt.date, days: int) -> dt.date:
    return day + days * _DAY


def _days_later(day: Sql, days: Quantity) -> Sql:
    return DaysLater(this=day, expression=days.sql)


def _months_later(day: Sql, months: Quantity) -> Sql:
    return MonthsLater(this=day, expression=months.sql)


def _years_later(day: Sql, years: Quantity) -> Sql:
    return _months_later(day, _times(years, 12))


def _minutes_later(moment: Sql, minutes: Quantity) -> Sql:
    return _later(moment, _times(minutes, _MINUTE // _MICROSECOND).sql)


def _times(amount: Quantity, factor: int) -> Quantity:
    product = multiply(amount, constant(factor))
    assert isinstance(product, Quantity), "the product of two quantities is one"
    return product


_DAYS = _Line(dt.date.min, dt.date.max, 3_652_058, _days_along, date, _days_later)
_MONTHS = _Line(dt.date.min, dt.date.max, 119_987, reckoning.add_months, date, _months_later)
_YEARS = _Line(dt.date.min, dt.date.max, 9_998, reckoning.add_years, date, _years_later)


@lru_cache(maxsize=16)
def _minutes_in(zone: tzinfo) -> _Line[datetime]:
    """The instants that lie in Python's calendar both in UTC and in the zone."""
    first, last = datetime.combine(dt.date.min, dt.time.min), datetime.combine(dt.date.max, dt.time.max)
    offsets = [move.after for move in moves(zone)][-1:] or [_first_offset(zone)]
    first -= min(_first_offset(zone), timedelta())
    last -= max(offsets[0], timedelta())
    return _Line(first, last, 5_258_964_960, _minutes_along, _timestamp, _minutes_later)


def _minutes_along(moment: datetime, minutes: int) -> datetime:
    return moment + minutes * _MINUTE
