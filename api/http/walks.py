"""`/v1/walks`: a timeline in, what holds after each of its events out. Hypothetical, so nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint

from api.http.bodies import read_json
from api.http.callers import needs
from api.http.exchange import Answer, Exchange, json_answer
from api.http.judging import LONGEST_SHOWN, MASKED, texts_in
from api.http.problems import problem
from api.http.service import Edition
from api.present.walk_json import walk_json
from api.tickets.masking import Mask
from api.tickets.ticket import Raw
from engine.base.findings import Finding, Language
from engine.evaluate.evaluators import Evaluator, evaluator
from engine.evaluate.walk.case_file import CaseFile
from engine.evaluate.walk.expectations import disappointed
from engine.evaluate.walk.reading import case_from_node
from engine.evaluate.walk.walk import walk
from engine.library import Library
from engine.plan.nodes import Plan
from engine.read.json_nodes import Pointers, nodes_from_json

blueprint = Blueprint("walks", __name__)
MOST_EVENTS = 200
WITH_FACTS = ("facts", "append", "close")
NAME = "case"
"""What a case is called that was posted without a name."""


@dataclass(frozen=True)
class Posted:
    """A case that can be walked; `pointers` are the places of its parts in the body."""

    case: CaseFile
    pointers: Pointers


@blueprint.post("/v1/walks")
@needs("evaluate")
def post_walk(exchange: Exchange) -> Answer:
    """The moments of a case by the active edition, personal texts replaced by marks."""
    body = read_json(exchange)
    if isinstance(body, Answer):
        return body
    if exchange.edition is None:
        return problem(exchange, "S064")
    posted = _read(body, exchange.edition)
    if isinstance(posted, list):
        return problem(exchange, "S070", {"count": str(len(posted))}, posted)
    return json_answer(_walked(posted, exchange.edition, exchange.language))


def _walked(posted: Posted, edition: Edition, language: Language) -> dict[str, Any]:
    case, judge = posted.case, _judge(posted.case, edition)
    moments = list(walk(judge, case.steps, case.until))
    missed = map(posted.pointers.pointed, disappointed(case, moments, edition.library, judge.plan))
    told = walk_json(case, moments)
    return {**told, "missed": [_missed(finding, language) for finding in missed]}


def _missed(finding: Finding, language: Language) -> dict[str, str | None]:
    """An expectation that is not met, told as problems tell what is wrong."""
    return {
        "code": finding.code,
        "message": finding.message(language),
        "pointer": finding.pointer,
        "help": finding.help(language),
    }


def _judge(case: CaseFile, edition: Edition) -> Evaluator:
    """The running evaluator; under readings of the case's own the plain one, which is ready at once."""
    if not case.readings:
        return edition.evaluator
    return evaluator("reference", edition.library.under(case.readings))


def _read(body: Raw, edition: Edition) -> Posted | list[Finding]:
    """The case with marks for personal texts, or all that is wrong with the body."""
    if not isinstance(body, dict):
        return [Finding("S071", {}, pointer="")]
    events = body.get("events")
    if isinstance(events, list) and len(events) > MOST_EVENTS:
        return [Finding("S072", {"most": str(MOST_EVENTS)}, pointer="/events")]
    plan = edition.evaluator.plan
    named = {NAME: NAME, **body}
    found = _posted(named, edition.library)
    if isinstance(found, list):
        return _without_names(found, named, plan)
    masked = _masked(named, Mask(plan))
    return found if masked is named else _posted(masked, edition.library)


def _posted(body: Mapping[str, Any], library: Library) -> Posted | list[Finding]:
    node, pointers = nodes_from_json(body, NAME)
    case, findings = case_from_node(node, library)
    if case is None:
        return [pointers.pointed(finding) for finding in findings]
    return Posted(case, pointers)


def _masked(body: Mapping[str, Any], mask: Mask) -> Mapping[str, Any]:
    """The same case with marks; the very same where it has no personal texts. It must have been read."""
    copy = {**body, "events": [dict(event) for event in body["events"]]}
    places = _places(copy)
    written = [_values(part[key]) if key == "close" else part[key] for part, key in places]
    masked = mask.masked_together(written)
    if masked is written:
        return body
    for (part, key), facts in zip(places, masked, strict=True):
        part[key] = {**part[key], **facts}
    return copy


def _places(body: Mapping[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """Where a case has facts: at its beginning and in its events."""
    events = body.get("events")
    parts = [body, *(events if isinstance(events, list) else [])]
    return [
        (part, key)
        for part in parts
        if isinstance(part, dict)
        for key in WITH_FACTS
        if isinstance(part.get(key), dict)
    ]


def _values(facts: Mapping[str, Raw]) -> dict[str, Raw]:
    """Without the short form of `close`, which names a field."""
    return {name: value for name, value in facts.items() if not isinstance(value, str)}


def _without_names(findings: list[Finding], body: Mapping[str, Any], plan: Plan) -> list[Finding]:
    """The same findings, which no longer repeat a text that the catalogue calls personal."""
    personal = {name for name, fact in plan.facts.items() if fact.personal}
    given = [part[key].get(name) for part, key in _places(body) for name in personal]
    texts = {text[:LONGEST_SHOWN] for value in given for text in texts_in(value)}
    return [replace(finding, values=_without(texts, finding.values)) for finding in findings]


def _without(texts: set[str], values: Mapping[str, str]) -> Mapping[str, str]:
    return {name: MASKED if any(text in value for text in texts) else value for name, value in values.items()}
