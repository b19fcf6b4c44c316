"""Facts may be called like words of SQL, and there may be hundreds of them."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.cases.small_library import library_from
from tests.generators import pools_of
from tests.replay.agreement import differences
from tests.replay.agreement_tickets import nasty_tickets

RECORD = {"size": "integer", "end": "instant", "select": "integer"}
FACTS: dict[str, Any] = {
    **dict.fromkeys(("group", "r", "nth", "s", "table", "v0"), "integer"),
    **dict.fromkeys(("t", "p"), "money"),
    "order": "boolean",
    "case": "date",
    "waits": {"type": "list", "record": RECORD},
    "user": {"type": "integer", "derived": "engine"},
}
HEAD = """rulebook: book
title: {zh: 例, en: example}
sections:
  - section: s
    title: {zh: 节, en: section}
    items:
"""
ITEMS = """      - rule: lists
        title: {zh: 例, en: lists}
        cite: {source: deck, quote: 原文}
        when:
          order: true
          group: "> 0"
          waits: {some: {size: "> r", end: present, select: "<= nth"}, last: {has: {size: "< nth"}}}
        then: {fine: {amount: t + p, payer: payer, per: ticket}}
      - rule: others
        title: {zh: 例, en: others}
        cite: {source: deck, quote: 原文}
        when: {table: "> 1", v0: 1, case: "> 2015-01-01", s: "< r"}
        then: {breach: {code: late}}
      - {define: user, as: r + nth, cite: {source: deck, quote: 原文}}
"""


def agreed(facts: dict[str, Any], rulebook: str) -> None:
    plan = library_from(facts, rulebook).plan
    assert plan is not None
    tickets = list(nasty_tickets(Random(1), plan, pools_of(plan), (), 100))
    assert list(differences(plan, tickets)) == []


def test_facts_may_be_called_like_words_of_sql() -> None:
    agreed(FACTS, HEAD + ITEMS)


MANY = {f"fact_{n}": "boolean" for n in range(300)}
CHAIN: dict[str, Any] = {
    "link_0": {"type": "integer", "minimum": 0, "maximum": 1000},
    **{f"link_{n}": {"type": "integer", "derived": "engine"} for n in range(1, 120)},
}


def test_a_rule_may_join_hundreds_of_tests() -> None:
    tests = "".join(f"          {name}: true\n" for name in MANY)
    rule = "      - rule: r\n        title: {zh: 例, en: r}\n        cite: {source: deck, quote: 原文}\n"
    agreed(MANY, f"{HEAD}{rule}        when:\n{tests}        then: {{breach: {{code: late}}}}\n")


def test_a_fact_may_rest_on_a_long_chain_of_others() -> None:
    cite = "cite: {source: deck, quote: 原文}"
    links = [f"      - {{define: link_{n}, {cite}, as: link_{n - 1} + 1}}\n" for n in range(1, 120)]
    agreed(CHAIN, f"{HEAD}{''.join(links)}")
