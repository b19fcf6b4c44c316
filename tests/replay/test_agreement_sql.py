"""Plans as SQL give the verdicts of the reference evaluator: on every case, and on made-up tickets."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from engine.plan.nodes import Plan
from engine.replay.lowering.lower import lower
from engine.replay.sql.refused import NotSayable
from tests.agreement.test_agreement import made_up_plan, shipped
from tests.cases.test_cases import plan_of
from tests.generators import Ticket, pools_of
from tests.replay.agreement import bounded, differences
from tests.replay.agreement_cases import REFUSED, SAYABLE, WIDE, cases_by_plan, file_named, seeds_of
from tests.replay.agreement_rows import Read, columns_of
from tests.replay.agreement_rulebooks import nasty_plan
from tests.replay.agreement_tickets import nasty_tickets


def nasty(random: Random, plan: Plan, number: int, seeds: tuple[Ticket, ...] = ()) -> list[Read]:
    return list(nasty_tickets(random, plan, pools_of(plan), seeds, number))


def agree(plan: Plan, tickets: Sequence[Read], columns: set[str] | None = None) -> None:
    found = list(differences(plan, tickets, columns=columns))
    assert not found, "\n\n".join(found[:3])


@pytest.mark.parametrize("file", SAYABLE, ids=lambda file: file.stem)
def test_cases_get_the_reference_s_verdict(file: Path) -> None:
    """Together with as many nasty tickets of the same rulebook."""
    for plan, tickets in cases_by_plan(file):
        agree(plan, [*tickets, *nasty(Random(file.stem), plan, 60, seeds_of(file))])


@pytest.mark.parametrize("name", REFUSED)
def test_what_sql_cannot_say_is_refused_by_rule_and_reason(name: str) -> None:
    with pytest.raises(NotSayable) as refusal:
        lower(plan_of(file_named(name)))
    assert {(finding.code, finding.values["rule"]) for finding in refusal.value.findings} == REFUSED[name]


@pytest.mark.parametrize("name", WIDE)
def test_numbers_with_bounds_are_reckoned_as_the_reference_does(name: str) -> None:
    plan = bounded(plan_of(file_named(name)))
    tickets = [ticket for _, some in cases_by_plan(file_named(name)) for ticket in some]
    agree(plan, [*tickets, *nasty(Random(1), plan, 200)])


@pytest.mark.parametrize("seed", range(2))
def test_shipped_rulebooks_give_the_reference_s_verdicts(seed: int) -> None:
    """With a column for every fact, and with those only that some ticket gives."""
    _, plan, pools, seeds = shipped()
    tickets = nasty(Random(seed), plan, 400, seeds)
    agree(plan, tickets, None if seed else {fact.name for fact in pools.facts} | columns_of(tickets))


def test_shipped_rulebooks_fold_what_no_ticket_gives() -> None:
    """A few columns only, so that most conditions are constants of the query."""
    _, plan, _, seeds = shipped()
    random = Random(5)
    for _ in range(4):
        tickets = nasty(random, plan, 40, seeds)
        names = sorted({name for facts, _ in tickets for name in facts})
        kept = set(random.sample(names, 12))
        few = [({name: v for name, v in facts.items() if name in kept}, as_of) for facts, as_of in tickets]
        agree(plan, few, kept)


@pytest.mark.parametrize("seed", range(16))
def test_made_up_rulebooks_give_the_reference_s_verdicts(seed: int) -> None:
    random = Random(seed)
    plan = made_up_plan(random)
    agree(plan, nasty(random, plan, 60))


@pytest.mark.parametrize("seed", range(10))
def test_nasty_rulebooks_give_the_reference_s_verdicts(seed: int) -> None:
    random = Random(seed)
    plan = nasty_plan(random)
    agree(plan, nasty(random, plan, 80))
