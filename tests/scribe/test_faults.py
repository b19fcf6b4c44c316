"""Whatever dies in the middle of load: acknowledged is stored, and every key exactly once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from api.scribe.client import LogUnavailable, ScribeClient
from api.store.database import Database, open_database, upgrade
from tests.scribe.load import Load, assert_kept, load_process, started
from tests.scribe.records import decision
from tests.store.postgres import Cluster, running_cluster


def test_the_scribe_is_killed_again_and_again(database: Database, database_url: str, tmp_path: Path) -> None:
    """A new one takes its place each time; nobody hears of it who has the patience."""
    path, promises = tmp_path / "s", tmp_path / "promises"
    with Load("a", path, promises, threads=12, patience=20) as load:
        for _ in range(4):
            with started(database_url, path) as scribe:
                load.until(200)
                scribe.kill()
                scribe.join()
        with started(database_url, path):
            load.until(200)
            load.end()
    assert not load.reasons
    assert assert_kept(database, promises) >= 1000


def test_its_clients_are_killed(database: Database, database_url: str, tmp_path: Path) -> None:
    """What they had begun is stored once or not at all, and the others go on."""
    path, promises, others = tmp_path / "s", tmp_path / "promises", tmp_path / "others"
    with started(database_url, path), Load("b", path, others, threads=4, patience=20) as load:
        for name in ("x", "y", "z"):
            process = load_process(name, path, promises)
            process.start()
            while not promises.exists() or f'"{name}-7-9"' not in promises.read_text():
                sleep(0.01)
            process.kill()
            process.join()
            load.until(50)
        load.end()
        with_it = ScribeClient(path, 5)
        assert with_it.state().waiting == 0
        with_it.close()
    assert not load.reasons
    assert assert_kept(database, promises, others, all_begun=False) >= 250


@pytest.fixture
def own_cluster(postgres: Cluster) -> Iterator[Cluster]:
    """A server that a test may stop without disturbing others."""
    with running_cluster(postgres.programs) as cluster:
        yield cluster


def test_postgresql_restarts_and_is_away_for_ten_seconds(own_cluster: Cluster, tmp_path: Path) -> None:
    """Who waits long enough hears nothing of a restart; the others hear that the database is away."""
    path, promises, url = tmp_path / "s", tmp_path / "promises", own_cluster.new_database()
    database = open_database(url)
    upgrade(database)
    database.close()
    with started(url, path), Load("c", path, promises, threads=12, patience=4) as load:
        for mode in ("fast", "immediate", "fast"):
            load.until(300)
            own_cluster.stop(mode)
            own_cluster.start()
        load.until(300)
        heard_of_restarts = set(load.reasons)
        own_cluster.stop("immediate")
        sleep(10)
        client = ScribeClient(path, 5)
        state = client.state()
        own_cluster.start()
        load.until(300)
        load.end()
        healed = client.state()
        client.close()
    assert not heard_of_restarts
    assert load.reasons <= {"away", "timeout"}
    assert (state.reason, state.failing_since is None) == ("away", False)
    assert (healed.reason, healed.failing_since) == (None, None)
    assert assert_kept(database, promises) >= 1500
    database.close()


def test_it_finds_out_by_itself_that_the_database_works_again(own_cluster: Cluster, tmp_path: Path) -> None:
    """A service that is not ready is sent nothing, so nobody's record would tell it."""
    path, url = tmp_path / "s", own_cluster.new_database()
    database = open_database(url)
    upgrade(database)
    database.close()
    client = ScribeClient(path, 2)
    with started(url, path):
        own_cluster.stop("immediate")
        with pytest.raises(LogUnavailable):
            client.record([decision()])
        failing = client.state()
        own_cluster.start()
        until = monotonic() + 10
        while (state := client.state()).failing_since is not None:
            assert monotonic() < until, "it does not find out"
            sleep(0.05)
    client.close()
    assert (failing.reason, failing.failing_since is None) == ("away", False)
    assert (state.reason, state.waiting, state.stored) == (None, 0, 0)


@pytest.fixture
def own_mounts(tmp_path: Path) -> list[str]:
    """A command that runs another one where it may mount a small disk that nobody else sees."""
    apart = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    trial = [*apart, "mount", "-t", "tmpfs", "tmpfs", str(tmp_path)]
    if shutil.which("unshare") and subprocess.run(trial, capture_output=True, check=False).returncode == 0:
        return apart
    if os.environ.get("CI") and os.getuid() == 0:
        pytest.fail("root may not mount a small disk here, and nothing is left out where CI is set")
    pytest.skip("a small disk can be mounted neither as root nor in a name space of one's own")


def test_the_disk_is_full(own_mounts: list[str], tmp_path: Path) -> None:
    """It is said at once; what was acknowledged stands; with room again everything goes on."""
    run_full_disk(own_mounts, tmp_path)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can run PostgreSQL on a disk that it has mounted")
def test_the_disk_of_postgresql_is_full(own_mounts: list[str], postgres: Cluster, tmp_path: Path) -> None:
    run_full_disk(own_mounts, tmp_path, postgres.programs)


def run_full_disk(own_mounts: list[str], *words: Path) -> None:
    command: list[str | Path] = [*own_mounts, sys.executable, "-m", "tests.scribe.full_disk", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
