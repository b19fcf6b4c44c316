"""Beginning a watch, giving it newer facts, ending it: each in one transaction, for one caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import msgspec

from api.store.database import Database
from api.store.decisions import Decision, find
from api.store.ids import new_id
from api.store.watches import Ring, Watch, add_watch, cancel, find_watch, replace_facts, rings_of, watch_on
from api.store.webhooks import find_webhook
from api.watches.rings import rings_from

Trouble: TypeAlias = Literal[
    "no_such_watch",
    "no_such_verdict",
    "no_such_webhook",
    "no_clock_runs",
    "another_ticket",
    "not_newer",
    "cancelled",
]
"""Why a watch cannot be begun or changed."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A watch as it stands now; `begun` where it was not there before."""

    watch: Watch
    rings: Sequence[Ring]
    begun: bool = False


@dataclass(frozen=True, slots=True)
class Keeper:
    """The watches of one caller; only its own verdicts can be watched. `now` is nanoseconds since 1970."""

    database: Database
    caller: str
    now: int

    def begin(self, decision_id: str, webhook: str) -> Kept | Trouble:
        """Watches the running clocks of a verdict; asked for twice, there is one watch all the same."""
        with self.database.writing() as connection:
            decision = self._own(find(connection, decision_id))
            if decision is None:
                return "no_such_verdict"
            if find_webhook(connection, webhook, lock=True) is None:
                return "no_such_webhook"
            known = watch_on(connection, decision.id, webhook)
            if known is not None and known.caller == self.caller:
                return Kept(known, rings_of(connection, [known.id])[known.id])
            id_ = new_id(self.now)
            watch = Watch(id_, self.caller, decision.id, decision.ticket_no, webhook, self.now // 1000)
            rings = rings_from(id_, msgspec.json.decode(decision.verdict))
            if not rings:
                return "no_clock_runs"
            add_watch(connection, watch, rings)
            return Kept(watch, rings, begun=True)

    def renew(self, watch_id: str, decision_id: str) -> Kept | Trouble:
        """Watches a newer verdict of the same ticket from now on; clocks that run no more are stopped."""
        with self.database.writing() as connection:
            watch = find_watch(connection, watch_id, lock=True)
            if watch is None or watch.caller != self.caller:
                return "no_such_watch"
            decision = self._own(find(connection, decision_id))
            if decision is None:
                return "no_such_verdict"
            trouble = _trouble(watch, decision)
            if trouble is not None:
                return trouble
            rings = rings_from(watch.id, msgspec.json.decode(decision.verdict))
            replace_facts(connection, watch.id, decision.id, rings, self.now // 1000)
            kept = rings_of(connection, [watch.id])[watch.id]
            return Kept(replace(watch, decision_id=decision.id), kept)

    def end(self, watch_id: str, *, anybodys: bool = False) -> Trouble | None:
        """Nothing of it rings any more; ending it again changes nothing."""
        with self.database.writing() as connection:
            watch = find_watch(connection, watch_id, lock=True)
            if watch is None or not (anybodys or watch.caller == self.caller):
                return "no_such_watch"
            cancel(connection, watch_id, self.now // 1000)
            return None

    def _own(self, decision: Decision | None) -> Decision | None:
        return decision if decision is not None and decision.caller == self.caller else None


def _trouble(watch: Watch, decision: Decision) -> Trouble | None:
    if watch.cancelled_at is not None:
        return "cancelled"
    if decision.ticket_no != watch.ticket_no:
        return "another_ticket"
    return "not_newer" if decision.id < watch.decision_id else None
