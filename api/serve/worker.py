"""A worker: one of the processes that answer requests. Granian starts it and calls `make_application`."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from granian.server.mp import MPServer

from api import logs
from api.http.limits import KeyLimiter
from api.http.lines import RequestLines
from api.http.service import DecisionLog, Edition, Service, Settings
from api.scribe.client import NoLog, ScribeClient
from api.serve.board import Board
from api.serve.editions import ProcessEditions
from api.serve.settings import RunFolder, RunSettings
from api.serve.sparing import SparingLog
from api.serve.stalled import StalledBodies
from api.store.database import Database, open_database
from api.store.dry_runs import count_by_state as dry_runs_by_state
from api.store.keys import KeyRing
from api.store.watches import count_by_state

LOG_PATIENCE_S = 10.0
LOOK_EVERY_S = 0.01

_LAST_ACTS: list[Callable[[], None]] = []
"""What a worker does once its last request is answered."""


def make_application(folder_name: str) -> Callable[..., Any]:
    """The WSGI application of this worker, all of whose settings stand in the run folder."""
    _leave_signals_to_the_supervisor()
    folder = RunFolder(Path(folder_name))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder.metrics)
    settings = folder.read_settings()
    board = Board(folder.board)
    slot = board.claim_slot()
    logs.configure(process=f"worker {os.getpid()}")
    try:
        from api.http.app import create_app

        app = create_app(service_of(settings, folder, board, slot))
        gc.collect()
        gc.freeze()  # what is here now stays: looking through it again and again would hold up requests
    except Exception as error:  # noqa: BLE001 - the log has it, not a traceback on the terminal
        logs.journal().error("worker_cannot_start", exc_info=error)
        raise SystemExit(1) from None
    return app.wsgi_app


def work(*arguments: Any) -> None:
    """A worker from its first request to its last.

    It ends without taking the interpreter down step by step: threads of the server that still wait for it
    would abort the process then, with a message on the terminal.
    """
    MPServer._spawn_wsgi_worker(*arguments)  # noqa: SLF001 - what the server itself starts, and nothing else
    for act in _LAST_ACTS:
        act()
    os._exit(0)


def _leave_signals_to_the_supervisor() -> None:
    """Ctrl-C and a closed terminal reach the whole group; only the supervisor's SIGTERM counts here."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})


def service_of(settings: RunSettings, folder: RunFolder, board: Board, slot: int) -> Service:
    """All that a request needs, from what the supervisor has written down."""
    from api.metrics import Metrics

    journal = logs.journal()
    metrics = Metrics("worker")
    editions = ProcessEditions(
        folder, board, slot, settings.evaluator, journal, lambda edition: _tell_metrics(metrics, edition)
    )
    editions.start()
    log: DecisionLog = NoLog()
    if settings.log_decisions:
        log = SparingLog(ScribeClient(folder.scribe, LOG_PATIENCE_S), settings.threads)
    database = open_database(settings.database_url)
    metrics.read_with("log", lambda: _tell_log(metrics, log))
    metrics.read_with("watches", lambda: _tell_watches(metrics, database))
    metrics.read_with("dry_runs", lambda: _tell_dry_runs(metrics, database))
    lines = RequestLines(process=f"worker {os.getpid()}")
    _LAST_ACTS.append(lines.flush)
    stalled = StalledBodies()
    stalled.start()
    return Service(
        editions=editions,
        log=log,
        database=database,
        keys=KeyRing(database),
        limiter=KeyLimiter(board.rates, limit=settings.rate, window=1),
        metrics=metrics,
        journal=journal,
        settings=Settings(
            engine=engine_name(), language=settings.language, has_history=bool(settings.history)
        ),
        clock=time.time_ns,
        reload=Reload(board, slot),
        note=lines,
        awaited=stalled.awaited,
    )


def engine_name() -> str:
    """What is stored with every decision: which Caiding judged."""
    return f"caiding {version('caiding')}"


def _tell_metrics(metrics: Any, edition: Edition) -> None:
    metrics.edition(edition.name, edition.revision, edition.generation, edition.since.timestamp())
    metrics.names([*edition.evaluator.plan.facts, *edition.evaluator.plan.parameters])


def _tell_log(metrics: Any, log: DecisionLog) -> None:
    state = log.state()
    metrics.log(state.waiting, _seconds(state.last_commit_at), _seconds(state.failing_since))


def _tell_watches(metrics: Any, database: Database) -> None:
    with database.reading() as connection:
        metrics.by_state("watches", count_by_state(connection))


def _tell_dry_runs(metrics: Any, database: Database) -> None:
    with database.reading() as connection:
        metrics.by_state("dry_runs", dry_runs_by_state(connection))


def _seconds(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / 1_000_000


class Reload:
    """Asks the keeper, by way of the board, to look at the rules folder now."""

    def __init__(self, board: Board, slot: int) -> None:
        self._board, self._slot = board, slot
        self._wishing = threading.Lock()

    def __call__(self, patience: float) -> bool:
        """Whether the keeper answered within so many seconds."""
        with self._wishing:
            number = self._board.wish(self._slot)
        until = time.monotonic() + patience
        while self._board.answered(self._slot) < number:
            if time.monotonic() > until:
                return False
            time.sleep(LOOK_EVERY_S)
        return True
