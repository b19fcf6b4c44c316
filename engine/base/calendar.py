"""Days, instants, working time and due instants: the only place that reckons with time.

Everything here is a pure function of its arguments; no clock is read, and the zone is always given.
Minutes are added on the UTC line, days and months on the wall calendar of the zone, so that a day on
which the clocks are moved is reckoned rightly (China moved its clocks in the years 1986 to 1991).

Instants that leave this module carry the zone they were asked for. Python compares two instants of
one zone by their wall clocks, which is wrong in the hour that autumn repeats; this module compares
them on the UTC line.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from importlib.metadata import version
from itertools import pairwise
from typing import Literal, TypeAlias, assert_never

Days: TypeAlias = Literal["every_day", "monday_to_friday", "cn_statutory"]
LimitKind: TypeAlias = Literal[
    "minutes",
    "calendar_days",
    "months",
    "years",
    "working_days",
    "working_minutes",
    "time_of_day",
    "day_of_next_month",
]
Stretch: TypeAlias = tuple[datetime, datetime]
"""A half-open stretch of time `[from, until)`."""

EARLIEST = date(1900, 1, 1)
LATEST = date(2199, 12, 31)
"""The first and last day that a fact may name: no sensible reckoning from there leaves Python's calendar."""

MINUTES_IN_A_DAY = 24 * 60
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_SATURDAY = 5


@dataclass(frozen=True)
class Calendar:
    """Which days are worked, and between which minutes of the day.

    `hours` are half-open stretches in minutes since 00:00, in order and apart; the whole day unless
    given. `cn_statutory` is Monday to Friday with the yearly arrangement of the State Council's General
    Office on top: holidays off, make-up days worked. Raises ValueError when the hours are not in order.
    """

    name: str
    days: Days
    hours: tuple[tuple[int, int], ...] = ((0, MINUTES_IN_A_DAY),)

    def __post_init__(self) -> None:
        marks = [mark for stretch in self.hours for mark in stretch]
        apart = all(end <= begin for (_, end), (begin, _) in pairwise(self.hours))
        filled = all(begin < end for begin, end in self.hours)
        if not (marks and apart and filled and marks[0] >= 0 and marks[-1] <= MINUTES_IN_A_DAY):
            raise ValueError(f"the hours of calendar {self.name} are not in order: {self.hours}")


@dataclass(frozen=True)
class Limit:
    """How long something may take, counted from a start.

    `amount` counts minutes, days, months, years or working time; for `day_of_next_month` it is the day
    of the month. `calendar` names the calendar of the two working kinds. `minute_of_day` (0 to 1440) and
    `days_later` belong to `time_of_day`. `inclusive` tells "by" from "before" for `time_of_day` and
    `day_of_next_month`. Raises ValueError when what the kind needs is not given.
    """

    kind: LimitKind
    amount: int = 0
    calendar: str | None = None
    minute_of_day: int | None = None
    inclusive: bool = True
    days_later: int = 0

    def __post_init__(self) -> None:
        if self.kind in {"working_days", "working_minutes"} and self.calendar is None:
            raise ValueError(f"a limit in {self.kind} needs a calendar")
        if self.kind == "time_of_day" and self.minute_of_day is None:
            raise ValueError("a limit by the time of day needs the time")
        if self.amount < 0 or (self.kind == "day_of_next_month" and self.amount == 0):
            raise ValueError(f"a limit in {self.kind} cannot be {self.amount}")


@dataclass(frozen=True)
class Due:
    """The instant by which something must have happened; `inclusive` when that very instant is in time."""

    instant: datetime
    inclusive: bool


# --- days and instants ------------------------------------------------------------------------------


def add_months(day: date, months: int) -> date:
    """The same day `months` later (earlier when negative), or the month's last day where it has no such day.

    Raises OverflowError outside the years 1 to 9999.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError("the date lies outside the years 1 to 9999")
    return _day_of_month(year, month + 1, day.day)


def add_years(day: date, years: int) -> date:
    """The same day `years` later; 29 February becomes 28 February where the year has none."""
    return add_months(day, 12 * years)


def _day_of_month(year: int, month: int, day: int) -> date:
    """The named day, or the month's last one where the month is shorter."""
    return date(year, month, min(day, monthrange(year, month)[1]))


def days_between(first: date, second: date) -> int:
    """Calendar days from `first` to `second`: 0 for the same day, negative when `second` is earlier."""
    return (second - first).days


def at(day: date, minute_of_day: int, zone: tzinfo) -> datetime:
    """The instant at which the zone's wall clock shows that minute (0 to 1440, 1440 = 24:00) of that day.

    A minute that the clocks skip is read as if they had not been moved yet; of a repeated one, the first.
    """
    wall = datetime.combine(day, time.min) + minute_of_day * _MINUTE
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone)


