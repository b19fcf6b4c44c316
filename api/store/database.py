"""The database behind a URL: SQLite or PostgreSQL, its transactions, and what it is when it is not there."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias
from urllib.parse import unquote

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.store.migrations import HEAD
from engine.base.findings import Finding

DEFAULT_URL = "sqlite:///caiding.db"
PATIENCE_S = 5
"""How long to wait for a connection, and for SQLite's lock."""

UPGRADE_LOCK = 0x63616964696E67
"""The number of PostgreSQL's lock that whoever upgrades or makes months holds."""

Dialect: TypeAlias = Literal["sqlite", "postgresql"]
Reason: TypeAlias = Literal["full", "away", "busy", "other"]

DRIVERS: Mapping[str, str] = {
    "sqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
"""What a URL may begin with, and what SQLAlchemy calls it."""

_SECRETS = ("password", "sslpassword")
_AT_ONCE = {
    "connect_timeout": str(PATIENCE_S),
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
"""A server that has gone silent is noticed within seconds; the URL may say otherwise."""


class StoreUnavailable(Exception):
    """The database does not do its work at the moment: full, away, busy with others, or else."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason: Reason = reason
        self.detail = detail


class Unusable(Exception):
    """What the URL names will not become a database by waiting; the finding says what to do."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message("en"))
        self.finding = finding


@dataclass(frozen=True)
class Database:
    """A pool of connections; `shown` is its URL without the password."""

    engine: Engine
    dialect: Dialect
    shown: str

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, committed at the end; raises StoreUnavailable. Then nothing is written, unless it
        was the answer to the COMMIT that was lost.
        """
        with _troubles(self.shown), self.engine.connect() as connection:
            connection.execution_options(caiding_writes=True)
            with connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that writes nothing; raises StoreUnavailable."""
        with _troubles(self.shown), self.engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Lets go of all connections that are not in use."""
        self.engine.dispose()


def open_database(url: str) -> Database:
    """The database of a URL; nothing is connected yet. Raises Unusable for what is no URL of ours.

    `postgresql://` is spoken to by psycopg 3. SQLite runs in WAL mode with a sync at every commit.
    """
    parsed = _parsed(url)
    shown = _without_secrets(parsed)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise Unusable(Finding("D102", {"url": shown}))
        settings = {} if "timeout" in parsed.query else {"timeout": PATIENCE_S}
        engine = create_engine(parsed, connect_args=settings, pool_timeout=PATIENCE_S)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return Database(engine, "sqlite", shown)
    at_once = {name: value for name, value in _AT_ONCE.items() if name not in parsed.query}
    engine = create_engine(parsed, connect_args=at_once, pool_pre_ping=True, pool_timeout=PATIENCE_S)
    event.listen(engine, "connect", _prepare_postgresql)
    return Database(engine, "postgresql", shown)


def upgrade(database: Database) -> None:
    """Makes the tables, or brings those of an earlier version up to this one; several may do it at once.

    Raises StoreUnavailable, and Unusable (D104) for the tables of a later version.
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "api.store:migrations")
    config.set_main_option("path_separator", "os")
    _make_private(database)
    with database.writing() as connection:
        if database.dialect == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": UPGRADE_LOCK})
        if _at(connection, database) != HEAD:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _make_private(database: Database) -> None:
    """A new file of SQLite is for its owner alone, as it holds tickets and the secrets of webhooks.

    The files that SQLite puts beside it take over its mode; one that is there already keeps its own.
    """
    file = sqlite_file(database)
    if file is not None:
        with suppress(OSError):  # SQLite says what is the matter
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))


def require_tables(database: Database) -> None:
    """Raises Unusable where the tables are not those of this version (D104, D105), or StoreUnavailable."""
    file = sqlite_file(database)
    if file is not None and not file.exists():
        raise Unusable(Finding("D106", {"url": database.shown}))
    with database.reading() as connection:
        if _at(connection, database) != HEAD:
            raise Unusable(Finding("D105", {"url": database.shown}))


