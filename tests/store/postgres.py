"""A PostgreSQL server of our own for the tests, and the fixtures that hand out its databases and SQLite's.

A cluster is made by Debian's programs in a folder of its own, listens on a unix socket in it and nowhere
else, and is stopped and removed with the test run. Each test has a database of its own.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.store.database import Database, open_database, upgrade

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",  # a test ends programs, not the machine, so that what was written is there
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "log_min_messages": "warning",
}
_numbers = count(1)


@dataclass(frozen=True)
class Cluster:
    """A server in a folder; `programs` are the folder of `initdb` and its like."""

    folder: Path
    programs: Path

    def url(self, name: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql:///{name}?host={self.folder}&user=caiding"

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{next(_numbers)}"
        self.run_sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Removes a database, whoever still holds it."""
        name = url.removeprefix("postgresql:///").partition("?")[0]
        self.run_sql(f"DROP DATABASE {name} WITH (FORCE)")

    def run_sql(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def start(self) -> None:
        options = " ".join(f"-c {name}={value!r}" for name, value in SETTINGS.items())
        log = str(self.folder / "log")
        self._pg_ctl("start", "-l", log, "-o", f"-k {self.folder} {options}")

    def stop(self, mode: str = "fast") -> None:
        """`fast` ends all connections; `immediate` is a crash, after which the server recovers."""
        self._pg_ctl("stop", "-m", mode)

    def _pg_ctl(self, *words: str) -> None:
        self._run(self.programs / "pg_ctl", "-D", str(self.folder / "data"), "-w", "-t", "30", *words)

    def initialise(self) -> None:
        words = ("-U", "caiding", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        self._run(self.programs / "initdb", "-D", str(self.folder / "data"), *words)

    def _run(self, *command: object) -> None:
        """The server refuses to run as root; where the tests do, it runs as the folder's owner."""
        owner = self.folder.stat()
        other: dict[str, Any] = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
        settings = other if os.getuid() == 0 else {}
        # The server outlives pg_ctl and would hold a pipe open for as long as it runs.
        with (self.folder / "commands").open("ab") as said:
            words = [str(word) for word in command]
            subprocess.run(words, check=True, cwd=self.folder, stdout=said, stderr=said, **settings)


def programs() -> Path | None:
    """Where `initdb` is installed; Debian keeps it out of the path."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve()] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@contextmanager
def running_cluster(found: Path) -> Iterator[Cluster]:
    """A new cluster, running; its folder's name is short, as that of a socket must be."""
    folder = Path(tempfile.mkdtemp(prefix="caiding-pg-", dir="/tmp"))
    if os.getuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    cluster = Cluster(folder, found)
    try:
        cluster.initialise()
        cluster.start()
        yield cluster
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            cluster.stop("immediate")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """The run's own PostgreSQL; a test that stops it starts it again."""
    found = programs()
    if found is None and os.environ.get("CI"):
        pytest.fail("PostgreSQL is not installed, and nothing is left out where CI is set")
    if found is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with running_cluster(found) as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a new, empty database, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'caiding.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    url = cluster.new_database()
    yield url
    cluster.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The same database with our tables."""
    opened = open_database(database_url)
    upgrade(opened)
    yield opened
    opened.close()


@pytest.fixture
def postgres_database(postgres: Cluster) -> Iterator[Database]:
    """A new PostgreSQL database with our tables."""
    url = postgres.new_database()
    opened = open_database(url)
    upgrade(opened)
    yield opened
    opened.close()
    postgres.drop(url)
