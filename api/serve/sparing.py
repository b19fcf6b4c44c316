"""Threads that are kept for others while the decision log does not answer.

Each request that waits for its commit holds a thread of its worker. If all did, nobody would be told even
that the process lives, and whoever watches over it would end it for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import get_ident
from time import monotonic

from api.http.service import DecisionLog
from api.scribe.client import LogUnavailable
from api.scribe.protocol import ScribeState
from api.store.decisions import Claim, Decision, Held

STUCK_AFTER_S = 3.0
"""A server that is only started anew is back by then, and nobody hears of it."""
SPARED = 2
"""So many threads of a worker never wait for a log that is stuck."""


class SparingLog:
    """The log behind it, for all but a few of a worker's threads; to the others it is away at once."""

    def __init__(self, log: DecisionLog, threads: int) -> None:
        self._log = log
        self._most = max(threads - SPARED, 1)
        self._waiting: dict[int, float] = {}

    def record(self, decisions: Sequence[Decision], claim: Claim | None = None) -> Held | None:
        """As the log's; raises LogUnavailable at once where too many wait and one has long been waiting."""
        now, me = monotonic(), get_ident()
        if len(self._waiting) >= self._most and now - self._longest(now) > STUCK_AFTER_S:
            raise LogUnavailable("busy")
        self._waiting[me] = now
        try:
            return self._log.record(decisions, claim)
        finally:
            del self._waiting[me]

    def _longest(self, now: float) -> float:
        """Since when somebody has been waiting."""
        return min(tuple(self._waiting.values()), default=now)

    def state(self) -> ScribeState:
        return self._log.state()