def _at(connection: Connection, database: Database) -> str | None:
    """The last change that these tables have seen; raises Unusable for one that we do not know."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if found is not None and found > HEAD:
        raise Unusable(Finding("D104", {"url": database.shown, "found": found, "known": HEAD}))
    return found


def sqlite_file(database: Database) -> Path | None:
    """The file of an SQLite database; None for a server."""
    return Path(database.engine.url.database or "") if database.dialect == "sqlite" else None


def url_from_anywhere(database: Database) -> str:
    """The URL with its password, which means the same database in whatever folder it is used."""
    url, file = database.engine.url.set(drivername=database.dialect), sqlite_file(database)
    if file is not None:
        url = url.set(database=str(file.absolute()))
    return url.render_as_string(hide_password=False)


def _parsed(url: str) -> URL:
    kind, colon, _ = url.partition(":")
    if not colon or kind not in DRIVERS:
        refused = Finding("D101", {"kind": kind}) if colon and kind.isidentifier() else _no_url(url)
        raise Unusable(refused)
    try:
        return make_url(url).set(drivername=DRIVERS[kind])
    except (ArgumentError, ValueError) as error:
        raise Unusable(_no_url(url)) from error


def _no_url(written: str) -> Finding:
    """Of what cannot be read as a URL nothing is repeated that may be a password."""
    kind, mark, rest = written.partition("://")
    return Finding("D100", {"url": f"{kind}{mark}…" if mark or "@" in rest else written[:60]})


def _without_secrets(url: URL) -> str:
    hidden = {name: "***" for name in _SECRETS if name in url.query}
    plain = url.set(drivername=url.get_backend_name()).update_query_dict(hidden)
    return unquote(plain.render_as_string(hide_password=True))


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    """Transactions are begun by us, not by Python's driver, which begins none before a change of tables.

    A page of a new file holds a few decisions, which halves the cost of storing one.
    """
    del record
    connection.isolation_level = None
    connection.execute("PRAGMA page_size = 8192")
    _write_ahead(connection)
    for pragma in ("wal_autocheckpoint = 2000", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Of several who switch a new file at once SQLite lets one and refuses the rest without waiting."""
    last = time.monotonic() + PATIENCE_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if _sqlite_code(error) & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    """Who is going to write says so at once: a lock asked for half-way would be refused, not waited for."""
    writes = connection.get_execution_options().get("caiding_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _prepare_postgresql(connection: Any, record: Any) -> None:
    """A server may be set up to acknowledge before it has written; for us it does not."""
    del record
    with connection.cursor() as cursor:
        if cursor.execute("SHOW synchronous_commit").fetchone() == ("off",):
            cursor.execute("SET synchronous_commit = on")
    connection.commit()


@contextmanager
def _troubles(shown: str) -> Iterator[None]:
    """What the drivers raise about the world becomes StoreUnavailable; our own mistakes stay as they are."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailable("busy", "no connection is free") from error
    except DBAPIError as error:
        if _not_a_database(error.orig):
            raise Unusable(Finding("D103", {"url": shown})) from error
        reason = _reason(error.orig)
        if reason is None:
            raise
        raise StoreUnavailable(reason, _first_line(error.orig)) from error
    except sqlite3.Error as error:  # from the pragmas of a new connection
        if _not_a_database(error):
            raise Unusable(Finding("D103", {"url": shown})) from error
        raise StoreUnavailable(_reason(error) or "other", _first_line(error)) from error


def _not_a_database(error: BaseException | None) -> bool:
    return isinstance(error, sqlite3.Error) and _sqlite_code(error) & 0xFF == sqlite3.SQLITE_NOTADB


def _reason(error: BaseException | None) -> Reason | None:
    """Why the database did not do it; None where what was asked of it was wrong."""
    if isinstance(error, sqlite3.Error):
        return _sqlite_reason(_sqlite_code(error))
    return _postgresql_reason(error)


def _sqlite_code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0)


def _sqlite_reason(code: int) -> Reason | None:
    if code in (sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE):
        return "full"  # a quota or a limit on the size of files
    match code & 0xFF:
        case sqlite3.SQLITE_FULL:
            return "full"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return "busy"
        case sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            return "away"
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_CORRUPT:
            return "other"
        case _:
            return None


def _postgresql_reason(error: BaseException | None) -> Reason | None:
    """By the five characters of SQLSTATE; there are none where no server answered."""
    import psycopg

    if not isinstance(error, psycopg.Error):
        return None
    state = error.sqlstate or ""
    match state[:2]:
        case "" | "08":
            return "away" if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) else None
        case "57" | "25" if state in _AWAY:
            return "away"
        case "53":
            return "full" if state == "53100" else "busy"
        case "40" | "55" | "57":
            return "busy"
        case "58" | "XX":
            return "other"
        case "42" if state == "42501":
            return "other"  # this role may not do it
        case _:
            return None


_AWAY = frozenset({"57P01", "57P02", "57P03", "57P05", "25006"})
"""Shut down, crashed, still starting, idle too long; and a stand-by that takes no writing."""


def _first_line(error: BaseException | None) -> str:
    return next(iter(str(error).strip().splitlines()), "")
