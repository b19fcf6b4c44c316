"""The fact to ask next is the one after which least is undecided, by trying every answer."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from engine.evaluate.evaluators import evaluator
from engine.evaluate.facts import Facts
from engine.evaluate.verdict import Verdict
from engine.plan.nodes import Plan
from engine.prove.asking.trial import Trial
from engine.prove.counter.asks import Inquiry
from engine.prove.counter.counterfactual import Ask, Piece
from tests.prove.counter.books import ITEMS, every_value, made_up, plan_of

TICKETS = 40


def _undecided(plan: Plan) -> Iterator[tuple[Facts, Verdict]]:
    """Tickets of which something is undecided for want of a fact."""
    reference, random = evaluator("reference", plan), Random(3)
    for _ in range(TICKETS):
        facts = {name: value for name, value in made_up(random, plan).items() if random.random() < 0.7}
        verdict = reference.decide(facts, None)
        if any(entry["reason"] == "fact_missing" for entry in verdict["undecided"]):
            yield facts, verdict


def _holds(piece: Piece, value: Any) -> bool:
    if piece.members:
        return value in piece.members
    above = piece.low is None or value >= piece.low
    return bool(above and (piece.below is None or value < piece.below))


@pytest.mark.parametrize("name", ITEMS)
def test_each_value_leaves_what_its_piece_says(name: str) -> None:
    plan = plan_of(name)
    reference = evaluator("reference", plan)
    for facts, verdict in _undecided(plan):
        asks = Inquiry(Trial(plan, facts, None), verdict["undecided"]).asks()
        missing = {name for entry in verdict["undecided"] for name in entry["missing"]}
        assert asks
        assert {name for name in missing if plan.facts[name].derived is None} <= {ask.fact for ask in asks}
        for ask in asks:
            left = []
            for value in every_value(plan, ask.fact):
                after = reference.decide({**facts, ask.fact: value}, None)
                (piece,) = (piece for piece in ask.pieces if _holds(piece, value))
                assert piece.left == len(after["undecided"]), (facts, ask.fact, value)
                assert bool(piece.gains) == (len(after["outcomes"]) > len(verdict["outcomes"]))
                left.append(piece.left)
            assert ask.worst >= max(left)


def _rank(ask: Ask) -> tuple[int, Any]:
    return ask.worst, ask.average


@pytest.mark.parametrize("name", ITEMS)
def test_the_best_comes_first(name: str) -> None:
    plan = plan_of(name)
    for facts, verdict in _undecided(plan):
        asks = Inquiry(Trial(plan, facts, None), verdict["undecided"]).asks()
        assert list(asks) == sorted(asks, key=_rank)
        for ask in asks:
            assert ask.worst == max(piece.left for piece in ask.pieces)
            assert 0 <= ask.average <= ask.worst


def test_a_range_is_cut_where_the_rule_does() -> None:
    """The pieces of `days` for `> 57`: below 58, and from there on."""
    plan = plan_of("simple")
    facts: Facts = {"kind": "loss", "insured": False}
    undecided = evaluator("reference", plan).decide(facts, None)["undecided"]
    (ask,) = Inquiry(Trial(plan, facts, None), undecided).asks()
    assert [(p.low, p.below, p.left, len(p.gains)) for p in ask.pieces] == [
        (None, 58, 0, 0),
        (58, None, 0, 1),
    ]
