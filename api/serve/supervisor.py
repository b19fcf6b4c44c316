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
from pathlib import Path
from typing import Any, Protocol

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from api import logs
from api.http.service import Edition, Journal
from api.scribe.client import ScribeClient
from api.serve.address import Address
from api.serve.board import Board
from api.serve.chronicle import Chronicle
from api.serve.keeper import Candidate, Keeper
from api.serve.scribe import ScribeProcess
from api.serve.settings import RunFolder, RunSettings
from api.serve.worker import LOG_PATIENCE_S, engine_name, make_application
from api.store.database import Database
from engine.base.findings import Finding

SCRIBE_PATIENCE_S = 20.0
READY_PATIENCE_S = 60.0
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
        keeper = Keeper(
            Path(run.settings.rules), run.settings.evaluator, run.folder, board, chronicle, journal
        )
        keeper.activate_first(run.first)
        if run.settings.log_decisions:
            scribe = ScribeProcess(run.folder, journal)
            scribe.start()
            stack.callback(scribe.stop)
            if not scribe.wait_until_listening(SCRIBE_PATIENCE_S):
                return Finding("D137", {})
        return _serve(run, board, keeper, journal)


def _serve(run: Run, board: Board, keeper: Keeper, journal: Journal) -> Finding | None:
    server = _server(run)
    others = _others(run, keeper, journal)
    announcer = threading.Thread(target=_announce, args=(run, board, keeper, others), daemon=True)
    closed_terminal = signal.getsignal(signal.SIGHUP)

    def before_workers() -> None:
        if closed_terminal is signal.SIG_IGN:  # started by nohup
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        else:
            signal.signal(signal.SIGHUP, server.signal_handler_interrupt)
        announcer.start()

    server.on_startup(before_workers)
    try:
        server.serve(target_loader=partial(make_application, str(run.folder.path)), wrap_loader=False)
    except SystemExit:
        journal.info("workers_ended")
    finally:
        announcer.join(READY_PATIENCE_S)
        for other in reversed(others):
            other.stop()
    return None if server.interrupt_signal else Finding("D136", {})


def _server(run: Run) -> Server:
    chosen = logging.getLogger("_granian")
    chosen.addFilter(lambda record: "which seems quite high" not in str(record.msg))  # measured, and right
    return Server(
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
    keeper.on_change = lambda edition, outcome: _tell(metrics, edition, outcome)
    return [keeper, *_watching(run, keeper, metrics, journal)]


def _tell(metrics: Any, edition: Edition, outcome: str) -> None:
    metrics.reload(outcome)


def _watching(run: Run, keeper: Keeper, metrics: Any, journal: Journal) -> list[Beside]:
    """The sweeper of deadlines and the second opinion; neither where nothing is stored."""
    if not run.settings.log_decisions:
        return []
    from api.opinion import SecondOpinion
    from api.watches.sweeper import Sweeper

    log = ScribeClient(run.folder.scribe, LOG_PATIENCE_S)
    share = run.settings.second_opinion / 10_000
    return [
        Sweeper(run.database, log, keeper.library, time.time_ns, metrics, journal),
        SecondOpinion(run.database, keeper.library, share, time.time_ns, metrics, journal),
    ]


def _announce(run: Run, board: Board, keeper: Keeper, others: list[Beside]) -> None:
    """Once every worker has the first edition ready."""
    until = time.monotonic() + READY_PATIENCE_S
    while time.monotonic() < until:
        if sum(worker.ready > 0 for worker in board.workers()) >= run.settings.workers:
            run.announce(keeper.active())
            break
        time.sleep(0.02)
    for other in others:
        other.start()
