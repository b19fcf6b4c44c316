"""The examples of the document: tickets of `examples/tickets`, judged by the running edition.

Only those whose facts the running catalogue takes are shown, so that every example can be tried out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from api.present.walk_json import walk_json
from engine.evaluate.evaluators import Evaluator
from engine.evaluate.facts import facts_from, instant_from
from engine.evaluate.walk.case_file import CaseFile, Step
from engine.evaluate.walk.changes import Change, changed
from engine.evaluate.walk.walk import walk
from engine.plan.nodes import Plan

NO_INSTANT = "2015-12-31T18:00"
AN_ID = "019f6a3b-5c00-7d21-8f4e-2b6c9d0e1f3a"


@dataclass(frozen=True, slots=True)
class Example:
    """A ticket as it is posted, its verdict, and the walk of the case that has it as its only event."""

    name: str
    ticket: Mapping[str, Any]
    verdict: Mapping[str, Any]
    walk: Mapping[str, Any]

    @property
    def case(self) -> Mapping[str, Any]:
        """The case as it is posted."""
        at, facts = self.ticket.get("as_of", NO_INSTANT), self.ticket["facts"]
        return {"case": _case_name(self.name), "events": [{"at": at, "facts": facts}]}


@cache
def _tickets() -> Mapping[str, Mapping[str, Any]]:
    text = files("api.http.openapi").joinpath("tickets.json").read_text(encoding="utf-8")
    found: Mapping[str, Mapping[str, Any]] = json.loads(text)
    return found


def judged(evaluator: Evaluator) -> list[Example]:
    """The tickets that the evaluator's catalogue takes, with their verdicts."""
    found = (_judged(name, ticket, evaluator) for name, ticket in _tickets().items())
    return [example for example in found if example is not None]


def _judged(name: str, ticket: Mapping[str, Any], evaluator: Evaluator) -> Example | None:
    plan: Plan = evaluator.plan
    facts, findings = facts_from(ticket["facts"], plan)
    as_of = instant_from(ticket.get("as_of", NO_INSTANT), plan.zone)
    if findings or as_of is None:
        return None
    walked = json.loads(json.dumps(_walk(name, ticket["facts"], as_of, evaluator)))
    return Example(name, ticket, json.loads(json.dumps(evaluator.decide(facts, as_of))), walked)


def _case_name(name: str) -> str:
    return name.replace("_", "-")


def _walk(name: str, facts: Mapping[str, Any], at: datetime, evaluator: Evaluator) -> Mapping[str, Any]:
    done = changed({}, Change(facts), at, evaluator.plan)
    steps = (Step(at, None, done.facts, done.changes),)
    case = CaseFile(_case_name(name), None, {}, (), steps, (), None)
    return {**walk_json(case, walk(evaluator, steps)), "missed": []}


def bodies(component: str, judged: Sequence[Example]) -> dict[str, Any]:
    """The examples of a body, by name, as OpenAPI has them."""
    match component:
        case "Ticket":
            return {example.name: {"value": example.ticket} for example in judged}
        case "Decided":
            return {example.name: {"value": _decided(example)} for example in judged}
        case "Batch" if judged:
            return {"batch": {"value": {"tickets": [example.ticket for example in judged]}}}
        case "BatchResults" if judged:
            results = [{"status": 201, **_decided(example)} for example in judged]
            return {"batch": {"value": {"edition": judged[0].verdict["edition"], "results": results}}}
        case "ToWalk" if judged:
            return {judged[0].name: {"value": judged[0].case}}
        case "Walk" if judged:
            return {judged[0].name: {"value": judged[0].walk}}
        case _:
            return {}


def _decided(example: Example) -> Mapping[str, Any]:
    return {"id": AN_ID, "verdict": example.verdict}
