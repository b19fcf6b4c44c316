"""One database behind a URL: the same tables and the same behaviour on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from api.store.database import (
    Database,
    StoreUnavailable,
    Unusable,
    open_database,
    require_tables,
    upgrade,
    url_from_anywhere,
)
from api.store.migrations import HEAD
from api.store.tables import api_keys, metadata
from tests.store.postgres import Cluster

KEY = {"caller": "shop", "secret_hash": b"x", "roles": "evaluate", "created_at": 1}


def count_of_keys(database: Database) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(api_keys)).scalar_one()


def test_migrations_make_the_tables(database: Database) -> None:
    """What the migrations make is what the code believes to be there."""
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_last_migration_is_known() -> None:
    """The version that the code asks for is the last one there is a migration to."""
    assert ScriptDirectory(str(Path("api/store/migrations"))).get_heads() == [HEAD]


def test_tables_of_an_earlier_version(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an earlier version has stored stays, and what is new is made beside it."""
    database = open_database(database_url)
    with monkeypatch.context() as earlier:
        real = command.upgrade
        earlier.setattr(command, "upgrade", lambda config, _: real(config, "0001"))
        upgrade(database)
    with database.writing() as connection:
        assert not inspect(connection).has_table("dry_runs")
        connection.execute(insert(api_keys), [KEY])
    with pytest.raises(Unusable):
        require_tables(database)
    upgrade(database)
    require_tables(database)
    assert count_of_keys(database) == 1
    database.close()


def test_upgrade_by_several_at_once(database_url: str) -> None:
    """Several processes may start on an empty database; each finds the tables there."""
    opened = [open_database(database_url) for _ in range(8)]
    ready = Barrier(len(opened))

    def start(database: Database) -> None:
        ready.wait()
        upgrade(database)
        require_tables(database)

    with ThreadPoolExecutor(len(opened)) as pool:
        list(pool.map(start, opened))
    for database in opened:
        database.close()


def test_upgrade_again_changes_nothing(database: Database) -> None:
    with database.writing() as connection:
        connection.execute(insert(api_keys), [KEY])
    upgrade(database)
    assert count_of_keys(database) == 1


def test_writing_is_one_transaction(database: Database) -> None:
    """What fails half-way leaves nothing behind."""

    def half() -> None:
        with database.writing() as connection:
            connection.execute(insert(api_keys), [KEY])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert count_of_keys(database) == 0


def test_tables_of_a_later_version(database: Database) -> None:
    """Tables that a later version made are left alone."""
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for look in (upgrade, require_tables):
        with pytest.raises(Unusable) as refused:
            look(database)
        assert refused.value.finding.code == "D104"


def test_no_tables(database_url: str) -> None:
    """A database without our tables is not one for reading the log."""
    database = open_database(database_url)
    with pytest.raises(Unusable) as refused:
        require_tables(database)
    assert refused.value.finding.code == ("D106" if database.dialect == "sqlite" else "D105")
    database.close()


def test_sqlite_is_safe_at_every_commit(tmp_path: Path) -> None:
    """Readers do not wait for writers (WAL), and a commit is on the disk when it returns (FULL is 2)."""
    database = open_database(f"sqlite:///{tmp_path / 'x.db'}")
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    database.close()


def test_postgresql_that_acknowledges_early(postgres: Cluster) -> None:
    """A server set up to answer before it has written is told to write first."""
    url = postgres.new_database()
    postgres.run_sql(f"ALTER DATABASE {url[14:].partition('?')[0]} SET synchronous_commit = off")
    database = open_database(url)
    with database.reading() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
    database.close()
    postgres.drop(url)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("caiding.db", "D100"),
        ("postgresql://caiding@host:port/x", "D100"),
        ("mysql://root@localhost/caiding", "D101"),
        ("sqlite://", "D102"),
        ("sqlite:///:memory:", "D102"),
    ],
)
def test_urls_that_name_no_database(url: str, code: str) -> None:
    with pytest.raises(Unusable) as refused:
        open_database(url)
    assert refused.value.finding.code == code


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://caiding:very-secret@host:port/x",
        "caiding:very-secret@host/x",
        "://:very-secret@",
        "mysql://root:very-secret@localhost/caiding",
    ],
)
def test_refused_urls_keep_their_password(url: str) -> None:
    """What is said about a URL never repeats its password."""
    with pytest.raises(Unusable) as refused:
        open_database(url)
    assert "very-secret" not in refused.value.finding.message("en")


def test_shown_url_hides_the_password() -> None:
    for url in ("postgresql://u:very-secret@h/x", "postgres://u@h/x?password=very-secret&sslmode=require"):
        shown = open_database(url).shown
        assert "very-secret" not in shown
        assert "h/x" in shown


