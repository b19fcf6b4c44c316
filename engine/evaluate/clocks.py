"""Clocks in a case: when a limit ends, and whether it was kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Literal, NamedTuple, TypeAlias

from engine.base import calendar as reckoning
from engine.base.calendar import Due, Limit, Stretch
from engine.evaluate.case import Case, Record
from engine.evaluate.values import NONE, Cause, Unknown, together, unknown
from engine.plan.nodes import ClockPlan
from engine.rulebook.expressions import facts_in
from engine.rulebook.model import Pauses

State: TypeAlias = Literal["not_started", "running", "met", "breached"]
MIDNIGHT = "00:00"


class ClockFace(NamedTuple):
    """What a clock shows; `due` is None before it has started."""

    state: State
    due: Due | None = None
    started: Any = None
    stopped: Any = None


def read_clock(case: Case, clock: ClockPlan) -> ClockFace | Unknown:
    """The state of a clock whose conditions hold, or why it cannot be told."""
    started = None if clock.starts is None else case.value(clock.starts)
    if isinstance(started, Unknown):
        return started
    if started is NONE:
        return ClockFace("not_started")
    due = _due(case, clock, started)
    if isinstance(due, Unknown):
        return due
    return ClockFace("not_started") if due is None else _face(case, clock, started, due)


def due_of(case: Case, clock: ClockPlan) -> Due | None:
    """When a clock is due that has begun; None where it has not, or that cannot be told."""
    started = None if clock.starts is None else case.value(clock.starts)
    if started is NONE or isinstance(started, Unknown):
        return None
    due = _due(case, clock, started)
    return None if isinstance(due, Unknown) else due


def _due(case: Case, clock: ClockPlan, started: Any) -> Due | Unknown | None:
    """The due moment, moved by pauses; None where there is none (no due date was set)."""
    if clock.due is not None:
        moment = case.value(clock.due)
        if isinstance(moment, Unknown):
            return moment
        return None if moment is NONE else due_by(moment, case.zone)
    limit = clock.limit if isinstance(clock.limit, Limit) else case.value(clock.limit)  # type: ignore[arg-type]  # one of limit and due is set
    if isinstance(limit, Unknown):
        return limit
    due = reckoning.due(limit, started, case.zone, case.plan.calendars)
    if due is None:
        return unknown("calendar_missing", limit.calendar or clock.origin.id)
    return due if clock.pauses is None else _with_pauses(case, clock, started, due)


def due_by(moment: date | datetime, zone: tzinfo) -> Due:
    """A day is kept until its end; an instant is itself in time."""
    if isinstance(moment, datetime):
        return Due(moment, inclusive=True)
    return Due(reckoning.end_of(moment, zone), inclusive=False)


def _with_pauses(case: Case, clock: ClockPlan, started: Any, due: Due) -> Due | Unknown:
    pauses = clock.pauses
    if pauses is None:
        return due
    records = case.value(pauses.list)
    if isinstance(records, Unknown):
        return records
    stretches = []
    for record in () if records is NONE else records:
        stretch = _pause(case, pauses, record)
        if isinstance(stretch, Unknown):
            return stretch
        stretches.append(stretch)
    return reckoning.extend(due, reckoning.instant_of(started, case.zone), stretches)


def _pause(case: Case, pauses: Pauses, record: Record) -> Stretch | Unknown:
    """When a pause began and ended; one that is known to be open lasts until the instant of judging."""
    begin = case.field(pauses.list.name, pauses.start, record)
    end = case.field(pauses.list.name, pauses.until, record)
    if end is NONE and case.as_of is not None:
        end = case.as_of
    for name, moment in ((pauses.start, begin), (pauses.until, end)):
        if moment is NONE or isinstance(moment, Unknown):
            return unknown("fact_missing", f"{pauses.list.name}.{name}")
    return begin, end


def _face(case: Case, clock: ClockPlan, started: Any, due: Due) -> ClockFace | Unknown:
    stops = [case.value(stop) for stop in clock.stops]
    face = face_of(due, started, [None if isinstance(stop, Unknown) else stop for stop in stops], case.as_of)
    if face is not None:
        return face
    missing = [stop for stop in stops if isinstance(stop, Unknown)]
    return together(missing) if missing else unknown("fact_missing", "as_of")


def face_of(due: Due, started: Any, stops: Sequence[Any], as_of: datetime | None) -> ClockFace | None:
    """What a clock shows that has begun, or None where that cannot be told.

    `stops` are moments, `NONE` for what has not happened, and None for what is not known.
    """
    happened = [stop for stop in stops if stop is not NONE and stop is not None]
    is_open = not stops or NONE in stops
    overdue = is_open and as_of is not None and not reckoning.in_time(due, as_of)
    if overdue or not all(reckoning.in_time(due, stop) for stop in happened):
        return ClockFace("breached", due, started, None if is_open else _last(happened, due))
    if None in stops:
        return None
    if not is_open:
        return ClockFace("met", due, started, _last(happened, due))
    return None if as_of is None else ClockFace("running", due, started)


def _last(stops: Sequence[date | datetime], due: Due) -> date | datetime | None:
    """The latest, on the zone that every instant of a case carries."""
    zone = due.instant.tzinfo
    if len(stops) < 2 or zone is None:
        return stops[0] if stops else None
    return max(stops, key=lambda stop: reckoning.instant_of(stop, zone))


def in_time(case: Case, clock: ClockPlan) -> Any:
    """The fact that a clock defines: met is true, breached is false, a running clock is not known yet."""
    applies = case.value(clock.own)
    if applies is not True:
        return applies if isinstance(applies, Unknown) else unknown("no_row_applies", clock.origin.id)
    face = read_clock(case, clock)
    if isinstance(face, Unknown):
        return face
    if face.state in ("met", "breached"):
        return face.state == "met"
    return Unknown(frozenset(Cause("clock_running", name) for name in _waited_for(case, clock)))


def _waited_for(case: Case, clock: ClockPlan) -> list[str]:
    """The events that have not happened yet."""
    waited = [stop.name for stop in clock.stops if case.value(stop) is NONE]
    begun = facts_in(*(part for part in (clock.starts, clock.due) if part is not None))
    return waited or [fact.name for fact in begun] or [clock.origin.id]


def shown_due(due: Due) -> tuple[str, bool]:
    """The due moment as text, and whether it is itself in time; a limit that ends with a day says 24:00.

    Seconds are shown where there are any: a clock that starts within a minute is due within one.
    """
    whole = due.instant.second == due.instant.microsecond == 0
    text = due.instant.isoformat(timespec="minutes" if whole else "seconds")
    if whole and not due.inclusive and text[11:16] == MIDNIGHT:
        day = (due.instant - timedelta(days=1)).date().isoformat()
        return f"{day}T24:00{text[16:]}", True
    return text, due.inclusive
