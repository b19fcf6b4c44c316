"""Records are stored whole and once, and one of those that claim a key wins; on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest

from api.store.database import Database
from api.store.decisions import Claim, Decision, Held, Record, claimed, find, storable, store, stream
from api.store.ids import first_id_at, new_id
from tests.scribe.records import Plain, claim, decision, keyed, stored_answers, stored_ids


def stored(database: Database, *records: Record) -> list[Held | None]:
    with database.writing() as connection:
        return store(connection, records)


def held(record: Plain) -> Held:
    assert record.claim is not None
    return Held(record.claim.fingerprint, record.claim.answer)


def test_a_decision_is_found_as_it_was_stored(database: Database) -> None:
    row = decision()
    assert stored(database, Plain((row,))) == [None]
    with database.reading() as connection:
        assert find(connection, row.id) == row
        assert find(connection, new_id(0)) is None


def test_decisions_stream_in_the_order_of_time_within_bounds(database: Database) -> None:
    days = [datetime(2026, month, 1, tzinfo=UTC) for month in (3, 1, 2)]
    rows = [decision(id=first_id_at(day)) for day in days]
    stored(database, Plain(tuple(rows)))
    with database.reading() as connection:
        assert list(stream(connection, rows[1].id, rows[0].id)) == [rows[1], rows[2]]


def test_a_record_stored_again_counts_as_stored_and_stands_once(database: Database) -> None:
    """Ids are made before a record is sent, so that a lost answer to a COMMIT does no harm."""
    free, bound = Plain((decision(1), decision(2))), keyed("k")
    for _ in range(3):
        assert stored(database, free, bound) == [None, None]
    assert len(stored_ids(database)) == 3


def test_of_two_records_with_a_key_the_first_wins_and_nothing_of_the_other_is_stored(
    database: Database,
) -> None:
    first, second = keyed("k", 1), keyed("k", 2)
    assert stored(database, first) == [None]
    assert stored(database, second, Plain((decision(3),))) == [held(first), None]
    assert second.decisions[0].id not in stored_ids(database)


def test_a_key_twice_in_one_group_is_won_by_the_first(database: Database) -> None:
    first, second, third = keyed("k", 1), keyed("k", 2), keyed("other", 3)
    assert stored(database, first, second, first, third) == [None, held(first), None, None]
    assert stored_ids(database) == sorted([first.decisions[0].id, third.decisions[0].id])


def test_the_same_key_of_two_callers_is_two_keys(database: Database) -> None:
    rows = [decision(number) for number in (1, 2)]
    records = [
        Plain((row,), claim("k", row, caller=caller))
        for row, caller in zip(rows, ("shop", "hub"), strict=True)
    ]
    assert stored(database, *records) == [None, None]


def test_a_claim_without_decisions_keeps_its_answer(database: Database) -> None:
    """A batch in which every ticket fails has nothing to store but its problems."""
    problems = Claim("shop", "k", "body", '[{"status": 422}]')
    assert stored(database, Plain((), problems)) == [None]
    assert stored(database, Plain((), problems)) == [None]
    assert stored(database, keyed("k")) == [Held("body", '[{"status": 422}]')]
    assert stored_ids(database) == []


def test_a_key_can_be_looked_up_before_judging(database: Database) -> None:
    record = keyed("k")
    stored(database, record)
    with database.reading() as connection:
        assert claimed(connection, "shop", "k") == held(record)
        assert claimed(connection, "hub", "k") is None


def test_nothing_of_a_group_is_stored_where_one_row_is_refused(database: Database) -> None:
    good, bad = keyed("k"), Plain((decision()._replace(edition=None),))  # type: ignore[arg-type]
    with pytest.raises(Exception, match="edition"):
        stored(database, good, bad)
    assert stored_ids(database) == []
    assert stored_answers(database) == {}


def test_groups_that_want_the_same_keys_at_once_share_them_out(database: Database) -> None:
    """As two hosts would: every key is won once, by a record that is stored, and nobody deadlocks."""
    keys = [f"k{number}" for number in range(20)]
    ready = Barrier(4)

    def group(turn: int) -> tuple[list[Plain], list[Held | None]]:
        records = [keyed(key, turn) for key in (keys if turn % 2 else reversed(keys))]
        ready.wait()
        return records, stored(database, *records)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(group, range(4)))
    winners = [
        record
        for records, answers in outcomes
        for record, held in zip(records, answers, strict=True)
        if held is None
    ]
    assert sorted(record.decisions[0].id for record in winners) == stored_ids(database)
    assert {record.claim.key: record.claim.answer for record in winners if record.claim} == stored_answers(
        database
    )
    assert len(winners) == len(keys)


def test_text_from_outside_is_made_storable(database: Database) -> None:
    row = decision()._replace(ticket_no=storable("T\0\ud8001 投诉 😀"))
    stored(database, Plain((row,)))
    with database.reading() as connection:
        found = find(connection, row.id)
    assert isinstance(found, Decision)
    assert found.ticket_no == "T\ufffd\ufffd1 投诉 😀"
