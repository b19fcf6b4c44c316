"""The decision log: records are stored whole and once, whoever sends them how often.

A record is what one request decided: a verdict, or a batch of them, and perhaps an idempotency key that it
claims. Ids are made before a record is first sent, so that storing it again is the same as having stored it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from operator import itemgetter
from time import time_ns
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, Table, select, tuple_

from api.store.database import StoreUnavailable
from api.store.ids import new_id
from api.store.months import ensure_months
from api.store.tables import decisions as decisions_table
from api.store.tables import idempotency_keys


class Decision(NamedTuple):
    """A verdict with everything stored about it: a row of the table, its columns in order.

    A tuple, because every request makes one, and the drivers of both databases take it as it is.
    Instants are microseconds since 1970 (UTC); `as_of` is the text that stands in the verdict.
    """

    id: str
    decided_at: int
    as_of: str | None
    edition: str
    caller: str
    key_id: int
    request_id: str
    traceparent: str | None
    ticket_no: str | None
    duration_us: int
    engine: str
    facts: str
    verdict: str


class Claim(NamedTuple):
    """An idempotency key that a record claims.

    `fingerprint` is that of the request; `answer` is a JSON list with an id or a problem a ticket.
    """

    caller: str
    key: str
    fingerprint: str
    answer: str


class Held(NamedTuple):
    """What the record that has a key was asked and answered."""

    fingerprint: str
    answer: str


class Record(Protocol):
    """What is stored whole or not at all."""

    @property
    def decisions(self) -> Sequence[Decision]: ...
    @property
    def claim(self) -> Claim | None: ...


def store(connection: Connection, records: Sequence[Record]) -> list[Held | None]:
    """Stores a group of records; for each None (it is stored), or what another record holds its key for.

    Of the records that claim a key exactly one is ever stored; within the group it is the first. A record
    whose key another one holds leaves nothing behind. All this counts once the connection's transaction is
    committed; if that is in doubt, the same records may be stored again. Raises StoreUnavailable.
    """
    _make_room(connection, records)
    first = _first_by_key(records)
    holdings = _holdings(connection, first) if first else {}
    answers = [_answer(record.claim, holdings) for record in records]
    stored = [record for record, held in zip(records, answers, strict=True) if held is None]
    rows = [decision for record in stored for decision in record.decisions]
    if rows:
        _insert(connection, decisions_table, rows)
    return answers


def try_writing(connection: Connection) -> None:
    """Writes something that changes nothing; raises StoreUnavailable where nothing can be written."""
    connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")


def claimed(connection: Connection, caller: str, key: str) -> Held | None:
    """What this key is held for; None where nobody has claimed it."""
    return _held(connection, [(caller, key)]).get((caller, key))


def find(connection: Connection, id: str) -> Decision | None:  # noqa: A002 - the word of the interface
    """The decision of this id."""
    row = connection.execute(select(decisions_table).where(decisions_table.c.id == id)).one_or_none()
    return None if row is None else Decision(*row)


def stream(connection: Connection, first_id: str, until_id: str) -> Iterator[Decision]:
    """The decisions with `first_id` <= id < `until_id`, in the order of time, a few hundred at once."""
    column = decisions_table.c.id
    query = select(decisions_table).where(column >= first_id, column < until_id).order_by(column)
    for row in connection.execution_options(yield_per=500).execute(query):
        yield Decision(*row)


def storable(text: str) -> str:
    r"""A text as both databases take it: NUL and halves of surrogate pairs become U+FFFD.

    >>> storable("T\0 1\ud800")
    'T\ufffd 1\ufffd'
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


def _make_room(connection: Connection, records: Sequence[Record]) -> None:
    """Every month that a decision of the group belongs to is there."""
    if connection.dialect.name == "postgresql":
        ids = [decision.id for record in records for decision in record.decisions]
        if ids:
            ensure_months(connection, min(ids), max(ids))


def _first_by_key(records: Sequence[Record]) -> dict[tuple[str, str], Record]:
    first: dict[tuple[str, str], Record] = {}
    for record in records:
        if record.claim is not None:
            first.setdefault((record.claim.caller, record.claim.key), record)
    return first


def _holdings(connection: Connection, first: dict[tuple[str, str], Record]) -> dict[tuple[str, str], Held]:
    """What every key asked for is held for, once those that are free have been claimed.

    Keys are claimed in their own order, so that two groups that want the same ones never wait for each other.
    """
    now = time_ns() // 1000
    rows = [
        (*claim, record.decisions[0].id if record.decisions else new_id(now * 1000), now)
        for _, record in sorted(first.items(), key=itemgetter(0))
        if (claim := record.claim)
    ]
    if _insert(connection, idempotency_keys, rows) == len(rows):
        return {(caller, key): Held(fingerprint, answer) for caller, key, fingerprint, answer, *_ in rows}
    return _held(connection, list(first))


def _held(connection: Connection, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Held]:
    columns = idempotency_keys.c
    query = select(columns.caller, columns.key, columns.fingerprint, columns.answer).where(
        tuple_(columns.caller, columns.key).in_(keys)
    )
    return {(caller, key): Held(*held) for caller, key, *held in connection.execute(query)}


def _answer(claim: Claim | None, holdings: dict[tuple[str, str], Held]) -> Held | None:
    """None where the record has its key: what is held for it is this very record's answer, with its ids."""
    if claim is None:
        return None
    held = holdings.get((claim.caller, claim.key))
    if held is None:
        raise StoreUnavailable("busy", "a key was given up while it was asked for")
    return None if held == (claim.fingerprint, claim.answer) else held


def _insert(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> int:
    """Inserts those rows whose primary key is new, and says how many."""
    return connection.exec_driver_sql(_inserting(table, connection.dialect.name), list(rows)).rowcount


@cache
def _inserting(table: Table, dialect: str) -> str:
    """The statement in the driver's own words: SQLAlchemy's way costs a third more a row for nothing."""
    mark = {"sqlite": "?", "postgresql": "%s"}[dialect]
    names = [column.name for column in table.columns]
    marks = ", ".join([mark] * len(names))
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608 - our own names
