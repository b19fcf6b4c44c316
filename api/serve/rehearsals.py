"""The thread that does the dry runs that were asked for over HTTP, one at a time.

Several services may share one database: each takes what it works on by a lease, and what a killed one has
left is done again by the next. A service that ends in order gives its run back to the queue.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any, Literal, Protocol, TypeAlias

from api.logs import Journal
from api.serve.rehearsal import Job, Limits, NotDone, Rehearsal, clear
from api.serve.settings import RunSettings
from api.store import dry_runs
from api.store.database import Database, StoreUnavailable, url_from_anywhere
from api.store.dry_runs import DryRun, Found, Lease, Source
from api.store.editions import kept
from engine.base.findings import Finding

SECOND = 1_000_000
DAY = 86_400 * SECOND
Result: TypeAlias = Literal["done", "failed", "cancelled"]


class Counts(Protocol):
    """Where dry runs that have ended are counted."""

    def dry_run(self, result: Result) -> None: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How the thread works, in seconds.

    It looks for work and at the run under way every so often; `hold` is how often it says that it still holds
    its run, `lease` how long it may be silent before the run counts as left behind.
    """

    every: float = 1.0
    look: float = 0.2
    hold: float = 2.0
    lease: float = 60.0
    forget: float = 3600.0
    stopping: float = 8.0


@dataclass(eq=False)
class Rehearsals:
    """Does dry runs until it is stopped; `folder` is where the one under way has its files.

    `clock` gives the nanoseconds since 1970.
    """

    database: Database
    settings: RunSettings
    folder: Path
    clock: Callable[[], int]
    metrics: Counts
    journal: Journal
    pace: Pace = field(default_factory=Pace)
    _name: str = field(default_factory=lambda: f"{os.getpid()}-{os.urandom(6).hex()}", init=False)
    _stopping: Event = field(default_factory=Event, init=False)
    _forget_at: float = field(default=0.0, init=False)
    _thread: Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = Thread(target=self._run, name="rehearsals", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread; the run under way goes back into the queue."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(self.pace.stopping)

    def _run(self) -> None:
        waiting, pause = False, 0.0
        while not self._stopping.wait(pause):
            pause = self.pace.every
            try:
                self._forget()
                while self.rehearse() and not self._stopping.is_set():
                    pass
                waiting = False
            except StoreUnavailable as trouble:
                if not waiting:  # said once, however long it lasts
                    self.journal.error("the dry runs wait for the database", reason=trouble.reason)
                waiting = True
            except Exception as error:  # noqa: BLE001 - the thread outlives whatever goes wrong with one run
                self.journal.error("the dry runs failed", exc_info=error)

    def rehearse(self) -> bool:
        """Does the run that has waited longest; False where none waits. Raises StoreUnavailable."""
        now, sources = self._now(), self._sources()
        with self.database.reading() as connection:
            if not dry_runs.any_to_take(connection, now, sources):
                return False
        with self.database.writing() as connection:
            run = dry_runs.take(connection, now, self._lease(), sources)
        if run is not None:
            self._do(run)
        return run is not None

    def _sources(self) -> Sequence[Source]:
        return ("log", "history") if self.settings.history else ("log",)

    def _lease(self) -> Lease:
        return Lease(self._name, self._now() + int(self.pace.lease * SECOND))

    def _now(self) -> int:
        return self.clock() // 1000

    def _forget(self) -> None:
        """Now and then lets go of what has been kept long enough."""
        if monotonic() < self._forget_at:
            return
        with self.database.writing() as connection:
            dry_runs.forget(connection, self._now() - self.settings.dry_run_days * DAY)
        self._forget_at = monotonic() + self.pace.forget

    # --- one run ------------------------------------------------------------------------------------------

    def _do(self, run: DryRun) -> None:
        """One run from its beginning to its end, whatever that is; nothing of it is left on the disk."""
        clear(self.folder)
        began = monotonic()
        try:
            found = self._found(run)
        except NotDone as error:
            if error.codes:
                self.journal.error("dry run broke off", id=run.id, codes=error.codes)
            self._ended(run, "failed", began, trouble=error.trouble)
        except OSError as error:
            self._ended(run, "failed", began, trouble=_trouble_of(error))
        else:
            if found is not None:
                self._ended(run, "done", began, found=found)
            elif self._stopping.is_set():
                self._write(lambda connection: dry_runs.give_back(connection, run))
            else:
                self._ended(run, "cancelled", began)
        finally:
            clear(self.folder)

    def _found(self, run: DryRun) -> Found | None:
        """What came of the run; None where it was ended on the way. Raises NotDone, OSError."""
        self.folder.mkdir(mode=0o700)
        rehearsal = Rehearsal(self._job(run), self.folder)
        try:
            rehearsal.start()
            hold_at = monotonic() + self.pace.hold
            while not rehearsal.look():
                if self._stopping.wait(self.pace.look) or not self._is_wanted(run):
                    return None
                if monotonic() >= hold_at:
                    self._hold(run, rehearsal)
                    hold_at = monotonic() + self.pace.hold
            return rehearsal.found()
        finally:
            rehearsal.end()

    def _job(self, run: DryRun) -> Job:
        with self.database.reading() as connection:
            base, candidate = kept(connection, run.base), dry_runs.files_of(connection, run.id)
        if base is None:
            raise NotDone(Finding("S147", {}))
        settings = self.settings
        return Job(
            run,
            base.files,
            candidate,
            settings.command,
            url_from_anywhere(self.database),
            settings.history,
            Limits(settings.dry_run_seconds, settings.dry_run_bytes),
        )

    def _is_wanted(self, run: DryRun) -> bool:
        """A database that does not answer is no reason to stop."""
        try:
            with self.database.reading() as connection:
                return dry_runs.is_wanted(connection, run)
        except StoreUnavailable:
            return True

    def _hold(self, run: DryRun, rehearsal: Rehearsal) -> None:
        progress = rehearsal.progress
        try:
            with self.database.writing() as connection:
                dry_runs.go_on(connection, run, self._lease().until, progress.step, progress.done)
        except StoreUnavailable:
            return  # the lease is long enough for a few attempts

    def _ended(
        self,
        run: DryRun,
        result: Result,
        began: float,
        trouble: dict[str, Any] | None = None,
        found: Found | None = None,
    ) -> None:
        """Writes down how it ended; what was taken over by another service meanwhile is that one's."""
        now = self._now()

        def end(connection: Any) -> bool:
            if found is not None:
                return dry_runs.end_done(connection, run, now, found)
            if trouble is not None:
                return dry_runs.end_failed(connection, run, now, json.dumps(trouble, ensure_ascii=False))
            return dry_runs.end_cancelled(connection, run, now)

        if self._write(end):
            self.metrics.dry_run(result)
            says = self.journal.error if trouble is not None else self.journal.info
            code = None if trouble is None else trouble["code"]
            says("dry run", result=result, id=run.id, code=code, seconds=round(monotonic() - began))

    def _write(self, change: Callable[[Any], bool]) -> bool:
        """What came of a long run is not lost because the database is away for a while."""
        while True:
            try:
                with self.database.writing() as connection:
                    return change(connection)
            except StoreUnavailable:
                if self._stopping.wait(self.pace.hold):
                    return False


def _trouble_of(error: OSError) -> dict[str, Any]:
    """The disk is full, or the system will not have it; which of the two is all that is told."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return {"code": "S148", "values": {}}
    return {"code": "S145", "values": {"exit": str(error.errno or 0)}}
