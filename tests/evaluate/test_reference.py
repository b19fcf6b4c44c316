"""What the reference evaluator bears, and what examples are held to on it."""

from __future__ import annotations

from engine.evaluate.evaluators import evaluator
from engine.evaluate.examples import run_examples
from engine.evaluate.facts import facts_from
from tests.cases.small_library import library_from

BOOK = """rulebook: book
title: {zh: 例, en: example}
sections:
  - section: s
    title: {zh: 节, en: section}
    items:
"""
LINKS = 400


def test_a_chain_of_derived_facts_may_be_as_long_as_a_rulebook() -> None:
    facts = {f"link_{n}": {"type": "integer", "derived": "engine"} for n in range(1, LINKS)}
    links = [
        f"      - {{define: link_{n}, cite: {{source: deck, quote: 原文}}, as: link_{n - 1} + 1}}\n"
        for n in range(1, LINKS)
    ]
    plan = library_from({"link_0": "integer", **facts}, BOOK + "".join(links)).plan
    assert plan is not None
    given, _ = facts_from({"link_0": 1}, plan)
    assert evaluator("reference", plan).decide(given, None)["derived"][f"link_{LINKS - 1}"] == LINKS


ROWS = """      - table: few
        title: {zh: 例, en: few}
        cite: {source: deck, quote: 原文}
        hit: unique
        inputs: [fee]
        outputs: [{name: fined, type: money}]
        then: {fine: {amount: fined, payer: payer, per: ticket}}
        rows:
          - {row: none, if: [0], then: nothing}
          - {row: some, if: ["> 0"], then: [5]}
        examples:
          - {example: the row that concludes nothing is hit, given: {fee: 0}, expect: {row: none}}
          - {example: another row is hit, given: {fee: 0}, expect: {row: some}}
          - {example: a fine is not nothing, given: {fee: 1}, expect: {row: some}}
"""


def test_an_example_may_name_the_row_that_is_hit_and_concludes_nothing() -> None:
    library = library_from({"fee": "money"}, BOOK + ROWS)
    passed = [result.passed for result in run_examples(library, "reference")]
    assert passed == [True, False, False]
