"""What items promise is read, kept apart from what they mean, and looked at only where it can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.library import Library, load_texts
from engine.rulebook.model import Head
from engine.rulebook.types import Kind

RULES = Path(__file__).parents[2] / "rules"
MEANING = Path(__file__).parents[1] / "mistakes" / "meaning" / "library"
PROMISE = re.compile(r"^ +(rises_with|implements): .*\n", re.MULTILINE)
ITEMS = """\
rulebook: penalties
title: {zh: 处罚, en: penalties}
sections:
  - section: calls
    title: {zh: 来电, en: calls}
    items:
      - rule: late
        title: {zh: 超时, en: late}
        cite: {source: deck, quote: 首次來電}
        when: {days_late: "> 0"}
        then: {fine: {amount: 50, payer: responsible_outlet, per: ticket}}
        rises_with: [days_late, called_at, in_month]
        implements: [penalties/calls/very-late]
      - rule: very-late
        title: {zh: 严重超时, en: very late}
        cite: {source: deck, quote: 首次來電}
        when: {days_late: "> 9"}
        then: {fine: {amount: 50, payer: responsible_outlet, per: ticket}}
        rises_with: days_late
"""


def library_of(rulebook: str) -> Library:
    texts = {path.name: path.read_bytes() for path in MEANING.glob("*.yaml")}
    return load_texts({**texts, "penalties.yaml": rulebook.encode()})


def heads_of(library: Library) -> dict[str, Head]:
    return {item.head.id: item.head for book in library.rulebooks for item in book.items}


def test_one_fact_or_several_and_one_item_or_several_are_read_with_their_places() -> None:
    late, very_late = heads_of(library_of(ITEMS)).values()
    assert [(f.name, f.type.kind) for f in late.rises_with] == [
        ("days_late", Kind.INTEGER),
        ("called_at", Kind.INSTANT),
        ("in_month", Kind.MONTH),
    ]
    assert late.implements == ("penalties/calls/very-late",)
    assert [(name, str(span)) for name, span in late.promised_at.items()] == [
        ("days_late", "penalties.yaml:12:22"),
        ("called_at", "penalties.yaml:12:33"),
        ("in_month", "penalties.yaml:12:44"),
        ("penalties/calls/very-late", "penalties.yaml:13:22"),
    ]
    assert [fact.name for fact in very_late.rises_with] == ["days_late"]
    assert very_late.implements == ()


@pytest.mark.parametrize("shipped", [False, True])
def test_promises_say_nothing_of_verdicts_and_leave_the_edition_as_it_is(shipped: bool) -> None:
    texts = {path.name: path.read_text("utf-8") for path in (RULES if shipped else MEANING).glob("*.yaml")}
    if not shipped:
        texts["penalties.yaml"] = ITEMS
    without = {name: PROMISE.sub("", text) for name, text in texts.items()}
    assert without != texts
    editions = {edition_of(written) for written in (texts, without)}
    assert len(editions) == 1


def edition_of(texts: dict[str, str]) -> str:
    plan = load_texts({name: text.encode() for name, text in texts.items()}).plan
    assert plan is not None
    return plan.edition


def test_an_item_that_could_not_be_read_is_known_all_the_same() -> None:
    library = library_of(ITEMS.replace('{days_late: "> 9"}', '{day_late: "> 9"}'))
    assert [finding.code for finding in library.findings if finding.code != "R294"] == ["R230"]
    assert library.rulebooks[0].unreadable == {"penalties/calls/very-late"}


def test_so_are_the_items_of_a_section_that_could_not_be_read() -> None:
    visits = """\
  - section: visits
    title: {zh: 上门, en: visits}
    event_date: rate
    items:
      - rule: late
"""
    rule = ITEMS.partition("      - rule: very-late\n")[2]
    library = library_of(ITEMS.replace("calls/very-late]", "visits/late]") + visits + rule)
    assert [finding.code for finding in library.findings if finding.code != "R294"] == ["R254"]
    assert library.rulebooks[0].unreadable == {"penalties/visits/late"}
