"""Which items a program leaves out because a ticket carries none of the facts that wake them."""

from __future__ import annotations

from random import Random

import pytest

from engine.evaluate.compiled import program
from engine.evaluate.compiled.evaluator import CompiledEvaluator
from engine.evaluate.compiled.silence import wakes_definition, wakes_item
from engine.evaluate.judge import Judgement, judge
from engine.evaluate.reference import derived, new_case
from engine.plan.nodes import Plan
from tests.agreement.test_agreement import a_shipped_ticket, made_up_plan, read, shipped
from tests.generators import pools_of, ticket


def says_nothing_asleep(plan: Plan, random: Random, tickets: int) -> None:
    """Every item and derived fact, on tickets from which what wakes it has been taken away."""
    pools = pools_of(plan)
    for _ in range(tickets):
        facts, as_of = read(ticket(random, plan, pools), plan)
        for item in plan.items:
            wakes = wakes_item(plan, item, {})
            if wakes is not None:
                asleep = {name: value for name, value in facts.items() if name not in wakes}
                said = Judgement()
                judge(new_case(plan, asleep, as_of), item, said)
                assert said == Judgement(), item.origin.id
        for definition in plan.definitions:
            wakes = wakes_definition(plan, definition)
            if wakes is not None:
                asleep = {name: value for name, value in facts.items() if name not in wakes}
                assert derived(new_case(plan, asleep, as_of), [definition]) == {}


@pytest.mark.parametrize("seed", range(20))
def test_an_item_that_sleeps_says_nothing_under_any_rulebook(seed: int) -> None:
    random = Random(seed)
    says_nothing_asleep(made_up_plan(random), random, tickets=5)


def test_an_item_that_sleeps_says_nothing_under_the_shipped_rulebooks() -> None:
    says_nothing_asleep(shipped()[1], Random(1), tickets=3)


def test_a_ticket_that_mentions_nothing_wakes_few_items() -> None:
    """Of the shipped rules those that may speak of every ticket of their owner."""
    plan = shipped()[1]
    judge = CompiledEvaluator(plan)
    judge.decide({"rulebook_owner": "zto"}, None)
    items, _ = judge.programs["zto"].calls(frozenset({"rulebook_owner"}))
    assert len(items) < len(plan.items) / 10


def test_what_tickets_wake_is_remembered_for_so_many_shapes_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "MOST_SHAPES", 3)
    judge, random = CompiledEvaluator(shipped()[1]), Random(2)
    for _ in range(20):
        judge.decide(*read(a_shipped_ticket(random), shipped()[1]))
        assert all(len(written.seen) <= 3 for written in judge.programs.values())
