"""Due instants in SQL: the twins of `due`, `in_time` and `extend` in `engine.base.calendar`.

Instants are TIMESTAMPs on the UTC line, days DATEs. What no calendar knows, and what lies outside the years
1 to 9999, is NULL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from typing import TypeVar, assert_never
from zoneinfo import ZoneInfo

from sqlglot import exp

from engine.base.calendar import EARLIEST, LATEST, Calendar, Limit, at
from engine.replay.sql import days, lists, working_time
from engine.replay.sql.logic import Truth, case, conjunction, disjunction, is_null, is_there, sql
from engine.replay.sql.numbers import constant
from engine.replay.sql.slots import Sql
from engine.replay.sql.working_time import Keep, as_is
from engine.rulebook.types import Kind

Years = tuple[int, int]
T = TypeVar("T")

PAUSE, SO_FAR = "p$", "s$"
BEGIN, END = "a", "b"
"""The fields of a stretch of time, in the order in which stretches are sorted."""
ANY_YEARS = (1, 9999)


@dataclass(frozen=True)
class Moment:
    """A day (or a month, as its first day) or an instant, and the years within which it lies."""

    sql: Sql
    kind: Kind
    years: Years = ANY_YEARS

    @property
    def is_instant(self) -> bool:
        return self.kind is Kind.INSTANT


@dataclass(frozen=True)
class DueMoment:
    """When a limit ends, and whether that very instant is in time.

    `last_day` is set where the limit lasts until the end of that day: days are then compared with it.
    """

    instant: Sql
    inclusive: Truth
    last_day: Sql | None = None


# --- when it ends -------------------------------------------------------------------------------------


def due_after(
    limit: Limit,
    start: Moment,
    zone: ZoneInfo,
    calendars: Mapping[str, Calendar],
    keep: Keep = as_is,
) -> DueMoment:
    """When the limit that began at the start runs out; `keep` makes columns of steps on the way."""
    day, years, amount = day_of(start, zone), start.years, constant(limit.amount)
    match limit.kind:
        case "minutes":
            return DueMoment(
                days.add_minutes(instant_of(start, zone), amount, years=years, zone=zone), inclusive=True
            )
        case "working_minutes":
            calendar = calendars[limit.calendar or ""]
            begun = instant_of(start, zone)
            reached = working_time.add_working_minutes(calendar, begun, limit.amount, zone, keep)
            return DueMoment(reached.value, inclusive=True)
        case "time_of_day":
            last = keep("day", days.add_days(day, constant(limit.days_later), years=years))
            return DueMoment(days.at(last, limit.minute_of_day or 0, zone), limit.inclusive)
        case "calendar_days":
            return until_end_of(keep("day", days.add_days(day, amount, years=years)), zone)
        case "months":
            return until_end_of(keep("day", days.add_months(day, amount, years=years)), zone)
        case "years":
            return until_end_of(keep("day", days.add_years(day, amount, years=years)), zone)
        case "working_days":
            calendar = calendars[limit.calendar or ""]
            reached = working_time.add_working_days(calendar, keep("day", day), amount, years, keep)
            return until_end_of(keep("day", reached.value), zone)
        case "day_of_next_month":
            month = keep("day", days.add_months(day, constant(1), years=years))
            named = days.day_of_month(month, limit.amount)
            last = named if limit.inclusive else days.add_days(named, constant(-1), years=years)
            return until_end_of(keep("day", last), zone)
        case _:
            assert_never(limit.kind)


def due_by(moment: Moment, zone: ZoneInfo) -> DueMoment:
    """A day is kept until its end; an instant is itself in time."""
    if moment.is_instant:
        return DueMoment(moment.sql, inclusive=True)
    return until_end_of(moment.sql, zone)


def until_end_of(day: Sql, zone: ZoneInfo) -> DueMoment:
    return DueMoment(days.end_of(day, zone), inclusive=False, last_day=day)


def day_of(moment: Moment, zone: ZoneInfo) -> Sql:
    """The day on the zone's calendar."""
    return days.day_of(moment.sql, zone) if moment.is_instant else moment.sql


def instant_of(moment: Moment, zone: ZoneInfo) -> Sql:
    """The instant; a day without a time means its 00:00."""
    return moment.sql if moment.is_instant else days.start_of(moment.sql, zone)


# --- whether it was kept ------------------------------------------------------------------------------


def is_kept(due: DueMoment, stop: Moment, zone: ZoneInfo) -> Truth:
    """Whether what happened at the stop kept the limit; NULL where there is no stop."""
    if stop.is_instant:
        return _before(stop.sql, due.instant, due.inclusive)
    if due.last_day is not None and due.inclusive is False:
        return _by_last_day(stop.sql, due.last_day, zone)
    return _before(exp.cast(stop.sql, "timestamp"), days.wall_of(due.instant, zone), due.inclusive)


