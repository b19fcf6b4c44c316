"""`/v1/verdicts/batch`: many tickets by one edition, stored together; a failing one fails alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeAlias

import msgspec
from flask import Blueprint

from api.http.bodies import refused_form
from api.http.callers import needs
from api.http.exchange import Answer, Exchange, json_bytes
from api.http.judging import decision_from, judged
from api.http.problems import problem, problem_json, unreadable, within
from api.http.repetition import REPLAYED, another_request, claim_for, held_before, repetition_key
from api.http.service import Edition
from api.store.decisions import Decision, Held, find
from engine.base.findings import Finding
from engine.evaluate.verdict import Verdict

blueprint = Blueprint("batch", __name__)
PATH = "/v1/verdicts/batch"

Item: TypeAlias = Decision | dict[str, Any]
"""What came of one ticket: a decision, or a problem object."""


class Tickets(msgspec.Struct, forbid_unknown_fields=True):
    """The body; each ticket is kept as bytes and read as a single post would be."""

    tickets: list[msgspec.Raw]


_DECODE = msgspec.json.Decoder(Tickets).decode


@blueprint.post(PATH)
@needs("evaluate")
def post_batch(exchange: Exchange) -> Answer:
    """All tickets are judged by the edition that is active when the request comes, in one commit."""
    refused = refused_form(exchange)
    if refused is not None:
        return refused
    key = repetition_key(exchange)
    if isinstance(key, Answer):
        return key
    if exchange.edition is None:
        return problem(exchange, "S064")
    tickets = _tickets(exchange)
    if isinstance(tickets, Answer):
        held = held_before(exchange, key)
        return tickets if held is None else _told_again(exchange, held)
    verdicts: list[Verdict] = []
    items = list(_items(exchange, exchange.edition, tickets, verdicts))
    answer = _stored(exchange, exchange.edition, items, key)
    if REPLAYED not in answer.headers:
        for verdict in verdicts:
            exchange.service.metrics.verdict(verdict)
    return answer


def _stored(exchange: Exchange, edition: Edition, items: list[Item], key: str | None) -> Answer:
    decisions = [item for item in items if isinstance(item, Decision)]
    told = [item.id if isinstance(item, Decision) else item for item in items]
    # The edition goes first: a batch in which every ticket fails has no decision to tell it.
    claim = claim_for(exchange, key, [{"edition": edition.name}, *told])
    if decisions or claim is not None:
        held = exchange.service.log.record(decisions, claim)
        if held is not None:
            return _told_again(exchange, held)
    return _answer(edition.name, items)


def _tickets(exchange: Exchange) -> list[msgspec.Raw] | Answer:
    most = exchange.service.settings.most_tickets
    try:
        found = _DECODE(exchange.body).tickets
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _why_not(exchange, most)
    if exchange.body.count(b'"tickets"') > 1 and _stands_twice(exchange.body):
        return problem(exchange, "S032")
    if not 1 <= len(found) <= most:
        return problem(exchange, "S031", {"most": f"{most:,}"})
    return found


def _why_not(exchange: Exchange, most: int) -> Answer:
    """What is wrong with the body as a whole; a body of 20 MB is not read exactly only to say so."""
    try:
        text = exchange.body.decode()
        json.loads(text)
    except UnicodeDecodeError as error:
        return problem(exchange, "S020", {"line": "1", "column": str(error.start + 1)})
    except json.JSONDecodeError as error:
        if not exchange.body.strip():
            return problem(exchange, "S021")
        return problem(exchange, "S020", {"line": str(error.lineno), "column": str(error.colno)})
    except (ValueError, RecursionError):
        return problem(exchange, "S022", {"levels": "50"})
    return problem(exchange, "S031", {"most": f"{most:,}"})


def _stands_twice(body: bytes) -> bool:
    """Whether the outermost object names its tickets twice; the outermost is read last."""
    last: list[str] = []

    def keys(pairs: list[tuple[str, Any]]) -> None:
        last[:] = [key for key, _ in pairs]

    json.loads(body, object_pairs_hook=keys)
    return last.count("tickets") > 1


def _items(
    exchange: Exchange, edition: Edition, tickets: list[msgspec.Raw], verdicts: list[Verdict]
) -> Iterator[Item]:
    """What comes of each ticket; the verdicts are also put aside, to be counted once they are stored."""
    for index, ticket in enumerate(tickets):
        found = judged(exchange, edition, bytes(ticket))
        if isinstance(found, list):
            yield _failed(exchange, found, index)
        else:
            verdicts.append(found.verdict)
            yield decision_from(exchange, edition, found)


def _failed(exchange: Exchange, findings: list[Finding], index: int) -> dict[str, Any]:
    """The problem of one ticket; its pointers lead from the top of the batch."""
    placed = within(findings, f"/tickets/{index}")
    whole = unreadable(findings) or Finding("S030", {"count": str(len(findings))})
    return problem_json(whole, 422, placed, exchange)


def _answer(edition: str, items: list[Item], *, again: bool = False) -> Answer:
    results = b",".join(map(_result, items))
    body = b'{"edition":' + json_bytes(edition) + b',"results":[' + results + b"]}"
    failed = sum(isinstance(item, dict) for item in items)
    about = {"tickets": len(items), "failed": failed}
    return Answer(200, body, headers=(REPLAYED,) if again else (), edition=edition, about=about)


def _result(item: Item) -> bytes:
    if isinstance(item, Decision):
        return f'{{"status":201,"id":"{item.id}","verdict":{item.verdict}}}'.encode()
    return b'{"status":422,"problem":' + json_bytes(item) + b"}"


def _told_again(exchange: Exchange, held: Held) -> Answer:
    """The stored answer of the batch, byte for byte."""
    other = another_request(exchange, held)
    if other is not None:
        return other
    head, *told = json.loads(held.answer)
    items: list[Item] = []
    with exchange.service.database.reading() as connection:
        for one in told:
            found = find(connection, one) if isinstance(one, str) else one
            if found is None:
                return problem(exchange, "S012", {"id": one})
            items.append(found)
    return _answer(head["edition"], items, again=True)
