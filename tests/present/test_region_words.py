"""Regions in words: chained comparisons, lists of values, presence, labels for readers of Chinese."""

from __future__ import annotations

import pytest

from api.present.region_words import region_text, side_text
from engine.base.findings import Language
from engine.library import load
from engine.prove.region import APPLIES, Region, Side
from engine.rulebook.expressions import TRUE
from tests.api.command_line import SMALL


def region(*sides: tuple[str | None, str], exact: bool = True) -> Region:
    return Region(tuple(Side(fact, text, TRUE) for fact, text in sides), TRUE, exact)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(10..11)", "10 < rate < 11"),
        ("]10..11[", "10 < rate < 11"),
        ("[4..7]", "4 <= rate <= 7"),
        ("[4..4]", "rate = 4"),
        ("> 3", "rate > 3"),
        ("<= 2015-04-01", "rate <= 2015-04-01"),
        ("!= 3", "rate != 3"),
        ("3", "rate = 3"),
        ("true", "rate = true"),
        ("delay, damage", "rate is one of delay, damage"),
        ('"a, b", c', 'rate is one of "a, b", c'),
        ("not(damage)", "rate != damage"),
        ("not(damage, loss)", "rate is not damage, loss"),
        ("not([4..7])", "not (4 <= rate <= 7)"),
        ("< 3, [5..6), 9", "rate < 3 or 5 <= rate < 6 or rate = 9"),
        ("present", "rate is present"),
        ("absent", "rate is absent"),
        ("< 3, absent", "rate < 3 or rate is absent"),
        ("> max(a, b)", "rate > max(a, b)"),
        ("not(> max(a, b))", "not (rate > max(a, b))"),
    ],
)
def test_one_condition(text: str, words: str) -> None:
    """Each test of the rulebook language that a region is made of."""
    assert region_text(region(("rate", text)), "en") == words
    assert side_text(Side("rate", text, TRUE), "en") == words


@pytest.mark.parametrize(
    ("sides", "words"),
    [
        ([], "every ticket"),
        ([("days", "> 10"), ("days", "< 11")], "10 < days < 11"),
        ([("days", "<= 11"), ("kind", "loss"), ("days", "> 10")], "10 < days <= 11 and kind = loss"),
        ([("days", "> 1"), ("days", "> 2")], "days > 1 and days > 2"),
        ([("days", "present"), ("days", "> 2")], "days is present and days > 2"),
        ([(None, "days between(a, b) > 3"), ("paid", "true")], "days between(a, b) > 3 and paid = true"),
    ],
)
def test_sides_together(sides: list[tuple[str | None, str]], words: str) -> None:
    """Two ends of one fact are one interval; all else stands beside each other."""
    assert region_text(region(*sides), "en") == words


@pytest.mark.parametrize(
    ("item", "language", "words"),
    [
        (None, "en", "days > 1 and it applies"),
        ("lost", "en", "days > 1 and “lost” applies"),
        (None, "zh", "days > 1 且 本规则适用"),
        ("丢失", "zh", "days > 1 且 “丢失”适用"),
    ],
)
def test_where_a_rule_applies(item: str | None, language: Language, words: str) -> None:
    """Beneath its rule a region speaks of it as such, elsewhere by its title."""
    assert region_text(region(("days", "> 1"), (None, APPLIES)), language, item=item) == words


def test_some_tickets_only() -> None:
    """A region that is not exact says so."""
    assert region_text(region(("days", "> 1"), exact=False), "en") == "days > 1 (some of these tickets)"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", "1 < days < 3（天数） 且 kind = loss（类型：丢失）"),
        ("en", "1 < days < 3 and kind = loss"),
    ],
)
def test_labels(language: Language, words: str) -> None:
    """Who reads Chinese is told the labels of facts and values too."""
    catalogue = load(SMALL).catalogue
    assert catalogue is not None
    shown = region(("days", "(1..3)"), ("kind", "loss"))
    assert region_text(shown, language, catalogue.facts) == words
