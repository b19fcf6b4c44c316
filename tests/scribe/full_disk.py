"""A disk that is full under load, and has room again: a program, as it needs its own view of what is mounted.

Called as `full_disk FOLDER` for SQLite, and as `full_disk FOLDER PROGRAMS` for PostgreSQL.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from api.scribe.client import ScribeClient
from api.store.database import open_database, upgrade
from tests.scribe.load import Load, assert_kept, started
from tests.store.postgres import running_cluster

MEGABYTE = 2**20


def main(folder: Path, *programs: Path) -> None:
    if not programs:
        with small_disk(folder / "small") as small:
            run_out_of_room(f"sqlite:///{small / 'caiding.db'}", small, folder)
        return
    with running_cluster(programs[0]) as cluster, small_disk(cluster.folder / "small") as small:
        owner = cluster.folder.stat()
        space = small / "space"
        space.mkdir()
        shutil.chown(space, owner.st_uid, owner.st_gid)
        cluster.run_sql(f"CREATE TABLESPACE small LOCATION '{space}'")
        cluster.run_sql("CREATE DATABASE caiding TABLESPACE small")
        run_out_of_room(cluster.url("caiding"), small, folder)
        cluster.stop()


@contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m,mode=755", "tmpfs", place], check=True)  # noqa: S607
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)  # noqa: S607


def until_told(client: ScribeClient, reason: str) -> None:
    """At the brink a small group still finds room where a larger one found none; soon none does."""
    until = monotonic() + 10
    while client.state().reason != reason:
        assert monotonic() < until, client.state()
        sleep(0.05)


def run_out_of_room(url: str, small: Path, folder: Path) -> None:
    """With a ballast beside the database the disk is soon full; without it there is room again."""
    database, path, promises = open_database(url), folder / "s", folder / "promises"
    upgrade(database)
    ballast = small / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(small).free - 2 * MEGABYTE))
    client = ScribeClient(path, 5)
    with started(url, path), Load("full", path, promises, threads=8, patience=5) as load:
        load.until_refused("full")
        until_told(client, "full")
        before = load.acknowledged
        ballast.unlink()
        load.until(500)
        load.end()
        assert client.state().reason is None
        client.close()
    assert load.reasons == {"full"}
    assert before > 10, before
    assert assert_kept(database, promises) >= before + 500
    database.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
