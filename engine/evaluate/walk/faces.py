"""When the clocks of a case pass their limits: the instants at which something changes by itself.

The clocks are read by the reference evaluator's own words; what a passed limit comes to is for the
evaluator that judges.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from engine.base.calendar import Due
from engine.evaluate import clocks
from engine.evaluate.case import Case
from engine.evaluate.facts import Facts
from engine.evaluate.reference import new_case
from engine.evaluate.values import NONE, Unknown
from engine.plan.nodes import ClockPlan, Plan

_SECOND = timedelta(seconds=1)


class Face(NamedTuple):
    """When a clock is due, and whether a pause that is not over puts that off with every second."""

    due: Due
    paused: bool


def faces_at(plan: Plan, facts: Facts, at: datetime) -> dict[str, Face]:
    """The clocks that have begun and are not ruled out, by id."""
    case = new_case(plan, facts, at)
    found = ((item.origin.id, _face(case, item)) for item in plan.items if isinstance(item, ClockPlan))
    return {name: face for name, face in found if face is not None}


def _face(case: Case, clock: ClockPlan) -> Face | None:
    """A clock that defines a fact does so whatever its scope is."""
    ruled_out = case.value(clock.own) if clock.defines is not None else case.applies(clock)
    if ruled_out is False:
        return None
    due = clocks.due_of(case, clock)
    return None if due is None else Face(due, _is_paused(case, clock, due))


def _is_paused(case: Case, clock: ClockPlan, due: Due) -> bool:
    """Whether a record of the pauses is open that began before the clock is due."""
    if clock.pauses is None or case.as_of is None:
        return False
    records = case.value(clock.pauses.list)
    if records is NONE or isinstance(records, Unknown):
        return False
    begun, ended = clock.pauses.start, clock.pauses.until
    open_ones = (record[begun] for record in records if ended not in record and begun in record)
    return any(began <= case.as_of and began < due.instant for began in open_ones)


def next_passing(faces: Mapping[str, Face], after: datetime) -> datetime | None:
    """The first instant after `after` at which a limit has passed; None where none will by itself."""
    return min(_passings(faces, after), default=None)


def _passings(faces: Mapping[str, Face], after: datetime) -> Iterator[datetime]:
    for face in faces.values():
        passed = passing(face.due)
        if not face.paused and passed > after:
            yield passed


def passing(due: Due) -> datetime:
    """The first whole second that is too late: the due instant itself where it is not in time."""
    zone = due.instant.tzinfo
    instant = due.instant.astimezone(UTC)
    whole = instant.replace(microsecond=0)
    late = whole + _SECOND if due.inclusive or whole < instant else whole
    return late.astimezone(zone)
