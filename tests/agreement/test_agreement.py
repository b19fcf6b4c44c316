"""All evaluators give one verdict, and the reference's has the properties that a verdict must have."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.base.findings import Severity
from engine.evaluate.evaluators import evaluator
from engine.evaluate.facts import Facts, facts_from, instant_from
from engine.evaluate.verdict import Verdict
from engine.library import Library, load
from engine.plan.nodes import Plan
from tests.agreement.made_up import made_up_library
from tests.evaluate.judges import OTHERS, as_json, judge_or_skip
from tests.generators import Pools, Ticket, pools_of, seeds_of, ticket

RULES = Path(__file__).parents[2] / "rules"
RANDOMS = st.randoms(use_true_random=False)
QUICK = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # a ticket is one stream of chance, which shrinks slowly and says no more then
    suppress_health_check=[HealthCheck.too_slow],
)
SHIPPED = settings(QUICK, max_examples=50)
MADE_UP = settings(QUICK, max_examples=50)


@cache
def shipped() -> tuple[Library, Plan, Pools, tuple[Ticket, ...]]:
    library = load(RULES)
    assert library.plan is not None
    return library, library.plan, pools_of(library.plan), seeds_of(library)


def read(one: Ticket, plan: Plan) -> tuple[Facts, datetime | None]:
    facts, findings = facts_from(one.facts, plan)
    assert findings == []
    return facts, None if one.as_of is None else instant_from(one.as_of, plan.zone)


def a_shipped_ticket(random: Random) -> Ticket:
    _, plan, pools, seeds = shipped()
    return ticket(random, plan, pools, seeds)


def judged(plan: Plan, facts: Facts, as_of: datetime | None, name: str = "reference") -> Verdict:
    judge = evaluator(name, plan)
    try:
        return judge.decide(facts, as_of)
    finally:
        judge.close()


def made_up_plan(random: Random) -> Plan:
    library = made_up_library(random)
    errors = [f"{f.span} {f.message('en')}" for f in library.findings if f.severity is Severity.ERROR]
    assert errors == []
    assert library.plan is not None
    return library.plan


# --- agreement --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OTHERS)
def test_evaluators_agree_on_shipped_rulebooks(name: str) -> None:
    _, plan, _, _ = shipped()
    judge = judge_or_skip(name, plan)
    reference = evaluator("reference", plan)

    @SHIPPED
    @given(RANDOMS)
    def agree(random: Random) -> None:
        facts, as_of = read(a_shipped_ticket(random), plan)
        assert as_json(judge.decide(facts, as_of)) == as_json(reference.decide(facts, as_of))

    try:
        agree()
    finally:
        judge.close()


@pytest.mark.parametrize("name", OTHERS)
def test_evaluators_agree_on_made_up_rulebooks(name: str) -> None:
    judge_or_skip(name, shipped()[1]).close()

    @MADE_UP
    @given(RANDOMS)
    def agree(random: Random) -> None:
        plan = made_up_plan(random)
        pools, judge = pools_of(plan), evaluator(name, plan)
        try:
            for _ in range(8):
                facts, as_of = read(ticket(random, plan, pools), plan)
                assert as_json(judge.decide(facts, as_of)) == as_json(judged(plan, facts, as_of))
        finally:
            judge.close()

    agree()


# --- properties of the reference --------------------------------------------------------------------


def decided(verdict: Verdict) -> set[tuple[str, ...]]:
    """What has been settled: outcomes by rule, row and kind, and defeats; reasons and order do not count."""
    outcomes = {(o["rule"], o.get("row", ""), o["kind"], str(o.get("amount"))) for o in verdict["outcomes"]}
    return outcomes | {(entry["rule"], entry["by"]) for entry in verdict["defeated"]}


def may_be_learnt(plan: Plan, facts: Facts) -> list[str]:
    """Facts whose absence means that they are unknown, and that nothing else would define."""
    defined = plan.defined
    return [
        fact.name
        for fact in pools_of(plan).facts
        if fact.name not in facts and fact.absence == "unknown" and fact.name not in defined
    ]


def learns_without_loss(
    random: Random, plan: Plan, pools: Pools, facts: Facts, as_of: datetime | None
) -> None:
    names = may_be_learnt(plan, facts)
    if not names:
        return
    learnt = random.sample(names, min(len(names), random.choice((1, 3, 20))))
    more = ticket(random, plan, Pools(tuple(plan.facts[name] for name in learnt), pools.numbers, pools.days))
    added, _ = read(Ticket(more.facts, None), plan)
    before = judged(plan, facts, as_of)
    after = judged(plan, {**facts, **added}, as_of)
    assert decided(before) <= decided(after)


@SHIPPED
@given(RANDOMS)
def test_learning_a_fact_never_takes_back_what_was_decided(random: Random) -> None:
    _, plan, pools, _ = shipped()
    facts, as_of = read(a_shipped_ticket(random), plan)
    learns_without_loss(random, plan, pools, facts, as_of)


@MADE_UP
@given(RANDOMS)
def test_learning_a_fact_takes_nothing_back_under_any_rulebook(random: Random) -> None:
    plan = made_up_plan(random)
    pools = pools_of(plan)
    for _ in range(8):
        facts, as_of = read(ticket(random, plan, pools), plan)
        learns_without_loss(random, plan, pools, facts, as_of)


@SHIPPED
@given(RANDOMS)
def test_the_same_facts_give_the_same_bytes_in_whatever_order_they_come(random: Random) -> None:
    _, plan, _, _ = shipped()
    facts, as_of = read(a_shipped_ticket(random), plan)
    names = list(facts)
    random.shuffle(names)
    shuffled = {name: facts[name] for name in names}
    assert as_json(judged(plan, facts, as_of)) == as_json(judged(plan, shuffled, as_of))


@SHIPPED
@given(RANDOMS)
def test_every_reason_names_a_fact_of_the_catalogue_and_the_value_that_it_has(random: Random) -> None:
    _, plan, _, _ = shipped()
    facts, as_of = read(a_shipped_ticket(random), plan)
    verdict = judged(plan, facts, as_of)
    reasons = [reason for entry in verdict["outcomes"] for reason in entry["because"]]
    reasons += [reason for entry in verdict["defeated"] for reason in entry["because"]]
    for reason in reasons:
        declared = plan.facts[reason["fact"]]
        known = reason["fact"] in facts or reason["fact"] in verdict["derived"]
        assert known or declared.absence == "none" or reason["value"] is None
        assert known == (reason["value"] is not None)
        assert reason["test"]


def sums(verdict: Verdict) -> Mapping[str, Mapping[str, str]]:
    totals: dict[str, dict[str, Decimal]] = {}
    for outcome in verdict["outcomes"]:
        if outcome["kind"] in ("fine", "fee", "compensation") and outcome["amount"] is not None:
            by_unit = totals.setdefault(outcome["kind"], {})
            unit = outcome["unit"]
            by_unit[unit] = by_unit.get(unit, Decimal(0)) + Decimal(outcome["amount"])
    return {kind: {unit: f"{total:.2f}" for unit, total in units.items()} for kind, units in totals.items()}


@MADE_UP
@given(RANDOMS)
def test_totals_are_the_sums_of_the_amounts(random: Random) -> None:
    plan = made_up_plan(random)
    facts, as_of = read(ticket(random, plan, pools_of(plan)), plan)
    verdict = judged(plan, facts, as_of)
    assert verdict["totals"] == sums(verdict)


def supplied(random: Random, plan: Plan, names: list[str]) -> dict[str, Any] | None:
    """Values for the missing facts; None where something else is missing (a field of a record, `as_of`)."""
    if any(name not in plan.facts or name in plan.defined for name in names):
        return None
    wanted = Pools(tuple(plan.facts[name] for name in names), pools_of(plan).numbers, pools_of(plan).days)
    for _ in range(60):
        facts, _ = read(Ticket(ticket(random, plan, wanted).facts, None), plan)
        if set(facts) == set(names):
            return dict(facts)
    return None


@SHIPPED
@given(RANDOMS)
def test_supplying_what_is_missing_changes_what_is_undecided(random: Random) -> None:
    _, plan, _, _ = shipped()
    facts, as_of = read(a_shipped_ticket(random), plan)
    undecided = judged(plan, facts, as_of)["undecided"]
    missing = [entry for entry in undecided if entry["missing"] and entry["reason"] == "fact_missing"]
    if not missing:
        return
    entry = random.choice(missing)
    more = supplied(random, plan, entry["missing"])
    if more is None:
        return
    after = judged(plan, {**facts, **more}, as_of)["undecided"]
    still = [other for other in after if other["rule"] == entry["rule"]]
    assert all(not set(other["missing"]) & set(entry["missing"]) for other in still)
