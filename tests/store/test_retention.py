"""What is past its term goes, with what hangs on it and nothing else; on PostgreSQL a month at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, insert, select, text

from api.store import retention
from api.store.database import Database, open_database
from api.store.decisions import Decision
from api.store.ids import new_id
from api.store.months import ensure_months, month_of, start_of_month
from api.store.reading import decisions_between
from api.store.retention import prune
from api.store.tables import decisions, editions, idempotency_keys, rings, watches

FIRST, LAST = "0" * 36, "f" * 36


def id_at(year: int, month: int, day: int = 15) -> str:
    return new_id(int(datetime(year, month, day, tzinfo=UTC).timestamp()) * 1_000_000_000)


def decision(id_: str) -> Decision:
    return Decision(id_, 1, None, "e", "shop", 1, "r", None, "T-1", 5, "0.1.0", "{}", "{}")


def store(database: Database, *ids: str) -> None:
    with database.writing() as connection:
        for id_ in ids:
            ensure_months(connection, id_, id_)
        connection.execute(insert(decisions), [decision(id_)._asdict() for id_ in ids])


def count(database: Database, table: object) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]


def months_of(database: Database) -> set[str]:
    with database.reading() as connection:
        names = connection.scalars(text("SELECT relname FROM pg_class WHERE relkind = 'r'"))
        return {name for name in names if month_of(name)}


def claim(database: Database, key: str, first_id: str) -> None:
    row = {"caller": "shop", "key": key, "fingerprint": "f", "answer": "[]", "first_id": first_id}
    with database.writing() as connection:
        connection.execute(insert(idempotency_keys), [{**row, "created_at": 1}])


def watch(database: Database, name: str, decision_id: str, state: str) -> None:
    watched = {"id": name, "caller": "shop", "decision_id": decision_id, "webhook": "w", "created_at": 1}
    ring = {"id": f"ring-{name}", "watch_id": name, "rule": "r", "due": "d", "due_at": 1, "next_at": 1}
    with database.writing() as connection:
        connection.execute(insert(watches), [watched])
        connection.execute(insert(rings), [{**ring, "state": state}])


@pytest.fixture
def filled(database: Database) -> Database:
    """Two decisions that are past their term by 2026-11-20, one in the same month as that day, one later."""
    old, older, edge, new = id_at(2024, 9), id_at(2024, 10), id_at(2024, 11, 5), id_at(2026, 1)
    store(database, old, older, edge, new)
    claim(database, "old", old)
    claim(database, "new", new)
    watch(database, "ended", old, "delivered")
    watch(database, "open", older, "waiting")
    watch(database, "young", new, "delivered")
    with database.writing() as connection:
        row = {"edition": "e", "revision": "r", "first_used_at": 1, "engine": "0", "readings": "{}"}
        connection.execute(insert(editions), [{**row, "files": b""}])
    return database


TERM = datetime(2024, 11, 20, tzinfo=UTC)


def test_what_is_past_its_term_goes(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decisions, their keys and their ended watches go; a watch that still waits and the editions stay."""
    monkeypatch.setattr(retention, "AT_ONCE", 1)
    gone = prune(filled, TERM)
    whole_months = filled.dialect == "postgresql"
    assert (gone.decisions, gone.idempotency_keys, gone.watches) == (2 if whole_months else 3, 1, 1)
    assert count(filled, decisions) == (2 if whole_months else 1)
    assert count(filled, idempotency_keys) == 1
    assert count(filled, watches) == 2
    assert count(filled, rings) == 2
    assert count(filled, editions) == 1


def test_dry_run_changes_nothing(filled: Database) -> None:
    """It says what would go, and that is what goes."""
    told = prune(filled, TERM, dry_run=True)
    assert count(filled, decisions) == 4
    assert prune(filled, TERM) == told
    assert prune(filled, TERM).decisions == 0


def test_months_are_dropped_whole(postgres_database: Database) -> None:
    """No month that has a day within the term is touched."""
    store(postgres_database, id_at(2024, 9), id_at(2024, 11, 5), id_at(2026, 1))
    gone = prune(postgres_database, TERM)
    assert gone.before == datetime(2024, 11, 1, tzinfo=UTC)
    assert gone.months == ("decisions_2024_09", "decisions_2024_10")
    assert months_of(postgres_database).isdisjoint(gone.months)
    assert "decisions_2024_11" in months_of(postgres_database)


def test_months_that_were_let_go_of_half_way(postgres_database: Database) -> None:
    """A run that was ended between letting go of a month and dropping it is made good by the next."""
    store(postgres_database, id_at(2024, 9))
    with postgres_database.writing() as connection:
        connection.execute(text("ALTER TABLE decisions DETACH PARTITION decisions_2024_09"))
    prune(postgres_database, TERM)
    assert "decisions_2024_09" not in months_of(postgres_database)


def test_months_are_made_ahead(postgres_database: Database) -> None:
    """The month asked for and the next two, over the turn of a year too."""
    with postgres_database.writing() as connection:
        ensure_months(connection, id_at(2026, 11), id_at(2026, 12))
    expected = {"decisions_2026_11", "decisions_2026_12", "decisions_2027_01", "decisions_2027_02"}
    assert months_of(postgres_database) == expected


def test_months_stand_though_the_writer_fails(postgres_database: Database) -> None:
    """A month made for a transaction that came to nothing is there for the next."""
    now = id_at(2026, 11)

    def fail() -> None:
        with postgres_database.writing() as connection:
            ensure_months(connection, now, now)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    store(postgres_database, now)
    assert count(postgres_database, decisions) == 1


def test_months_by_several_at_once(postgres_database: Database) -> None:
    """Several services may want the same month at the same instant."""
    url = postgres_database.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    others = [open_database(url) for _ in range(4)]
    ready, now = Barrier(len(others)), id_at(2026, 11)
    failed: list[BaseException] = []

    def start(database: Database) -> None:
        ready.wait()
        try:
            with database.writing() as connection:
                ensure_months(connection, now, now)
        except BaseException as error:  # noqa: BLE001 - told by the assertion
            failed.append(error)

    threads = [Thread(target=start, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()
    assert failed == []


def test_start_of_month() -> None:
    assert start_of_month(TERM) == datetime(2024, 11, 1, tzinfo=UTC)


def test_reading_from_end_to_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every decision once, in the order of time, however they fall on the pages."""
    monkeypatch.setattr("api.store.reading.AT_ONCE", 3)
    ids = [id_at(2026, month) for month in range(1, 11)]
    store(database, *ids[:9])
    assert [one.id for one in decisions_between(database, FIRST, LAST)] == ids[:9]
    store(database, ids[9])
    assert [one.id for one in decisions_between(database, FIRST, LAST)] == ids
    assert [one.id for one in decisions_between(database, ids[2], ids[5])] == ids[2:5]
