"""Idempotency keys: the same request with the same key is answered once, and told the same ever after."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

from api.http.exchange import Answer, Exchange
from api.http.problems import problem
from api.store.decisions import Claim, Held, claimed

LONGEST = 255
REPLAYED = ("Idempotency-Replayed", "true")


def repetition_key(exchange: Exchange) -> str | Answer | None:
    """The key of the request, if it has one; the problem of a key that is none."""
    key: str | None = exchange.environ.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return None
    if 0 < len(key) <= LONGEST and key.isascii() and key.isprintable():
        return key
    return problem(exchange, "S040")


def fingerprint(exchange: Exchange) -> str:
    """What makes two requests the same one: method, path and body."""
    head = f"{exchange.method} {exchange.path}\n".encode("utf-8", "surrogateescape")
    return blake2b(head + exchange.body, digest_size=16).hexdigest()


def claim_for(exchange: Exchange, key: str | None, answer: list[Any]) -> Claim | None:
    """What is stored beside the decisions so that a repetition finds them; nothing without a key."""
    if key is None:
        return None
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    return Claim(exchange.known_holder.caller, key, fingerprint(exchange), text)


def held_before(exchange: Exchange, key: str | None) -> Held | None:
    """What the key was answered before; asked only where the request would fail now."""
    if key is None:
        return None
    with exchange.service.database.reading() as connection:
        return claimed(connection, exchange.known_holder.caller, key)


def another_request(exchange: Exchange, held: Held) -> Answer | None:
    """The problem of a key that was used for something else."""
    return None if held.fingerprint == fingerprint(exchange) else problem(exchange, "S041")
