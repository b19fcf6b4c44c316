"""The walk itself: a pure function of the events, every moment judged by the evaluator that is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from engine.evaluate.evaluators import Evaluator
from engine.evaluate.walk.case_file import Step
from engine.evaluate.walk.faces import faces_at, next_change
from engine.evaluate.walk.moments import (
    Happened,
    Moment,
    actions_of,
    changes_since,
    running_clocks,
)


def walk(judge: Evaluator, steps: Sequence[Step], until: datetime | None = None) -> Iterator[Moment]:
    """The moments of a case: its events, and between them every limit that passes and changes something.

    A limit is looked at in the first second that is too late, by the verdict's own rule whether the due
    moment is in time. With `until` the walk looks on after the last event, and its last moment is then.
    The events of one instant are moments of their own, in their order.
    """
    seen: Moment | None = None
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        seen = _moment(judge, step, step.at, "event", seen)
        yield seen
        end = until if following is None else following.at
        if end is None:
            return
        for moment in _by_itself(judge, seen, end, last=following is None):
            yield moment
            seen = moment


def _by_itself(judge: Evaluator, seen: Moment, end: datetime, *, last: bool) -> Iterator[Moment]:
    """What changes after a moment and before `end`; with `last` also how things stand then."""
    step, at = seen.step, next_change(faces_at(judge.plan, seen.step.facts, seen.at), seen.at)
    while at is not None and at < end:
        moment = _moment(judge, step, at, "time", seen)
        if moment.changes:
            yield moment
            seen = moment
        at = next_change(faces_at(judge.plan, step.facts, at), at)
    if last:
        yield _moment(judge, step, end, "end", seen)


def _moment(judge: Evaluator, step: Step, at: datetime, happened: Happened, before: Moment | None) -> Moment:
    verdict = judge.decide(step.facts, at)
    faces = faces_at(judge.plan, step.facts, at)
    standing_still = frozenset(rule for rule, face in faces.items() if face.paused(at))
    return Moment(
        at=at,
        happened=happened,
        step=step,
        verdict=verdict,
        changes=changes_since(before, verdict, standing_still),
        clocks=running_clocks(verdict, at, faces),
        actions=actions_of(verdict),
        standing_still=standing_still,
    )
