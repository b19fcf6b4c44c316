"""Working days and working time in SQL: the twins of `add_working_days` and `add_working_minutes`.

Working days are numbered in order; what is so many working days on is found by its number. For weeks that
is reckoned, for the State Council's arrangements it is looked up in a text of the query.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple, TypeAlias, assert_never

from sqlglot import exp

from engine.base.calendar import MINUTES_IN_A_DAY, Calendar, is_working_day
from engine.replay.sql import days
from engine.replay.sql.arrangements import (
    between,
    in_order,
    known_days,
    looked_up,
    number_of,
    numbered,
    so_many_on,
    worked_before,
    worked_days,
)
from engine.replay.sql.days import ANY_YEARS, Years, stepped
from engine.replay.sql.logic import Truth, case, conjunction, disjunction, is_null, is_there, negation, whole
from engine.replay.sql.numbers import Digits, Quantity, constant, greatest, least
from engine.replay.sql.refused import refuse
from engine.replay.sql.slots import Sql
from engine.replay.sql.vocabulary import (
    DATE,
    TIMESTAMP,
    DaysFrom,
    DaysLater,
    Microseconds,
    OfMicroseconds,
    Weekday,
    WholeQuotient,
    binary,
    cast,
    extreme,
    when,
)

MONDAY = dt.date(1, 1, 1)
"""The first day of Python's calendar is a Monday; whole weeks are counted from it."""
_WEEKDAYS, _WEEK = 5, 7
_MINUTE = 60_000_000
"""In microseconds, in which working time is reckoned."""
_FAR = 4_000_000
"""More days than the calendar has."""
_FIRST_TICKET = 1900
_LAST = dt.date.max
_DAY = timedelta(days=1)


Keep: TypeAlias = Callable[[str, Sql], Sql]
"""Makes a column of what an expression gives, so that it is worked out and written once: `Columns.add`."""


def as_is(stem: str, expression: Sql) -> Sql:
    """No column: the expression is written wherever it is needed."""
    del stem
    return expression


class Worked(NamedTuple):
    """A day or an instant, NULL where it is not known, and whether that is for want of a calendar."""

    value: Sql
    calendar_missing: Truth


# --- working days -------------------------------------------------------------------------------------------


def add_working_days(
    calendar: Calendar, day: Sql, count: Quantity, years: Years = ANY_YEARS, keep: Keep = as_is
) -> Worked:
    """The `count`-th working day after the day, before it when negative, the day itself for 0.

    As in the reference, a calendar is missing too where the way leads out of the years 1 to 9999.
    """
    if count.value == 0:
        return Worked(day, calendar_missing=False)
    match calendar.days:
        case "every_day":
            return _or_missing(day, count, days.add_days(day, count, years))
        case "monday_to_friday":
            return _or_missing(day, count, days.add_days(day, _over_weekends(day, count), years))
        case "cn_statutory":
            return _over_holidays(day, count, keep)
        case _:
            assert_never(calendar.days)


def _or_missing(day: Sql, count: Quantity, value: Sql) -> Worked:
    if not isinstance(value, exp.Case | exp.Null | exp.Column):
        return Worked(value, calendar_missing=False)
    there = [is_there(day)] if count.value is not None else [is_there(day), is_there(count.sql)]
    return Worked(value, conjunction([*there, True if isinstance(value, exp.Null) else is_null(value)]))


def _over_weekends(day: Sql, count: Quantity) -> Quantity:
    """How many days the working days from Monday to Friday take up."""
    weekday = Weekday(this=day)
    if count.value is not None:
        n = int(count.value)
        taken = [_days_taken(start, n) for start in range(_WEEK)]
        first, *others = map(whole, taken)
        sql = stepped(
            weekday, first, [(whole(w), v) for w, v in enumerate(others, 1) if v != whole(taken[w - 1])]
        )
        return Quantity(sql, Digits(min(taken), max(taken)))
    near = least([greatest([count, constant(-_FAR)]), constant(_FAR)])
    assert isinstance(near, Quantity), "no divisions stand among working days"
    forwards, backwards = _forwards(weekday, near.sql), _backwards(weekday, near.sql)
    sql = case(
        [
            (exp.GT(this=near.sql, expression=whole(0)), forwards),
            (exp.LT(this=near.sql, expression=whole(0)), backwards),
        ],
        near.sql,
    )
    return Quantity(sql, Digits(-2 * _FAR, 2 * _FAR))


