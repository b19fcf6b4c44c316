"""The small library of these tests, and cases for it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from engine.base.findings import Finding
from engine.evaluate.evaluators import evaluator
from engine.evaluate.walk.case_file import CaseFile
from engine.evaluate.walk.moments import Moment
from engine.evaluate.walk.reading import read_case
from engine.evaluate.walk.walk import walk
from engine.library import Library, load
from engine.plan.nodes import Plan

HERE = Path(__file__).resolve().parent
RULES = HERE / "library"


@cache
def library() -> Library:
    return load(RULES)


@cache
def plan() -> Plan:
    found = library().plan
    assert found is not None, [finding.message("en") for finding in library().findings]
    return found


def case(text: str) -> CaseFile:
    """The case of a text without mistakes."""
    found, findings = read(text)
    assert found is not None, [finding.message("en") for finding in findings]
    return found


def read(text: str) -> tuple[CaseFile | None, list[Finding]]:
    return read_case("a.case.yaml", text.encode(), library())


def walked(one: CaseFile, name: str = "compiled") -> list[Moment]:
    return list(walk(evaluator(name, library().under(one.readings)), one.steps, one.until))
