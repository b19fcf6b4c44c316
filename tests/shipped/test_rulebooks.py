"""What holds of the shipped rulebooks as a whole: clean, exampled, covered, traced, quoted, scoped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from engine.evaluate.evaluators import NAMES
from engine.evaluate.examples import coverage, run_examples
from engine.evaluate.facts import facts_from
from engine.plan.nodes import RulePlan, TablePlan
from engine.rulebook import expressions
from engine.rulebook.checks import parts_of
from engine.rulebook.expressions import FactValue, walk
from engine.rulebook.model import Item
from engine.rulebook.quotes import check_quotes
from tests.evaluate.judges import judge_or_skip
from tests.shipped.shipped import SOURCES, library, plan, verdict_on


def items() -> list[Item]:
    return [item for book in library().rulebooks for item in book.items]


def test_the_rulebooks_load_without_any_finding() -> None:
    assert [f"{f.span} {f.code} {f.message('en')}" for f in library().findings] == []


def test_every_subject_of_the_sources_has_its_rulebook() -> None:
    assert [book.name for book in library().rulebooks] == [
        "after_sales",
        "compensation",
        "conduct",
        "handling",
        "national_standard",
        "penalties",
        "routing",
        "scorecard",
        "sla",
        "ticket_lifecycle",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_example_passes(name: str) -> None:
    judge_or_skip(name, plan()).close()
    results = run_examples(library(), name)
    assert len(results) > 1_000
    assert [f"{r.item}: {r.example}: {r.got}" for r in results if not r.passed] == []


def test_every_rule_row_and_exception_is_reached_by_an_example() -> None:
    assert coverage(library(), run_examples(library(), "reference")).uncovered == ()


def test_every_example_of_the_catalogue_can_be_given_by_a_ticket() -> None:
    given = {fact.name: fact.example for fact in plan().facts.values() if fact.derived != "engine"}
    assert [f"{f.pointer} {f.message('en')}" for f in facts_from(given, plan())[1]] == []


# --- statements and sources -------------------------------------------------------------------------


def test_the_register_holds_every_statement_of_the_sources() -> None:
    by_prefix = Counter(statement.rpartition("-")[0] for statement in library().statements)
    complaints = {"PEN": 52, "CMP": 14, "NS": 36, "SLA": 21, "HND": 52, "CND": 24, "TKL": 13, "RTE": 11}
    assert by_prefix == complaints | {"SCR": 9, "AFS": 20, "DEF": 7}
    assert sum(by_prefix.values()) == 259


def test_a_statement_names_the_rulebook_that_encodes_it() -> None:
    encoded = {name: item.head.id.partition("/")[0] for item in items() for name in item.head.statements}
    for name, rulebook in encoded.items():
        assert library().statements[name].rulebook == rulebook, name


def encoding_items() -> Iterator[tuple[str, Item]]:
    for item in items():
        yield from ((name, item) for name in item.head.statements)
        for part in parts_of(item):
            yield from ((name, item) for name in part.statements)


def test_every_statement_is_encoded_with_an_example_or_given_up_with_a_reason() -> None:
    encoded = {name for name, item in encoding_items() if item.head.examples}
    given_up = {name for name, statement in library().statements.items() if statement.not_encodable}
    assert encoded | given_up == set(library().statements)
    assert encoded & given_up == set()


def test_every_quote_stands_in_its_source() -> None:
    if not SOURCES.is_dir():
        pytest.skip(f"the source documents are not part of the project and not in {SOURCES.name}/")
    found = check_quotes(library().rulebooks, library().sources, library().statements, SOURCES)
    assert [f"{f.span} {f.code} {f.message('en')}" for f in found] == []


# --- whose tickets ----------------------------------------------------------------------------------


@pytest.mark.parametrize("item", plan().items, ids=lambda item: item.origin.id)
def test_every_rule_names_the_owners_of_its_tickets(item: RulePlan | TablePlan) -> None:
    tests = [part for part in walk(item.guard) if isinstance(part, expressions.Test)]
    owners = [test for test in tests if [fact.name for fact in test.subjects] == ["rulebook_owner"]]
    assert owners


def owners_reached() -> dict[str, set[str]]:
    """By rulebook owner, the sections that an example of any item reaches with that owner."""
    reached: dict[str, set[str]] = {}
    for item in items():
        for example in item.head.examples:
            facts, findings = facts_from(example.given, plan())
            owner = facts.get("rulebook_owner")
            if not findings and isinstance(owner, str):
                verdict = verdict_on(example.given, example.as_of and f"{example.as_of}T00:00"[:16])
                rules = [o["rule"].rpartition("/")[0] for o in verdict["outcomes"]]
                reached.setdefault(owner, set()).update(rules)
    return reached


def test_a_fine_of_one_network_never_meets_a_clock_of_another() -> None:
    reached = owners_reached()
    assert "penalties/first-call" in reached["zto"]
    assert "sla/c5" in reached["yto"]
    others = {
        "sla/c5",
        "sla/tracking",
        "sla/early-warning",
        "sla/definite-reply",
        "compensation/partner-recovery",
    }
    assert reached["zto"] & (others | {"penalties/superior-completion"}) == set()
    fines = {"penalties/first-call", "penalties/practice", "penalties/registration", "penalties/appeals"}
    for owner in reached.keys() - {"zto"}:
        assert reached[owner] & fines == set(), owner


def test_a_ticket_without_facts_gets_an_empty_verdict() -> None:
    verdict = verdict_on({})
    assert (verdict["outcomes"], verdict["defeated"], verdict["undecided"]) == ([], [], [])


def test_every_derived_fact_is_used_or_shown() -> None:
    defined = {definition.fact.name for definition in plan().definitions}
    assert defined == {n for n, f in plan().facts.items() if f.derived} & defined
    read = {p.name for i in plan().items for p in walk(i.own) if isinstance(p, FactValue)}
    assert defined & read