def end_of(day: date, zone: tzinfo) -> datetime:
    """The end of the day: 00:00 of the next."""
    return at(day, MINUTES_IN_A_DAY, zone)


def day_of(moment: date | datetime, zone: tzinfo) -> date:
    """The day on the zone's calendar."""
    return _in_zone(moment, zone).date() if isinstance(moment, datetime) else moment


def instant_of(moment: date | datetime, zone: tzinfo) -> datetime:
    """The instant in the zone; a day without a time means its 00:00."""
    return _in_zone(moment, zone) if isinstance(moment, datetime) else at(moment, 0, zone)


def add_minutes(instant: datetime, minutes: int) -> datetime:
    """The instant so many minutes later, whatever the clocks on the wall do in between."""
    return (_utc(instant) + minutes * _MINUTE).astimezone(instant.tzinfo)


def _in_zone(instant: datetime, zone: tzinfo) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone was handed to the calendar")
    return instant.astimezone(zone)


def _utc(instant: datetime) -> datetime:
    return _in_zone(instant, UTC)


# --- working time -----------------------------------------------------------------------------------


def calendar_version(calendars: Iterable[Calendar]) -> str:
    """The version of the package that knows the State Council's arrangements, where a calendar needs it.

    A later version may know another year, and so decide what an earlier one could not.
    """
    if all(calendar.days != "cn_statutory" for calendar in calendars):
        return ""
    return version("chinesecalendar")


def is_working_day(calendar: Calendar, day: date) -> bool | None:
    """Whether the day is worked; None where the State Council's arrangement of that year is not known."""
    match calendar.days:
        case "every_day":
            return True
        case "monday_to_friday":
            return day.weekday() < _SATURDAY
        case "cn_statutory":
            return _is_statutory_working_day(day)
        case _:
            assert_never(calendar.days)


@lru_cache(maxsize=16_384)  # the library looks through all its holidays on every call
def _is_statutory_working_day(day: date) -> bool | None:
    """As `chinesecalendar` has it, which copies the notices of the State Council's General Office."""
    from chinese_calendar import is_workday

    try:
        return bool(is_workday(day))
    except NotImplementedError:
        return None


def add_working_days(calendar: Calendar, day: date, count: int) -> date | None:
    """The `count`-th working day after the day (before it when negative); the day itself for 0.

    None where the calendar does not know a day on the way, or the way leaves the years 1 to 9999.
    """
    direction = _DAY if count > 0 else -_DAY
    try:
        reached, left = _skip_weeks(calendar, day, count)
        while left:
            reached += direction
            working = is_working_day(calendar, reached)
            if working is None:
                return None
            left -= working
    except OverflowError:
        return None
    return reached


def _skip_weeks(calendar: Calendar, day: date, count: int) -> tuple[date, int]:
    """The day after the whole weeks that need no walking, and how many working days are then left.

    At least one day is always left to walk, so that the walk ends on a working day.
    """
    match calendar.days:
        case "every_day":
            days_a_week = 7
        case "monday_to_friday":
            days_a_week = 5
        case "cn_statutory":
            return day, abs(count)
        case _:
            assert_never(calendar.days)
    weeks = max(abs(count) - 1, 0) // days_a_week
    return day + timedelta(weeks=weeks if count > 0 else -weeks), abs(count) - weeks * days_a_week


def add_working_minutes(calendar: Calendar, instant: datetime, minutes: int, zone: tzinfo) -> datetime | None:
    """The first instant by which so many working minutes have gone by since the instant.

    That is the end of a stretch of hours, not the start of the next, when the minutes run out there;
    0 minutes give the instant itself. `minutes` is not negative. None where the calendar does not
    know a day on the way. Takes time in proportion to the days passed.
    """
    if minutes < 0:
        raise ValueError("working minutes are only counted forwards")
    reached, left = _utc(instant), minutes * _MINUTE
    day = day_of(instant, zone)
    while left and day < date.max:
        stretches = _working_stretches(calendar, day, zone)
        if stretches is None:
            return None
        reached, left = _use_up(stretches, reached, left)
        day += _DAY
    return None if left else reached.astimezone(zone)


def _use_up(stretches: Sequence[Stretch], reached: datetime, left: timedelta) -> tuple[datetime, timedelta]:
    """Where working time `left` ends if it lasts no longer than the stretches, and what remains of it."""
    for begin, end in stretches:
        begun = max(begin, reached)
        used = min(end - begun, left)
        if left and used > timedelta():
            reached, left = begun + used, left - used
    return reached, left


