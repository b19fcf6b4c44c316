"""The formulas of a plan say of every ticket what the reference evaluator says."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from engine.evaluate.facts import Facts
from engine.plan.nodes import ClockPlan, Plan
from tests.agreement.test_agreement import QUICK, RANDOMS, a_shipped_ticket, made_up_plan, read, shipped
from tests.cases.test_cases import FILES, contents, plan_of
from tests.cases.test_cases import ticket as ticket_of
from tests.generators import pools_of, ticket
from tests.prove.agreement import Formulas, sayable
from tests.prove.cross_check import plan_from
from tests.prove.made_up_tables import made_up
from tests.prove.searched import Tickets
from tests.replay.agreement_rulebooks import nasty_plan


@cache
def shipped_formulas() -> Formulas:
    _, plan, _, _ = shipped()
    return Formulas(plan)


@settings(QUICK, max_examples=20)
@given(RANDOMS)
def test_shipped_rulebooks(random: Random) -> None:
    """On made-up tickets that lack facts as well as complete ones."""
    formulas = shipped_formulas()
    facts, as_of = read(a_shipped_ticket(random), formulas.plan)
    if sayable(facts):
        assert list(formulas.differences(facts, as_of)) == []


@settings(QUICK, max_examples=60)
@given(RANDOMS)
def test_made_up_rulebooks(random: Random) -> None:
    """Whatever the language can say, made up at random."""
    plan = made_up_plan(random)
    formulas, pools = Formulas(plan), pools_of(plan)
    for _ in range(4):
        facts, as_of = read(ticket(random, plan, pools), plan)
        if sayable(facts):
            assert list(formulas.differences(facts, as_of)) == []


@settings(QUICK, max_examples=40)
@given(RANDOMS)
def test_hard_rulebooks(random: Random) -> None:
    """Formulas of every function, pauses, working time, months, parameters of every type, odd parts."""
    plan = nasty_plan(random)
    formulas, pools = Formulas(plan), pools_of(plan)
    for _ in range(4):
        facts, as_of = read(ticket(random, plan, pools), plan)
        if sayable(facts) and not _paused(facts, plan):
            assert list(formulas.differences(facts, as_of)) == []


@settings(QUICK, max_examples=30)
@given(RANDOMS)
def test_made_up_tables(random: Random) -> None:
    """Tables and what rests on them, over few values, of which several meet."""
    made = made_up(random)
    plan = plan_from(made.library)
    formulas, tickets = Formulas(plan), Tickets(made, plan)
    for one in (*tickets.complete(random, 4), *tickets.partial(random, 4)):
        assert list(formulas.differences(one.facts, one.as_of)) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_conformance_corpus(file: Path) -> None:
    """Every case of the corpus that all evaluators run."""
    made: dict[int, Formulas] = {}
    for case in contents(file)["cases"]:
        plan = plan_of(file, tuple(sorted(case.get("readings", {}).items())))
        facts, as_of = ticket_of(case, plan)
        if sayable(facts) and not _paused(facts, plan):
            formulas = made.setdefault(id(plan), Formulas(plan))
            assert list(formulas.differences(facts, as_of)) == [], case["case"]


def _paused(facts: Facts, plan: Plan) -> bool:
    """By how much pauses put a limit off is left open."""
    bodies: list[Any] = [*plan.items, *(d.body for d in plan.definitions)]
    pauses = [body.pauses for body in bodies if isinstance(body, ClockPlan) and body.pauses is not None]
    return any(facts.get(pause.list.name) for pause in pauses)
