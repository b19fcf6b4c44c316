"""Working time, due instants and pauses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.base.calendar import (
    Calendar,
    Days,
    Due,
    Limit,
    LimitKind,
    Stretch,
    add_minutes,
    add_working_minutes,
    at,
    due,
    extend,
    in_time,
    working_minutes_between,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = Calendar("cn_office", "cn_statutory", ((540, 720), (810, 1080)))
CALENDARS = {"cn_office": OFFICE, "weekdays": Calendar("weekdays", "monday_to_friday", ((480, 1440),))}
MINUTE = timedelta(minutes=1)

calendars = st.builds(
    Calendar,
    st.just("any"),
    st.sampled_from(get_args(Days)),
    st.sampled_from([((0, 1440),), ((540, 720), (810, 1080)), ((0, 60), (60, 90), (1380, 1440))]),
)
instants = st.datetimes(datetime(2005, 1, 1), datetime(2024, 1, 1), timezones=st.just(SHANGHAI))
minutes = st.integers(0, 6000)
zones = st.sampled_from([SHANGHAI, ZoneInfo("America/New_York")])  # one that moves its clocks every year


def instant(text: str) -> datetime:
    """The wall-clock time in Shanghai."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def moment(text: str) -> date | datetime:
    """A day when only a day is written, else an instant."""
    return instant(text) if "T" in text else date.fromisoformat(text)


# --- working time ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        ("2015-10-08T11:30", 30, "2015-10-08T12:00"),  # the end of the morning, not the afternoon's start
        ("2015-10-08T11:30", 31, "2015-10-08T13:31"),
        ("2015-10-08T12:30", 0, "2015-10-08T12:30"),
        ("2015-09-30T17:00", 90, "2015-10-08T09:30"),  # over the National Day holidays
        ("2015-10-09T17:30", 60, "2015-10-10T09:30"),  # a Saturday that is made up for
        ("2015-10-08T08:00", 450, "2015-10-08T18:00"),
    ],
)
def test_only_working_minutes_are_counted(start: str, count: int, expected: str) -> None:
    assert add_working_minutes(OFFICE, instant(start), count, SHANGHAI) == instant(expected)


def test_working_minutes_in_an_unknown_year_lead_nowhere() -> None:
    assert add_working_minutes(OFFICE, instant("2199-10-08T11:30"), 1, SHANGHAI) is None
    assert (
        working_minutes_between(OFFICE, instant("2003-10-08T09:00"), instant("2003-10-08T10:00"), SHANGHAI)
        is None
    )


def test_working_minutes_end_with_the_calendar() -> None:
    whole_day = Calendar("whole_day", "every_day")
    assert add_working_minutes(whole_day, instant("9999-12-28T12:00"), 10**6, SHANGHAI) is None


def test_working_minutes_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="forwards"):
        add_working_minutes(OFFICE, instant("2015-10-08T11:30"), -1, SHANGHAI)


def test_a_working_day_on_which_clocks_go_forward_is_an_hour_shorter() -> None:
    whole_day = Calendar("whole_day", "every_day")
    start = at(date(1986, 5, 4), 0, SHANGHAI)
    assert (
        working_minutes_between(whole_day, start, at(date(1986, 5, 4), 1440, SHANGHAI), SHANGHAI) == 23 * 60
    )
    reached = add_working_minutes(whole_day, start, 3 * 60, SHANGHAI)
    assert reached is not None
    assert reached.isoformat() == "1986-05-04T04:00:00+09:00"


@given(calendars, zones, instants, minutes, minutes)
def test_working_minutes_add_up(
    calendar: Calendar, zone: ZoneInfo, start: datetime, one: int, other: int
) -> None:
    reached = add_working_minutes(calendar, start, one, zone)
    assert reached is not None
    together = add_working_minutes(calendar, start, one + other, zone)
    assert add_working_minutes(calendar, reached, other, zone) == together


@given(calendars, zones, instants, minutes)
def test_as_many_working_minutes_lie_between_as_were_added(
    calendar: Calendar, zone: ZoneInfo, start: datetime, count: int
) -> None:
    reached = add_working_minutes(calendar, start, count, zone)
    assert reached is not None
    assert working_minutes_between(calendar, start, reached, zone) == count
    if count:
        assert working_minutes_between(calendar, start, add_minutes(reached, -1), zone) == count - 1


@given(calendars, instants, instants)
def test_no_working_minutes_lie_between_an_instant_and_an_earlier_one(
    calendar: Calendar, one: datetime, other: datetime
) -> None:
    first, second = sorted((one, other))
    assert working_minutes_between(calendar, second, first, SHANGHAI) == 0


