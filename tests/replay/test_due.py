"""Due instants in SQL are those of `engine.base.calendar`, on thousands of moments a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest
from sqlglot import exp

from engine.base import calendar as reckoning
from engine.base.calendar import Calendar, Due, Limit
from engine.replay.lowering.due import (
    DueMoment,
    Moment,
    due_after,
    due_by,
    extended,
    is_kept,
    latest,
    stretch,
)
from engine.replay.sql import lists
from engine.replay.sql.columns import Columns, judged
from engine.replay.sql.dialects import render
from engine.replay.sql.logic import sql
from engine.replay.sql.slots import Sql
from engine.rulebook.types import Kind
from tests.replay.agreement_tickets import BESIDE, DAYS, TIMES

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
ZONES = (SHANGHAI, NEW_YORK)
OFFICE = Calendar("office", "cn_statutory", ((540, 720), (810, 1080)))
CALENDARS = {
    "office": OFFICE,
    "weekdays": Calendar("weekdays", "monday_to_friday", ((480, 1080),)),
    "always": Calendar("always", "every_day", ((0, 1440),)),
}
LIMITS = (
    *(Limit("minutes", n) for n in (0, 1, 30, 1440, 60_000_000)),
    *(Limit("calendar_days", n) for n in (0, 1, 3, 365, 1_000_000)),
    *(Limit("months", n) for n in (1, 12, 13, 1_000_000)),
    *(Limit("years", n) for n in (1, 4, 1_000_000)),
    *(Limit("working_days", n, name) for n in (1, 5, 22) for name in CALENDARS),
    *(Limit("working_minutes", n, "office") for n in (1, 180, 450, 451, 2400)),
    *(
        Limit("time_of_day", minute_of_day=m, inclusive=i, days_later=d)
        for m, i, d in ((720, True, 0), (720, False, 1), (1440, True, 0), (0, False, 0), (150, True, 0))
    ),
    *(Limit("day_of_next_month", n, inclusive=i) for n in (1, 6, 28, 29, 31) for i in (True, False)),
)
KINDS = {Kind.DATE: pa.date32(), Kind.INSTANT: pa.timestamp("us")}


def all_days(zone: ZoneInfo) -> list[date]:
    del zone
    found = [date.fromisoformat(day) for day in DAYS]
    random = Random(5)
    found += [date(1900, 1, 1) + timedelta(days=random.randrange(109_000)) for _ in range(120)]
    return [*found, *(date(2015, 1, 1) + timedelta(days=n) for n in range(0, 430, 3))]


def instants(zone: ZoneInfo) -> list[datetime]:
    """Moments at the edges of days, on the zone's clocks; of an hour that was repeated, both."""
    random = Random(7)
    found = []
    for day in all_days(zone):
        for time in random.sample(TIMES, 2):
            wall = datetime.fromisoformat(f"{day}T{time}")
            found += [
                wall.replace(tzinfo=zone, fold=fold).astimezone(UTC).astimezone(zone) for fold in (0, 1)
            ]
    return [moment for moment in found if 1900 <= moment.year <= 2199]


def answers(
    columns: Mapping[str, tuple[Sequence[Any], Any]], select: Sequence[Sql], kept: Columns | None = None
) -> list[tuple[Any, ...]]:
    """What DuckDB makes of the expressions over a table of these columns, row by row."""
    table = {name: pa.array([_plain(v) for v in values], type_) for name, (values, type_) in columns.items()}
    table["row"] = pa.array(range(len(next(iter(table.values())))))
    named = [exp.column("row"), *(exp.alias_(part, f"v{n}") for n, part in enumerate(select))]
    query = judged(exp.select("*").from_("moments"), kept.all() if kept else (), named)
    with duckdb.connect() as database:
        database.register("moments", pa.table(table))
        return [row[1:] for row in sorted(database.execute(render(query, "duckdb")).fetchall())]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None)
    return (
        [{k: _plain(v) for k, v in record.items()} for record in value] if isinstance(value, list) else value
    )


def in_utc(due: Due | None) -> datetime | None:
    return None if due is None else _plain(due.instant)


# --- due ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: f"{limit.kind}-{limit.amount}-{limit.calendar}")
def test_limits_run_out_when_the_calendar_says(limit: Limit, kind: Kind) -> None:
    starts: Sequence[Any] = instants(SHANGHAI) if kind is Kind.INSTANT else all_days(SHANGHAI)
    kept = Columns()
    due = due_after(limit, Moment(exp.column("start"), kind), SHANGHAI, CALENDARS, kept.add)
    found = answers({"start": (starts, KINDS[kind])}, [due.instant], kept)
    expected = [reckoning.due(limit, start, SHANGHAI, CALENDARS) for start in starts]
    assert [instant for (instant,) in found] == [in_utc(one) for one in expected]
    assert {one.inclusive for one in expected if one} <= {due.inclusive}


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_what_is_due_by_a_day_may_happen_until_its_end(kind: Kind, zone: ZoneInfo) -> None:
    moments: Sequence[Any] = instants(zone) if kind is Kind.INSTANT else all_days(zone)
    due = due_by(Moment(exp.column("moment"), kind), zone)
    found = answers({"moment": (moments, KINDS[kind])}, [due.instant])
    assert [instant for (instant,) in found] == [
        _plain(m if kind is Kind.INSTANT else reckoning.end_of(m, zone)) for m in moments
    ]


