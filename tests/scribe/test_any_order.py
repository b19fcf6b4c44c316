"""Whatever comes in whatever order, wherever the answer to a COMMIT is lost: once, whole, and truly said."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from math import inf
from typing import Literal, TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event

from api.scribe.commits import Commits, Waiting
from api.scribe.protocol import Answer, Entry
from api.store.database import Database
from api.store.decisions import Held
from tests.scribe.records import Plain, claim, decision, stored_answers, stored_ids

Fault: TypeAlias = Literal["none", "before", "after"]
"""Where the connection breaks: nowhere, before the COMMIT, or after it but before its answer."""

_examples = count()


@dataclass
class Sent:
    """A record on its way, what its waiter has heard, and how to have it forgotten."""

    record: Plain
    heard: list[Answer] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)


@dataclass(frozen=True)
class Send:
    """A new record of so many decisions, with this key."""

    rows: int
    key: int | None


@dataclass(frozen=True)
class Again:
    """The same record once more, as after a broken line."""

    which: int


@dataclass(frozen=True)
class Leave:
    """A waiter goes away."""

    which: int


@dataclass(frozen=True)
class Settle:
    """The scribe's turn."""

    fault: Fault


Step: TypeAlias = Send | Again | Leave | Settle

steps = st.lists(
    st.one_of(
        st.builds(Send, st.integers(0, 2), st.none() | st.integers(0, 2)),
        st.builds(Again, st.integers(0, 5)),
        st.builds(Leave, st.integers(0, 5)),
        st.builds(Settle, st.sampled_from(["none", "before", "after"])),
    ),
    max_size=14,
)


class World:
    """The scribe's commits on a real database whose connection breaks when it is told to."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._commits = Commits(database)
        self._name = f"example-{next(_examples)}"
        self.sent: list[Sent] = []

    def take(self, step: Step) -> None:
        match step:
            case Send(rows, key):
                self.sent.append(Sent(self._record(rows, key)))
                self._add(self.sent[-1])
            case Again(which) if self.sent:
                self._add(self.sent[which % len(self.sent)])
            case Leave(which) if self.sent:
                for waiting in self.sent[which % len(self.sent)].waiting:
                    waiting.abandon()
            case Settle(fault):
                self._settle(fault)
            case _:
                pass

    def finish(self) -> None:
        while len(self._commits):
            self._settle("none")

    def _record(self, rows: int, key: int | None) -> Plain:
        decided = tuple(decision(number) for number in range(rows if key is not None else rows + 1))
        return Plain(decided, None if key is None else claim(f"{self._name}-{key}", *decided))

    def _add(self, sent: Sent) -> None:
        entry = Entry(inf, sent.record.decisions, sent.record.claim)
        sent.waiting.append(Waiting(entry, sent.heard.append))
        self._commits.add(sent.waiting[-1])

    def _settle(self, fault: Fault) -> None:
        self._commits._not_before = 0.0  # noqa: SLF001 - a test does not wait between tries
        with breaking(self._database, fault):
            self._commits.settle()


@contextmanager
def breaking(database: Database, fault: Fault) -> Iterator[None]:
    """While this lasts, connections break at their COMMIT."""
    if fault == "none":
        yield
        return

    def lose(connection: Connection) -> None:
        if fault == "after":
            connection.connection.commit()
        if database.dialect == "postgresql":
            connection.connection.driver_connection.close()  # type: ignore[union-attr]
        else:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise error

    event.listen(database.engine, "commit", lose)
    try:
        yield
    finally:
        event.remove(database.engine, "commit", lose)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_any_order_of_records_duplicates_and_lost_answers(database: Database, steps: list[Step]) -> None:
    """Whoever hears that a record is stored finds all of it; of those with a key one is stored."""
    world = World(database)
    for step in steps:
        world.take(step)
    world.finish()
    ids, answers = stored_ids(database), stored_answers(database)
    assert len(ids) == len(set(ids))
    for sent in world.sent:
        assert_true(sent, set(ids), answers)


def assert_true(sent: Sent, ids: set[str], answers: dict[str, str]) -> None:
    """It is there whole or not at all, and every answer is what the database says."""
    own = {row.id for row in sent.record.decisions}
    assert own <= ids or not own & ids
    asked = sent.record.claim
    won = asked is None or answers.get(asked.key) == asked.answer
    for answer in sent.heard:
        match answer:
            case None:
                assert own <= ids
                assert won
            case Held(_, held):
                assert asked is not None
                assert held == answers[asked.key]
                assert not own & ids
            case _:
                raise AssertionError(answer)
    if asked is not None and own:
        assert won == (own <= ids)
