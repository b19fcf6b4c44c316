"""From a ticket's JSON bytes to its verdict's: what a ticket system's request costs in the engine.

Plain tickets are read by a quick parser; whatever it could misread (a key twice, a number too long) and
whatever is wrong goes through the exact reader, which names every problem.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from api.tickets.exact_json import parse
from api.tickets.ticket import ticket_from_value
from engine.base.findings import Finding
from engine.evaluate.evaluators import Evaluator
from engine.evaluate.facts import Facts, facts_from, instant_from
from engine.evaluate.intake import Intake

MOST_PLAIN_BYTES = 20_000
LOOSE_COLON = re.compile(rb'"\s')


class JsonDoor:
    """Answers requests `{"facts": {…}, "as_of": …}` by one evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._intake = Intake(evaluator.plan)
        self._decoder = msgspec.json.Decoder(float_hook=Decimal)
        self._encoder = msgspec.json.Encoder()

    def answer(self, body: bytes, as_of: datetime | None) -> bytes | list[Finding]:
        """The verdict's JSON, or all that is wrong with the ticket; the ticket's own `as_of` goes first."""
        ticket = self._plain(body) or self._exact(body)
        if isinstance(ticket, list):
            return ticket
        facts, own = ticket
        return self._encoder.encode(self._evaluator.decide(facts, own or as_of))

    def _plain(self, body: bytes) -> tuple[Facts, datetime | None] | None:
        """The ticket, if nothing about it could be misread."""
        if len(body) > MOST_PLAIN_BYTES:
            return None
        try:
            request = self._decoder.decode(body)
        except (msgspec.DecodeError, RecursionError, ArithmeticError):
            return None
        raw = request.get("facts") if type(request) is dict and len(request) == 1 else None
        if type(raw) is not dict or not _each_key_once(body, raw):
            return None
        facts = self._intake.facts(raw)
        return None if facts is None else (facts, None)

    def _exact(self, body: bytes) -> tuple[Facts, datetime | None] | list[Finding]:
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            return [Finding("D031", {"line": "1", "column": str(error.start + 1)})]
        value, findings = parse(text)
        if findings:
            return findings
        ticket = ticket_from_value(value, 1)
        zone = self._evaluator.plan.zone
        facts, problems = facts_from(ticket.facts, self._evaluator.plan, ticket.pointer)
        as_of = None if ticket.as_of is None else instant_from(ticket.as_of, zone)
        if ticket.as_of is not None and as_of is None:
            problems.append(Finding("F008", {"written": ticket.as_of[:60]}, pointer="/as_of"))
        found = [*ticket.findings, *problems]
        return found or (facts, as_of)


def _each_key_once(body: bytes, facts: Mapping[str, Any]) -> bool:
    """Whether the text has as many keys as were kept: the quick parser keeps the last of two equal ones.

    Every key is followed by a colon at once (checked), so that counting those counts the keys; a quoted
    text that holds one too only sends the ticket the long way.
    """
    keys = 1 + len(facts)
    for value in facts.values():
        if type(value) is list:
            keys += sum(map(len, value))
    return body.count(b'":') == keys and LOOSE_COLON.search(body) is None
