"""The tickets that are posted: bodies of requests, by mixture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Literal, TypeAlias

import msgspec

from api.tickets.history import Facts, history

Mixture: TypeAlias = Literal["history", "plain"]
"""`history`: a made-up year of a complaint department, as `caiding generate` makes it, with clocks, gaps and
facts that nobody wrote down; `plain`: of those the enquiries and chases, of which no rule says much."""
MIXTURES: tuple[Mixture, ...] = ("history", "plain")
SEED = 2015
_ENCODE = msgspec.json.Encoder(decimal_format="number").encode


def single(mixture: Mixture, count: int) -> list[bytes]:
    """So many different tickets, each as the body of one request."""
    return [_ENCODE({"facts": facts}) for facts in islice(_tickets(mixture, count), count)]


def batches(bodies: Sequence[bytes], size: int) -> list[bytes]:
    """The same tickets as bodies of batches of that size, as many as can be filled."""
    starts = range(0, len(bodies) - size + 1, size)
    return [b'{"tickets":[%s]}' % b",".join(bodies[start : start + size]) for start in starts]


def _tickets(mixture: Mixture, count: int) -> Iterator[Facts]:
    match mixture:
        case "history":
            return history(count, SEED)
        case "plain":
            return (facts for facts in history(count * 20, SEED) if facts["ticket_kind"] != "complaint")
