"""Facts may be called like words of SQL, and like what a query itself names."""

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
BOOK = """rulebook: book
title: {zh: 例, en: example}
sections:
  - section: s
    title: {zh: 节, en: section}
    items:
      - rule: lists
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


def test_facts_may_be_called_like_words_of_sql() -> None:
    plan = library_from(FACTS, BOOK).plan
    assert plan is not None
    tickets = list(nasty_tickets(Random(1), plan, pools_of(plan), (), 200))
    assert list(differences(plan, tickets)) == []