# --- in time ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES, ids=str)
@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("inclusive", [True, False])
def test_a_stop_is_in_time_as_the_calendar_says(kind: Kind, zone: ZoneInfo, *, inclusive: bool) -> None:
    random = Random(11)
    dues = instants(zone)
    beside = [due + random.choice(BESIDE) for due in dues]
    stops: list[Any] = [stop if kind is Kind.INSTANT else stop.astimezone(zone).date() for stop in beside]
    due = DueMoment(exp.column("due"), inclusive)
    test = is_kept(due, Moment(exp.column("stop"), kind), zone)
    found = answers({"due": (dues, KINDS[Kind.INSTANT]), "stop": (stops, KINDS[kind])}, [sql(test)])
    expected = [reckoning.in_time(Due(d, inclusive), s) for d, s in zip(dues, stops, strict=True)]
    assert [kept for (kept,) in found] == expected
    assert len(set(expected)) == 2


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_a_day_is_compared_with_the_last_day_where_there_is_one(zone: ZoneInfo) -> None:
    """Also where the clocks skip midnight, so that the next day begins before the last one has ended."""
    random = Random(13)
    days = all_days(zone) * 3
    stops = [day + timedelta(days=random.choice((-1, 0, 0, 1, 1, 2))) for day in days]
    due = due_by(Moment(exp.column("day"), Kind.DATE), zone)
    test = is_kept(due, Moment(exp.column("stop"), Kind.DATE), zone)
    found = answers({"day": (days, pa.date32()), "stop": (stops, pa.date32())}, [sql(test)])
    expected = [
        reckoning.in_time(Due(reckoning.end_of(day, zone), inclusive=False), stop)
        for day, stop in zip(days, stops, strict=True)
    ]
    assert [kept for (kept,) in found] == expected


def test_what_has_not_happened_is_neither_in_time_nor_late() -> None:
    due = DueMoment(exp.column("due"), inclusive=True)
    test = is_kept(due, Moment(exp.column("stop"), Kind.INSTANT), SHANGHAI)
    columns: dict[str, tuple[Sequence[Any], Any]]
    columns = {"due": ([instants(SHANGHAI)[0]], KINDS[Kind.INSTANT]), "stop": ([None], KINDS[Kind.INSTANT])}
    assert answers(columns, [sql(test)]) == [(None,)]


# --- pauses -------------------------------------------------------------------------------------------


def test_pauses_put_the_end_off_as_the_calendar_says() -> None:
    random = Random(17)
    starts = [datetime(2015, 6, 20, 9, tzinfo=SHANGHAI) for _ in range(3000)]
    ends = [start + timedelta(minutes=random.choice((-30, 0, 1, 60, 120))) for start in starts]
    pauses = [[_pause(random, start) for _ in range(random.randint(0, 6))] for start in starts]
    record = pa.list_(pa.struct([("from_at", pa.timestamp("us")), ("until_at", pa.timestamp("us"))]))
    stretches = lists.mapped(
        exp.column("pauses"),
        "r",
        stretch(lists.field(lists.record("r"), "from_at"), lists.field(lists.record("r"), "until_at")),
    )
    put_off = extended(exp.column("due"), exp.column("start"), stretches)
    stamps = KINDS[Kind.INSTANT]
    found = answers({"start": (starts, stamps), "due": (ends, stamps), "pauses": (pauses, record)}, [put_off])
    expected = [
        reckoning.extend(Due(end, inclusive=True), start, [(p["from_at"], p["until_at"]) for p in paused])
        for start, end, paused in zip(starts, ends, pauses, strict=True)
    ]
    assert [instant for (instant,) in found] == [in_utc(one) for one in expected]


def _pause(random: Random, start: datetime) -> dict[str, datetime]:
    """Around the limit, now and then backwards, and often where another begins or ends."""
    begin = start + timedelta(minutes=random.choice((-60, -10, 0, 10, 20, 30, 59, 60, 61, 70, 120)))
    length = random.choice((-10, 0, 5, 10, 10, 20, 60))
    return {
        "from_at": begin,
        "until_at": begin + timedelta(minutes=length, microseconds=random.choice((0, 1))),
    }


# --- the latest stop ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kinds", [("d",), ("i",), ("i", "i", "i"), ("d", "d"), ("d", "i"), ("i", "d", "i", "d")]
)
def test_the_latest_of_several_stops_is_shown(kinds: Sequence[str]) -> None:
    random = Random(19)
    known = {"d": Kind.DATE, "i": Kind.INSTANT}
    rows = [[_stop(random, kind) for kind in kinds] for _ in range(2000)]
    columns = {f"s{n}": ([row[n] for row in rows], KINDS[known[kind]]) for n, kind in enumerate(kinds)}
    moments = [(Moment(exp.column(f"s{n}"), known[kind]), kind) for n, kind in enumerate(kinds)]
    shown = latest(moments, SHANGHAI)
    for (*found,), row in zip(answers(columns, [value for value, _ in shown]), rows, strict=True):
        there = [stop for stop in row if stop is not None]
        expected = max(there, key=lambda stop: reckoning.instant_of(stop, SHANGHAI)) if there else None
        assert [value for value in found if value is not None] == (
            [] if expected is None else [_plain(expected)]
        )


def _stop(random: Random, kind: str) -> date | datetime | None:
    if random.random() < 0.2:
        return None
    day = date(2015, 6, random.randint(1, 4))
    midnight = datetime(2015, 6, day.day, tzinfo=SHANGHAI)
    return day if kind == "d" else midnight + random.choice((0, 0, 1, 86_399)) * timedelta(seconds=1)
