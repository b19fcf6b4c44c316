"""Processes are killed in the middle of load: what was acknowledged is stored, and the service goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from api.store.database import open_database
from tests.serve.running import Load, is_running, serving, wait_until, write_rules
from tests.store.postgres import Cluster


def test_everything_is_killed(tmp_path: Path) -> None:
    """SIGKILL for the whole group under load: no acknowledged verdict is lost, no process is left.

    The next run serves from the same database, and clears away the folder that the killed one left.
    """
    with serving(tmp_path) as running:
        processes = [*running.children("worker"), *running.children("scribe")]
        with Load(running, threads=8) as load:
            load.wait_for(200)
            os.killpg(running.process.pid, signal.SIGKILL)
            wait_until(lambda: not any(map(is_running, processes)), 10)
        running.process.wait()
    (left,) = (tmp_path / "tmp").iterdir()
    long_ago = time.time() - 3600
    os.utime(left / "lock", (long_ago, long_ago))
    with serving(tmp_path, key=running.key) as again:
        assert set(load.acknowledged) <= again.stored()
        assert again.judge().status == 201
        assert not left.exists()


def test_processes_are_killed_one_by_one(tmp_path: Path) -> None:
    """A worker twice and then the scribe die under load: all come back, and nothing acknowledged is lost.

    Then the supervisor dies alone: all others end too, so that nobody holds the port or the database.
    """
    with serving(tmp_path) as running:
        wait_until(lambda: running.raw_log.count("Started worker") == 2)
        with Load(running) as load:
            load.wait_for(50)
            os.kill(running.children("worker")[0], signal.SIGKILL)
            load.wait_for(50)
            wait_until(lambda: running.raw_log.count("Started worker") == 3)
            time.sleep(1)
            os.kill(running.children("worker")[-1], signal.SIGKILL)
            wait_until(lambda: running.raw_log.count("Started worker") == 4)
            os.kill(running.children("scribe")[0], signal.SIGKILL)
            load.wait_for(200)
            wait_until(lambda: len(running.children("scribe")) == 1)
        assert load.others == [], "the scribe came back in time for all who waited"
        assert load.broken <= load.threads * 4, "only connections of the killed workers broke"
        assert set(load.acknowledged) <= running.stored()
        assert len(load.acknowledged) == len(set(load.acknowledged))
        said = {
            line["event"].rpartition("-")[0] or line["event"]
            for line in running.log
            if line["level"] == "error"
        }
        assert said == {"Unexpected exit from worker", "scribe_ended"}
        processes = [*running.children("worker"), *running.children("scribe")]
        assert len(processes) == 3
        os.kill(running.process.pid, signal.SIGKILL)
        wait_until(lambda: not any(map(is_running, processes)), 10)


def test_postgresql_crashes_while_the_rules_change(postgres: Cluster, tmp_path: Path) -> None:
    """Nobody is judged by an edition whose texts are not kept: it waits until the database is back.

    Meanwhile requests wait or are told to come again; what was acknowledged is stored, and only once.
    """
    url = postgres.new_database()
    with serving(tmp_path, "--database-url", url) as running:
        old = running.ready()["edition"]
        with Load(running) as load:
            load.wait_for(30)
            postgres.stop("immediate")
            try:
                write_rules(tmp_path / "rules", 60)
                wait_until(lambda: "edition_waits_for_database" in running.raw_log)
                assert running.ask("GET", "/health/live").edition == old
            finally:
                postgres.start()
            load.wait_for(30)
            wait_until(lambda: running.ask("GET", "/health/live").edition != old)
            load.wait_for(30)
        assert {answer.status for answer in load.others} <= {503}
        assert all("retry-after" in answer.headers for answer in load.others)
        assert load.broken == 0
        assert running.stop() == 0
    with contextlib.closing(open_database(url)) as database, database.reading() as connection:
        stored = [str(row[0]) for row in connection.exec_driver_sql("SELECT id FROM decisions")]
    assert set(load.acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))
