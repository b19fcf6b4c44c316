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
    """When a clock is due, and since when, or from when, it stands still: a pause that is not over.

    `stands_still` is None for a clock that runs through until it is due.
    """

    due: Due
    stands_still: datetime | None

    def paused(self, at: datetime) -> bool:
        """Whether it stands still at that instant."""
        return self.stands_still is not None and self.stands_still <= at


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
    return None if due is None else Face(due, _stands_still(case, clock, due))


def _stands_still(case: Case, clock: ClockPlan, due: Due) -> datetime | None:
    """When the first of the open pauses began or begins, if that is before the clock is due."""
    records = NONE if clock.pauses is None else case.value(clock.pauses.list)
    if clock.pauses is None or records is NONE or isinstance(records, Unknown):
        return None
    begun, ended = clock.pauses.start, clock.pauses.until
    open_ones = [record[begun] for record in records if ended not in record and begun in record]
    return min((began for began in open_ones if began < due.instant), default=None)


def next_change(faces: Mapping[str, Face], after: datetime) -> datetime | None:
    """The first instant after `after` at which a limit has passed or a clock stands still; None for never."""
    return min(_changes(faces, after), default=None)


def _changes(faces: Mapping[str, Face], after: datetime) -> Iterator[datetime]:
    for face in faces.values():
        change = passing(face.due) if face.stands_still is None else _whole_second(face.stands_still)
        if change > after:
            yield change


def passing(due: Due) -> datetime:
    """The first whole second that is too late: the due instant itself where it is not in time."""
    second = _whole_second(due.instant)
    on_time = due.inclusive and second.astimezone(UTC) == due.instant.astimezone(UTC)
    return (second.astimezone(UTC) + _SECOND).astimezone(second.tzinfo) if on_time else second


def _whole_second(instant: datetime) -> datetime:
    """The instant, or the next one at which a second begins."""
    whole = instant.astimezone(UTC).replace(microsecond=0)
    late = whole + _SECOND if whole < instant.astimezone(UTC) else whole
    return late.astimezone(instant.tzinfo)
