"""The thread that looks for due deadlines, judges them and has them delivered.

Several sweepers may work on one database, in one process or in many: each takes what it works on by a lease.
A sweeper that dies loses nothing: what it held becomes free when its lease ends, and is delivered with the
same id and the same words as before.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Lock, Thread, current_thread
from time import monotonic, perf_counter_ns
from typing import Literal, Protocol

from api.logs import Journal
from api.scribe.client import LogUnavailable
from api.store.database import Database, StoreUnavailable
from api.store.decisions import Claim, Decision, Held, find, storable
from api.store.ids import new_id
from api.store.instants import instant_at, microseconds
from api.store.watches import Claimed, any_due, claim, end, keep_payload, put_off
from api.tickets.json_door import Judged
from api.watches.bench import Bench
from api.watches.delivery import Delivered, Failed, Patience, deliver
from api.watches.due import RunningClock, State, clock_of
from api.watches.rings import said, said_unjudged
from api.watches.signature import headers
from engine.library import Library

SECOND = 1_000_000
NO_KEY = 0
"""Stands as the key of decisions that nobody asked for over HTTP."""


class Log(Protocol):
    """Where the verdicts that ring are stored like any other."""

    def record(self, decisions: Sequence[Decision], claim: Claim | None = None) -> Held | None: ...


class Counts(Protocol):
    """Where attempts are counted."""

    def ring(self, result: Literal["delivered", "failed", "given_up"]) -> None: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How the sweeper works; seconds, or numbers of rings.

    `lease` is longer than the longest attempt to deliver. Pauses between attempts are `first_pause` times 3
    for each attempt, never more than `longest_pause`, and a fifth more or less by chance: ten attempts reach
    over some ten hours. `look_again` is the least time until a clock that still runs is judged anew.
    """

    every: float = 1.0
    while_full: float = 0.05
    lease: float = 60.0
    at_once: int = 4
    in_flight: int = 16
    for_one_webhook: int = 8
    attempts: int = 10
    first_pause: float = 5.0
    longest_pause: float = 21_600.0
    look_again: float = 60.0
    patience: Patience = field(default_factory=Patience)
    stopping: float = 4.0


def pause_after(attempts: int, pace: Pace, chance: float) -> int:
    """Microseconds until the next attempt, after so many; `chance` lies in [0, 1).

    >>> [pause_after(n, Pace(), 0.5) // SECOND for n in (1, 2, 3, 10)]
    [5, 15, 45, 21600]
    """
    pause = min(pace.longest_pause, pace.first_pause * 3.0 ** (attempts - 1))
    return int(pause * (0.8 + 0.4 * chance) * SECOND)


