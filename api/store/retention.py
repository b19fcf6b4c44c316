"""Letting go of decisions whose term is over.

The national standard asks for two years: 「電子信息保存期限為2年」 (source `003_5c934368fc7381fb.txt`,
statement NS-041 of the rulebooks). With a decision go the idempotency keys that repeat it and the watches on
it that have ended; the texts of editions stay, as they are small and other decisions may need them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, delete, func, select, text, tuple_
from sqlalchemy.sql.elements import ColumnElement

from api.store.database import Database
from api.store.ids import first_id_at
from api.store.months import month_of, start_of_month
from api.store.tables import decisions, idempotency_keys, rings, watches

AT_ONCE = 1000
"""So many rows a transaction on SQLite, whose one writer's lock the service waits for."""

PRUNE_LOCK = 0x7072756E65
"""The number of PostgreSQL's lock that whoever prunes holds; those who make months do not wait for it."""


@dataclass(frozen=True)
class Pruned:
    """How many went, or would go: everything before `before`, which on PostgreSQL starts a month (UTC)."""

    before: datetime
    decisions: int
    idempotency_keys: int
    watches: int
    months: tuple[str, ...] = ()


def prune(database: Database, instant: datetime, *, dry_run: bool = False) -> Pruned:
    """Lets go of what was decided before the instant: whole months on PostgreSQL, rows on SQLite.

    May be interrupted and run again; the service goes on meanwhile. Raises StoreUnavailable.
    """
    before = start_of_month(instant) if database.dialect == "postgresql" else instant
    bound = first_id_at(before)
    months = _months_before(database, before)
    found = _counted(database, bound, before, months)
    if not dry_run:
        *followers, (table, which) = _rows_before(bound)
        for one in followers:
            _delete_in_chunks(database, *one)
        for month in months:
            _drop_month(database, month)
        _delete_in_chunks(database, table, which)
    return found


def _counted(database: Database, bound: str, before: datetime, months: tuple[str, ...]) -> Pruned:
    with database.reading() as connection:
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table).where(which)).scalar_one()
            for table, which in _rows_before(bound)
        }
    return Pruned(before, counts["decisions"], counts["idempotency_keys"], counts["watches"], months)


def _rows_before(bound: str) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Each table and its rows that go; what follows from decisions first, so that nothing points nowhere."""
    waiting = select(rings.c.watch_id).where(rings.c.state == "waiting")
    yield watches, (watches.c.decision_id < bound) & watches.c.id.not_in(waiting)
    yield idempotency_keys, idempotency_keys.c.first_id < bound
    yield decisions, decisions.c.id < bound


def _delete_in_chunks(database: Database, table: Table, which: ColumnElement[bool]) -> None:
    """A few rows a transaction; a watch's rings go with it."""
    key = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(which).limit(AT_ONCE)
    while True:
        with database.writing() as connection:
            gone = connection.execute(delete(table).where(key.in_(some))).rowcount
        if gone < AT_ONCE:
            return


# --- months of PostgreSQL -------------------------------------------------------------------------------

_ATTACHED = text(
    "SELECT relname, inhdetachpending FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
    " WHERE inhparent = to_regclass('decisions')"
)
_ALL = text(
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
)


def _months_before(database: Database, before: datetime) -> tuple[str, ...]:
    """The months' tables that end by then, also those that an earlier run let go of and did not drop."""
    if database.dialect == "sqlite":
        return ()
    with database.reading() as connection:
        names: list[str] = list(connection.scalars(_ALL))
    return tuple(sorted(name for name in names if (month := month_of(name)) and month < before))


def _drop_month(database: Database, name: str) -> None:
    """The month is let go of without a lock that readers or the service's writer would wait for."""
    with _alone(database) as connection:
        state: dict[str, bool] = {row.relname: row.inhdetachpending for row in connection.execute(_ATTACHED)}
        if name in state:
            how = "FINALIZE" if state[name] else "CONCURRENTLY"
            connection.exec_driver_sql(f"ALTER TABLE decisions DETACH PARTITION {name} {how}")
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    """A connection without a transaction, while nobody else prunes."""
    with database.reading() as outer:
        engine = outer.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": PRUNE_LOCK})
            try:
                yield connection
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": PRUNE_LOCK})
