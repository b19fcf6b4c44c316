"""The second opinion: a share of the stored verdicts is judged once more, by an engine built independently.

A thread of the supervisor follows the decision log a little behind the present, chooses by a digest of each
id, judges the stored facts by the durable evaluator of the same edition (in its child process, with time
limits), and compares the bytes. It reads only what was answered before, so no answer ever waits for it.

Whatever it cannot keep up with it passes over and counts. A decision that is committed later than `behind`
after its id was made is not seen; that happens while the log is away, and a sample does not need it.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Thread, get_native_id
from time import monotonic
from typing import Literal, Protocol, TypeAlias

from api.logs import Journal
from api.store.database import Database, StoreUnavailable
from api.store.decisions import Decision, find
from api.store.ids import first_id_at
from api.store.instants import instant_at
from api.store.sampling import ids_between
from api.tickets.again import request_from_stored
from api.tickets.json_door import JsonDoor
from engine.evaluate.durable import Disagreement, DurableFailure, DurableTimeout, Unavailable
from engine.evaluate.durable.evaluator import DurableEvaluator
from engine.evaluate.durable.process import Limits
from engine.library import Library

Result: TypeAlias = Literal["agreed", "disagreed", "failed", "timed_out", "skipped", "not_available"]

DIGEST_BYTES = 8
NICENESS = 19


class Counts(Protocol):
    """Where opinions are counted."""

    def second_opinion(self, result: Result) -> None: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two looks, seconds behind the present, seconds of judging in one look, ids in one page.

    What is chosen after the seconds of judging are used up is passed over: the thread never falls behind.
    """

    every: float = 1.0
    behind: float = 2.0
    judging: float = 5.0
    page: int = 5_000
    editions: int = 2
    limits: Limits = field(default_factory=Limits)


def chosen(id: str, share: float) -> bool:  # noqa: A002 - the word of the interface
    """Whether a decision is among the share: by a digest of its id, so that anybody finds the same ones."""
    digest = hashlib.sha256(id.encode()).digest()[:DIGEST_BYTES]
    return int.from_bytes(digest) < share * 2.0 ** (8 * DIGEST_BYTES)


def _step_back() -> None:
    """Requests go first: this thread, and the child that it starts, take the processor when it is free."""
    if sys.platform == "linux":  # where a thread has a priority of its own
        os.setpriority(os.PRIO_PROCESS, get_native_id(), NICENESS)


class Opinions:
    """The durable evaluators of the editions that judged last; each has a child process of its own."""

    def __init__(self, most: int, limits: Limits) -> None:
        self._most = most
        self._limits = limits
        self._evaluators: dict[str, DurableEvaluator] = {}
        self._doors: dict[str, JsonDoor] = {}

    def know(self, library: Library) -> None:
        """Takes in the active library; the oldest one goes. Raises Unavailable without durable-rules."""
        assert library.plan is not None, "only a library with a plan becomes active"
        edition = library.plan.edition
        if edition in self._evaluators:
            return
        self._evaluators[edition] = DurableEvaluator(library.plan, self._limits)
        self._doors[edition] = JsonDoor(self._evaluators[edition])
        while len(self._evaluators) > self._most:
            oldest = next(iter(self._evaluators))
            del self._doors[oldest]
            self._evaluators.pop(oldest).close()

    def on(self, decision: Decision) -> tuple[Result, str | None]:
        """Whether the second engine comes to the stored bytes; else what there is to say."""
        door = self._doors.get(decision.edition)
        if door is None:
            return "skipped", "its edition does not judge any more"
        try:
            return self._compared(door, decision)
        except DurableTimeout as failure:
            return "timed_out", str(failure)
        except DurableFailure as failure:
            return "failed", str(failure)
        except Disagreement as difference:
            return "disagreed", str(difference)

    def _compared(self, door: JsonDoor, decision: Decision) -> tuple[Result, str | None]:
        plan = self._evaluators[decision.edition].plan
        request = request_from_stored(decision.facts, decision.as_of, plan)
        if isinstance(request, list):
            return "failed", f"the stored facts cannot be read: {request[0].code}"
        judged = door.decide(request, None)
        if judged.verdict_json == decision.verdict.encode():
            return "agreed", None
        return "disagreed", "the verdicts differ"

    @property
    def child_pids(self) -> list[int]:
        """The processes that judge at the moment."""
        return [pid for one in tuple(self._evaluators.values()) if (pid := one.child_pid) is not None]

    def close(self) -> None:
        for evaluator in self._evaluators.values():
            evaluator.close()


