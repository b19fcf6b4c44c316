"""Working days and working time in SQL are those of `engine.base.calendar`, in every database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from sqlglot import exp

from engine.base import calendar as reckoning
from engine.base.calendar import Calendar
from engine.replay.sql.columns import Columns
from engine.replay.sql.logic import sql
from engine.replay.sql.numbers import Digits, Quantity, constant
from engine.replay.sql.refused import NotSayable
from engine.replay.sql.slots import Sql
from engine.replay.sql.working_time import Worked, add_working_days, add_working_minutes
from tests.replay.vocabulary_answers import Ask, ask, ask_duckdb

__all__ = ["ask"]

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
CALENDARS = [
    Calendar("always", "every_day"),
    Calendar("weekdays", "monday_to_friday"),
    Calendar("statutory", "cn_statutory"),
]
OFFICES = [
    Calendar("office", "cn_statutory", ((540, 720), (810, 1080))),
    Calendar("whole days", "cn_statutory"),
    Calendar("weekdays", "monday_to_friday", ((480, 1080),)),
    Calendar("every day", "every_day", ((0, 30), (540, 720), (1200, 1440))),
]
COUNTS = [0, 1, 2, 3, 5, 6, 7, 22, 250, -1, -2, -5, -6, -11, -250]
MINUTES = [0, 1, 30, 180, 450, 451, 2_400, 30_000]
DAY, INSTANT, COUNT = exp.column("day"), exp.column("instant"), exp.column("n")


def sampled_days() -> list[date]:
    """A year with its make-up days, the ends of what is known, the ends of the calendar, and any others."""
    random = Random(9)
    found = [date(2014, 12, 20) + timedelta(days=n) for n in range(400)]
    found += [date(2003, 12, 25) + timedelta(days=n) for n in range(20)]
    found += [date(2026, 12, 15) + timedelta(days=n) for n in range(30)]
    found += [date(1, 1, 1) + timedelta(days=n) for n in range(9)] + [
        date.max - timedelta(days=n) for n in range(9)
    ]
    return found + [date(1990, 1, 1) + timedelta(days=random.randrange(18_000)) for _ in range(400)]


def reckoned_days(calendar: Calendar, day: date, count: int) -> tuple[date | None, bool]:
    """The day, and whether it is not known for want of a calendar."""
    found = reckoning.add_working_days(calendar, day, count)
    return found, found is None


def parts(worked: Worked) -> list[Sql]:
    return [worked.value, sql(worked.calendar_missing)]


def test_working_days_are_the_calendars(ask: Ask) -> None:
    """Forwards and backwards, over weekends, holidays and make-up days, and not beyond what is known."""
    given = sampled_days()
    asked = [(calendar, count) for calendar in CALENDARS for count in COUNTS]
    columns = Columns()
    select = [
        part
        for calendar, count in asked
        for part in parts(add_working_days(calendar, DAY, constant(count), keep=columns.add))
    ]
    answers = ask({"day": pa.array(given, pa.date32())}, select, columns.all())
    for day, answer in zip(given, answers, strict=True):
        expected = [part for calendar, count in asked for part in reckoned_days(calendar, day, count)]
        assert list(answer) == expected, day


def test_counts_may_differ_from_ticket_to_ticket(ask: Ask) -> None:
    """Also where there is no count, or one that no calendar holds."""
    random = Random(4)
    given = [day for day in sampled_days() for _ in range(3)]
    counts = [random.choice([None, 10**17, -(10**17), *COUNTS, random.randrange(-60, 60)]) for _ in given]
    count = Quantity(COUNT, Digits.wide(18))
    columns = Columns()
    worked = [add_working_days(calendar, DAY, count, keep=columns.add) for calendar in CALENDARS]
    data = {"day": pa.array(given, pa.date32()), "n": pa.array(counts, pa.int64())}
    answers = ask(data, [part for each in worked for part in parts(each)], columns.all())
    for day, n, answer in zip(given, counts, answers, strict=True):
        expected: list[Any] = []
        for calendar in CALENDARS:
            far = n is not None and abs(n) > 10**7
            expected += [None, n is not None] if n is None or far else reckoned_days(calendar, day, n)
        assert list(answer) == expected, (day, n)


def sampled_instants() -> list[datetime]:
    """At and around the ends of the hours, on days of all sorts; naive, in UTC."""
    random = Random(2)
    times = [0, 1, 29, 30, 480, 539, 540, 541, 700, 720, 760, 810, 1079, 1080, 1200, 1439]
    found = []
    for day in sampled_days():
        if 1900 <= day.year <= 2199:
            midnight = datetime.combine(day, datetime.min.time()) - timedelta(hours=8)
            found += [midnight + timedelta(minutes=minute) for minute in random.sample(times, 2)]
            found.append(midnight + timedelta(microseconds=random.randrange(86_400_000_000)))
    return found


def test_working_minutes_are_the_calendars(ask: Ask) -> None:
    """The minutes that are used up end with a stretch of hours, not at the start of the next."""
    _compare_minutes(ask, SHANGHAI, MINUTES)


def test_working_minutes_are_on_the_zones_clocks() -> None:
    """Also where the clocks are moved every year, outside the hours."""
    _compare_minutes(ask_duckdb, NEW_YORK, [451])


def _compare_minutes(ask: Ask, zone: ZoneInfo, all_minutes: list[int]) -> None:
    given = sampled_instants()[::3]
    columns = Columns()
    asked = [(office, minutes) for office in OFFICES for minutes in all_minutes if _is_sayable(office, zone)]
    assert len(asked) >= 3 * len(all_minutes)
    select = [
        part
        for office, minutes in asked
        for part in parts(add_working_minutes(office, INSTANT, minutes, zone, keep=columns.add))
    ]
    answers = ask({"instant": pa.array(given, pa.timestamp("us"))}, select, columns.all())
    for moment, answer in zip(given, answers, strict=True):
        start = moment.replace(tzinfo=UTC).astimezone(zone)
        expected: list[Any] = []
        for office, minutes in asked:
            found = reckoning.add_working_minutes(office, start, minutes, zone)
            expected += [None if found is None else found.astimezone(UTC).replace(tzinfo=None), found is None]
        assert list(answer) == expected, moment


def _is_sayable(office: Calendar, zone: ZoneInfo) -> bool:
    try:
        add_working_minutes(office, INSTANT, 1, zone)
    except NotSayable:
        return False
    return True


def test_clocks_that_are_moved_within_the_hours_are_refused() -> None:
    """Working minutes are then more or fewer than the clocks on the wall say; the rule is named instead."""
    round_the_clock = Calendar("always", "every_day")
    with pytest.raises(NotSayable) as refused:
        add_working_minutes(round_the_clock, INSTANT, 60, SHANGHAI)
    assert [finding.code for finding in refused.value.findings] == ["Q005"]
