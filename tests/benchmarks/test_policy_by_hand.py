"""The benchmark compares like with like: every evaluator concludes what the function written by hand does."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks.by_hand import decide_by_hand
from benchmarks.conclusions import from_verdict
from benchmarks.tickets import Ticket, tickets
from engine.evaluate.evaluators import Evaluator, evaluator
from engine.evaluate.examples import run_examples
from engine.library import Library, load

POLICY = Path(__file__).parents[2] / "benchmarks" / "policy"
COUNT = 2000


@pytest.fixture(scope="module")
def library() -> Library:
    return load(POLICY)


@pytest.fixture(scope="module")
def made_up(library: Library) -> list[Ticket]:
    assert library.plan is not None
    return tickets(library.plan, COUNT)


@pytest.fixture(scope="module", params=["reference", "compiled"])
def judge(request: pytest.FixtureRequest, library: Library) -> Iterator[Evaluator]:
    assert library.plan is not None
    found = evaluator(request.param, library.plan)
    yield found
    found.close()


def test_the_policy_has_no_findings(library: Library) -> None:
    assert library.findings == ()


def test_the_examples_of_the_policy_hold(library: Library) -> None:
    assert [result for result in run_examples(library, "reference") if not result.passed] == []


def test_evaluators_conclude_what_is_written_by_hand(judge: Evaluator, made_up: list[Ticket]) -> None:
    for ticket in made_up:
        verdict = judge.decide(ticket.facts, None)
        assert from_verdict(verdict) == decide_by_hand(ticket.facts), ticket.body.decode()


def test_nothing_about_a_made_up_ticket_is_undecided(judge: Evaluator, made_up: list[Ticket]) -> None:
    for ticket in made_up:
        assert judge.decide(ticket.facts, None)["undecided"] == [], ticket.body.decode()


def test_the_tickets_reach_every_conclusion(made_up: list[Ticket]) -> None:
    reached = {conclusion[:2] for ticket in made_up for conclusion in decide_by_hand(ticket.facts)}
    amounts = {amount for t in made_up for _, kind, amount in decide_by_hand(t.facts) if kind == "fine"}
    assert len(reached) == 15
    assert amounts == {Decimal(n) for n in (20, 50, 200, 500, 1000, 1500)}
