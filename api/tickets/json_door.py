"""From a ticket's JSON bytes to its verdict's: what a ticket system's request costs in the engine.

Plain tickets are read by a quick parser; whatever it could misread (a key twice, a number too long) and
whatever is wrong goes through the exact reader, which names every problem.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from api.tickets.exact_json import parse
from api.tickets.masking import Mask
from api.tickets.ticket import Raw, ticket_from_value
from engine.base.findings import Finding
from engine.evaluate.evaluators import Evaluator
from engine.evaluate.facts import Facts, as_of_from, facts_from
from engine.evaluate.intake import Intake
from engine.evaluate.verdict import Verdict

MOST_PLAIN_BYTES = 20_000
LOOSE_COLON = re.compile(rb'"\s')


@dataclass(frozen=True, slots=True)
class Request:
    """A ticket that can be judged, personal texts replaced: its facts as they were written, and as values."""

    raw: Mapping[str, Raw]
    facts: Facts
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Judged:
    """What is answered and stored: the facts and the verdict, also as JSON."""

    facts: bytes
    verdict: Verdict
    verdict_json: bytes
    ticket_no: str | None


class JsonDoor:
    """Takes requests `{"facts": {…}, "as_of": …}` and judges them by one evaluator."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._zone = evaluator.plan.zone
        self._intake = Intake(evaluator.plan)
        self._mask = Mask(evaluator.plan)
        self._decoder = msgspec.json.Decoder(float_hook=Decimal)
        self._encoder = msgspec.json.Encoder(decimal_format="number")

    def read(self, body: bytes) -> Request | list[Finding]:
        """The ticket in a request, or all that is wrong with it."""
        request = self._plain(body) or self._exact(body)
        return request if isinstance(request, list) else self._masked(request)

    def decide(self, request: Request, now: datetime | None) -> Judged:
        """The verdict; the ticket's own `as_of` goes before `now`."""
        verdict = self._evaluator.decide(request.facts, request.as_of or now)
        number = request.facts.get("ticket_no")
        encode = self._encoder.encode
        return Judged(encode(request.raw), verdict, encode(verdict), None if number is None else str(number))

    def _masked(self, request: Request) -> Request:
        raw = self._mask.masked(request.raw)
        if raw is request.raw:
            return request
        facts, findings = facts_from(raw, self._evaluator.plan)
        assert not findings, "a mark is a text like any other"
        return Request(raw, facts, request.as_of)

    def _plain(self, body: bytes) -> Request | None:
        """The ticket, if nothing about it could be misread."""
        if len(body) > MOST_PLAIN_BYTES:
            return None
        try:
            request = self._decoder.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ArithmeticError):
            return None
        raw = request.get("facts") if type(request) is dict else None
        if type(raw) is not dict or not _each_key_once(body, request, raw):
            return None
        as_of = self._as_of(request.get("as_of"))
        if isinstance(as_of, Finding) or len(request) != (1 if as_of is None else 2):
            return None
        facts = self._intake.facts(raw)
        return None if facts is None else Request(raw, facts, as_of)

    def _as_of(self, written: Any) -> datetime | Finding | None:
        return as_of_from(written, self._zone) if type(written) is str else None

    def _exact(self, body: bytes) -> Request | list[Finding]:
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            return [Finding("D031", {"line": "1", "column": str(error.start + 1)})]
        value, findings = parse(text)
        if findings:
            return findings
        ticket = ticket_from_value(value, 1)
        facts, problems = facts_from(ticket.facts, self._evaluator.plan, ticket.pointer)
        as_of = self._as_of(ticket.as_of)
        if isinstance(as_of, Finding):
            return [*ticket.findings, *problems, as_of]
        return [*ticket.findings, *problems] or Request(ticket.facts, facts, as_of)


def _each_key_once(body: bytes, request: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    """Whether the text has as many keys as were kept: the quick parser keeps the last of two equal ones.

    Every key is followed by a colon at once (checked), so that counting those counts the keys; a quoted
    text that holds one too only sends the ticket the long way.
    """
    keys = len(request) + len(facts)
    for value in facts.values():
        if type(value) is list:
            if not all(type(record) is dict for record in value):
                return False
            keys += sum(map(len, value))
    return body.count(b'":') == keys and LOOSE_COLON.search(body) is None
