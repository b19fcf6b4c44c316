"""Small rulebooks with each thing that an outcome can hang on, and every value of their facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from engine.evaluate.facts import Facts
from engine.plan.nodes import Plan
from engine.rulebook.types import Kind
from tests.cases.small_library import library_from

FACTS: Mapping[str, Any] = {
    "kind": {"type": "enum", "values": ["loss", "delay", "damage"]},
    "days": {"type": "integer", "minimum": 0, "maximum": 200},
    "grace": {"type": "integer", "minimum": 0, "maximum": 80, "absence": "none"},
    "value": {"type": "money", "minimum": 0, "maximum": 3},
    "paid": {"type": "money", "minimum": 0, "maximum": 3, "absence": "none"},
    "insured": "boolean",
    "excused": "boolean",
    "sent": "date",
    "arrived": {"type": "date", "absence": "none"},
    "gap": {"type": "money", "derived": "engine"},
    "is_late": {"type": "boolean", "derived": "fallback"},
    "level": {"type": "integer", "derived": "engine"},
}

HEAD = """
rulebook: book
title: {zh: 例, en: example}
parameters:
  most_days:
    label: {zh: 天数, en: days}
    type: integer
    values: {2015-01-01: 5, 2015-06-20: 7}
    cite: {source: deck, quote: 原文}
sections:
  - section: s
    title: {zh: 节, en: section}
    event_date: sent
    items:
"""

ITEMS: Mapping[str, str] = {
    "simple": """
      - rule: r
        title: {zh: 例, en: simple}
        cite: {source: deck, quote: 原文}
        when: {kind: "loss, damage", days: "> 57", insured: false}
        then: {fine: {amount: 50 CNY, payer: payer, per: ticket}}
""",
    "exception": """
      - rule: r
        title: {zh: 例, en: exception}
        cite: {source: deck, quote: 原文}
        when: {days: "[3..150]"}
        unless:
          - exception: excused
            title: {zh: 免, en: excused}
            cite: {source: deck, quote: 原文}
            when: {excused: true, kind: not(loss)}
        then: {breach: {code: late}}
""",
    "derived": """
      - rule: r
        title: {zh: 例, en: derived}
        cite: {source: deck, quote: 原文}
        when: {gap: "> 0.37", is_late: true}
        then: {compensation: {amount: gap, payee: payee}}
      - define: gap
        cite: {source: deck, quote: 原文}
        as: "max(value - paid, 0 CNY)"
      - define: is_late
        cite: {source: deck, quote: 原文}
        when: {formula: "days * 3 > grace + 100"}
""",
    "absent": """
      - rule: r
        title: {zh: 例, en: absent}
        cite: {source: deck, quote: 原文}
        when: {paid: absent, grace: "< 20"}
        then: {gate: {action: refund, allowed: false}}
""",
    "table": """
      - table: r
        title: {zh: 例, en: table}
        cite: {source: deck, quote: 原文}
        hit: first
        inputs: [days, kind]
        outputs: [{name: amount, type: money}]
        rows:
          - {row: low, if: ["< 10", "-"], then: nothing}
          - {row: middle, if: ["[10..90]", loss], then: [5]}
          - {row: gap, if: ["(90..100)", "-"], undefined: {odd: [1]}}
          - {row: high, if: [">= 100", "-"], then: [9]}
        then: {fine: {amount: amount, payer: payer, per: ticket}}
""",
    "dates": """
      - rule: r
        title: {zh: 例, en: dates}
        cite: {source: deck, quote: 原文}
        when: {formula: "days between(sent, arrived) > most_days"}
        then: {fine: {amount: 50 CNY, payer: payer, per: ticket}}
""",
    "two": """
      - rule: r
        title: {zh: 例, en: two}
        cite: {source: deck, quote: 原文}
        when: {any: [{insured: false}, {days: "> 57"}]}
        then: {fine: {amount: 50 CNY, payer: payer, per: ticket}}
""",
    "three": """
      - rule: r
        title: {zh: 例, en: three}
        cite: {source: deck, quote: 原文}
        when: {any: [{insured: false}, {days: "> 57"}, {kind: "loss, damage"}, {grace: absent}]}
        then: {fine: {amount: 50 CNY, payer: payer, per: ticket}}
""",
    "scope": """
      - rule: r
        title: {zh: 例, en: scope}
        cite: {source: deck, quote: 原文}
        scope: {kind: loss}
        when: {formula: "days + 1 > 0"}
        then: {fine: {amount: 50 CNY, payer: payer, per: ticket}}
""",
    "always": """
      - rule: r
        title: {zh: 例, en: always}
        cite: {source: deck, quote: 原文}
        when: {formula: "days + 1 > 0"}
        then: {fine: {amount: 50 CNY, payer: payer, per: ticket}}
""",
}

FIRST, LAST = date(2015, 6, 1), date(2015, 7, 20)


def plan_of(name: str) -> Plan:
    """The plan of one of the rulebooks."""
    library = library_from(FACTS, HEAD + ITEMS[name])
    assert library.plan is not None, library.findings
    return library.plan


def every_value(plan: Plan, name: str) -> list[Any]:
    """Each value that a fact can have; of days those of seven weeks."""
    declared = plan.facts[name]
    low, high = declared.minimum, declared.maximum
    match declared.type.kind:
        case Kind.BOOLEAN:
            return [True, False]
        case Kind.ENUM:
            return list(declared.type.members)
        case Kind.INTEGER:
            return list(range(low, high + 1))  # type: ignore[arg-type, operator]  # both bounds are given
        case Kind.MONEY:
            return [Decimal(cents) / 100 for cents in range(int(high * 100) + 1)]  # type: ignore[operator]
        case _:
            return [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]


def made_up(random: Random, plan: Plan) -> Facts:
    """A ticket that gives most facts."""
    names = [name for name, declared in plan.facts.items() if declared.derived != "engine"]
    chance = {"is_late": 0.1, "paid": 0.4, "grace": 0.5}
    given = [name for name in names if random.random() < chance.get(name, 0.9)]
    return {name: random.choice(every_value(plan, name)) for name in given}
