"""A settled month as pages: totals, entries with their citations, what is open, what a correction changes."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest

from api.present.statements_html import write_index, write_statement
from engine.base.findings import Language
from engine.replay.settle.settlement import Month, Statement
from tests.present.made_up_month import (
    CALL,
    CHANGES,
    LINES,
    LINKS,
    MONTH,
    QUIET,
    SETTLED,
    STATEMENT,
    line,
)
from tests.present.pages import Page, read, stands_alone
from tests.shipped.shipped import library

CORRECTION = replace(MONTH, correction_of=SETTLED)


def statement(of: Statement = STATEMENT, month: Month = MONTH, language: Language = "en") -> str:
    out = StringIO()
    write_statement(out, of, month, library(), language)
    return out.getvalue()


def index(month: Month = MONTH, language: Language = "en") -> str:
    out = StringIO()
    write_index(out, LINKS, month, library(), language)
    return out.getvalue()


def shown(html: str) -> Page:
    page = read(html)
    assert stands_alone(html, page)
    return page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_stand_alone_and_are_the_same_each_time(language: Language) -> None:
    shown(statement(language=language))
    shown(index(language=language))
    assert statement(language=language) == statement(language=language)
    assert index(language=language) == index(language=language)


def test_a_statement_has_every_entry_with_ticket_rule_and_citation() -> None:
    text = shown(statement()).text
    for entry in LINES:
        assert str(entry.ticket_no) in text
        assert entry.rule in text
    assert "百萬票申訴率在11-15(含),處罰1000元/票" in text
    assert "2,800.00" in text
    assert text.count("2,000.00") == 1, "the subtotal of a rule"


def test_a_ticket_that_pays_by_two_rules_shows_the_other_one_at_each() -> None:
    html = statement()
    assert '<span class="sign">+</span>fines by the band of the rate' in html
    assert '<span class="sign">+</span>dispatch delay' in html


def test_what_is_open_says_why_what_lacks_and_what_other_readings_would_cost() -> None:
    text = shown(statement()).text
    assert "left open by the source" in text
    assert "the rate without its fraction decides 500 CNY" in text
    assert "date of the first call, special case" in text
    assert "ticket without a number" in text


def test_numbers_between_two_are_shown_as_such() -> None:
    assert "12–14" in shown(statement()).text
    assert "10.476190–12.380952" in shown(index()).text


def test_an_outlet_without_amounts_says_so() -> None:
    assert "Nothing is due for this month." in shown(statement(QUIET)).text


def test_amounts_that_no_outlet_is_known_for_are_told_apart() -> None:
    text = shown(statement(replace(STATEMENT, outlet=None))).text
    assert "Which outlet bears these cannot be told" in text


def test_the_index_leads_to_every_statement_and_adds_up() -> None:
    page = shown(index())
    assert page.links == [link.file for link in LINKS]
    assert "2 tickets are bad and were not judged." in page.text
    assert page.text.count("2,800.00") == 3, "the tile, the outlet, and all outlets"


def test_a_correction_shows_what_came_what_went_and_what_changed() -> None:
    corrected = replace(STATEMENT, changes=CHANGES, before=SETTLED.totals)
    text = shown(statement(corrected, CORRECTION)).text
    assert "1,300.00 → 2,800.00" in text
    assert all(word in text for word in ("added", "taken away", "changed", "+1,000.00", "+500.00", "−50.00"))
    assert "As it was settled." in shown(statement(QUIET, CORRECTION)).text
    assert "+1,500.00" in shown(index(CORRECTION)).text


class Counting(StringIO):
    """Knows the largest piece that was written at once."""

    largest = 0

    def write(self, piece: str, /) -> int:
        self.largest = max(self.largest, len(piece))
        return super().write(piece)


def test_a_large_statement_is_written_piece_by_piece() -> None:
    many = replace(STATEMENT, lines=tuple(line(number, CALL, None, "50.00") for number in range(5000)))
    out = Counting()
    write_statement(out, many, MONTH, library(), "zh")
    assert 0 < out.largest < 30_000