def _before(happened: Sql, limit: Sql, inclusive: Truth) -> Truth:
    if isinstance(inclusive, bool):
        return (exp.LTE if inclusive else exp.LT)(this=happened, expression=limit)
    at_once = conjunction([inclusive, exp.EQ(this=happened, expression=limit)])
    return disjunction([exp.LT(this=happened, expression=limit), at_once])


def _by_last_day(stop: Sql, last_day: Sql, zone: ZoneInfo) -> Truth:
    """The next day is in time as well where its midnight was skipped: it begins after its 00:00."""
    in_time: Truth = exp.LTE(this=stop, expression=last_day)
    late_days = _days_without_midnight(zone)
    if not late_days:
        return in_time
    next_day = days.add_days(last_day, constant(1), years=(EARLIEST.year, LATEST.year))
    is_late = exp.In(this=stop, expressions=[days.date(day) for day in late_days])
    not_after = exp.LTE(this=stop, expression=days.date(late_days[-1]))
    one_later = conjunction([not_after, is_late, exp.EQ(this=stop, expression=next_day)])
    return disjunction([in_time, one_later])


@lru_cache(maxsize=64)
def _days_without_midnight(zone: ZoneInfo) -> tuple[date, ...]:
    """Those at whose beginning the zone moved its clocks forward."""
    found = {move.on_the_wall.date() for move in days.moves(zone)}
    return tuple(sorted(day for day in found if EARLIEST <= day <= LATEST and not _has_midnight(day, zone)))


def _has_midnight(day: date, zone: ZoneInfo) -> bool:
    return at(day, 0, zone).replace(tzinfo=None) == datetime.combine(day, time.min)


# --- pauses -------------------------------------------------------------------------------------------


def stretch(begin: Sql, end: Sql) -> Sql:
    """A half-open stretch of time as a struct."""
    return lists.struct({BEGIN: begin, END: end})


def extended(due: Sql, start: Sql, stretches: Sql) -> Sql:
    """The due instant put off by the time that was paused in `[start, due)`.

    Walks through the stretches in order with a struct that holds the due instant so far and the end of what
    has been counted: what overlaps counts once, and time won may reach into a later pause.
    """
    pause_begin, pause_end = lists.field(lists.record(PAUSE), BEGIN), lists.field(lists.record(PAUSE), END)
    so_far, counted = lists.field(lists.record(SO_FAR), BEGIN), lists.field(lists.record(SO_FAR), END)
    begin = days.latest([pause_begin, counted])
    counts = conjunction([exp.LT(this=begin, expression=so_far), exp.LT(this=begin, expression=pause_end)])
    put_off = stretch(days.later_by(so_far, begin, pause_end), pause_end)
    body = case([(counts, put_off)], lists.record(SO_FAR))
    walked = lists.reduced(lists.sort(stretches), stretch(due, start), SO_FAR, PAUSE, body)
    return lists.field(walked, BEGIN)


# --- the latest stop ----------------------------------------------------------------------------------


def latest(moments: Sequence[tuple[Moment, T]], zone: ZoneInfo) -> list[tuple[Sql, T]]:
    """The latest of the moments that are there, of two at once the first: an expression a kind of moment.

    At most one of the expressions has a value. What is given with a moment comes back with its kind.
    """
    kinds = {moment.kind: tag for moment, tag in moments}
    if len(moments) == 1:
        return [(moments[0][0].sql, moments[0][1])]
    keys = [instant_of(moment, zone) if len(kinds) > 1 else moment.sql for moment, _ in moments]
    last = [_is_last(keys, place) for place in range(len(keys))]
    return [
        (case([(last[n], m.sql) for n, (m, _) in enumerate(moments) if m.kind is kind], exp.Null()), tag)
        for kind, tag in kinds.items()
    ]


def _is_last(keys: Sequence[Sql], place: int) -> Truth:
    """Whether that moment is there, and no other is later, or before it in order and as late."""
    key = keys[place]
    beside = [
        disjunction([is_null(other), (exp.LT if n < place else exp.LTE)(this=other, expression=key)])
        for n, other in enumerate(keys)
        if n != place
    ]
    return conjunction([is_there(key), *beside])


__all__ = [
    "DueMoment",
    "Moment",
    "due_after",
    "due_by",
    "extended",
    "instant_of",
    "is_kept",
    "latest",
    "sql",
    "stretch",
]
