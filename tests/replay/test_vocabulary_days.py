"""Days and instants in SQL are those of `engine.base.calendar`, in every database, around moves of clocks."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from sqlglot import exp

from engine.base import calendar as reckoning
from engine.replay.sql import days
from engine.replay.sql.numbers import Digits, Quantity, constant
from tests.replay.vocabulary_answers import Ask, ask, ask_duckdb

__all__ = ["ask"]

SHANGHAI, BERLIN, KATHMANDU = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kathmandu")
SAINT_JOHNS = ZoneInfo("America/St_Johns")
ZONES = [SHANGHAI, BERLIN, KATHMANDU, SAINT_JOHNS, UTC]
MINUTES = [0, 1, 30, 121, 150, 721, 1439, 1440]
DAY, INSTANT, AMOUNT = exp.column("day"), exp.column("instant"), exp.column("amount")
OF_TICKETS = (1900, 2199)


def sampled_days() -> list[date]:
    """The ends of the calendar, of a ticket's years and of months, days around all moves, and any others."""
    random = Random(5)
    ends = [date(1, 1, 1), date(1, 1, 2), date(9999, 12, 30), date(9999, 12, 31)]
    ends += [
        date(year, month, day)
        for year in (1900, 2015, 2016, 2199)
        for month, day in ((1, 1), (2, 28), (12, 31))
    ]
    ends += [date(2016, 2, 29), date(2015, 1, 30), date(2015, 1, 31), date(2015, 3, 31)]
    moved = [
        move.at.date() + timedelta(days=n)
        for zone in ZONES
        for move in days.moves(zone)[-160::4]
        for n in (-1, 0, 1)
    ]
    return ends + moved + [date(1900, 1, 1) + timedelta(days=random.randrange(109_000)) for _ in range(1_000)]


def sampled_instants() -> list[datetime]:
    """Around every move of clocks to the second, and any others; naive, in UTC."""
    random = Random(7)
    moved = [move.at for zone in ZONES for move in days.moves(zone)[-160::4]]
    around = [at + timedelta(seconds=n) for at in moved for n in (-3601, -1, 0, 1, 3599, 3600)]
    any_time = [
        datetime(1900, 1, 1) + timedelta(microseconds=random.randrange(9_460_000_000_000_000))
        for _ in range(1_000)
    ]
    return around + any_time


def or_none(reckon: Callable[..., Any], *arguments: Any) -> Any:
    """What the calendar gives, or None where it leaves its years."""
    try:
        return reckon(*arguments)
    except (OverflowError, ValueError):
        return None


def utc(moment: datetime | None) -> datetime | None:
    """As SQL has it: naive, on the UTC line."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(zone)


def test_days_and_walls_are_the_zones(ask: Ask) -> None:
    """The day and the time on the wall are those that the zone's clocks showed."""
    _compare_walls(ask, [SHANGHAI, KATHMANDU, UTC])


def test_days_and_walls_are_right_where_clocks_are_moved_every_year() -> None:
    """Also by half an hour."""
    _compare_walls(ask_duckdb, [BERLIN, SAINT_JOHNS])


def _compare_walls(ask: Ask, zones: list[tzinfo]) -> None:
    moments = sampled_instants()
    select = [words for zone in zones for words in (days.day_of(INSTANT, zone), days.wall_of(INSTANT, zone))]
    answers = ask({"instant": pa.array(moments, pa.timestamp("us"))}, select)
    for moment, answer in zip(moments, answers, strict=True):
        walls = [in_zone(moment, zone).replace(tzinfo=None) for zone in zones]
        assert list(answer) == [part for wall in walls for part in (wall.date(), wall)], moment


@pytest.mark.parametrize("zone", [SHANGHAI, KATHMANDU, UTC], ids=str)
def test_a_minute_of_a_day_is_the_calendars(ask: Ask, zone: tzinfo) -> None:
    """A skipped minute is read as if the clocks had not been moved, of a repeated one the first is meant."""
    _compare_minutes(ask, zone, sampled_days())


@pytest.mark.parametrize("zone", [BERLIN, SAINT_JOHNS], ids=str)
def test_zones_that_move_their_clocks_every_year_are_read_right(zone: tzinfo) -> None:
    """In all the years that a ticket may name."""
    _compare_minutes(ask_duckdb, zone, [day for day in sampled_days() if day.year <= OF_TICKETS[1]])


def _compare_minutes(ask: Ask, zone: tzinfo, given: list[date]) -> None:
    select = [days.at(DAY, minute, zone) for minute in MINUTES]
    answers = ask({"day": pa.array(given, pa.date32())}, select)
    for day, answer in zip(given, answers, strict=True):
        assert list(answer) == [utc(or_none(reckoning.at, day, minute, zone)) for minute in MINUTES], day


STEPS = [0, 1, -1, 2, 12, -13, 31, 400, 36_500, -36_500, 120_000, 4_000_000, -4_000_000, 10**17]


