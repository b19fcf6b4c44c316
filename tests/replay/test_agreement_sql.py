"""Plans as SQL give the verdicts of the reference evaluator: on every case, and on made-up tickets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest

from engine.plan.nodes import Plan
from tests.agreement.test_agreement import made_up_plan, shipped
from tests.cases import test_cases
from tests.cases.small_library import case_files
from tests.generators import pools_of
from tests.replay.agreement import differences
from tests.replay.agreement_rows import Read
from tests.replay.agreement_tickets import nasty_tickets

SHIPPED_TICKETS = 400
MADE_UP_TICKETS = 40


def cases_by_plan(file: Path) -> list[tuple[Plan, list[Read]]]:
    """The tickets of a file, those of one choice of readings together."""
    found: dict[tuple[tuple[str, str], ...], list[Mapping[str, Any]]] = {}
    for case in test_cases.contents(file)["cases"]:
        found.setdefault(tuple(sorted(case.get("readings", {}).items())), []).append(case)
    plans = [(test_cases.plan_of(file, readings), cases) for readings, cases in found.items()]
    return [(plan, [test_cases.ticket(case, plan) for case in cases]) for plan, cases in plans]


@pytest.mark.parametrize("file", case_files(), ids=lambda file: file.stem)
def test_cases_get_the_reference_s_verdict(file: Path) -> None:
    found = [text for plan, tickets in cases_by_plan(file) for text in differences(plan, tickets)]
    assert not found, "\n\n".join(found[:3])


@pytest.mark.parametrize("file", case_files(), ids=lambda file: file.stem)
def test_nasty_tickets_of_cases_get_the_reference_s_verdict(file: Path) -> None:
    plan = test_cases.plan_of(file)
    tickets = [*nasty_tickets(Random(file.stem), plan, pools_of(plan), (), MADE_UP_TICKETS)]
    found = [*differences(plan, tickets)]
    assert not found, "\n\n".join(found[:3])


@pytest.mark.parametrize("seed", range(2))
def test_shipped_rulebooks_give_the_reference_s_verdicts(seed: int) -> None:
    _, plan, pools, seeds = shipped()
    tickets = [*nasty_tickets(Random(seed), plan, pools, seeds, SHIPPED_TICKETS)]
    every = None if seed else {fact.name for fact in pools.facts}
    found = [*differences(plan, tickets, columns=every)]
    assert not found, "\n\n".join(found[:3])


@pytest.mark.parametrize("seed", range(40))
def test_made_up_rulebooks_give_the_reference_s_verdicts(seed: int) -> None:
    random = Random(seed)
    plan = made_up_plan(random)
    tickets = [*nasty_tickets(random, plan, pools_of(plan), (), MADE_UP_TICKETS)]
    found = [*differences(plan, tickets)]
    assert not found, "\n\n".join(found[:3])
