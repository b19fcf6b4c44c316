"""The queue of dry runs on both databases: taken by one at a time, never lost, never run for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection

from api.store.database import Database, open_database
from api.store.decisions import Claim, Held
from api.store.dry_runs import (
    DryRun,
    Found,
    Lease,
    Source,
    add,
    any_to_take,
    cancel,
    count_by_state,
    end_cancelled,
    end_done,
    end_failed,
    files_of,
    find_dry_run,
    forget,
    give_back,
    go_on,
    is_wanted,
    kept_part,
    newest_dry_runs,
    take,
    waiting,
)
from api.store.ids import new_id

FILES = {"facts.yaml": "zone: 亚洲".encode(), "fines.yaml": b"rulebook: fines"}
FOUND = Found('{"tickets": 3}', "{“}".encode(), b"<html>")
BOTH: tuple[Source, ...] = ("log", "history")
LOG: tuple[Source, ...] = ("log",)


def job(number: int = 1, source: Source = "log", **also: Any) -> DryRun:
    return DryRun(new_id(number * 10**9), "desk", 1, number, "b" * 12, "c" * 12, source, "{}", **also)


def queued(database: Database, *jobs: DryRun) -> None:
    with database.writing() as connection:
        assert [add(connection, one, FILES) for one in jobs] == [None] * len(jobs)


def taken(database: Database, now: int = 10, by: str = "me", sources: tuple[Source, ...] = BOTH) -> DryRun:
    with database.writing() as connection:
        found = take(connection, now, Lease(by, now + 100), sources)
    assert found is not None
    return found


def found(database: Database, id_: str) -> DryRun:
    with database.reading() as connection:
        run = find_dry_run(connection, id_)
    assert run is not None
    return run


def test_from_queue_to_result(database: Database) -> None:
    """The oldest is taken first, notes how far it is, and keeps what came of it, byte for byte."""
    first, second = job(1), job(2)
    queued(database, second, first)
    with database.reading() as connection:
        assert any_to_take(connection, 10, BOTH)
        assert waiting(connection) == [first.id, second.id]
        assert newest_dry_runs(connection, None, 5) == [second, first]
        assert newest_dry_runs(connection, second.id, 5) == [first]
    mine = taken(database)
    assert (mine.id, mine.state, mine.attempts, mine.started_at) == (first.id, "running", 1, 10)
    assert found(database, first.id) == mine
    with database.writing() as connection:
        assert files_of(connection, mine.id) == FILES
        assert is_wanted(connection, mine)
        assert go_on(connection, mine, 200, "judging", 40)
    assert (found(database, mine.id).step, found(database, mine.id).done) == ("judging", 40)
    with database.writing() as connection:
        assert end_done(connection, mine, 50, FOUND)
    with database.reading() as connection:
        assert kept_part(connection, mine.id, "result") == FOUND.result
        assert kept_part(connection, mine.id, "report") == FOUND.report
        assert kept_part(connection, second.id, "result") is None
        assert count_by_state(connection) == {"done": 1, "queued": 1}
    over = found(database, mine.id)
    assert (over.state, over.done, over.ended_at, over.lease_by) == ("done", 100, 50, None)
    assert over.summary == FOUND.summary


def test_only_what_can_be_run_here(database: Database) -> None:
    """A service without a history leaves jobs on one to others."""
    queued(database, job(1, "history"))
    with database.writing() as connection:
        assert not any_to_take(connection, 10, LOG)
        assert take(connection, 10, Lease("me", 20), LOG) is None
        assert any_to_take(connection, 10, BOTH)


def test_a_key_is_claimed_once(database: Database) -> None:
    """Asked again with the same key, nothing more is queued, and what was answered is told."""
    claim = Claim("desk", "k", "f", '["1"]')
    with database.writing() as connection:
        assert add(connection, job(1), FILES, claim) is None
        assert add(connection, job(2), FILES, claim._replace(answer='["2"]')) == Held("f", '["1"]')
        assert len(waiting(connection)) == 1


def test_each_job_is_taken_once(database_url: str, database: Database) -> None:
    """Several services on one database share the queue."""
    queued(database, *map(job, range(1, 9)))
    together = Barrier(4)

    def work(by: str) -> list[str]:
        own = open_database(database_url)
        together.wait()
        mine = [taken(own, by=by).id for _ in range(2)]
        own.close()
        return mine

    with ThreadPoolExecutor(4) as pool:
        got = [id_ for ids in pool.map(work, "abcd") for id_ in ids]
    assert len(set(got)) == 8


def test_what_a_dead_service_left_is_run_again_but_not_for_ever(database: Database) -> None:
    """A lease that has ended gives the job back; the second time it counts as failed."""
    queued(database, job(1))
    first = taken(database, 10)
    with database.reading() as connection:
        assert not any_to_take(connection, 110 - 1, BOTH)
        assert any_to_take(connection, 110, BOTH)
    second = taken(database, 110, by="other")
    assert (second.id, second.attempts) == (first.id, 2)
    with database.writing() as connection:
        assert not go_on(connection, first, 999, "judging", 1), "it is another's now"
        assert not end_done(connection, first, 120, FOUND)
        assert not is_wanted(connection, first)
        assert take(connection, 300, Lease("me", 400), BOTH) is None
    over = found(database, first.id)
    assert (over.state, over.trouble, over.ended_at) == ("failed", '{"code": "S143"}', 300)


def test_given_back(database: Database) -> None:
    """A service that stops in order takes nothing from a job's attempts."""
    queued(database, one := job(1))
    mine = taken(database)
    with database.writing() as connection:
        assert give_back(connection, mine)
    assert found(database, one.id) == replace(one, started_at=10)