def plus_days(day: date, count: int) -> date:
    return day + timedelta(days=count)


WAYS: list[tuple[Any, Any]] = [
    (days.add_days, plus_days),
    (days.add_months, reckoning.add_months),
    (days.add_years, reckoning.add_years),
]


def test_days_months_and_years_are_added_as_the_calendar_does(ask: Ask) -> None:
    """Months end at their last day; what leaves the years 1 to 9999 is not there."""
    given = sampled_days()
    ways = [(way, reference, step) for way, reference in WAYS for step in STEPS]
    select = [way(DAY, constant(step)) for way, _, step in ways]
    answers = ask({"day": pa.array(given, pa.date32())}, select)
    for day, answer in zip(given, answers, strict=True):
        assert list(answer) == [or_none(reference, day, step) for _, reference, step in ways], day


def test_years_that_are_known_spare_the_question(ask: Ask) -> None:
    """A ticket's own days lie in known years: nobody asks whether the calendar ends a few days on."""
    given = [day for day in sampled_days() if OF_TICKETS[0] <= day.year <= OF_TICKETS[1]]
    ways = [(way, reference, step) for way, reference in WAYS for step in STEPS]
    select = [way(DAY, constant(step), years=OF_TICKETS) for way, _, step in ways]
    assert not days.add_days(DAY, constant(3), years=OF_TICKETS).find(exp.Case)
    answers = ask({"day": pa.array(given, pa.date32())}, select)
    for day, answer in zip(given, answers, strict=True):
        assert list(answer) == [or_none(reference, day, step) for _, reference, step in ways], day


def test_amounts_may_differ_from_ticket_to_ticket(ask: Ask) -> None:
    """Any whole number may be added, however large."""
    random = Random(11)
    given = sampled_days()
    amounts = [random.choice([*STEPS, random.randrange(-99, 99), 10**18 - 1, 1 - 10**18]) for _ in given]
    amount = Quantity(AMOUNT, Digits.wide(18))
    moments = [random.choice(sampled_instants()) for _ in given]
    select = [*(way(DAY, amount) for way, _ in WAYS), days.add_minutes(INSTANT, amount)]
    columns = {
        "day": pa.array(given, pa.date32()),
        "amount": pa.array(amounts, pa.int64()),
        "instant": pa.array(moments, pa.timestamp("us")),
    }
    for day, step, moment, answer in zip(given, amounts, moments, ask(columns, select), strict=True):
        expected = [or_none(reference, day, step) for _, reference in WAYS]
        minutes = utc(or_none(reckoning.add_minutes, moment.replace(tzinfo=UTC), step))
        assert list(answer) == [*expected, minutes], (day, step, moment)


def test_minutes_are_added_on_the_utc_line(ask: Ask) -> None:
    """Also up to the last minute that the zone's own calendar has."""
    steps = [0, 1, -1, 1440, 525_600, 4_208_000_000, -1_040_000_000, 10**12]
    moments = [
        *sampled_instants()[:2000:3],
        datetime(9999, 12, 31, 15, 58, 59),
        datetime(9999, 12, 31, 15, 59),
    ]
    select = [days.add_minutes(INSTANT, constant(step), zone=SHANGHAI) for step in steps]
    answers = ask({"instant": pa.array(moments, pa.timestamp("us"))}, select)
    for moment, answer in zip(moments, answers, strict=True):
        expected = [utc(or_none(reckoning.add_minutes, in_zone(moment, SHANGHAI), step)) for step in steps]
        assert list(answer) == expected, moment


def test_small_words_are_right(ask: Ask) -> None:
    """Days between, named days of a month, extremes, and time put off by a stretch."""
    given = [day for day in sampled_days() if day.year < 9999]
    others = given[::-1]
    named = (1, 6, 28, 29, 30, 31)
    other = exp.column("other")
    select = [
        days.days_between(DAY, other),
        days.earliest([DAY, other, days.date(date(2015, 10, 8))]),
        days.latest([DAY, other]),
        days.earliest([DAY, exp.Null()]),
        days.later_by(
            days.instant(datetime(2015, 10, 8, 10, tzinfo=SHANGHAI)),
            days.start_of(DAY, UTC),
            days.end_of(DAY, UTC),
        ),
        *(days.day_of_month(DAY, n) for n in named),
    ]
    columns = {"day": pa.array(given, pa.date32()), "other": pa.array(others, pa.date32())}
    for day, its_other, answer in zip(given, others, ask(columns, select), strict=True):
        assert answer[:5] == (
            (its_other - day).days,
            min(day, its_other, date(2015, 10, 8)),
            max(day, its_other),
            None,
            datetime(2015, 10, 9, 2),
        )
        assert list(answer[5:]) == [_named(day, n) for n in named], day


def _named(day: date, n: int) -> date:
    return day.replace(day=min(n, monthrange(day.year, day.month)[1]))
