"""Days, months and working days."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.base.calendar import (
    EARLIEST,
    LATEST,
    Calendar,
    add_minutes,
    add_months,
    add_working_days,
    add_years,
    at,
    day_of,
    days_between,
    end_of,
    instant_of,
    is_working_day,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
EVERY_DAY = Calendar("every_day", "every_day")
WEEKDAYS = Calendar("weekdays", "monday_to_friday")
CHINA = Calendar("china", "cn_statutory")

days = st.dates(EARLIEST, LATEST)
covered_days = st.dates(date(2005, 1, 1), date(2024, 12, 31))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2015, 1, 31), 1, date(2015, 2, 28)),
        (date(2016, 1, 31), 1, date(2016, 2, 29)),
        (date(2015, 3, 31), -1, date(2015, 2, 28)),
        (date(2015, 11, 30), 3, date(2016, 2, 29)),
        (date(2015, 12, 15), 1, date(2016, 1, 15)),
        (date(2015, 6, 10), 0, date(2015, 6, 10)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_of_a_shorter_month(
    day: date, months: int, expected: date
) -> None:
    assert add_months(day, months) == expected


def test_a_year_after_the_leap_day_is_the_last_of_february() -> None:
    assert add_years(date(2016, 2, 29), 1) == date(2017, 2, 28)
    assert add_years(date(2016, 2, 29), 4) == date(2020, 2, 29)


@given(days, st.integers(-600, 600))
def test_adding_months_never_skips_a_month_and_only_ever_clamps(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == min(day.day, monthrange(later.year, later.month)[1])


@given(days, days, st.integers(0, 600))
def test_a_later_day_stays_no_earlier_when_months_are_added(one: date, other: date, months: int) -> None:
    first, second = sorted((one, other))
    assert add_months(first, months) <= add_months(second, months)


@pytest.mark.parametrize("months", [12 * 8000, -12 * 2015, 10**30])
def test_months_beyond_the_calendar_overflow(months: int) -> None:
    with pytest.raises(OverflowError):
        add_months(date(2015, 1, 31), months)


def test_days_between_counts_forwards_and_backwards() -> None:
    assert days_between(date(2015, 2, 28), date(2015, 3, 1)) == 1
    assert days_between(date(2015, 3, 1), date(2015, 2, 28)) == -1
    assert days_between(date(2015, 3, 1), date(2015, 3, 1)) == 0


def test_the_end_of_a_day_is_the_start_of_the_next() -> None:
    assert end_of(date(2015, 12, 31), SHANGHAI) == datetime(2016, 1, 1, tzinfo=SHANGHAI)
    assert at(date(2015, 6, 10), 1440, SHANGHAI) == end_of(date(2015, 6, 10), SHANGHAI)


def test_the_day_of_an_instant_is_the_zone_s_day() -> None:
    late_in_london = datetime(2015, 6, 10, 16, 30, tzinfo=UTC)
    assert day_of(late_in_london, SHANGHAI) == date(2015, 6, 11)
    assert instant_of(late_in_london, SHANGHAI).isoformat() == "2015-06-11T00:30:00+08:00"
    assert instant_of(date(2015, 6, 11), SHANGHAI).isoformat() == "2015-06-11T00:00:00+08:00"


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        day_of(datetime(2015, 6, 10, 12), SHANGHAI)


def test_minutes_are_added_on_the_utc_line_where_clocks_are_moved() -> None:
    """China put its clocks forward in the night of 4 May 1986, and back on 14 September."""
    spring = add_minutes(at(date(1986, 5, 3), 20 * 60, SHANGHAI), 12 * 60)
    assert spring.isoformat() == "1986-05-04T09:00:00+09:00"
    autumn = add_minutes(at(date(1986, 9, 13), 20 * 60, SHANGHAI), 12 * 60)
    assert autumn.isoformat() == "1986-09-14T07:00:00+08:00"


def test_a_minute_that_the_clocks_skip_is_read_as_if_they_had_not_moved() -> None:
    assert at(date(1986, 5, 4), 150, SHANGHAI).isoformat() == "1986-05-04T03:30:00+09:00"


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2015, 9, 3), False),  # the anniversary of 1945, a holiday of that year only
        (date(2015, 9, 4), False),
        (date(2015, 9, 5), False),
        (date(2015, 9, 6), True),  # a Sunday made up for
        (date(2015, 9, 7), True),
        (date(2015, 10, 1), False),
        (date(2015, 10, 8), True),
        (date(2015, 10, 10), True),  # a Saturday made up for
        (date(2015, 10, 11), False),
        (date(2026, 1, 1), False),
        (date(2026, 1, 4), True),  # a Sunday made up for
        (date(2026, 10, 1), False),
        (date(2003, 10, 8), None),
        (date(2199, 10, 8), None),
    ],
)
def test_the_state_council_s_arrangement_decides(day: date, *, working: bool | None) -> None:
    assert is_working_day(CHINA, day) is working


def test_plain_calendars_know_every_day() -> None:
    assert is_working_day(EVERY_DAY, date(2015, 10, 10)) is True
    assert is_working_day(WEEKDAYS, date(2015, 10, 10)) is False
    assert is_working_day(WEEKDAYS, date(2015, 10, 1)) is True


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2015, 9, 30), 1, date(2015, 10, 8)),
        (date(2015, 10, 8), 2, date(2015, 10, 10)),
        (date(2015, 10, 8), 3, date(2015, 10, 12)),
        (date(2015, 10, 8), -1, date(2015, 9, 30)),
        (date(2015, 10, 3), 0, date(2015, 10, 3)),
        (date(2003, 10, 3), 0, date(2003, 10, 3)),
        (date(2199, 10, 3), 1, None),
        (date(2015, 10, 3), 10**30, None),
    ],
)
def test_working_days_skip_holidays_and_count_make_up_days(
    day: date, count: int, expected: date | None
) -> None:
    assert add_working_days(CHINA, day, count) == expected


@pytest.mark.parametrize("calendar", [EVERY_DAY, WEEKDAYS])
@pytest.mark.parametrize("count", [10**7, -(10**7), 10**30])
def test_working_days_beyond_the_calendar_are_nowhere(calendar: Calendar, count: int) -> None:
    assert add_working_days(calendar, date(2015, 10, 3), count) is None


def _counted(calendar: Calendar, first: date, last: date) -> int:
    """Working days after `first` until `last`, looked at one by one."""
    after = (first + timedelta(days=offset) for offset in range(1, (last - first).days + 1))
    return sum(1 for day in after if is_working_day(calendar, day))


@given(st.sampled_from([EVERY_DAY, WEEKDAYS, CHINA]), covered_days, st.integers(1, 60))
def test_the_nth_working_day_is_worked_and_has_n_behind_it(calendar: Calendar, day: date, count: int) -> None:
    reached = add_working_days(calendar, day, count)
    assert reached is not None
    assert is_working_day(calendar, reached)
    assert _counted(calendar, day, reached) == count


@given(st.sampled_from([EVERY_DAY, WEEKDAYS, CHINA]), covered_days, st.integers(1, 60))
def test_backwards_the_nth_working_day_has_n_before_the_start(
    calendar: Calendar, day: date, count: int
) -> None:
    reached = add_working_days(calendar, day, -count)
    assert reached is not None
    assert is_working_day(calendar, reached)
    assert _counted(calendar, reached - timedelta(days=1), day - timedelta(days=1)) == count


@given(st.sampled_from([EVERY_DAY, WEEKDAYS, CHINA]), covered_days, st.integers(0, 40), st.integers(0, 40))
def test_working_days_add_up(calendar: Calendar, day: date, one: int, other: int) -> None:
    reached = add_working_days(calendar, day, one)
    assert reached is not None
    assert add_working_days(calendar, reached, other) == add_working_days(calendar, day, one + other)


@pytest.mark.parametrize(
    "hours",
    [(), ((540, 540),), ((800, 900), (540, 720)), ((540, 720), (700, 800)), ((-1, 60),), ((0, 1441),)],
)
def test_hours_that_are_not_in_order_are_refused(hours: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match="not in order"):
        Calendar("office", "every_day", hours)