def test_cancelled(database: Database) -> None:
    """What is queued is over at once; what runs is told; what is over stays what it is."""
    queued(database, first := job(1), second := job(2))
    with database.writing() as connection:
        assert cancel(connection, second.id, 5) == "cancelled"
        assert cancel(connection, second.id, 6) == "cancelled"
        assert cancel(connection, "nobody", 6) is None
    assert found(database, second.id).ended_at == 5
    mine = taken(database)
    with database.writing() as connection:
        assert cancel(connection, first.id, 20) == "running"
        assert cancel(connection, first.id, 21) == "running"
        assert not is_wanted(connection, mine)
        assert end_cancelled(connection, mine, 30)
        assert cancel(connection, first.id, 40) == "cancelled"
    assert (found(database, first.id).cancel_at, found(database, first.id).ended_at) == (20, 30)


def test_cancelled_while_nobody_ran_it(database: Database) -> None:
    """What a dead service left is not begun again where it is not wanted any more."""
    queued(database, one := job(1))
    taken(database)
    with database.writing() as connection:
        cancel(connection, one.id, 20)
        assert take(connection, 500, Lease("me", 600), BOTH) is None
    assert found(database, one.id).state == "cancelled"


def ended(connection: Connection, run: DryRun, how: str, now: int) -> bool:
    match how:
        case "done":
            return end_done(connection, run, now, FOUND)
        case "failed":
            return end_failed(connection, run, now, "{}")
        case _:
            return end_cancelled(connection, run, now)


@pytest.mark.parametrize("how", ["done", "failed", "cancelled"])
def test_forgotten(database: Database, how: str) -> None:
    """What ended before is let go of with its result; what waits or runs never is."""
    queued(database, job(1), job(2), third := job(3))
    for now in (10, 20):
        mine = taken(database, now)
        with database.writing() as connection:
            assert ended(connection, mine, how, now)
    with database.writing() as connection:
        assert forget(connection, 10) == 0
        assert forget(connection, 11) == 1
        assert forget(connection, 99) == 1
        assert newest_dry_runs(connection, None, 9) == [third]