# --- due instants ---------------------------------------------------------------------------------

BY_NOON = Limit("time_of_day", minute_of_day=720)
BEFORE_NOON_NEXT_DAY = Limit("time_of_day", minute_of_day=720, inclusive=False, days_later=1)
BY_DAY_6 = Limit("day_of_next_month", 6)
BEFORE_DAY_6 = Limit("day_of_next_month", 6, inclusive=False)


@pytest.mark.parametrize(
    ("limit", "start", "expected", "inclusive"),
    [
        (Limit("minutes", 30), "2015-06-10T23:45", "2015-06-11T00:15", True),
        (Limit("minutes", 30), "2015-06-10", "2015-06-10T00:30", True),
        (Limit("calendar_days", 3), "2015-06-10T23:45", "2015-06-14T00:00", False),
        (Limit("calendar_days", 3), "2015-06-10", "2015-06-14T00:00", False),
        (Limit("calendar_days", 0), "2015-06-10T23:45", "2015-06-11T00:00", False),
        (Limit("months", 1), "2015-01-31T10:00", "2015-03-01T00:00", False),
        (Limit("years", 1), "2016-02-29", "2017-03-01T00:00", False),
        (Limit("working_days", 1, "cn_office"), "2015-09-30T08:00", "2015-10-09T00:00", False),
        (Limit("working_minutes", 480, "cn_office"), "2015-09-30T09:00", "2015-10-08T09:30", True),
        (BY_NOON, "2015-06-10T08:00", "2015-06-10T12:00", True),
        (BY_NOON, "2015-06-10T13:00", "2015-06-10T12:00", True),
        (BEFORE_NOON_NEXT_DAY, "2015-06-30T08:00", "2015-07-01T12:00", False),
        (Limit("time_of_day", minute_of_day=1440), "2015-06-10", "2015-06-11T00:00", True),
        (BY_DAY_6, "2015-12-01", "2016-01-07T00:00", False),
        (BEFORE_DAY_6, "2015-12-31T23:59", "2016-01-06T00:00", False),
        (Limit("day_of_next_month", 31), "2016-01-31", "2016-03-01T00:00", False),
    ],
)
def test_each_kind_of_limit_runs_out_at_its_own_instant(
    limit: Limit, start: str, expected: str, *, inclusive: bool
) -> None:
    assert due(limit, moment(start), SHANGHAI, CALENDARS) == Due(instant(expected), inclusive)


def test_the_day_of_the_start_is_the_zone_s_day() -> None:
    start = datetime(2015, 6, 10, 16, 30, tzinfo=UTC)
    reached = due(Limit("calendar_days", 1), start, SHANGHAI, {})
    assert reached == Due(instant("2015-06-13T00:00"), inclusive=False)


def test_days_are_wall_clock_days_and_minutes_are_not_where_clocks_are_moved() -> None:
    start = at(date(1986, 5, 3), 20 * 60, SHANGHAI)
    by_days = due(Limit("calendar_days", 1), start, SHANGHAI, {})
    by_minutes = due(Limit("minutes", 1440), start, SHANGHAI, {})
    assert by_days is not None
    assert by_minutes is not None
    assert by_days.instant.isoformat() == "1986-05-05T00:00:00+09:00"
    assert by_minutes.instant.isoformat() == "1986-05-04T21:00:00+09:00"


@pytest.mark.parametrize(
    "limit",
    [
        Limit("working_days", 3, "cn_office"),
        Limit("working_minutes", 3, "cn_office"),
        Limit("years", 9000),
        Limit("minutes", 10**30),
        Limit("calendar_days", 10**30),
    ],
)
def test_a_due_instant_that_no_calendar_knows_is_none(limit: Limit) -> None:
    assert due(limit, date(2199, 12, 31), SHANGHAI, CALENDARS) is None


@pytest.mark.parametrize(
    ("kind", "amount"),
    [
        ("working_days", 1),
        ("working_minutes", 1),
        ("time_of_day", 0),
        ("day_of_next_month", 0),
        ("minutes", -1),
    ],
)
def test_a_limit_that_lacks_what_it_needs_is_refused(kind: LimitKind, amount: int) -> None:
    with pytest.raises(ValueError, match="limit"):
        Limit(kind, amount)


limits = st.builds(
    Limit,
    st.sampled_from(get_args(LimitKind)),
    amount=st.integers(1, 40),
    calendar=st.sampled_from(sorted(CALENDARS)),
    minute_of_day=st.integers(0, 1440),
    inclusive=st.booleans(),
    days_later=st.integers(0, 2),
)


