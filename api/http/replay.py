"""Judging a stored ticket again: by the edition that judged it, and by today's."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import msgspec
from flask import Blueprint

from api.http.callers import needs
from api.http.exchange import Answer, Exchange, json_answer
from api.http.service import Edition, Service
from api.http.verdicts import decision_for
from api.store.decisions import Decision
from api.store.editions import kept, rebuild
from api.tickets.again import request_from_stored
from api.tickets.json_door import JsonDoor, Judged
from engine.base.findings import Finding, Language
from engine.evaluate.differences import Differences, Entry, RuleDifference, ValueDifference, differences
from engine.evaluate.evaluators import evaluator
from engine.evaluate.verdict import Verdict
from engine.plan.nodes import Plan

MOST_KEPT = 4
"""Editions of the past that a worker keeps ready; a replay of another one compiles it first."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What judges by an edition."""

    plan: Plan
    door: JsonDoor


@dataclass(frozen=True, slots=True)
class Again:
    """What came of judging again; `trouble` says why there is nothing."""

    judged: Judged | None
    trouble: Finding | None


def replay_blueprint() -> Blueprint:
    """The address of one application, with the editions of the past that it has compiled."""
    blueprint = Blueprint("replay", __name__)
    past = _Past()

    @blueprint.post("/v1/verdicts/<id_>/replay")
    @needs()
    def replay(exchange: Exchange, id_: str) -> Answer:
        return _replayed(exchange, id_, past)

    return blueprint


def _replayed(exchange: Exchange, id_: str, past: _Past) -> Answer:
    """Whether the same edition gives the same bytes, and what today's edition would say instead."""
    decision = decision_for(exchange, id_)
    if isinstance(decision, Answer):
        return decision
    stored: Verdict = json.loads(decision.verdict)
    then = _again(decision, past.bench(exchange.service, decision, exchange.edition))
    return json_answer(
        {
            "id": decision.id,
            "edition": decision.edition,
            "engine": decision.engine,
            "engine_now": exchange.service.settings.engine,
            **_then(decision, stored, then, exchange.language),
            **_today(decision, stored, exchange),
        }
    )


def _then(decision: Decision, stored: Verdict, again: Again, language: Language) -> dict[str, Any]:
    """By its own edition: `same_bytes` is null where this installation cannot tell."""
    if again.judged is None:
        assert again.trouble is not None, "one of the two"
        return {
            "same_bytes": None,
            "not_replayed": _finding_json(again.trouble, language),
            "verdict": None,
            "replay_differences": None,
        }
    written = again.judged.verdict_json
    same = written == decision.verdict.encode()
    return {
        "same_bytes": same,
        "not_replayed": None,
        "verdict": msgspec.Raw(written),
        "replay_differences": None if same else differences_json(differences(stored, json.loads(written))),
    }


def _today(decision: Decision, stored: Verdict, exchange: Exchange) -> dict[str, Any]:
    """By the active edition: `differs` is null where the ticket no longer fits its catalogue."""
    edition, language = exchange.edition, exchange.language
    nothing = {"edition_today": None, "differs": None, "differences": None, "not_judged_today": None}
    if edition is None:
        return {**nothing, "not_judged_today": _finding_json(Finding("S064", {}), language)}
    again = _again(decision, Bench(edition.evaluator.plan, edition.door))
    if again.judged is None:
        assert again.trouble is not None, "one of the two"
        said = _finding_json(Finding("S053", {"edition": edition.name}), language)
        return {**nothing, "edition_today": edition.name, "not_judged_today": said}
    found = differences(stored, json.loads(again.judged.verdict_json))
    return {
        **nothing,
        "edition_today": edition.name,
        "differs": bool(found),
        "differences": differences_json(found),
    }


def _again(decision: Decision, bench: Bench | Finding) -> Again:
    """The stored facts at the stored instant; they are masked already and must not be masked once more."""
    if isinstance(bench, Finding):
        return Again(None, bench)
    request = request_from_stored(decision.facts, decision.as_of, bench.plan)
    if isinstance(request, list):
        return Again(None, Finding("S053", {"edition": decision.edition}))
    return Again(bench.door.decide(request, None), None)


class _Past:
    """The editions of the past that this process has compiled; the texts come from the database."""

    def __init__(self) -> None:
        self._benches: OrderedDict[str, Bench] = OrderedDict()
        self._lock = threading.Lock()

    def bench(self, service: Service, decision: Decision, active: Edition | None) -> Bench | Finding:
        """What judges by the decision's edition. One thread compiles, the others wait for it."""
        if active is not None and active.name == decision.edition:
            return Bench(active.evaluator.plan, active.door)
        with self._lock:
            bench = self._benches.get(decision.edition) or _rebuilt(service, decision)
            if not isinstance(bench, Finding):
                self._benches[decision.edition] = bench
                self._benches.move_to_end(decision.edition)
                if len(self._benches) > MOST_KEPT:
                    self._benches.popitem(last=False)
            return bench


def _rebuilt(service: Service, decision: Decision) -> Bench | Finding:
    """The edition compiled from its kept texts, if that still is the same edition here."""
    with service.database.reading() as connection:
        texts = kept(connection, decision.edition)
    if texts is None:
        return Finding("S050", {"edition": decision.edition})
    plan = rebuild(texts)
    if plan is None:
        return Finding("S052", {"engine": decision.engine})
    if plan.edition != decision.edition:
        values = {"edition": decision.edition, "found": plan.edition, "engine": decision.engine}
        return Finding("S051", values)
    return Bench(plan, JsonDoor(evaluator("compiled", plan)))


def differences_json(found: Differences) -> dict[str, Any]:
    """Differences as plain data: `rules` by rule, `derived` and `totals` by name."""
    return {
        "rules": [_rule_json(rule) for rule in found.rules],
        "derived": [_value_json(value) for value in found.derived],
        "totals": [_value_json(value) for value in found.totals],
    }


def _rule_json(found: RuleDifference) -> dict[str, Any]:
    return {
        "rule": found.rule,
        "difference": found.kind,
        "in_words_only": found.in_words_only,
        "before": [_entry_json(entry) for entry in found.before],
        "after": [_entry_json(entry) for entry in found.after],
    }


def _entry_json(entry: Entry) -> dict[str, Any]:
    part, said = entry
    return {"part": part, "says": said}


def _value_json(found: ValueDifference) -> dict[str, Any]:
    return {"name": found.name, "before": found.before, "after": found.after}


def _finding_json(finding: Finding, language: Language) -> dict[str, str | None]:
    return {"code": finding.code, "message": finding.message(language), "help": finding.help(language)}
