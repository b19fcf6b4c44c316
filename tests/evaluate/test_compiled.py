"""The compiled evaluator's own promises, beyond those that every evaluator keeps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from engine.evaluate.compiled.evaluator import CompiledEvaluator, bare_outcomes
from tests.agreement.test_agreement import a_shipped_ticket, judged, made_up_plan, read, shipped
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


def test_threads_may_share_a_judge_from_its_first_ticket() -> None:
    """Programs, and what is written later, are written while others already judge by them."""
    random, plan = Random(3), shipped()[1]
    tickets = [read(a_shipped_ticket(random), plan) for _ in range(40)]
    right = [judged(plan, *ticket) for ticket in tickets]
    judge = CompiledEvaluator(plan)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda ticket: judge.decide(*ticket), tickets * 4)) == right * 4
