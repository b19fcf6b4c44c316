"""A log that does not answer holds most threads of a worker, and never all of them."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

from api.serve.sparing import SPARED, STUCK_AFTER_S
from tests.serve.running import serving, wait_until


def test_it_is_told_that_it_lives_while_the_log_is_stuck(tmp_path: Path) -> None:
    """Twice as many ask as there are threads, while the scribe stands still; then all goes on."""
    with serving(tmp_path, "--workers", "1", "--threads", "4") as running:
        (scribe,) = running.children("scribe")
        told: list[int] = []

        def ask() -> None:
            told.append(running.judge().status)
            running.hang_up()

        askers = [threading.Thread(target=ask) for _ in range(8)]
        os.kill(scribe, signal.SIGSTOP)
        try:
            for asker in askers[: 4 - SPARED]:
                asker.start()
            time.sleep(STUCK_AFTER_S + 0.5)
            for asker in askers[4 - SPARED :]:
                asker.start()
            wait_until(lambda: len(told) == 8 - 4 + SPARED, 5)
            before = time.monotonic()
            assert running.ask("GET", "/health/live").status == 200
            assert time.monotonic() - before < 1
        finally:
            os.kill(scribe, signal.SIGCONT)
        for asker in askers:
            asker.join()
        assert sorted(told) == [201] * (4 - SPARED) + [503] * (8 - 4 + SPARED)
        assert running.judge().status == 201
