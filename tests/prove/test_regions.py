"""Regions of random conditions over small domains hold exactly the tickets that meet them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.plan.nodes import Plan
from engine.prove.asking.trial import Trial
from engine.prove.encoding.encoding import Encoding
from engine.prove.encoding.symbols import Symbols
from engine.prove.region import Region
from engine.prove.regions.atoms import atoms_of
from engine.prove.regions.search import boundaries, regions
from engine.rulebook.expressions import (
    All,
    AnyOf,
    Arithmetic,
    Comparison,
    Constant,
    Expression,
    FactValue,
    Not,
    Present,
)
from engine.rulebook.types import BOOLEAN, INTEGER
from tests.cases.small_library import library_from

FACTS = {
    "days": {"type": "integer", "minimum": 0, "maximum": 5},
    "calls": {"type": "integer", "minimum": 0, "maximum": 3, "absence": "none"},
    "kind": {"type": "enum", "values": ["damage", "delay", "loss"]},
    "urgent": "boolean",
    "level": {"type": "integer", "derived": "engine"},
}
RULEBOOK = """
rulebook: book
title: {zh: 〔〕, en: book}
sections:
  - section: s
    title: {zh: 〔〕, en: s}
    items:
      - table: level
        title: {zh: 〔〕, en: level}
        cite: {source: deck, quote: 甲}
        hit: unique
        inputs: [days]
        defines: level
        rows:
          - {row: low, if: ["< 2"], then: 1}
          - {row: high, if: [">= 2"], then: 2}
