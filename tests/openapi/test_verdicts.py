"""The schema of a verdict is a closed set, and every verdict that comes out is in it."""

from __future__ import annotations

import json
from random import Random
from typing import Any, get_args

from engine.evaluate.facts import facts_from, instant_from
from engine.rulebook.outcomes import Outcome
from tests.agreement.made_up import made_up_library
from tests.cases.small_library import case_files, library_from
from tests.cases.test_cases import contents
from tests.cases.test_cases import ticket as case_ticket
from tests.generators import Ticket, pools_of, seeds_of, ticket
from tests.openapi.described import Described, shipped

TICKETS = 100
LIBRARIES = 15
TICKETS_EACH = 12
KINDS = {kind.__name__.lower() for kind in get_args(Outcome)} | {"deadline"}
PARTS = ("defeated", "undecided", "derived", "totals")


def verdict(described: Described, made: Ticket) -> Any:
    """As JSON has it; None for a ticket that is not taken."""
    facts, findings = facts_from(made.facts, described.plan)
    if findings:
        return None
    as_of = None if made.as_of is None else instant_from(made.as_of, described.plan.zone)
    return json.loads(json.dumps(described.judge.decide(facts, as_of)))


def seen_in(found: Any) -> set[str]:
    return {outcome["kind"] for outcome in found["outcomes"]} | {part for part in PARTS if found[part]}


def test_the_document_knows_every_kind_of_outcome_and_no_other() -> None:
    assert set(shipped().schemas["Outcome"]["discriminator"]["mapping"]) == KINDS


def test_the_verdicts_on_all_examples_of_the_rulebooks_and_on_made_up_tickets_fit_the_document() -> None:
    random, plan = Random(3), shipped().plan
    pools, seeds = pools_of(plan), seeds_of(shipped().library)
    seen: set[str] = set()
    for made in (*seeds, *(ticket(random, plan, pools, seeds) for _ in range(TICKETS))):
        if found := verdict(shipped(), made):
            assert shipped().troubles("Verdict", found) == []
            seen |= seen_in(found)
    assert seen >= {"fine", "share", "deadline", "review", *PARTS}


def test_the_verdicts_of_made_up_rulebooks_fit_their_documents() -> None:
    random = Random(5)
    for _ in range(LIBRARIES):
        described = Described(made_up_library(random))
        pools = pools_of(described.plan)
        for _ in range(TICKETS_EACH):
            if found := verdict(described, ticket(random, described.plan, pools)):
                assert described.troubles("Verdict", found) == []


def test_there_is_a_verdict_with_every_kind_of_outcome_and_it_fits_its_document() -> None:
    seen: set[str] = set()
    for file in case_files():
        described = Described(library_from(contents(file)["facts"], contents(file)["rulebook"]))
        for case in contents(file)["cases"]:
            if not case.get("readings"):
                facts, as_of = case_ticket(case, described.plan)
                found = json.loads(json.dumps(described.judge.decide(facts, as_of)))
                assert described.troubles("Verdict", found) == [], (file.name, case)
                seen |= seen_in(found)
    assert seen >= KINDS