def test_file_that_is_no_database(tmp_path: Path) -> None:
    """A file that holds something else is left as it is."""
    file = tmp_path / "notes.txt"
    file.write_text("not a database, but longer than the header of one " * 20)
    before = file.read_bytes()
    database = open_database(f"sqlite:///{file}")
    with pytest.raises(Unusable) as refused:
        upgrade(database)
    assert refused.value.finding.code == "D103"
    assert file.read_bytes() == before


def test_server_that_is_not_there(tmp_path: Path) -> None:
    database = open_database(f"postgresql:///x?host={tmp_path}&user=caiding")
    with pytest.raises(StoreUnavailable) as trouble, database.reading():
        pass
    assert trouble.value.reason == "away"


def test_server_that_restarts(postgres: Cluster) -> None:
    """Connections that a restart has cut are noticed before they are used again."""
    url = postgres.new_database()
    database = open_database(url)
    upgrade(database)
    postgres.stop("immediate")
    try:
        with pytest.raises(StoreUnavailable) as trouble:
            count_of_keys(database)
        assert trouble.value.reason == "away"
    finally:
        postgres.start()
    assert count_of_keys(database) == 0
    database.close()
    postgres.drop(url)


def test_role_that_may_not(postgres: Cluster) -> None:
    """A role that may not make tables is told so, and that is no mistake of ours."""
    url = postgres.new_database()
    postgres.run_sql("CREATE ROLE onlooker LOGIN")
    database = open_database(url.replace("user=caiding", "user=onlooker"))
    with pytest.raises(StoreUnavailable) as trouble:
        upgrade(database)
    assert (trouble.value.reason, trouble.value.detail) == ("other", "permission denied for schema public")
    database.close()
    postgres.drop(url)
    postgres.run_sql("DROP ROLE onlooker")


def test_mistakes_of_ours_stay_what_they_are(database: Database) -> None:
    """A statement that is wrong is no trouble of the database's."""
    with pytest.raises(DBAPIError), database.reading() as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")
    with pytest.raises(StoreUnavailable) as trouble:
        upgrade(database)
    assert trouble.value.reason == "away"


def test_sqlite_held_by_another(tmp_path: Path) -> None:
    """Who waits too long for the one writer's lock is told that the database is busy."""
    file = tmp_path / "x.db"
    database = open_database(f"sqlite:///{file}")
    upgrade(database)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with database.reading() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")
    with pytest.raises(StoreUnavailable) as trouble, database.writing():
        pass
    assert trouble.value.reason == "busy"
    other.close()
    database.close()


def test_sqlite_that_is_full(tmp_path: Path) -> None:
    """A full disk (here: a limit of pages) loses the transaction and nothing else."""
    database = open_database(f"sqlite:///{tmp_path / 'x.db'}")
    upgrade(database)
    with database.writing() as connection:
        connection.execute(insert(api_keys), [KEY])
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreUnavailable) as trouble, database.writing() as connection:
        connection.execute(insert(api_keys), [{**KEY, "secret_hash": b"x" * 100_000}])
    assert trouble.value.reason == "full"
    assert count_of_keys(database) == 1
    database.close()


def test_sqlite_that_cannot_grow(tmp_path: Path) -> None:
    """A limit on the size of files is a full disk too."""
    import resource
    import signal

    database = open_database(f"sqlite:///{tmp_path / 'x.db'}")
    upgrade(database)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, before[1]))
    try:
        with pytest.raises(StoreUnavailable) as trouble, database.writing() as connection:
            connection.execute(insert(api_keys), [{**KEY, "secret_hash": b"x" * 1_000_000}])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert trouble.value.reason == "full"
    assert count_of_keys(database) == 0
    database.close()


def test_no_connection_is_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More readers than connections wait for a moment and are then told."""
    monkeypatch.setattr("api.store.database.PATIENCE_S", 0.05)
    database = open_database(f"sqlite:///{tmp_path / 'x.db'}")
    held = [database.engine.connect() for _ in range(15)]
    with pytest.raises(StoreUnavailable) as trouble, database.reading():
        pass
    assert trouble.value.reason == "busy"
    for connection in held:
        connection.close()
    database.close()


def test_a_url_that_can_be_used_anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file's place does not depend on the folder of whoever opens it; a password goes along."""
    monkeypatch.chdir(tmp_path)
    assert (
        url_from_anywhere(open_database("sqlite:///x.db?timeout=9")) == f"sqlite:///{tmp_path}/x.db?timeout=9"
    )
    server = "postgresql://me:p%40ss@db:5432/caiding?sslmode=require"
    assert url_from_anywhere(open_database(server)) == server


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """It holds tickets, and secrets that sign; so do the files that SQLite puts beside it."""
    database = open_database(f"sqlite:///{tmp_path / 'new.db'}")
    upgrade(database)
    with database.reading() as connection:
        connection.execute(select(func.count()).select_from(api_keys))
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    database.close()
    assert modes == {"new.db": 0o600, "new.db-shm": 0o600, "new.db-wal": 0o600}
