"""Which edition judges, since when, what came before it, and looking at the rules folder now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint

from api.http.callers import needs
from api.http.exchange import Answer, Exchange, json_answer
from api.http.problems import problem
from api.http.service import Edition
from api.http.verdicts import instant_text
from api.store.editions import Activation, activations, editions
from engine.base.findings import Language

blueprint = Blueprint("editions", __name__)
MOST = 20


@blueprint.get("/v1/editions")
@needs()
def get_editions(exchange: Exchange) -> Answer:
    """The active edition, the last refused one with its findings, and the newest of the history."""
    return json_answer(_editions_json(exchange, exchange.edition))


@blueprint.post("/v1/editions/reload")
@needs("operate")
def reload(exchange: Exchange) -> Answer:
    """Has the rules folder looked at now: `outcome` is activated, refused or unchanged."""
    service = exchange.service
    before = _newest(exchange)
    if not service.reload(service.settings.reload_patience):
        values = {"seconds": f"{service.settings.reload_patience:g}"}
        return problem(exchange, "S065", values)
    after = _newest(exchange)
    outcome = after[0].outcome if after and after[:1] != before[:1] else "unchanged"
    return json_answer({"outcome": outcome, **_editions_json(exchange, service.editions.active())})


def _newest(exchange: Exchange) -> Sequence[Activation]:
    with exchange.service.database.reading() as connection:
        return activations(connection, MOST)


def _editions_json(exchange: Exchange, active: Edition | None) -> dict[str, Any]:
    language = exchange.language
    with exchange.service.database.reading() as connection:
        history, kept = activations(connection, MOST), editions(connection)
    refused = last_refused(history)
    return {
        "active": None if active is None else _active_json(active),
        "last_refused": None if refused is None else _activation_json(refused, language),
        "activations": [_activation_json(activation, language) for activation in history],
        "editions": [
            {
                "edition": edition.edition,
                "revision": edition.revision,
                "first_used_at": instant_text(edition.first_used_at),
                "engine": edition.engine,
            }
            for edition in kept
        ],
    }


def last_refused(history: Sequence[Activation]) -> Activation | None:
    """The newest of those that were refused."""
    return next((activation for activation in history if activation.outcome == "refused"), None)


def _active_json(edition: Edition) -> dict[str, Any]:
    return {
        "edition": edition.name,
        "revision": edition.revision,
        "generation": edition.generation,
        "since": edition.since.isoformat(),
    }


def _activation_json(activation: Activation, language: Language) -> dict[str, Any]:
    return {
        "at": instant_text(activation.at),
        "generation": activation.generation,
        "edition": activation.edition,
        "revision": activation.revision,
        "outcome": activation.outcome,
        "findings": [_in_language(finding, language) for finding in json.loads(activation.findings)],
    }


def _in_language(finding: dict[str, Any], language: Language) -> dict[str, Any]:
    """A stored finding, which is kept in both languages, in one."""
    help_ = finding.get("help")
    return {
        "code": finding["code"],
        "severity": finding["severity"],
        "message": finding["message"][language],
        "help": help_[language] if help_ else None,
        "place": finding.get("place"),
    }