def working_minutes_between(calendar: Calendar, start: datetime, end: datetime, zone: tzinfo) -> int | None:
    """Full working minutes in `[start, end)`, 0 when `end` is not after `start`.

    None where the calendar does not know a day between them, both their days included.
    """
    first, until, worked = day_of(start, zone), _utc(end), timedelta()
    reached = _utc(start)
    for offset in range(days_between(first, day_of(end, zone)) + 1):
        stretches = _working_stretches(calendar, first + timedelta(days=offset), zone)
        if stretches is None:
            return None
        for begin, close in stretches:
            begun, closed = max(begin, reached), min(close, until)
            if begun < closed:
                worked, reached = worked + (closed - begun), closed
    return worked // _MINUTE


def _working_stretches(calendar: Calendar, day: date, zone: tzinfo) -> list[Stretch] | None:
    """The day's working hours on the UTC line; None where the calendar does not know the day."""
    working = is_working_day(calendar, day)
    if working is None:
        return None
    hours = calendar.hours if working else ()
    return [(_utc(at(day, begin, zone)), _utc(at(day, end, zone))) for begin, end in hours]


# --- due instants -----------------------------------------------------------------------------------


def due(limit: Limit, start: date | datetime, zone: tzinfo, calendars: Mapping[str, Calendar]) -> Due | None:
    """When the limit that began at `start` runs out.

    Minutes run to the minute, inclusive; a start that is only a day means its 00:00. Days, months,
    years and working days do not count the day of the start and last until the end of their last day.
    For `day_of_next_month` any day of the month may stand for it. None where a calendar does not know
    a day on the way, or the due instant lies beyond the year 9999. Raises KeyError when the limit's
    calendar is not in `calendars`.
    """
    try:
        return _due(limit, start, zone, calendars)
    except OverflowError:
        return None


def _due(limit: Limit, start: date | datetime, zone: tzinfo, calendars: Mapping[str, Calendar]) -> Due | None:
    day = day_of(start, zone)
    match limit.kind:
        case "minutes":
            return Due(add_minutes(instant_of(start, zone), limit.amount), inclusive=True)
        case "working_minutes":
            calendar = _calendar_of(limit, calendars)
            reached = add_working_minutes(calendar, instant_of(start, zone), limit.amount, zone)
            return None if reached is None else Due(reached, inclusive=True)
        case "time_of_day":
            return Due(at(day + limit.days_later * _DAY, limit.minute_of_day or 0, zone), limit.inclusive)
        case "calendar_days":
            return _until_end_of(day + limit.amount * _DAY, zone)
        case "months":
            return _until_end_of(add_months(day, limit.amount), zone)
        case "years":
            return _until_end_of(add_years(day, limit.amount), zone)
        case "working_days":
            return _until_end_of(add_working_days(_calendar_of(limit, calendars), day, limit.amount), zone)
        case "day_of_next_month":
            month = add_months(day, 1)
            named = _day_of_month(month.year, month.month, limit.amount)
            return _until_end_of(named if limit.inclusive else named - _DAY, zone)
        case _:
            assert_never(limit.kind)


def _calendar_of(limit: Limit, calendars: Mapping[str, Calendar]) -> Calendar:
    return calendars[limit.calendar or ""]


def _until_end_of(day: date | None, zone: tzinfo) -> Due | None:
    return None if day is None else Due(end_of(day, zone), inclusive=False)


def in_time(due: Due, stop: date | datetime) -> bool:
    """Whether what happened at `stop` kept the limit.

    A stop that is only a day is in time if that day begins before the due instant, in the zone that
    the due instant carries: nobody is held late for a time of day that was not written down.
    """
    if isinstance(stop, datetime):
        happened, limit = _utc(stop), _utc(due.instant)
    else:
        happened, limit = datetime.combine(stop, time.min), due.instant.replace(tzinfo=None)
    return happened < limit or (due.inclusive and happened == limit)


def extend(due: Due, start: datetime, pauses: Sequence[Stretch]) -> Due:
    """The due instant put off by the time that was paused in `[start, due)`.

    Pauses are half-open and may overlap; one that ends before it begins counts for nothing. The time
    won may reach into a later pause, which then counts too. Raises OverflowError beyond the year 9999.
    """
    began, instant = _utc(start), _utc(due.instant)
    for begin, end in _merged(pauses):
        if max(begin, began) >= instant:
            break
        instant += max(end - max(begin, began), timedelta())
    return Due(instant.astimezone(due.instant.tzinfo), due.inclusive)


def _merged(pauses: Sequence[Stretch]) -> list[Stretch]:
    """The same time as stretches that are in order, apart and on the UTC line."""
    merged: list[Stretch] = []
    for begin, end in sorted((_utc(begin), _utc(end)) for begin, end in pauses):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif begin < end:
            merged.append((begin, end))
    return merged
