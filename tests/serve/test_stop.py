"""How the service ends: what is in flight is finished, and nothing is left behind."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from pathlib import Path

from tests.serve.running import Answer, Load, Running, is_running, serving, wait_until


def test_finishes_what_is_in_flight(tmp_path: Path) -> None:
    """A request that waits for the database while SIGTERM comes is answered, and its verdict is stored.

    The database is held by somebody else meanwhile; a second SIGTERM changes nothing.
    """
    with serving(tmp_path) as running:
        processes = [*running.children("worker"), *running.children("scribe")]
        assert len(processes) == 3
        answers: list[Answer] = []
        waiting = threading.Thread(target=lambda: answers.append(running.judge()))
        other = sqlite3.connect(tmp_path / "caiding.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        waiting.start()
        time.sleep(0.5)
        started = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        running.process.send_signal(signal.SIGTERM)
        assert _is_refused(running), "nobody new is let in"
        time.sleep(0.5)
        assert running.process.poll() is None, "it waits for the request"
        other.execute("COMMIT")
        other.close()
        assert running.process.wait(20) == 0
        assert time.monotonic() - started < 10
        waiting.join()
        assert answers[0].status == 201
        assert answers[0].body["id"] in running.stored()
        assert not list((tmp_path / "tmp").iterdir()), "the run folder is gone"
        wait_until(lambda: not any(map(is_running, processes)), 5)


def test_ctrl_c_under_load(tmp_path: Path) -> None:
    """Ctrl-C reaches every process of the terminal's group; the end is as quiet as by SIGTERM."""
    with serving(tmp_path) as running:
        with Load(running) as load:
            load.wait_for(50)
            _signal_group(running, signal.SIGINT)
            assert running.process.wait(20) == 0
        assert set(load.acknowledged) <= running.stored()
        assert [line for line in running.log if line["level"] == "error"] == []
        assert load.others == []


def _is_refused(running: Running) -> bool:
    running.hang_up()
    try:
        running.ready()
    except ConnectionError:
        return True
    return False


def _signal_group(running: Running, number: int) -> None:
    import os

    os.killpg(running.process.pid, number)
