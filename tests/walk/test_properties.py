"""What holds of every walk, whatever the rules and the events: made-up timelines under made-up rulebooks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.present.walk_json import moment_json
from engine.evaluate.evaluators import NAMES, Evaluator
from engine.evaluate.facts import Facts
from engine.evaluate.reference import ReferenceEvaluator
from engine.evaluate.verdict import Verdict
from engine.evaluate.walk.case_file import Step
from engine.evaluate.walk.changes import Change
from engine.evaluate.walk.changes import changed as made
from engine.evaluate.walk.faces import faces_at
from engine.evaluate.walk.moments import Moment
from engine.evaluate.walk.walk import walk
from engine.plan.nodes import Plan
from tests.agreement.test_agreement import made_up_plan, read
from tests.evaluate.judges import judge_or_skip
from tests.generators import pools_of, ticket
from tests.walk.desk import plan as desk_plan

SOME = settings(max_examples=30, deadline=None)
FEW = settings(max_examples=8, deadline=None)
PAUSED = "desk/clocks/answer"
randoms = st.randoms(use_true_random=False)


def a_walk(random: Random) -> tuple[Plan, list[Step], datetime]:
    """A plan, a timeline, and how long to look on."""
    if random.random() < 0.7:
        return desk_plan(), *at_the_desk(random)
    plan = made_up_plan(random)
    return plan, *timeline(random, plan)


GAPS = tuple(timedelta(minutes=minutes) for minutes in (0, 1, 9, 20, 30, 31, 60, 1_440, 2_000, 4_000))
OPENINGS = (
    Change({"opened_at": "now"}),
    Change({"opened_at": "2015-06-10T10:00:00.5", "opened_on": "today"}),
    Change({"opened_on": "today", "kind": "loss", "value": 80, "excused": False}),
)
HAPPENINGS = (
    *OPENINGS,
    Change({"answered_at": "now"}),
    Change({"answered_at": None, "settled_on": None}),
    Change({"opened_at": "2015-06-10T09:50", "answered_at": "2015-06-10T09:59:59"}),
    Change({"settled_on": "today", "kind": "delay"}),
    Change({"excused": True}),
    Change(appends={"waits": ({"began": "now"},)}),
    Change(appends={"waits": ({"began": "2015-06-10T10:45:00.25", "why": "stock"},)}),
    Change({"waits": [{"began": "2015-06-10T10:05", "ended": "2015-06-10T10:50"}]}),
    Change(closes={"waits": {"ended": "now"}}),
    Change(),
)


def at_the_desk(random: Random) -> tuple[list[Step], datetime]:
    """Things happen at the desk of this folder, as they may."""
    at = datetime(2015, 6, 10, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    facts, steps = dict[str, Any](), []
    for number in range(random.randint(1, 7)):
        done = made(facts, random.choice(HAPPENINGS if number else OPENINGS), at, desk_plan())
        facts = dict(done.facts)
        steps.append(Step(at, None, facts, done.changes))
        at += random.choice(GAPS)
    return steps, at + random.choice(GAPS)


def timeline(random: Random, plan: Plan) -> tuple[list[Step], datetime]:
    """The facts of made-up tickets as they came in, some changed on the way, around a limit of theirs."""
    pools = pools_of(plan)
    first, at = read(ticket(random, plan, pools), plan)
    later, _ = read(ticket(random, plan, pools), plan)
    start = at or datetime(2015, 6, 15, 10, tzinfo=ZoneInfo(plan.zone))
    dues = [face.due.instant for face in faces_at(plan, first, start).values()]
    if dues:
        start = random.choice(dues).replace(microsecond=0) - random.choice(GAPS)
    names = sorted(first.keys() | later.keys())
    steps, facts = [], first
    for number in range(random.randint(1, 4)):
        facts = dict(changed(random, facts, names, (first, later))) if number else first
        steps.append(Step(start, None, facts))
        start += random.choice(GAPS)
    return steps, start + random.choice(GAPS)


def changed(
    random: Random, facts: Facts, names: Sequence[str], tickets: Sequence[Facts]
) -> Iterator[tuple[str, Any]]:
    """Some facts stay, some come from one of the tickets, some go."""
    for name in names:
        value = random.choice((*tickets, facts, facts)).get(name)
        if value is not None:
            yield name, value


def as_texts(moments: Sequence[Moment]) -> list[str]:
    return [json.dumps(moment_json(moment), ensure_ascii=False) for moment in moments]


def concluded(verdict: Verdict) -> dict[str, Any]:
    """A verdict without its instant, and without the due of the clock that a pause puts off by itself."""
    outcomes = [
        {k: v for k, v in o.items() if k != "due" or o["rule"] != PAUSED} for o in verdict["outcomes"]
    ]
    return {**verdict, "as_of": None, "outcomes": outcomes}


@SOME
@given(randoms)
def test_walking_a_part_of_the_events_gives_that_part_of_the_walk(random: Random) -> None:
    plan, steps, until = a_walk(random)
    judge = ReferenceEvaluator(plan)
    whole = as_texts(list(walk(judge, steps, until)))
    part = as_texts(list(walk(judge, steps[: random.randint(1, len(steps))])))
    assert whole[: len(part)] == part


@SOME
@given(randoms)
def test_every_moment_is_what_the_evaluator_decides_then(random: Random) -> None:
    plan, steps, until = a_walk(random)
    judge = ReferenceEvaluator(plan)
    moments = list(walk(judge, steps, until))
    assert all(moment.verdict == judge.decide(moment.step.facts, moment.at) for moment in moments)
    assert [moment.step for moment in moments if moment.happened == "event"] == steps
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments)
    assert (moments[-1].happened, moments[-1].at) == ("end", until)


@SOME
@given(randoms)
def test_between_two_moments_nothing_changes(random: Random) -> None:
    """The walk has missed no instant: any that lies between two of its moments is judged as the first."""
    plan, steps, until = a_walk(random)
    judge = ReferenceEvaluator(plan)
    moments = list(walk(judge, steps, until))
    for moment, following in pairwise(moments):
        seconds = int((following.at - moment.at).total_seconds())
        for offset in {1, seconds // 2, seconds - 1, random.randint(0, max(seconds, 1))}:
            if 0 < offset < seconds:
                between = judge.decide(moment.step.facts, moment.at + timedelta(seconds=offset))
                assert concluded(between) == concluded(moment.verdict)


@SOME
@given(randoms)
def test_an_event_that_sets_nothing_changes_nothing_but_time(random: Random) -> None:
    plan, steps, until = a_walk(random)
    judge = ReferenceEvaluator(plan)
    which = random.randrange(len(steps))
    end = (*(step.at for step in steps), until)[which + 1]
    seconds = int((end - steps[which].at).total_seconds())
    look = Step(steps[which].at + timedelta(seconds=random.randint(0, seconds)), None, steps[which].facts)
    without = list(walk(judge, steps, until))
    with_look = list(walk(judge, [*steps[: which + 1], look, *steps[which + 1 :]], until))
    told = [moment for moment in with_look if moment.step is not look or moment.happened != "event"]
    extra = [moment for moment in with_look if moment.step is look and moment.happened == "event"]
    passed_then = [moment for moment in without if moment.happened == "time" and moment.at == look.at]
    assert [bool(moment.changes) for moment in extra] == [bool(passed_then)]
    assert [(m.at, concluded(m.verdict)) for m in told] == [
        (m.at, concluded(m.verdict)) for m in without if m not in passed_then
    ]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "reference"])
def test_every_evaluator_gives_the_same_walk(name: str) -> None:
    @FEW
    @given(randoms)
    def same_walk(random: Random) -> None:
        plan, steps, until = a_walk(random)
        judge: Evaluator = judge_or_skip(name, plan)
        try:
            assert as_texts(list(walk(judge, steps, until))) == as_texts(
                list(walk(ReferenceEvaluator(plan), steps, until))
            )
        finally:
            judge.close()

    same_walk()