"""
DOMAINS: dict[str, list[Any]] = {
    "days": list(range(6)),
    "calls": [None, *range(4)],
    "kind": ["damage", "delay", "loss"],
    "urgent": [True, False],
}


@cache
def plan() -> Plan:
    found = library_from(FACTS, RULEBOOK).plan
    assert found is not None
    return found


def fact(name: str) -> FactValue:
    return FactValue(name, plan().facts[name].type)


@cache
def tickets() -> list[Trial]:
    """Every ticket that there is, complete."""
    rows = product(*DOMAINS.values())
    named = [{n: v for n, v in zip(DOMAINS, row, strict=True) if v is not None} for row in rows]
    return [Trial(plan(), facts, None) for facts in named]


def held(condition: Expression) -> frozenset[int]:
    return frozenset(n for n, trial in enumerate(tickets()) if trial.case.value(condition) is True)


def said(condition: Expression, most: int = 60) -> tuple[list[Region], bool]:
    encoding = Encoding(plan(), Symbols())
    atoms = atoms_of(encoding, condition)
    formula = encoding.condition(condition).must
    axioms = encoding.axioms(formula, *(atom.condition for atom in atoms))
    return regions(formula, axioms, atoms, most=most)


def number(value: int) -> Constant:
    return Constant(value, INTEGER)


def leaves() -> Iterator[st.SearchStrategy[Expression]]:
    operators = st.sampled_from(("<", "<=", ">", ">=", "=", "!="))
    ends = st.integers(-1, 6).map(number)
    for name in ("days", "calls", "level"):
        yield st.builds(Comparison, operators, st.just(fact(name)), ends)
    total = Arithmetic("+", fact("days"), fact("calls"), INTEGER)
    yield st.builds(Comparison, operators, st.just(total), ends)
    yield st.builds(Comparison, operators, st.just(fact("days")), st.just(fact("calls")))
    members = st.sampled_from(("damage", "delay", "loss")).map(lambda m: Constant(m, fact("kind").type))
    yield st.builds(Comparison, st.sampled_from(("=", "!=")), st.just(fact("kind")), members)
    truths = st.booleans().map(lambda truth: Constant(truth, BOOLEAN))
    yield st.builds(Comparison, st.just("="), st.just(fact("urgent")), truths)
    yield st.just(Present(fact("calls")))


def conditions() -> st.SearchStrategy[Expression]:
    def joined(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        several = st.lists(parts, min_size=1, max_size=3).map(tuple)
        return several.map(All) | several.map(AnyOf) | parts.map(Not)

    return st.recursive(st.one_of(*leaves()), joined, max_leaves=7)


@settings(max_examples=150, deadline=None)
@given(conditions())
def test_regions_are_the_condition(condition: Expression) -> None:
    """All of its tickets and no others, no side without need."""
    found, complete = said(condition)
    assert complete
    assert all(region.exact for region in found)
    union = [held(region.condition) for region in found]
    assert frozenset().union(*union) == held(condition)
    for region in found:
        for side in region.sides:
            others = All(tuple(other.condition for other in region.sides if other is not side))
            assert not held(others) <= held(condition)


@settings(max_examples=60, deadline=None)
@given(conditions())
def test_beyond_a_boundary_all_other_sides_hold(condition: Expression) -> None:
    """What lies beyond a side is outside of the region, and nowhere else than beyond that side."""
    for region in said(condition)[0]:
        inside = held(region.condition)
        for beyond in boundaries(region):
            outside = held(beyond.condition)
            assert not outside & inside
            assert outside <= held(All(tuple(s.condition for s in region.sides if s is not beyond.side)))


def written(region: Region) -> str:
    """A rulebook with the region for the conditions of a rule."""
    sides = [{"formula" if side.fact is None else side.fact: side.text} for side in region.sides]
    rule = {
        "rule": "read-again",
        "title": {"zh": "〔〕", "en": "rule"},
        "cite": {"source": "deck", "quote": "甲"},
        "when": {"all": sides} if sides else {},
        "then": {"breach": {"code": "late"}},
    }
    book = yaml.safe_load(RULEBOOK)
    book["sections"][0]["items"].append(rule)
    return yaml.safe_dump(book, allow_unicode=True)


@settings(max_examples=60, deadline=None)
@given(conditions())
def test_a_rulebook_could_say_it(condition: Expression) -> None:
    """The texts are tests and formulas of the rulebook language and mean the condition beside them."""
    for region in said(condition)[0]:
        found = library_from(FACTS, written(region))
        assert [finding.message("en") for finding in found.findings if finding.severity == "error"] == []
        assert found.plan is not None
        (rule,) = found.plan.items
        assert held(rule.own) == held(region.condition)


def _days(operator: Any, end: int) -> Comparison:
    return Comparison(operator, fact("days"), number(end))


def _calls(operator: Any, end: int) -> Comparison:
    return Comparison(operator, fact("calls"), number(end))


def _kind(member: str) -> Comparison:
    return Comparison("=", fact("kind"), Constant(member, fact("kind").type))


@pytest.mark.parametrize(
    ("condition", "texts"),
    [
        (_days(">", 3), [["days: > 3"]]),
        (All((_days(">", 1), _days("<=", 4))), [["days: (1..4]"]]),
        (All((_days(">=", 4), _days("<=", 4))), [["days: 4"]]),
        (Not(_days("=", 3)), [["days: not(3)"]]),
        (AnyOf((_days("<", 1), _days(">", 3))), [["days: < 1"], ["days: > 3"]]),
        (_days(">=", 0), [[]]),
        (_calls(">", 1), [["calls: > 1"]]),
        (Not(_calls(">", 1)), [["calls: absent, <= 1"]]),
        (Present(fact("calls")), [["calls: present"]]),
        (Not(Present(fact("calls"))), [["calls: absent"]]),
        (AnyOf((_kind("damage"), _kind("delay"))), [["kind: not(loss)"]]),
        (_kind("delay"), [["kind: delay"]]),
        (All((_kind("delay"), Not(_kind("loss")))), [["kind: delay"]]),
        (Comparison("<", fact("days"), fact("calls")), [["days: < calls"]]),
        (Not(Comparison("<", fact("days"), fact("calls"))), [["days: not(< calls)"]]),
        (Comparison("=", fact("level"), number(2)), [["level: 2"]]),
        (AnyOf((_days(">", 3), _kind("loss"))), [["kind: loss"], ["days: > 3"]]),
        (All((_days(">", 4), _days("<", 4))), []),
    ],
)
def test_the_words_of_regions(condition: Expression, texts: list[list[str]]) -> None:
    """Tests as a rulebook would write them."""
    found, complete = said(condition)
    assert complete
    assert sorted([str(side) for side in region.sides] for region in found) == sorted(texts)


def test_no_more_regions_than_asked_for() -> None:
    """What is left over makes the answer incomplete."""
    found, complete = said(AnyOf((_days(">", 3), _kind("loss"), _calls(">", 1))), most=2)
    assert len(found) == 2
    assert not complete
