"""A plan: one edition for one meaning, and definitions in the order in which they can be worked out."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine.library import Library, load_texts
from tests.cases.small_library import SOURCES, catalogue_text

FACTS: Mapping[str, object] = {
    "paid": "money",
    "is_late": {"type": "boolean", "derived": "engine"},
    "is_bad": {"type": "boolean", "derived": "engine"},
}
CITE = "cite: {source: deck, quote: 原文}"
ITEMS = f"""
      - define: is_bad
        {CITE}
        when: {{is_late: true}}
      - define: is_late
        {CITE}
        when: {{paid: "> 1"}}
      - rule: fine
        title: {{zh: 罚, en: fine}}
        {CITE}
        when: {{is_bad: true}}
        then: {{fine: {{amount: 50, payer: payer, per: ticket}}}}
"""
BOOK = f"""rulebook: book
title: {{zh: 例, en: example}}
readings:
  AMB-01:
    question: {{zh: 如何, en: how}}
    options: {{strict: {{zh: 严, en: strict}}, floor: {{zh: 舍, en: floor}}}}
    preferred: strict
    because: {{zh: 文义, en: the words}}
sections:
  - section: s
    title: {{zh: 节, en: section}}
    items:{ITEMS}"""


def library(book: str = BOOK, **files: str) -> Library:
    texts = {"facts.yaml": catalogue_text(FACTS), "sources.yaml": SOURCES, "book.yaml": book, **files}
    return load_texts({name: text.encode() for name, text in texts.items()})


def edition(book: str) -> str:
    found = library(book).plan
    assert found is not None
    return found.edition


@pytest.mark.parametrize(
    "book",
    [
        f"# a comment\n{BOOK}",
        BOOK.replace("    items:", "\n    items:\n"),
        BOOK.replace('{paid: "> 1"}', '{\n            paid: "> 1"\n        }'),
    ],
    ids=["comment", "empty lines", "layout"],
)
def test_comments_and_layout_leave_the_edition_as_it_is(book: str) -> None:
    assert edition(book) == edition(BOOK)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"> 1"', '">= 1"'),
        ('"> 1"', '"> 1.01"'),
        ("amount: 50", "amount: 51"),
        ("per: ticket", "per: waybill"),
        ("payer: payer", "payer: payee"),
        ("rule: fine", "rule: fined"),
        ("en: fine}", "en: a fine}"),
        ("{is_bad: true}", "{is_bad: false}"),
    ],
)
def test_whatever_can_change_a_verdict_changes_the_edition(old: str, new: str) -> None:
    assert old in BOOK
    assert edition(BOOK.replace(old, new)) != edition(BOOK)


def test_the_same_library_has_the_same_edition_in_whatever_order_its_files_come() -> None:
    texts = {"book.yaml": BOOK, "sources.yaml": SOURCES, "facts.yaml": catalogue_text(FACTS)}
    shuffled = load_texts({f"rules/{name}": text.encode() for name, text in texts.items()})
    assert shuffled.plan is not None
    assert shuffled.plan.edition == edition(BOOK)


def test_another_reading_is_another_edition() -> None:
    assert library().under({"AMB-01": "floor"}).edition != edition(BOOK)
    assert library().under({"AMB-01": "strict"}).edition == edition(BOOK)


def test_a_definition_comes_after_those_that_it_reads() -> None:
    plan = library().plan
    assert plan is not None
    assert [definition.fact.name for definition in plan.definitions] == ["is_late", "is_bad"]


def test_a_library_with_an_error_has_no_plan() -> None:
    broken = library(BOOK.replace("amount: 50", "amount: fifty"))
    assert [finding.code for finding in broken.findings if finding.severity == "error"] == ["R230"]
    assert broken.plan is None


@pytest.mark.parametrize("reading", ["", "reading: {AMB-01: floor}\n        "])
def test_two_definitions_of_a_fact_are_found_under_any_reading(reading: str) -> None:
    second = f"\n      - define: is_late\n        {reading}{CITE}\n        when: {{paid: 3}}\n"
    assert "R291" in [finding.code for finding in library(BOOK + second).findings]


FLOOR, STRICT = ("reading: {AMB-01: floor}\n        ", "reading: {AMB-01: strict}\n        ")
CIRCLE_OF_FLOOR = f"""{ITEMS.replace('when: {paid: "> 1"}', FLOOR + "when: {is_bad: true}")}
      - define: is_late
        {CITE}
        {STRICT}when: {{paid: "> 1"}}
"""


def test_a_circle_that_only_another_reading_closes_is_found_when_the_library_is_loaded() -> None:
    found = library(BOOK.replace(ITEMS, CIRCLE_OF_FLOOR))
    assert [finding.code for finding in found.findings if finding.code != "R294"] == ["R290"]
    assert found.plan is None


def test_a_circle_that_no_choice_of_readings_closes_is_none() -> None:
    """Under each reading one of the two facts is worked out from the other, never both."""
    apart = CIRCLE_OF_FLOOR.replace("when: {is_late: true}", STRICT + "when: {is_late: true}")
    found = library(BOOK.replace(ITEMS, apart))
    assert found.plan is not None
    assert found.under({"AMB-01": "floor"}).definitions != found.plan.definitions


def test_a_library_with_an_error_has_no_plan_under_any_reading() -> None:
    with pytest.raises(ValueError, match="no plan"):
        library(BOOK.replace(ITEMS, CIRCLE_OF_FLOOR)).under({"AMB-01": "strict"})


def test_two_definitions_that_no_choice_of_readings_brings_together_are_fine() -> None:
    first = BOOK.replace("define: is_late\n", "define: is_late\n        reading: {AMB-01: strict}\n")
    head = "\n      - define: is_late\n        reading: {AMB-01: floor}"
    second = f"{head}\n        {CITE}\n        when: {{paid: 3}}\n"
    assert [f.code for f in library(first + second).findings if f.severity == "error"] == []