def _days_taken(weekday: int, count: int) -> int:
    """From that weekday (0 for Monday) so many working days on, or back."""
    if count > 0:
        workday, weekend = min(weekday, _WEEKDAYS - 1), max(weekday - _WEEKDAYS + 1, 0)
        return count - weekend + 2 * ((workday + count) // _WEEKDAYS)
    workday, weekend = (0, _WEEK - weekday) if weekday >= _WEEKDAYS else (weekday, 0)
    return count + weekend - 2 * ((_WEEKDAYS - 1 - workday - count) // _WEEKDAYS)


def _forwards(weekday: Sql, count: Sql) -> Sql:
    """The same in SQL."""
    workday = extreme("LEAST", [weekday, whole(_WEEKDAYS - 1)])
    weekend = binary(exp.Sub, weekday, workday)
    weekends = WholeQuotient(this=binary(exp.Add, workday, count), expression=whole(_WEEKDAYS))
    return binary(exp.Add, binary(exp.Sub, count, weekend), binary(exp.Mul, weekends, whole(2)))


def _backwards(weekday: Sql, count: Sql) -> Sql:
    at_weekend = exp.GTE(this=weekday, expression=whole(_WEEKDAYS))
    weekend = when(at_weekend, binary(exp.Sub, whole(_WEEK), weekday), whole(0))
    before = when(at_weekend, whole(_WEEKDAYS - 1), binary(exp.Sub, whole(_WEEKDAYS - 1), weekday))
    weekends = WholeQuotient(this=binary(exp.Sub, before, count), expression=whole(_WEEKDAYS))
    return binary(exp.Sub, binary(exp.Add, count, weekend), binary(exp.Mul, weekends, whole(2)))


# --- the State Council's arrangements -------------------------------------------------------------------


def _over_holidays(day: Sql, count: Quantity, keep: Keep) -> Worked:
    if count.value is None:
        return _over_any_holidays(day, count, keep)
    n = int(count.value)
    found = so_many_on(n)
    if not found:
        return Worked(exp.Null(), is_there(day))
    (first, _), (last, _) = found[0], found[-1]
    distance = looked_up([abs((to - start).days) for start, to in found], number_of(first, day))
    reached = DaysLater(this=day, expression=distance if n > 0 else exp.Neg(this=distance))
    low, high = days.date(first), days.date(last)
    outside = disjunction([exp.LT(this=day, expression=low), exp.GT(this=day, expression=high)])
    missing = conjunction([is_there(day), outside])
    return Worked(when(exp.Between(this=day, low=low, high=high), reached), missing)


def _over_any_holidays(day: Sql, count: Quantity, keep: Keep) -> Worked:
    """Where the count differs from ticket to ticket: first the day's number, then the day of a number."""
    known = known_days()
    most = len(known.worked) + 1
    near = least([greatest([count, constant(-most)]), constant(most)])
    assert isinstance(near, Quantity), "no divisions stand among working days"
    n = near.sql
    up_to, before = in_order(day, known.first - _DAY), in_order(day, known.first)
    forwards = numbered(binary(exp.Add, up_to, n))
    backwards = numbered(binary(exp.Add, binary(exp.Add, before, n), whole(1)))
    is_known = [between(day, known.first - _DAY, known.last), between(day, known.first, known.last + _DAY)]
    value = exp.Case(
        ifs=[
            exp.If(this=exp.EQ(this=n, expression=whole(0)), true=day),
            exp.If(
                this=exp.And(this=exp.GT(this=n, expression=whole(0)), expression=is_known[0]), true=forwards
            ),
            exp.If(
                this=exp.And(this=exp.LT(this=n, expression=whole(0)), expression=is_known[1]), true=backwards
            ),
        ]
    )
    return _or_missing(day, count, keep("working_day", value))


# --- working time -------------------------------------------------------------------------------------------


def add_working_minutes(
    calendar: Calendar, instant: Sql, minutes: int, zone: tzinfo, keep: Keep = as_is
) -> Worked:
    """The first instant by which so many working minutes have gone by since the instant.

    Refused (Q005) where the zone moves its clocks within the calendar's hours.
    """
    if minutes == 0:
        return Worked(instant, calendar_missing=False)
    if _is_moved_within(calendar, zone):
        raise refuse("Q005")
    a_day = sum(end - begin for begin, end in calendar.hours) * _MINUTE
    wall = keep("wall", days.wall_of(instant, zone))
    day = keep("day", cast(wall, DATE))
    number = keep("working_day", _twice_before(calendar, day))
    today = when(
        exp.EQ(this=binary(exp.Mod, number, whole(2)), expression=whole(1)),
        _worked_until(calendar, binary(exp.Sub, Microseconds(this=wall), _midnight(day))),
        whole(0),
    )
    before = binary(exp.Mul, WholeQuotient(this=number, expression=whole(2)), whole(a_day))
    target = keep("working_time", binary(exp.Add, binary(exp.Add, before, today), whole(minutes * _MINUTE)))
    place = keep(
        "working_place", WholeQuotient(this=binary(exp.Sub, target, whole(1)), expression=whole(a_day))
    )
    left = keep("working_rest", binary(exp.Sub, target, binary(exp.Mul, place, whole(a_day))))
    known, reached = _known_and_reached(calendar, day, place)
    is_known = keep("working_known", exp.Is(this=exp.Paren(this=known), expression=exp.true()))
    ends = OfMicroseconds(this=binary(exp.Add, _midnight(reached), _when_worked(calendar, left)))
    value = days.of_wall(keep("working_end", when(is_known, ends)), zone)
    return Worked(value, conjunction([is_there(instant), negation(is_known)]))


def _midnight(day: Sql) -> Sql:
    return Microseconds(this=cast(day, TIMESTAMP))


def _twice_before(calendar: Calendar, day: Sql) -> Sql:
    """Twice the number of working days before the day, and one more if it is worked itself."""
    since = DaysFrom(this=days.date(MONDAY), expression=day)
    match calendar.days:
        case "every_day":
            return binary(exp.Add, binary(exp.Mul, since, whole(2)), whole(1))
        case "monday_to_friday":
            weeks = WholeQuotient(this=since, expression=whole(_WEEK))
            of_week = [min(2 * weekday + 1, 2 * _WEEKDAYS) for weekday in range(_WEEK)]
            steps = [(whole(w), whole(v)) for w, v in enumerate(of_week) if 0 < w <= _WEEKDAYS]
            within = stepped(Weekday(this=day), whole(of_week[0]), steps)
            return binary(exp.Add, binary(exp.Mul, weeks, whole(2 * _WEEKDAYS)), within)
        case "cn_statutory":
            known = known_days()
            codes = [
                2 * n + (day_ in worked_days())
                for day_, n in zip(known.days(), worked_before(), strict=False)
            ]
            is_known = between(day, known.first, known.last)
            return when(is_known, looked_up(codes, number_of(known.first, day)))
        case _:
            assert_never(calendar.days)


def _known_and_reached(calendar: Calendar, day: Sql, place: Sql) -> tuple[Sql, Sql]:
    """Whether all days on the way are known, and the working day with so many before it."""
    match calendar.days:
        case "every_day":
            inside = exp.LT(this=place, expression=whole((_LAST - MONDAY).days))
            return _after_the_first(day, inside), DaysLater(this=days.date(MONDAY), expression=place)
        case "monday_to_friday":
            weeks = WholeQuotient(this=place, expression=whole(_WEEKDAYS))
            since = binary(exp.Add, place, binary(exp.Mul, weeks, whole(_WEEK - _WEEKDAYS)))
            inside = exp.LT(this=place, expression=whole((_LAST - MONDAY).days // _WEEK * _WEEKDAYS))
            return _after_the_first(day, inside), DaysLater(this=days.date(MONDAY), expression=since)
        case "cn_statutory":
            worked = known_days().worked
            distance = looked_up([(to - worked[0]).days for to in worked], binary(exp.Add, place, whole(1)))
            inside = exp.LT(this=place, expression=whole(len(worked)))
            return inside, DaysLater(this=days.date(worked[0]), expression=distance)
        case _:
            assert_never(calendar.days)


def _after_the_first(day: Sql, inside: Sql) -> Sql:
    """Not on the very first day of Python's calendar either, part of which lies outside it in some zones."""
    return exp.And(this=exp.GT(this=day, expression=days.date(MONDAY)), expression=inside)


def _worked_until(calendar: Calendar, time_of_day: Sql) -> Sql:
    """How long has been worked on a working day by that time."""
    parts = [
        time_of_day
        if (begin, end) == (0, MINUTES_IN_A_DAY)
        else extreme(
            "GREATEST",
            [
                extreme(
                    "LEAST",
                    [binary(exp.Sub, time_of_day, whole(begin * _MINUTE)), whole((end - begin) * _MINUTE)],
                ),
                whole(0),
            ],
        )
        for begin, end in calendar.hours
    ]
    total, *others = parts
    for part in others:
        total = binary(exp.Add, total, part)
    return total


def _when_worked(calendar: Calendar, worked: Sql) -> Sql:
    """The time of day by which so much has been worked: the end of a stretch rather than the next's start."""
    branches, so_far = [], 0
    for begin, end in calendar.hours:
        shift = whole((begin - so_far) * _MINUTE)
        so_far += end - begin
        branches.append(
            (exp.LTE(this=worked, expression=whole(so_far * _MINUTE)), binary(exp.Add, worked, shift))
        )
    return case(branches[:-1], branches[-1][1])


def _is_moved_within(calendar: Calendar, zone: tzinfo) -> bool:
    return any(
        _may_be_worked(calendar, day) and _overlap(calendar, day, first, last)
        for move in days.moves(zone)
        if move.at.year >= _FIRST_TICKET
        for first, last in [sorted((move.at + move.before, move.at + move.after))]
        for day in {first.date(), last.date()}
    )


def _may_be_worked(calendar: Calendar, day: dt.date) -> bool:
    return is_working_day(calendar, day) is True


def _overlap(calendar: Calendar, day: dt.date, first: datetime, last: datetime) -> bool:
    """Whether the clocks show a time of the day's hours twice or never."""
    midnight = datetime.combine(day, dt.time.min)
    hours = [(midnight + timedelta(minutes=b), midnight + timedelta(minutes=e)) for b, e in calendar.hours]
    return any(first < end and begin < last for begin, end in hours)
