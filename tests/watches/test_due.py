"""Which clocks of a verdict run, and when each is to be looked at."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.watches.due import RunningClock, clock_of, instant_shown, running_clocks
from engine.evaluate.evaluators import evaluator
from engine.evaluate.facts import Facts
from tests.watches.deadlines import NINE, library


def deadline(state: str, due: str, *, inclusive: bool = True, rule: str = "a") -> dict[str, object]:
    return {"rule": rule, "kind": "deadline", "state": state, "due": due, "inclusive": inclusive}


def test_only_running_clocks() -> None:
    """Clocks that were met or breached do not ring, and other outcomes are no clocks."""
    states = ("met", "running", "breached")
    outcomes = [deadline(state, "2015-06-20T09:30+08:00", rule=state) for state in states]
    found = running_clocks({"outcomes": [{"rule": "x", "kind": "fine"}, *outcomes]})
    assert [clock.rule for clock in found] == ["running"]


def test_earliest_first() -> None:
    """The clock that is due first comes first, whatever its zone."""
    later = deadline("running", "2015-06-20T09:30+08:00", rule="later")
    sooner = deadline("running", "2015-06-20T09:30+09:00", rule="sooner")
    assert [clock.rule for clock in running_clocks({"outcomes": [later, sooner]})] == ["sooner", "later"]


@pytest.mark.parametrize(
    ("due", "inclusive", "over_at"),
    [
        ("2015-06-20T09:30+08:00", True, "2015-06-20T09:30:01+08:00"),
        ("2015-06-20T12:00+08:00", False, "2015-06-20T12:00:00+08:00"),
        ("2015-06-20T24:00+08:00", True, "2015-06-21T00:00:01+08:00"),
        ("2015-06-20T09:30:30+08:00", True, "2015-06-20T09:30:31+08:00"),
        ("2015-02-28T24:00+08:00", True, "2015-03-01T00:00:01+08:00"),
    ],
)
def test_over_after_the_last_instant_in_time(due: str, inclusive: bool, over_at: str) -> None:
    """An inclusive limit still runs at its due instant, one that excludes it does not."""
    (clock,) = running_clocks({"outcomes": [deadline("running", due, inclusive=inclusive)]})
    assert clock.over_at == instant_shown(over_at)


def test_clock_that_is_not_there() -> None:
    """A rule of which the verdict says nothing is not there."""
    verdict = {"outcomes": [deadline("met", "2015-06-20T09:30+08:00")]}
    assert (clock_of(verdict, "a"), clock_of(verdict, "b")) == ("met", "not_there")


@pytest.mark.parametrize("rule", ["book/s/reply", "book/s/noon"])
def test_engine_agrees(rule: str) -> None:
    """The engine says that a clock runs until a second before `over_at`, and is breached then."""
    plan = library().plan
    assert plan is not None
    judge = evaluator("reference", plan)
    facts: Facts = {"start_at": NINE}
    clock = clock_of(judge.decide(facts, NINE), rule)
    assert isinstance(clock, RunningClock)
    last = clock.over_at - timedelta(seconds=1)
    assert isinstance(clock_of(judge.decide(facts, last), rule), RunningClock)
    assert clock_of(judge.decide(facts, clock.over_at), rule) == "breached"