@dataclass(eq=False)
class SecondOpinion:
    """Follows the decision log until it is stopped.

    `active` gives the library that judges now, `share` lies in 0 .. 1 (0 starts nothing), `clock` gives
    nanoseconds since 1970.
    """

    database: Database
    active: Callable[[], Library | None]
    share: float
    clock: Callable[[], int]
    metrics: Counts
    journal: Journal
    pace: Pace = field(default_factory=Pace)
    _stopping: Event = field(default_factory=Event, init=False)
    _waiting: bool = field(default=False, init=False)
    _opinions: Opinions = field(init=False)
    _seen: str = field(init=False)
    _thread: Thread = field(init=False)

    def __post_init__(self) -> None:
        self._opinions = Opinions(self.pace.editions, self.pace.limits)
        self._seen = first_id_at(self._present())
        self._thread = Thread(target=self._run, name="second-opinion", daemon=True)

    @property
    def child_pids(self) -> list[int]:
        return self._opinions.child_pids

    def start(self) -> None:
        if self.share > 0:
            self._thread.start()

    def stop(self) -> None:
        """Ends the thread; a child process that does not answer is killed."""
        self._stopping.set()
        if self._thread.ident is None:
            return
        self._thread.join(2)
        for pid in self.child_pids if self._thread.is_alive() else ():
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self._thread.join(1)

    def close(self) -> None:
        """Ends the child processes; a further look would start others."""
        self._opinions.close()

    def _run(self) -> None:
        _step_back()
        try:
            while not self._stopping.wait(self.pace.every):
                self._look_safely()
        except Unavailable as missing:
            self.metrics.second_opinion("not_available")
            self.journal.error("there is no second opinion", reason=str(missing))
        finally:
            self.close()

    def _look_safely(self) -> None:
        try:
            self.look()
            self._waiting = False
        except StoreUnavailable as trouble:
            if not self._waiting:  # said once, however long it lasts
                self.journal.error("the second opinion waits for the database", reason=trouble.reason)
            self._waiting = True
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - the thread outlives whatever goes wrong with one verdict
            self.journal.error("the second opinion failed", kind=type(error).__name__)

    def look(self) -> None:
        """Everything since the last look, up to a little before the present.

        Raises StoreUnavailable, and Unavailable where durable-rules cannot be used.
        """
        library = self.active()
        if library is None:
            return
        self._opinions.know(library)
        until = first_id_at(self._present() - timedelta(seconds=self.pace.behind))
        enough = monotonic() + self.pace.judging
        for ids in self._pages(until):
            for id_ in filter(lambda id_: chosen(id_, self.share), ids):
                if self._stopping.is_set():
                    return
                self._judge(id_, late=monotonic() > enough)

    def _present(self) -> datetime:
        return instant_at(self.clock() // 1000)

    def _pages(self, until: str) -> Iterator[Sequence[str]]:
        """The ids not seen yet, page by page; a page counts as seen once it is handed out."""
        while True:
            with self.database.reading() as connection:
                ids = ids_between(connection, self._seen, until, self.pace.page)
            if not ids:
                return
            self._seen = ids[-1]
            yield ids

    def _judge(self, id_: str, *, late: bool) -> None:
        if late:
            self.metrics.second_opinion("skipped")
            return
        with self.database.reading() as connection:
            decision = find(connection, id_)
        if decision is None:  # dropped with its month since its id was read
            return
        result, reason = self._opinions.on(decision)
        self.metrics.second_opinion(result)
        if result not in ("agreed", "skipped"):
            self._log(decision, result, reason)

    def _log(self, decision: Decision, result: Result, reason: str | None) -> None:
        self.journal.error(
            "second opinion",
            result=result,
            decision=decision.id,
            ticket_no=decision.ticket_no,
            edition=decision.edition,
            reason=reason,
        )