@dataclass(eq=False)
class Sweeper:
    """Takes due rings from the database until it is stopped.

    `active` gives the library that judges now (None: nothing can be judged yet), `clock` the nanoseconds
    since 1970; `engine` names this installation and is stored with every decision.
    """

    database: Database
    log: Log
    active: Callable[[], Library | None]
    clock: Callable[[], int]
    metrics: Counts
    journal: Journal
    pace: Pace = field(default_factory=Pace)
    engine: str = "caiding"
    _bench: Bench = field(default_factory=Bench, init=False)
    _name: str = field(default_factory=lambda: f"{os.getpid()}-{os.urandom(6).hex()}", init=False)
    _stopping: Event = field(default_factory=Event, init=False)
    _in_flight: Counter[str] = field(default_factory=Counter, init=False)
    _counting: Lock = field(default_factory=Lock, init=False)
    _threads: set[Thread] = field(default_factory=set, init=False)
    _thread: Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; waits a little for what is on its way, and leaves the rest to the next sweeper."""
        self._stopping.set()
        until = monotonic() + self.pace.stopping
        if self._thread.ident is not None:
            self._thread.join(self.pace.stopping)
        for thread in tuple(self._threads):
            thread.join(max(0.0, until - monotonic()))

    def _run(self) -> None:
        pause, waiting = 0.0, False
        while not self._stopping.wait(pause):
            pause = self.pace.every
            try:
                while self.sweep() and not self._stopping.is_set():
                    pass
                if self._room()[0] <= 0:
                    pause = self.pace.while_full
                waiting = False
            except StoreUnavailable as trouble:
                if not waiting:  # said once, however long it lasts
                    self.journal.error("the sweeper waits for the database", reason=trouble.reason)
                waiting = True
            except Exception as error:  # noqa: BLE001 - the thread outlives whatever goes wrong with one ring
                self.journal.error("the sweeper failed", kind=type(error).__name__)

    def sweep(self) -> int:
        """Takes some due rings, judges them and sends them on their way; how many it took.

        Raises StoreUnavailable; what was taken then comes free when its lease ends.
        """
        library = self.active()
        most, busy = self._room()
        if library is None or most <= 0:
            return 0
        now = self._now()
        with self.database.reading() as connection:
            if not any_due(connection, now, busy):
                return 0
        until = now + int(self.pace.lease * SECOND)
        with self.database.writing() as connection:
            taken = claim(connection, now, until, self._name, most, busy)
        for claimed in taken:
            self._take(claimed, library)
        return len(taken)

    def _room(self) -> tuple[int, list[str]]:
        """How many more may be on their way, and the webhooks that have their share of them already."""
        with self._counting:
            room = self.pace.in_flight - self._in_flight.total()
            busy = [name for name, count in self._in_flight.items() if count >= self.pace.for_one_webhook]
        return min(room, self.pace.at_once), busy

    def _now(self) -> int:
        return self.clock() // 1000

    def _take(self, claimed: Claimed, library: Library) -> None:
        """Whatever is to be done about one ring."""
        payload = claimed.ring.payload
        if claimed.url is None:
            self._give_up(claimed, "the webhook was removed")
        elif payload is not None:
            self._send(claimed, payload)
        else:
            self._judge_safely(claimed, library)

    def _judge_safely(self, claimed: Claimed, library: Library) -> None:
        """A ticket on which Caiding itself breaks down is a failed attempt, and no other ticket suffers."""
        try:
            self._judge(claimed, library)
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a mistake of ours, with this one ticket
            self.journal.error("a deadline was not judged", ring=claimed.ring.id, kind=type(error).__name__)
            self._note(claimed, Failed(f"Caiding broke down on this ticket ({type(error).__name__})"))

    def _judge(self, claimed: Claimed, library: Library) -> None:
        with self.database.reading() as connection:
            watched = find(connection, claimed.watch.decision_id)
        if watched is None:
            self._give_up(claimed, "the watched verdict is not kept any more")
            return
        began, now = perf_counter_ns(), self._now()
        instant = instant_at(now)
        judged = self._bench.judge(library, watched.facts, instant)
        if isinstance(judged, list):
            self._keep_and_send(claimed, None, said_unjudged(claimed.watch, claimed.ring, judged, instant))
            return
        state = clock_of(judged.verdict, claimed.ring.rule)
        if isinstance(state, RunningClock):
            self._look_again(claimed, state, now)
            return
        self._ring(claimed, state, judged, instant, (perf_counter_ns() - began) // 1000)

    def _look_again(self, claimed: Claimed, clock: RunningClock, now: int) -> None:
        """It runs on: a pause is open, the edition has changed, or its due instant lies within the minute."""
        next_at = max(microseconds(clock.over_at), now + int(self.pace.look_again * SECOND))
        with self.database.writing() as connection:
            put_off(connection, claimed, next_at)

    def _ring(self, claimed: Claimed, state: State, judged: Judged, now: datetime, duration: int) -> None:
        """The verdict that rings is stored before anybody is told of it."""
        decision = self._decision(claimed, judged, now, duration)
        try:
            self.log.record([decision])
        except LogUnavailable as trouble:
            if trouble.reason == "refused":  # it will never be stored
                raise
            self._put_off(claimed, "the decision log cannot be written")
            return
        body = said(claimed.watch, claimed.ring, state, decision.id, judged, now)
        self._keep_and_send(claimed, decision.id, body)

    def _decision(self, claimed: Claimed, judged: Judged, now: datetime, duration: int) -> Decision:
        return Decision(
            id=new_id(self.clock()),
            decided_at=microseconds(now),
            as_of=judged.verdict["as_of"],
            edition=judged.verdict["edition"],
            caller=claimed.watch.caller,
            key_id=NO_KEY,
            request_id=claimed.ring.id,
            traceparent=None,
            ticket_no=None if judged.ticket_no is None else storable(judged.ticket_no),
            duration_us=duration,
            engine=self.engine,
            facts=judged.facts.decode(),
            verdict=judged.verdict_json.decode(),
        )

    def _keep_and_send(self, claimed: Claimed, verdict_id: str | None, payload: str) -> None:
        with self.database.writing() as connection:
            kept = keep_payload(connection, claimed, verdict_id, payload)
            if not kept:  # newer facts have come in while the old ones were judged
                put_off(connection, claimed, self._now())
        if kept:
            self._send(claimed, payload)

    def _put_off(self, claimed: Claimed, reason: str) -> None:
        """Not the receiver's fault, so it is no attempt."""
        self.journal.error("a deadline waits", ring=claimed.ring.id, reason=reason)
        next_at = self._now() + int(self.pace.first_pause * SECOND)
        with self.database.writing() as connection:
            put_off(connection, claimed, next_at, last_error=reason)

    def _give_up(self, claimed: Claimed, reason: str) -> None:
        with self.database.writing() as connection:
            ours = end(connection, claimed, "given_up", self._now(), last_error=reason)
        if ours:
            self._told("given_up", claimed, reason)

    def _send(self, claimed: Claimed, payload: str) -> None:
        """One thread for each attempt, so that a slow receiver holds up nobody else."""
        webhook = claimed.watch.webhook
        thread = Thread(target=self._attempt, args=(claimed, payload), name="delivery", daemon=True)
        with self._counting:
            self._in_flight[webhook] += 1
            self._threads.add(thread)
        thread.start()

    def _attempt(self, claimed: Claimed, payload: str) -> None:
        try:
            self._note(claimed, self._post(claimed, payload.encode()))
        except StoreUnavailable as trouble:
            self.journal.error("a delivery could not be noted", ring=claimed.ring.id, reason=trouble.reason)
        except Exception as error:  # noqa: BLE001 - nothing may leave a thread; the lease ends by itself
            self.journal.error("a delivery failed", ring=claimed.ring.id, kind=type(error).__name__)
        finally:
            self._landed(claimed.watch.webhook)

    def _landed(self, webhook: str) -> None:
        with self._counting:
            self._in_flight[webhook] -= 1
            self._in_flight += Counter()
            self._threads.discard(current_thread())

    def _post(self, claimed: Claimed, body: bytes) -> Delivered | Failed:
        assert claimed.url is not None, "a ring without an address was given up"
        assert claimed.secret is not None, "every address has a secret"
        timestamp = self.clock() // 1_000_000_000
        signed = headers(claimed.secret, claimed.ring.id, timestamp, body)
        return deliver(claimed.url, body, signed, self.pace.patience)

    def _note(self, claimed: Claimed, result: Delivered | Failed) -> None:
        attempts, now = claimed.ring.attempts + 1, self._now()
        match result:
            case Delivered():
                with self.database.writing() as connection:
                    end(connection, claimed, "delivered", now, attempts=attempts, last_error=None)
                self._told("delivered", claimed, None)
            case Failed(reason=reason, for_good=for_good) if for_good or attempts >= self.pace.attempts:
                with self.database.writing() as connection:
                    end(connection, claimed, "given_up", now, attempts=attempts, last_error=reason)
                self._told("given_up", claimed, reason)
            case Failed(reason=reason):
                pause = pause_after(attempts, self.pace, random.random())  # noqa: S311 - spreads load, hides nothing
                with self.database.writing() as connection:
                    put_off(connection, claimed, now + pause, attempts=attempts, last_error=reason)
                self._told("failed", claimed, reason)

    def _told(
        self, result: Literal["delivered", "failed", "given_up"], claimed: Claimed, reason: str | None
    ) -> None:
        self.metrics.ring(result)
        says = self.journal.info if result == "delivered" else self.journal.error
        says("delivery", result=result, ring=claimed.ring.id, webhook=claimed.watch.webhook, reason=reason)
