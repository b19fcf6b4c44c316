"""What is offered takes the outcome away, and nothing nearer does: against every value of every fact."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import Any

import pytest

from engine.evaluate.evaluators import evaluator
from engine.evaluate.facts import Facts
from engine.plan.nodes import Plan
from engine.prove.asking.trial import Trial
from engine.prove.counter.avoid import Search, changed
from engine.prove.counter.counterfactual import Alternative, Counterfactual
from engine.prove.counter.explain import counter
from engine.prove.counter.reach import Reach
from engine.prove.counter.sought import Sought, burdens, name_of
from engine.rulebook.types import ORDERED
from tests.prove.counter.books import FIRST, ITEMS, LAST, every_value, made_up, plan_of

TICKETS = 20


def _burdened(plan: Plan) -> Iterator[tuple[Facts, Sought]]:
    """Tickets of which a rulebook's only item concludes something that weighs."""
    reference, random = evaluator("reference", plan), Random(1)
    found = 0
    while found < TICKETS:
        facts = made_up(random, plan)
        for outcome in burdens(reference.decide(facts, None)):
            found += 1
            yield facts, Sought(plan.items[0], outcome["kind"], name_of(outcome))


def _is_gone(plan: Plan, sought: Sought, facts: Facts) -> bool:
    return sought.is_gone(Trial(plan, facts, None))


def _values(plan: Plan, name: str) -> list[Any]:
    absent = [None] if plan.facts[name].absence == "none" else []
    return [*every_value(plan, name), *absent]


def _by_hand(plan: Plan, sought: Sought, facts: Facts, name: str) -> list[Any]:
    """Every other value of one fact that takes the outcome away."""
    now = facts.get(name)
    values = [value for value in _values(plan, name) if value != now]
    return [value for value in values if _is_gone(plan, sought, changed(facts, {name: value}))]


def _nearest(values: list[Any], now: Any, plan: Plan, name: str) -> set[Any]:
    """Of ordered values the nearest below and above."""
    if plan.facts[name].type.kind not in ORDERED or now is None:
        return set(values)
    there = [value for value in values if value is not None]
    below = [value for value in there if value < now]
    above = [value for value in there if value > now]
    ends = {max(below)} if below else set()
    ends |= {min(above)} if above else set()
    return ends | ({None} if None in values else set())


def _is_in_view(value: Any) -> bool:
    """Whether the search by hand looks at it: it sees seven weeks."""
    return not hasattr(value, "year") or FIRST <= value <= LAST


def _can_be_given(plan: Plan, facts: Facts, name: str) -> bool:
    declared = plan.facts[name]
    return declared.derived is None or (declared.derived == "fallback" and name in facts)


@pytest.mark.parametrize("name", ITEMS)
def test_single_changes_are_those_that_a_search_by_hand_finds(name: str) -> None:
    plan = plan_of(name)
    for facts, sought in _burdened(plan):
        search = Search(Trial(plan, facts, None), sought, Reach(plan, sought.item))
        told = {one.changes[0].fact: one.changes[0] for one in search.singles(search.reach.facts)}
        for fact in plan.facts:
            if not _can_be_given(plan, facts, fact):
                continue
            found = _by_hand(plan, sought, facts, fact)
            offered = [told[fact].after, *told[fact].also] if fact in told else []
            near = {value for value in offered if _is_in_view(value)}
            if facts.get(fact) is None:
                assert near <= set(found), (facts, fact)
                assert bool(offered) == bool(found), (facts, fact)
            else:
                assert near == _nearest(found, facts[fact], plan, fact), (facts, fact)


@pytest.mark.parametrize(
    ("name", "status", "most"),
    [
        ("simple", "avoidable", 1),
        ("two", "avoidable", 2),
        ("three", "avoidable", 4),
        ("scope", "only_by_what_is_fixed", 1),
        ("always", "unavoidable", 0),
    ],
)
def test_as_few_facts_change_as_can(name: str, status: str, most: int) -> None:
    plan = plan_of(name)
    told = [one for facts, _ in _burdened(plan) for one in counter(plan, facts, None).avoided]
    assert {one.status for one in told} == {status}
    assert max(len(a.changes) for one in told for a in one.alternatives or [Alternative(())]) == most


@pytest.mark.parametrize("name", ITEMS)
def test_whatever_is_offered_takes_the_outcome_away_and_is_least(name: str) -> None:
    """Of two facts neither would do alone, of three no two; what is called unavoidable is."""
    plan = plan_of(name)
    for facts, sought in _burdened(plan):
        for one in counter(plan, facts, None).avoided:
            assert one.alternatives or _is_settled(plan, facts, one, sought)
            for alternative in one.alternatives:
                _check(plan, facts, sought, alternative)


def _check(plan: Plan, facts: Facts, sought: Sought, alternative: Alternative) -> None:
    changes = {change.fact: change.after for change in alternative.changes}
    assert all(facts.get(change.fact) == change.before for change in alternative.changes)
    assert _is_gone(plan, sought, changed(facts, changes))
    for few in range(len(changes)):
        for part in combinations(changes.items(), few):
            assert not _is_gone(plan, sought, changed(facts, dict(part)))


def _is_settled(plan: Plan, facts: Facts, one: Counterfactual, sought: Sought) -> bool:
    """What is said of an outcome that no change avoids: random tickets find none either."""
    random = Random(2)
    tries = (changed(facts, made_up(random, plan)) for _ in range(300))
    return one.status == "unavoidable" and not any(_is_gone(plan, sought, found) for found in tries)
