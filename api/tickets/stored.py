"""Tickets out of the decision log, as NDJSON that `caiding decide` reads back: the same facts, judged again.

What is stored about a decision stands under the key `decision`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

DECISION = ("id", "decided_at", "edition", "caller")
"""What is told of a decision beside its verdict, in this order."""


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A ticket as the log has it; `facts` and `verdict` are JSON, `decided_at` is ISO 8601."""

    id: str
    decided_at: str
    edition: str
    caller: str
    as_of: str | None
    facts: str
    verdict: str | None = None


def write_stored_ndjson(out: BinaryIO, tickets: Iterable[StoredTicket]) -> None:
    """`{"decision": {…}, "as_of": …, "facts": {…}}` on each line, facts and verdict as they are stored."""
    out.writelines(_line(ticket) for ticket in tickets)


def _line(ticket: StoredTicket) -> bytes:
    decision: dict[str, object] = {name: getattr(ticket, name) for name in DECISION}
    if ticket.verdict is not None:
        decision["verdict"] = msgspec.Raw(ticket.verdict.encode())
    as_of = {} if ticket.as_of is None else {"as_of": ticket.as_of}
    facts = msgspec.Raw(ticket.facts.encode())
    return msgspec.json.encode({"decision": decision, **as_of, "facts": facts}) + b"\n"
