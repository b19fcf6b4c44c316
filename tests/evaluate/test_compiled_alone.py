"""What the compiled source says by itself: nothing of it needs the reference walk, which costs far more."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import pytest

from engine.evaluate.compiled import runtime
from engine.evaluate.compiled.evaluator import CompiledEvaluator
from engine.evaluate.facts import facts_from, instant_from
from engine.evaluate.verdict import Verdict
from tests.agreement.test_agreement import judged, shipped
from tests.cases.small_library import library_from

TICKETS = Path(__file__).parents[2] / "examples" / "tickets"
LATE: dict[str, Any] = {
    "rulebook_owner": "zto",
    "hq_deadline_at": "2015-10-02T18:00",
    "completed_at": "2015-10-03T14:20",
    "complaint_ordinal": 1,
    "complaint_category": "claims",
    "registration_status": "valid",
    "registered_in_time": True,
}


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> CompiledEvaluator:
    """The compiled evaluator of the shipped rulebooks, to which the walk is closed."""

    def refuse(*_: object) -> NoReturn:
        raise AssertionError("the reference walk was asked")

    judge = CompiledEvaluator(shipped()[1])
    judge.decide({"rulebook_owner": "zto"}, None)
    monkeypatch.setattr(runtime, "new_case", refuse)
    return judge


def agreed(alone: CompiledEvaluator, given: dict[str, Any], as_of: datetime | None = None) -> Verdict:
    """The verdict without the walk, which is also the reference evaluator's."""
    facts, findings = facts_from(given, alone.plan)
    assert findings == []
    verdict = alone.decide(facts, as_of)
    assert verdict == judged(alone.plan, facts, as_of)
    return verdict


@pytest.mark.parametrize("path", sorted(TICKETS.glob("*.json")), ids=lambda path: path.stem)
def test_the_tickets_of_the_examples_need_no_walk(alone: CompiledEvaluator, path: Path) -> None:
    given = json.loads(path.read_text(), parse_float=Decimal)
    agreed(alone, given.get("facts", given), instant_from("2015-12-31T18:00", alone.plan.zone))


def test_a_breached_deadline_needs_no_walk(alone: CompiledEvaluator) -> None:
    rule = "penalties/registration/handling-time"
    found = [outcome for outcome in agreed(alone, LATE)["outcomes"] if outcome["rule"] == rule]
    assert [outcome["kind"] for outcome in found] == ["deadline", "breach"]


def test_an_amount_without_a_parameter_needs_no_walk(alone: CompiledEvaluator) -> None:
    """The source gives no amount before its own date."""
    early = {"hq_deadline_at": "2015-03-02T18:00", "completed_at": "2015-03-03T14:20"}
    assert agreed(alone, {**LATE, **early})["undecided"][0]["reason"] == "parameter_missing"


def test_a_fact_that_a_row_lacks_needs_no_walk(alone: CompiledEvaluator) -> None:
    given = {name: value for name, value in LATE.items() if name != "complaint_ordinal"}
    assert agreed(alone, given)["undecided"][0]["missing"] == ["complaint_ordinal"]


def test_a_fact_that_a_rule_lacks_needs_no_walk(alone: CompiledEvaluator) -> None:
    given = {"rulebook_owner": "zto", "self_pickup_demanded": True, "out_of_area": True}
    assert agreed(alone, given)["undecided"]


EXCLUSIVE_ROWS = """\
rulebook: book
title: {zh: 例, en: example}
sections:
  - section: s
    title: {zh: 节, en: section}
    items:
      - table: steps
        title: {zh: 例, en: steps}
        cite: {source: deck, quote: 原文}
        hit: %s
        given: {about: true}
        inputs: [kind, sent]
        outputs: [{name: fined, type: money}]
        then: {fine: {amount: fined, payer: payer, per: ticket}}
        rows:
          - {row: plain, if: [plain, "-"], then: [1]}
          - {row: urgent, if: [urgent, true], then: [2]}
          - {row: odd, if: [odd, false], then: [3]}
"""


@pytest.mark.parametrize(
    ("hit", "given", "missing"),
    [
        ("unique", {}, ["kind", "sent"]),
        ("first", {}, ["kind"]),
        ("unique", {"kind": "urgent"}, ["sent"]),
        ("first", {"kind": "urgent", "sent": False}, []),
    ],
)
def test_rows_that_exclude_one_another_say_what_they_lack(
    hit: str, given: dict[str, Any], missing: list[str]
) -> None:
    """Under `first` the first row that may hold decides alone what is missing."""
    catalogue = {
        "kind": {"type": "enum", "values": ["plain", "urgent", "odd"]},
        "sent": "boolean",
        "about": "boolean",
    }
    plan = library_from(catalogue, EXCLUSIVE_ROWS % hit).plan
    assert plan is not None
    facts = {**given, "about": True}
    verdict = CompiledEvaluator(plan).decide(facts, None)
    assert verdict == judged(plan, facts, None)
    assert verdict["undecided"][0]["missing"] == missing
