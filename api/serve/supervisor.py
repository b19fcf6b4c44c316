"""The supervisor: the main process of the service, which starts all others and ends after them.

In order: the scribe, the keeper's first edition, the workers; then whatever runs beside them. The end goes
the other way round: workers finish what is in flight, and only then does the scribe stop taking records.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.mp import MPServer

from api import logs
from api.http.service import Edition
from api.logs import Journal
from api.scribe.client import ScribeClient
from api.serve.address import Address
from api.serve.board import Board
from api.serve.chronicle import Chronicle
from api.serve.keeper import Candidate, Keeper
from api.serve.rehearsals import Rehearsals
from api.serve.scribe import ScribeProcess
from api.serve.settings import RunFolder, RunSettings
from api.serve.worker import LOG_PATIENCE_S, engine_name, make_application, work
from api.store.database import Database
from engine.base.findings import Finding

SCRIBE_PATIENCE_S = 20.0
LOOK_EVERY_S = 0.5
QUEUE = 1024


class Beside(Protocol):
    """A thread of the supervisor's that works beside the workers."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


@dataclass(frozen=True)
class Run:
    """All that one run of the service stands on; `announce` is called once every worker answers."""

    settings: RunSettings
    folder: RunFolder
    address: Address
    database: Database
    first: Candidate
    announce: Callable[[Edition], None]


def supervise(run: Run) -> Finding | None:
    """Serves until SIGTERM or SIGINT; a finding where it had to end for another reason."""
    multiprocessing.set_start_method("spawn", force=True)  # a copy of a process with threads may hang
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(run.folder.metrics)
    logs.configure(process="supervisor")
    journal = logs.journal()
    run.folder.write_settings(run.settings)
    with ExitStack() as stack:
        board = Board.create(run.folder.board)
        stack.callback(board.close)
        chronicle = Chronicle(run.database, engine_name(), journal)
        keeper = Keeper(run.settings, run.folder, board, chronicle, journal)
        keeper.activate_first(run.first)
        scribe = ScribeProcess(run.folder, journal) if run.settings.log_decisions else None
        if scribe is not None:
            scribe.start()
            stack.callback(scribe.stop)
        return _Serving(run, board, keeper, scribe, journal).serve()


class _Serving:
    """The workers, and what works beside them from the first answer to the last."""

    def __init__(
        self, run: Run, board: Board, keeper: Keeper, scribe: ScribeProcess | None, journal: Journal
    ) -> None:
        self._run, self._board, self._keeper, self._scribe = run, board, keeper, scribe
        self._others = _others(run, keeper, journal)
        self._server = _server(run)
        self._ended = threading.Event()
        self._trouble: Finding | None = None

    def serve(self) -> Finding | None:
        opener = threading.Thread(target=self._open, name="opener", daemon=True)
        self._server.on_startup(_end_with_the_terminal(self._server))
        self._server.on_startup(opener.start)
        loader = partial(make_application, str(self._run.folder.path))
        try:
            self._server.serve(work, loader, wrap_loader=False)
        except SystemExit:  # Granian's word for workers that ended by themselves
            self._trouble = self._trouble or Finding("D136", {})
        finally:
            self._ended.set()
            if opener.is_alive():
                opener.join()
            for other in reversed(self._others):
                other.stop()
        return self._trouble if self._trouble or self._server.interrupt_signal else Finding("D136", {})

    def _open(self) -> None:
        """Once the scribe listens, every worker has the first edition ready, and the port answers."""
        if self._scribe is not None and not self._scribe.wait_until_listening(SCRIBE_PATIENCE_S, self._ended):
            self._trouble = None if self._ended.is_set() else Finding("D137", {})
            os.kill(os.getpid(), signal.SIGTERM)
            return
        while not (self._are_ready() and self._run.address.answers()):
            if self._ended.wait(0.02):
                return
        self._run.announce(self._keeper.active())
        for other in self._others:
            if not self._ended.is_set():
                other.start()
        while not self._ended.wait(LOOK_EVERY_S):
            if self._are_ready():  # only workers that end before they are ready are a reason to give up
                self._server.respawned_wrks.clear()

    def _are_ready(self) -> bool:
        ready = sum(worker.ready > 0 for worker in self._board.workers())
        return ready >= self._run.settings.workers


def _end_with_the_terminal(server: MPServer) -> Callable[[], None]:
    """A closed terminal ends the service as Ctrl-C does, unless it was started by nohup."""
    by_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN

    def set_up() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN if by_nohup else server.signal_handler_interrupt)

    return set_up


def _server(run: Run) -> MPServer:
    chosen = logging.getLogger("_granian")
    chosen.addFilter(lambda record: "which seems quite high" not in str(record.msg))  # measured, and right
    return MPServer(
        "caiding",
        address=run.address.host,
        port=run.address.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=run.settings.workers,
        blocking_threads=run.settings.threads,
        backlog=QUEUE,
        respawn_failed_workers=True,
        workers_kill_timeout=run.settings.stop_patience,
        log_level=LogLevels.info,
        log_dictconfig=logs.for_granian(),
    )


def _others(run: Run, keeper: Keeper, journal: Journal) -> list[Beside]:
    """What starts when the workers answer, and stops when they have ended."""
    from api.metrics import Metrics

    metrics = Metrics("supervisor")
    keeper.on_change = metrics.reload
    rehearsals = Rehearsals(run.database, run.settings, run.folder.dry_run, time.time_ns, metrics, journal)
    return [keeper, rehearsals, *_watching(run, keeper, metrics, journal)]


def _watching(run: Run, keeper: Keeper, metrics: Any, journal: Journal) -> list[Beside]:
    """The sweeper of deadlines and the second opinion; neither where nothing is stored."""
    if not run.settings.log_decisions:
        return []
    from api.opinion import SecondOpinion
    from api.watches.sweeper import Sweeper

    log = ScribeClient(run.folder.scribe, LOG_PATIENCE_S)
    share = run.settings.second_opinion / 10_000
    return [
        Sweeper(run.database, log, keeper.library, time.time_ns, metrics, journal, engine=engine_name()),
        SecondOpinion(run.database, keeper.library, share, time.time_ns, metrics, journal),
    ]
