"""A verdict in words: what one rule concludes for the same reasons stands together, with the reasons once."""

from __future__ import annotations

from typing import Any

from api.present.verdict_text import VerdictText
from tests.shipped.shipped import library, verdict_on

DISPATCHED: dict[str, Any] = {
    "rulebook_owner": "yto",
    "ticket_kind": "complaint",
    "dispatched_at": "2015-06-20T09:00",
}


def lines_on(facts: dict[str, Any], as_of: str) -> list[str]:
    catalogue = library().catalogue
    assert catalogue is not None
    return VerdictText(catalogue, "en").text("T1", verdict_on(facts, as_of)).plain.split("\n")


def test_the_actions_that_one_rule_refuses_stand_together_above_its_reasons() -> None:
    lines = lines_on(DISPATCHED, "2015-06-20T09:10")
    last = lines.index("  gate: complete the ticket refused  requires: reply in C5")
    assert all(line.startswith("  gate: ") for line in lines[last - 6 : last])
    rule = "ticket_lifecycle/c5/actions-closed-before-first-reply"
    assert [rule in line for line in lines].count(True) == 1
    assert rule in lines[last + 1]


def test_a_breached_clock_and_its_breach_name_their_rule_once() -> None:
    lines = lines_on(DISPATCHED, "2015-06-20T09:31")
    named = [index for index, line in enumerate(lines) if "(sla/c5/first-reply)" in line]
    assert len(named) == 1
    assert [line.split(":")[0].strip() for line in lines[named[0] - 2 : named[0]]] == ["deadline", "breach"]


def test_two_rules_that_refuse_the_same_keep_their_own_reasons() -> None:
    lines = lines_on(DISPATCHED, "2015-06-20T09:10")
    refused = [line for line in lines if line.startswith("  gate: ") and "refused" in line]
    rules = [line for line in lines if "ticket_lifecycle/c5/" in line]
    assert (len(refused), len(rules)) == (8, 2)
