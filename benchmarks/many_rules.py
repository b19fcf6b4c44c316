"""Libraries of many rules like the first-call fines: ten for each category of complaints."""

from __future__ import annotations

import time
from dataclasses import dataclass
from random import Random
from typing import Any

from benchmarks.conclusions import fines, from_verdict
from benchmarks.rounds import Contender, timed
from engine.evaluate.compiled.evaluator import CompiledEvaluator
from engine.evaluate.facts import Facts, facts_from
from engine.library import Library, load_texts

RULES_A_CATEGORY = 10
CATEGORIES_A_BOOK = 20
SMALL, LARGE = 2, 200
TICKETS = 1000
MOST_TIMES_SLOWER = 2.0
MOST_SECONDS_TO_LOAD = 5.0

_FACTS = """\
catalogue: facts
zone: Asia/Shanghai
currency: CNY
entities: {{ticket: {{zh: 工单, en: ticket}}}}
parties: {{responsible_outlet: {{zh: 责任网点, en: responsible outlet}}}}
codes: {{}}
facts:
  category:
    entity: ticket
    label: {{zh: 类别, en: category}}
    type: enum
    values: {{{values}}}
    example: c000
  called_on: {{entity: ticket, label: {{zh: 来电日期, en: called on}}, type: date, example: 2015-10-01}}
  reported: {{entity: ticket, label: {{zh: 客户反映, en: reported}}, type: boolean, example: true}}
  evidence_given: {{entity: ticket, label: {{zh: 已举证, en: evidence given}}, type: boolean, example: true}}
  amount_claimed: {{entity: ticket, label: {{zh: 金额, en: amount}}, type: money, minimum: 0, example: 10}}
"""
_SOURCES = (
    "sources: {made_up: {file: made_up.txt, title: {zh: 虚构, en: made up}, date: 2015-06, sha256: %s}}\n"
)
_BOOK = """\
rulebook: {name}
title: {{zh: 规则书, en: rulebook}}
sections:
  - section: first-call
    title: {{zh: 首次来电, en: first call}}
    event_date: called_on
    in_force: {{from: 2015-04-01}}
    items:
"""
_RULE = """\
      - rule: {category}-{number}
        title: {{zh: 规则, en: rule {number} of {category}}}
        cite: {{source: made_up, quote: 首次來電即給予處罰}}
        when: {{category: {category}, reported: true, amount_claimed: "> {floor}"}}
        unless:
          - exception: evidence
            title: {{zh: 已举证, en: evidence}}
            cite: {{source: made_up, quote: 撤銷條件}}
            when: {{evidence_given: true, amount_claimed: "< {ceiling}"}}
        then: {{fine: {{amount: {fine}, payer: responsible_outlet, per: waybill}}}}
        examples:
          - example: reported
            given:
              category: {category}
              called_on: 2015-10-08
              reported: true
              evidence_given: false
              amount_claimed: 999
            expect: {{fine: {fine}}}
"""


@dataclass(frozen=True)
class Loading:
    rules: int
    seconds: float
    target: float


def library_texts(categories: int) -> dict[str, bytes]:
    """The files of a library by name; its rules are ten a category, in rulebooks of 200."""
    names = [f"c{i:03}" for i in range(categories)]
    values = ", ".join(f"{name}: {{zh: 类{name}, en: {name}}}" for name in names)
    files = {"facts.yaml": _FACTS.format(values=values), "sources.yaml": _SOURCES % ("a" * 64)}
    for i in range(0, categories, CATEGORIES_A_BOOK):
        book = f"book{i // CATEGORIES_A_BOOK}"
        rules = (_rule(name, n) for name in names[i : i + CATEGORIES_A_BOOK] for n in range(RULES_A_CATEGORY))
        files[f"{book}.yaml"] = _BOOK.format(name=book) + "".join(rules)
    return {name: text.encode() for name, text in files.items()}


def _rule(category: str, number: int) -> str:
    floor = number * 10
    return _RULE.format(
        category=category, number=number, floor=floor, ceiling=floor + 25, fine=20 + 10 * number
    )


def load_timed(categories: int) -> tuple[Library, Loading]:
    """The library, and how long it took from texts to plan."""
    texts = library_texts(categories)
    started = time.perf_counter()
    library = load_texts(texts)
    seconds = time.perf_counter() - started
    if library.findings:
        raise ValueError(f"the made-up library is not clean: {library.findings[0]}")
    return library, Loading(categories * RULES_A_CATEGORY, seconds, MOST_SECONDS_TO_LOAD)


def contenders(small: Library, large: Library) -> list[Contender]:
    """The same kind of tickets on 20 rules and on 2,000, where ten can apply to each."""
    return [_contender(small, SMALL), _contender(large, LARGE)]


def _contender(library: Library, categories: int) -> Contender:
    if library.plan is None:
        raise ValueError("a library with findings has no plan")
    judge = CompiledEvaluator(library.plan)
    random = Random(categories)
    facts = [_facts(random, categories, library) for _ in range(TICKETS)]
    return Contender(
        f"{categories * RULES_A_CATEGORY:,} rules, {categories} categories",
        TICKETS,
        timed(judge.decide, facts, None),
        lambda: [fines(from_verdict(judge.decide(each, None))) for each in facts],
    )


def _facts(random: Random, categories: int, library: Library) -> Facts:
    raw: dict[str, Any] = {
        "category": f"c{random.randrange(categories):03}",
        "called_on": f"2015-{random.randrange(3, 12):02}-{random.randrange(1, 29):02}",
        "reported": random.random() < 0.8,
        "evidence_given": random.random() < 0.3,
        "amount_claimed": random.randrange(120),
    }
    if library.plan is None:
        raise ValueError("a library with findings has no plan")
    facts, _ = facts_from(raw, library.plan)
    return facts
