"""The scribe's process: started by the supervisor, and started again when it ends before its time."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from pathlib import Path

from api import logs
from api.logs import Journal
from api.serve.settings import RunFolder

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 5.0
STEADY_AFTER_S = 10.0
"""One that has worked so long had no trouble starting."""
TROUBLE_AFTER = 5
STOP_PATIENCE_S = 12.0


def write(folder_name: str) -> None:
    """The process itself; away from the terminal's group, so that what stops the service reaches it last."""
    os.setsid()
    folder = RunFolder(Path(folder_name))
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder.metrics)
    logs.configure(process="scribe")
    from api.metrics import Metrics
    from api.scribe.process import run

    try:
        run(folder.read_settings().database_url, folder.scribe, Metrics("scribe").committed)
    except Exception as error:  # noqa: BLE001 - said in the log's own form, not as Python prints it
        logs.journal().error("scribe_failed", exc_info=error)
        raise SystemExit(1) from None


class ScribeProcess:
    """Keeps one scribe alive from `start` to `stop`."""

    def __init__(self, folder: RunFolder, journal: Journal) -> None:
        self._folder, self._journal = folder, journal
        self._stopping = threading.Event()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._thread = threading.Thread(target=self._keep_alive, name="scribe-keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends it after the workers: by then nothing is under way. Bounded."""
        self._stopping.set()
        process = self._process
        if process is not None and process.is_alive():
            process.terminate()
        self._thread.join(STOP_PATIENCE_S)

    def wait_until_listening(self, patience: float, ended: threading.Event) -> bool:
        """Whether it takes records within so many seconds; sooner no where all has ended."""
        until = time.monotonic() + patience
        while not self._folder.scribe.exists() and time.monotonic() < until:
            if ended.wait(0.02):
                break
        return self._folder.scribe.exists()

    def _keep_alive(self) -> None:
        pause, early_ends = FIRST_PAUSE_S, 0
        while not self._stopping.is_set():
            started = time.monotonic()
            code = self._run_once()
            if self._stopping.is_set():
                return
            steady = time.monotonic() - started > STEADY_AFTER_S
            pause, early_ends = (
                (FIRST_PAUSE_S, 1) if steady else (min(2 * pause, LONGEST_PAUSE_S), early_ends + 1)
            )
            event = "scribe_does_not_stay" if early_ends >= TROUBLE_AFTER else "scribe_ended"
            self._journal.error(event, exit_code=code, ends=early_ends, again_in=pause)
            self._stopping.wait(pause)

    def _run_once(self) -> int | None:
        process = multiprocessing.get_context("spawn").Process(
            target=write, args=(str(self._folder.path),), name="caiding-scribe", daemon=True
        )
        self._process = process
        process.start()
        self._journal.info("scribe_started", pid=process.pid)
        while process.is_alive() and not self._stopping.is_set():
            process.join(0.2)
        if self._stopping.is_set():
            self._end(process)
        return process.exitcode

    def _end(self, process: multiprocessing.process.BaseProcess) -> None:
        process.terminate()
        process.join(STOP_PATIENCE_S - 2)
        if process.is_alive():
            self._journal.error("scribe_killed", pid=process.pid)
            process.kill()
            process.join(1)
