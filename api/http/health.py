"""Whether the process answers, whether the service can do its work, and what Prometheus reads."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint

from api.http.callers import in_the_open, needs
from api.http.editions import last_refused
from api.http.exchange import Answer, Exchange, json_answer
from api.http.problems import problem
from api.http.verdicts import instant_text
from api.present.labels import label
from api.scribe.client import LogUnavailable
from api.store.database import StoreUnavailable
from api.store.editions import Activation, activations
from engine.base.findings import Finding, Language

METRICS_FORM = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Trouble:
    """A part that does not work, since when (microseconds since 1970 UTC), and what it means."""

    part: str
    since: int
    code: str


class _Failing:
    """Since when a part is found not working, as this process saw it."""

    def __init__(self) -> None:
        self._since: dict[str, int] = {}
        self._lock = threading.Lock()

    def since(self, part: str, now: int) -> int:
        with self._lock:
            return self._since.setdefault(part, now)

    def works(self, part: str) -> None:
        with self._lock:
            self._since.pop(part, None)


def health_blueprint() -> Blueprint:
    """The addresses of one application; it remembers since when something fails."""
    blueprint = Blueprint("health", __name__)
    failing = _Failing()

    @blueprint.get("/health/live")
    @in_the_open
    def live(_exchange: Exchange) -> Answer:
        return json_answer({"status": "live"})

    @blueprint.get("/health/ready")
    @in_the_open
    def ready(exchange: Exchange) -> Answer:
        return _readiness(exchange, failing)

    @blueprint.get("/metrics")
    @needs("operate")
    def metrics(exchange: Exchange) -> Answer:
        return Answer(200, exchange.service.metrics.exposition(), METRICS_FORM)

    return blueprint


def _readiness(exchange: Exchange, failing: _Failing) -> Answer:
    """Ready where an edition judges, the log can be written and the database can be read."""
    newest, database = _database(exchange, failing)
    found = [
        trouble for trouble in (_edition(exchange, failing), _log(exchange, failing), database) if trouble
    ]
    if found:
        parts = _parts(found, exchange.language)
        errors = [Finding(trouble.code, {}) for trouble in found]
        return problem(exchange, "S066", {"parts": parts}, errors)
    edition = exchange.edition
    assert edition is not None, "else it were among the troubles"
    refused = last_refused(newest)
    return json_answer(
        {
            "status": "ready",
            "edition": edition.name,
            "revision": edition.revision,
            "generation": edition.generation,
            "since": edition.since.isoformat(),
            "last_refused": refused and {"at": instant_text(refused.at), "revision": refused.revision},
        }
    )


def _parts(found: Sequence[Trouble], language: Language) -> str:
    """What does not work, and since when."""
    return label("words", "list", language).join(
        label(
            "heading",
            "part_since",
            language,
            part=label("part", trouble.part, language),
            instant=instant_text(trouble.since),
        )
        for trouble in found
    )


def _now(exchange: Exchange) -> int:
    return exchange.service.clock() // 1000


def _edition(exchange: Exchange, failing: _Failing) -> Trouble | None:
    if exchange.edition is None:
        return Trouble("edition", failing.since("edition", _now(exchange)), "S064")
    failing.works("edition")
    return None


def _log(exchange: Exchange, failing: _Failing) -> Trouble | None:
    try:
        state = exchange.service.log.state()
    except LogUnavailable:
        return Trouble("log", failing.since("log", _now(exchange)), "S062")
    failing.works("log")
    if state.failing_since is None:
        return None
    return Trouble("log", state.failing_since, "S061" if state.reason == "full" else "S062")


def _database(exchange: Exchange, failing: _Failing) -> tuple[Sequence[Activation], Trouble | None]:
    try:
        with exchange.service.database.reading() as connection:
            newest = activations(connection, 20)
    except StoreUnavailable:
        return [], Trouble("database", failing.since("database", _now(exchange)), "S063")
    failing.works("database")
    return newest, None