@given(limits, instants, instants)
def test_who_starts_later_is_due_no_earlier(limit: Limit, one: datetime, other: datetime) -> None:
    first, second = (due(limit, start, SHANGHAI, CALENDARS) for start in sorted((one, other)))
    assert first is not None
    assert second is not None
    assert first.instant <= second.instant


# --- in time --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stop", "by", "before"),
    [
        ("2015-06-10T11:59:59", True, True),
        ("2015-06-10T12:00", True, False),
        ("2015-06-10T12:00:01", False, False),
        ("2015-06-09", True, True),
        ("2015-06-10", True, True),  # only a day: nothing says that it was after noon
        ("2015-06-11", False, False),
    ],
)
def test_by_noon_takes_noon_in_and_before_noon_does_not(stop: str, *, by: bool, before: bool) -> None:
    noon = instant("2015-06-10T12:00")
    assert in_time(Due(noon, inclusive=True), moment(stop)) is by
    assert in_time(Due(noon, inclusive=False), moment(stop)) is before


def test_a_day_that_begins_at_the_due_instant_is_in_time_only_when_inclusive() -> None:
    midnight = instant("2015-06-11T00:00")
    assert in_time(Due(midnight, inclusive=True), date(2015, 6, 11))
    assert not in_time(Due(midnight, inclusive=False), date(2015, 6, 11))
    assert in_time(Due(midnight, inclusive=False), date(2015, 6, 10))


def test_the_second_round_of_a_repeated_hour_is_later_than_the_first() -> None:
    """On 14 September 1986 the wall clocks of China showed half past one twice."""
    first = at(date(1986, 9, 14), 90, SHANGHAI)
    second = first.replace(fold=1)
    assert in_time(Due(first, inclusive=True), first)
    assert not in_time(Due(first, inclusive=True), second)


# --- pauses ---------------------------------------------------------------------------------------

START, DUE = instant("2015-06-10T08:00"), Due(instant("2015-06-10T12:00"), inclusive=True)


def paused(*texts: tuple[str, str]) -> list[Stretch]:
    """Pauses of 10 June 2015, by hour and minute."""
    return [(instant(f"2015-06-10T{begin}"), instant(f"2015-06-10T{end}")) for begin, end in texts]


@pytest.mark.parametrize(
    ("pauses", "expected"),
    [
        ([], "12:00"),
        (paused(("09:00", "10:00")), "13:00"),
        (paused(("07:00", "09:00")), "13:00"),  # before the start nothing ran that could be paused
        (paused(("06:00", "07:00")), "12:00"),
        (paused(("11:00", "15:00")), "16:00"),
        (paused(("12:00", "13:00")), "12:00"),  # it had run out
        (paused(("09:00", "10:00"), ("09:30", "10:30")), "13:30"),  # the same half hour counts once
        (paused(("12:30", "13:00"), ("11:00", "12:00")), "13:30"),  # the time won reaches the next pause
        (paused(("10:00", "09:00")), "12:00"),
        (paused(("09:00", "09:30"), ("09:30", "10:00")), "13:00"),
    ],
)
def test_paused_time_puts_the_due_instant_off(pauses: list[Stretch], expected: str) -> None:
    assert extend(DUE, START, pauses) == Due(instant(f"2015-06-10T{expected}"), inclusive=True)


def test_a_limit_that_ran_out_before_its_start_cannot_be_paused() -> None:
    pauses = paused(("11:00", "14:00"))
    assert extend(DUE, instant("2015-06-10T13:00"), pauses) == DUE


nearby = st.lists(
    st.tuples(st.integers(-600, 1200), st.integers(-60, 600)).map(
        lambda p: (START + p[0] * MINUTE, START + (p[0] + p[1]) * MINUTE)
    ),
    max_size=8,
)


def _paused_minutes(pauses: list[Stretch], until: datetime) -> int:
    """Paused minutes since the start, looked at one by one."""
    whole = (until - START) // MINUTE
    clock = (START + offset * MINUTE for offset in range(whole))
    return sum(1 for now in clock if any(begin <= now < end for begin, end in pauses))


@given(nearby)
def test_the_time_that_ran_until_the_due_instant_is_the_limit_itself(pauses: list[Stretch]) -> None:
    put_off = extend(DUE, START, pauses)
    assert put_off.instant - DUE.instant == _paused_minutes(pauses, put_off.instant) * MINUTE


@given(nearby)
def test_the_order_of_pauses_does_not_matter(pauses: list[Stretch]) -> None:
    assert extend(DUE, START, pauses) == extend(DUE, START, pauses[::-1])
