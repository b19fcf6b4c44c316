"""The compiled evaluator's own promises, beyond those that every evaluator keeps."""

from __future__ import annotations

from random import Random

import pytest

from engine.evaluate.compiled.evaluator import CompiledEvaluator, bare_outcomes
from tests.agreement.test_agreement import judged, made_up_plan, read
from tests.generators import pools_of, ticket


@pytest.mark.parametrize("seed", range(60))
def test_bare_outcomes_are_those_of_the_whole_verdict(seed: int) -> None:
    """What is listed without explanations is what the reference evaluator concludes, in its order."""
    random = Random(seed)
    plan = made_up_plan(random)
    judge, pools = CompiledEvaluator(plan), pools_of(plan)
    for _ in range(10):
        facts, as_of = read(ticket(random, plan, pools), plan)
        assert judge.outcomes(facts, as_of) == bare_outcomes(judged(plan, facts, as_of))
