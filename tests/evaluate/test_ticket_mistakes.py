"""What is wrong with a ticket is told by JSON pointer, in exactly the words of `tests/mistakes/tickets`."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.base.findings import Finding, Language, codes
from engine.evaluate.facts import facts_from, instant_from
from engine.library import load
from engine.plan.nodes import Plan

ROOT = Path(__file__).parents[2]
TICKETS = ROOT / "tests" / "mistakes" / "tickets"


@cache
def plan() -> Plan:
    found = load(ROOT / "rules").plan
    assert found is not None
    return found


def parsed(text: str) -> Any:
    """JSON with its numbers exact; `{n digits}` and `{n records}` written out."""
    text = re.sub(r"\{(\d+) digits\}", lambda found: "1" * int(found[1]), text)
    text = re.sub(r"\{(\d+) records\}", lambda found: ", ".join(["{}"] * int(found[1])), text)
    return json.loads(text, parse_float=Decimal, parse_constant=Decimal)


def said(findings: list[Finding], language: Language) -> str:
    lines = []
    for finding in findings:
        mend = finding.help(language)
        lines.append(f"{finding.pointer}: {finding.code} {finding.message(language)}\n")
        lines += [f"  help: {mend}\n"] if mend else []
    return "".join(lines)


def everything_said() -> str:
    text = ""
    for ticket in yaml.safe_load((TICKETS / "tickets.yaml").read_text("utf-8")):
        _, findings = facts_from(parsed(ticket["facts"]), plan())
        assert findings, ticket["ticket"]
        text += f"# {ticket['ticket']}\n{said(findings, 'en')}---\n{said(findings, 'zh')}\n"
    return text


def test_each_mistake_of_a_ticket_is_told_in_exactly_these_words() -> None:
    assert everything_said() == (TICKETS / "tickets.expected").read_text("utf-8")


def test_every_message_about_facts_is_shown_by_a_ticket() -> None:
    shown = set(re.findall(r"\bF\d{3}\b", (TICKETS / "tickets.expected").read_text("utf-8")))
    assert {code for code in codes() if code.startswith("F0")} == shown


def test_what_can_be_read_is_read_although_something_else_cannot() -> None:
    facts, findings = facts_from({"fee_collected": "x", "complaint_ordinal": 2}, plan())
    assert facts == {"complaint_ordinal": 2}
    assert [finding.pointer for finding in findings] == ["/facts/fee_collected"]


def test_a_null_is_an_absent_fact() -> None:
    assert facts_from({"fee_collected": None, "scans_before_complaint": None}, plan()) == ({}, [])


def test_numbers_may_come_as_text_or_with_zeros_and_stay_exact() -> None:
    for written in ("15", "15.00", 15, Decimal("15.0000"), Decimal("1.5E+1")):
        assert facts_from({"fee_collected": written}, plan())[0] == {"fee_collected": Decimal(15)}


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2015-06-20T10:00", "2015-06-20T10:00:00+08:00"),
        ("2015-06-20 10:00", "2015-06-20T10:00:00+08:00"),
        ("2015-06-20T10:00:30", "2015-06-20T10:00:30+08:00"),
        ("2015-06-20T02:00Z", "2015-06-20T10:00:00+08:00"),
        ("2015-06-20T24:00", "2015-06-21T00:00:00+08:00"),
        ("2015-06-20T24:00+08:00", "2015-06-21T00:00:00+08:00"),
        ("1988-07-01T12:00", "1988-07-01T12:00:00+09:00"),
    ],
)
def test_an_instant_is_read_in_the_zone_of_the_catalogue(text: str, instant: str) -> None:
    found = instant_from(text, "Asia/Shanghai")
    assert found is not None
    assert found.isoformat() == instant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2015-06-20",
        "T10:00",
        "2015-06-20T",
        "2015-06-20T10",
        "2015-06-20T25:00",
        "2015-06-20T24:01",
        "2015-W01-1T10:00",
        "0001-01-01T00:00+14:00",
        "9999-12-31T24:00",
        "2015-06-20T10:00 CST",
        "2015-02-29T10:00",
    ],
)
def test_what_is_no_instant_is_none(text: str) -> None:
    assert instant_from(text, "Asia/Shanghai") is None
