"""The decision log's months on PostgreSQL: one table each, made ahead, so that they can be dropped whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, text

from api.store.database import UPGRADE_LOCK
from api.store.ids import first_id_at, instant_of

AHEAD = 2
"""So many months beyond the one that is asked for are made with it."""

_known: WeakKeyDictionary[Engine, tuple[str, str]] = WeakKeyDictionary()
_lock = Lock()


def ensure_months(connection: Connection, first_id: str, last_id: str) -> None:
    """Makes the months that these ids belong to, and two more; nothing on SQLite, nearly nothing when known.

    To be called before the transaction has locked anything. The months are made in a transaction of their
    own, so that they stand whatever becomes of the caller's; several processes may do it at once.
    """
    if connection.dialect.name != "postgresql":
        return
    engine = connection.engine
    since, until = _known.get(engine, ("", ""))
    if since <= first_id and last_id < until:
        return
    with _lock:
        asked = list(months(instant_of(first_id), instant_of(last_id)))
        _make([*asked, *_following(asked[-1], AHEAD)], engine)
        _known[engine] = (first_id_at(asked[0]), first_id_at(_next(asked[-1])))


def months(first: datetime, last: datetime) -> Iterator[datetime]:
    """The first instants (UTC) of every month from that of `first` to that of `last`."""
    month = start_of_month(first)
    while month <= last:
        yield month
        month = _next(month)


def start_of_month(instant: datetime) -> datetime:
    return datetime(instant.year, instant.month, 1, tzinfo=UTC)


def name_of(month: datetime) -> str:
    """The table of a month: `decisions_2026_11`."""
    return f"decisions_{month:%Y_%m}"


def month_of(name: str) -> datetime | None:
    """The month of such a table; None for a table of another kind.

    >>> month_of("decisions_2026_11"), month_of("watches")
    (datetime.datetime(2026, 11, 1, 0, 0, tzinfo=datetime.timezone.utc), None)
    """
    try:
        return datetime.strptime(name, "decisions_%Y_%m").replace(tzinfo=UTC)
    except ValueError:
        return None


def _next(month: datetime) -> datetime:
    return datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=UTC)


def _following(month: datetime, count: int) -> list[datetime]:
    found = []
    for _ in range(count):
        month = _next(month)
        found.append(month)
    return found


def _make(wanted: list[datetime], engine: Engine) -> None:
    """Attaching a table that is already there holds up neither readers nor writers, unlike PARTITION OF."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": UPGRADE_LOCK})
        for month in wanted:
            name, bounds = name_of(month), (first_id_at(month), first_id_at(_next(month)))
            if not connection.execute(text("SELECT to_regclass(:name)"), {"name": name}).scalar():
                connection.execute(text(f"CREATE TABLE {name} (LIKE decisions INCLUDING ALL)"))
                span = "FROM ('{}') TO ('{}')".format(*bounds)
                connection.execute(text(f"ALTER TABLE decisions ATTACH PARTITION {name} FOR VALUES {span}"))
