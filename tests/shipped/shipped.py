"""The rulebooks that are shipped, loaded once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from engine.evaluate.evaluators import evaluator
from engine.evaluate.facts import facts_from, instant_from
from engine.evaluate.verdict import Verdict
from engine.library import Library, load
from engine.plan.nodes import Plan

ROOT = Path(__file__).parents[2]
SOURCES = ROOT.parent / "shared" / "sources"


@cache
def library() -> Library:
    return load(ROOT / "rules")


def plan() -> Plan:
    found = library().plan
    assert found is not None, [f"{f.span} {f.message('en')}" for f in library().findings]
    return found


def verdict_on(facts: Mapping[str, Any], as_of: str | None = None) -> Verdict:
    """The reference's verdict on facts as a ticket carries them."""
    read, findings = facts_from(facts, plan())
    assert [f"{f.pointer} {f.message('en')}" for f in findings] == []
    instant = None if as_of is None else instant_from(as_of, plan().zone)
    return evaluator("reference", plan()).decide(read, instant)
