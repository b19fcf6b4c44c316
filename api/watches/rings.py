"""From a verdict's running clocks to the rings of a watch, and from a ring to what it says."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from api.store.instants import microseconds
from api.store.watches import Ring, Watch
from api.tickets.json_door import Judged
from api.watches.due import RunningClock, State, running_clocks
from engine.base.findings import Finding


def rings_from(watch_id: str, verdict: Mapping[str, Any]) -> list[Ring]:
    """One ring for each running clock of a verdict."""
    return [_ring(watch_id, clock) for clock in running_clocks(verdict)]


def _ring(watch_id: str, clock: RunningClock) -> Ring:
    return Ring(
        id=ring_id(watch_id, clock.rule, clock.due),
        watch_id=watch_id,
        rule=clock.rule,
        due=clock.due,
        due_at=microseconds(clock.due_at),
        next_at=microseconds(clock.over_at),
    )


def ring_id(watch_id: str, rule: str, due: str) -> str:
    """The same for the same watch, rule and due instant, for ever: receivers tell repetitions by it.

    It holds no full stop, which parts the id from the timestamp in what is signed.
    """
    told_apart = hashlib.sha256(f"{rule}\n{due}".encode()).hexdigest()[:16]
    return f"{watch_id}-{told_apart}"


def said(watch: Watch, ring: Ring, after: State, verdict_id: str, judged: Judged, now: datetime) -> str:
    """What is delivered: which deadline it was, how the clock stands now, and the verdict that says so."""
    return _body(watch, ring, now, after, verdict_id=verdict_id, verdict=msgspec.Raw(judged.verdict_json))


def said_unjudged(watch: Watch, ring: Ring, problems: list[Finding], now: datetime) -> str:
    """What is delivered where today's edition cannot read the facts: the deadline rings all the same."""
    listed = [{"code": problem.code, "pointer": problem.pointer} for problem in problems]
    return _body(watch, ring, now, "not_judged", verdict_id=None, verdict=None, errors=listed)


def _body(watch: Watch, ring: Ring, now: datetime, after: str, **rest: Any) -> str:
    body = {
        "type": f"deadline.{after}",
        "timestamp": now.astimezone(UTC).isoformat(timespec="seconds"),
        "data": {
            "watch_id": watch.id,
            "watched_verdict_id": watch.decision_id,
            "ticket_no": watch.ticket_no,
            "rule": ring.rule,
            "due": ring.due,
            "before": "running",
            "after": after,
            **rest,
        },
    }
    return msgspec.json.encode(body).decode()
