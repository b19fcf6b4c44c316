"""`/v1/verdicts`: one ticket in, one verdict out, stored before it is answered; and looking it up again."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
from flask import Blueprint

from api.http.bodies import refused_form, shown
from api.http.callers import lacks_role, needs
from api.http.exchange import Answer, Exchange, json_answer
from api.http.judging import decision_from, judged
from api.http.problems import problem, unreadable
from api.http.repetition import REPLAYED, another_request, claim_for, held_before, repetition_key
from api.store.decisions import Decision, Held, find
from api.store.instants import instant_at
from api.store.keys import Role
from engine.base.findings import Finding

blueprint = Blueprint("verdicts", __name__)

EVALUATE: tuple[Role, ...] = ("evaluate",)
READS_ALL = frozenset({"rehearse", "operate"})
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def post_verdict(exchange: Exchange) -> Answer:
    """Judges one ticket; the front calls this without Flask's dispatch, which costs more than a verdict."""
    refused = lacks_role(exchange, EVALUATE) or refused_form(exchange)
    if refused is not None:
        return refused
    key = repetition_key(exchange)
    if isinstance(key, Answer):
        return key
    service, edition = exchange.service, exchange.edition
    if edition is None:
        return problem(exchange, "S064")
    found = judged(exchange, edition, exchange.body)
    if isinstance(found, list):
        held = held_before(exchange, key)
        return _not_judged(exchange, found) if held is None else told_again(exchange, held)
    decision = decision_from(exchange, edition, found)
    held = service.log.record((decision,), claim_for(exchange, key, [decision.id]))
    if held is not None:
        return told_again(exchange, held)
    service.metrics.verdict(found.verdict)
    return _created(decision.id, found.verdict_json)


def _created(id_: str, verdict: bytes, *, again: bool = False, edition: str | None = None) -> Answer:
    body = b'{"id":"' + id_.encode() + b'","verdict":' + verdict + b"}"
    location = ("Location", "/v1/verdicts/" + id_)
    headers = (location, REPLAYED) if again else (location,)
    return Answer(201, body, headers=headers, edition=edition, about={"decision": id_})


def _not_judged(exchange: Exchange, findings: list[Finding]) -> Answer:
    whole = unreadable(findings)
    if whole is not None:
        return problem(exchange, whole.code, whole.values, findings)
    return problem(exchange, "S030", {"count": str(len(findings))}, findings)


def told_again(exchange: Exchange, held: Held) -> Answer:
    """The stored answer, byte for byte; for a key that was used for another request a problem."""
    other = another_request(exchange, held)
    if other is not None:
        return other
    (id_,) = json.loads(held.answer)
    with exchange.service.database.reading() as connection:
        decision = find(connection, id_)
    if decision is None:
        return problem(exchange, "S012", {"id": id_})
    return _created(id_, decision.verdict.encode(), again=True, edition=decision.edition)


@blueprint.post("/v1/verdicts")
@needs("evaluate")
def post_one(exchange: Exchange) -> Answer:
    """The same as the front's own way."""
    return post_verdict(exchange)


@blueprint.get("/v1/verdicts/<id_>")
@needs()
def get_one(exchange: Exchange, id_: str) -> Answer:
    """A decision with its facts as they were judged, personal ones masked."""
    decision = decision_for(exchange, id_)
    return decision if isinstance(decision, Answer) else json_answer(decision_json(decision))


def decision_for(exchange: Exchange, id_: str) -> Decision | Answer:
    """The decision, if the caller may know that it exists."""
    decision = None
    if ID.fullmatch(id_):
        with exchange.service.database.reading() as connection:
            decision = find(connection, id_)
    holder = exchange.known_holder
    if decision is None or not (decision.caller == holder.caller or holder.roles & READS_ALL):
        return problem(exchange, "S012", {"id": shown(id_)})
    return decision


def decision_json(decision: Decision) -> dict[str, Any]:
    """All that is stored; facts and verdict are the stored bytes."""
    return {
        "id": decision.id,
        "decided_at": instant_text(decision.decided_at),
        "as_of": decision.as_of,
        "edition": decision.edition,
        "engine": decision.engine,
        "caller": decision.caller,
        "key_id": decision.key_id,
        "request_id": decision.request_id,
        "traceparent": decision.traceparent,
        "ticket_no": decision.ticket_no,
        "duration_us": decision.duration_us,
        "facts": msgspec.Raw(decision.facts.encode()),
        "verdict": msgspec.Raw(decision.verdict.encode()),
    }


def instant_text(microseconds: int) -> str:
    """ISO 8601 in UTC.

    >>> instant_text(1_445_000_000_123_456)
    '2015-10-16T12:53:20.123456Z'
    """
    return instant_at(microseconds).isoformat().replace("+00:00", "Z")
