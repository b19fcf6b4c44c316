"""Whether both evaluators judge a ticket alike: before that nobody is shown it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from engine.evaluate.compiled.evaluator import CompiledEvaluator
from engine.evaluate.reference import ReferenceEvaluator
from engine.plan.nodes import Plan
from engine.prove.asking.trial import Trial


def confirmed(trials: Sequence[Trial]) -> bool:
    """The compiled evaluator says the same of the ticket, under each plan."""
    return all(
        _compiled(_ByIdentity(t.plan)).decide(t.facts, t.as_of)
        == ReferenceEvaluator(t.plan).decide(t.facts, t.as_of)
        for t in trials
    )


class _ByIdentity:
    """A plan by identity, so that its program is made once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ByIdentity) and self.plan is other.plan

    def __hash__(self) -> int:
        return id(self.plan)


@lru_cache(maxsize=8)
def _compiled(held: _ByIdentity) -> CompiledEvaluator:
    return CompiledEvaluator(held.plan)
