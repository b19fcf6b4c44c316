"""The second opinion on stored verdicts, by the real second engine in its real child process."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import text

from api.opinion import Pace, SecondOpinion, chosen
from api.store.database import Database, StoreUnavailable, open_database, upgrade
from engine.evaluate.durable.process import Limits
from tests.watches.deadlines import ZONE, World, library, longer_library

needs_the_library = pytest.mark.skipif(find_spec("durable") is None, reason="durable-rules is not there")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """On SQLite; the clock stands at nine."""
    database = open_database(f"sqlite:///{tmp_path / 'caiding.db'}")
    upgrade(database)
    yield World(database)
    database.close()


@pytest.fixture
def each_world(database: Database) -> World:
    """On each of the two databases."""
    return World(database)


@contextmanager
def second_opinion(world: World, share: float = 1.0, pace: Pace | None = None) -> Iterator[SecondOpinion]:
    """One that looks when it is told to; it sees what is decided from now on."""
    counted = world.counted
    made = SecondOpinion(
        world.database, lambda: world.active, share, world.clock, counted, counted, pace or Pace()
    )
    world.clock.move(seconds=1)
    try:
        yield made
    finally:
        made.close()


def look(world: World, opinion: SecondOpinion) -> Counter[str]:
    """What has been decided is some seconds old; the opinions on it."""
    world.clock.move(seconds=3)
    world.counted.results.clear()
    opinion.look()
    return world.counted.results


@needs_the_library
def test_agreement(each_world: World) -> None:
    """Running, met and breached clocks, with an instant of judging and pauses: the bytes are the same."""
    with second_opinion(each_world) as opinion:
        each_world.judge()
        each_world.judge(replied_at="2015-06-20T09:10", waits=[{"from_at": "2015-06-20T09:05"}])
        each_world.judge(replied_at="2015-06-20T09:40")
        each_world.judge(start_at=None, customer="王小明")
        assert look(each_world, opinion) == Counter(agreed=4)
        assert look(each_world, opinion) == Counter()
    assert each_world.counted.lines == []


@needs_the_library
def test_disagreement(each_world: World) -> None:
    """A stored verdict that says something else is counted and logged with its id and ticket."""
    with second_opinion(each_world) as opinion:
        right, wrong = each_world.judge(), each_world.judge(ticket_no="T2")
        altered = text("UPDATE decisions SET verdict = replace(verdict, 'running', 'met') WHERE id = :id")
        with each_world.database.writing() as connection:
            connection.execute(altered, {"id": wrong})
        assert look(each_world, opinion) == Counter(agreed=1, disagreed=1)
    ((event, said),) = each_world.counted.lines
    assert (event, said["result"], said["decision"], said["ticket_no"]) == (
        "second opinion",
        "disagreed",
        wrong,
        "T2",
    )
    assert right not in str(said)


@needs_the_library
def test_killed_child(world: World) -> None:
    """The ticket at which the child dies has no opinion; the next ones have, by a new child."""
    with second_opinion(world) as opinion:
        world.judge()
        assert look(world, opinion) == Counter(agreed=1)
        (child,) = opinion.child_pids
        os.kill(child, signal.SIGKILL)
        for _ in range(3):
            world.judge()
        assert look(world, opinion) == Counter(failed=1, agreed=2)
        assert opinion.child_pids != [child]
    assert "signal 9" in world.counted.lines[0][1]["reason"]


@needs_the_library
def test_child_that_hangs(world: World) -> None:
    """A child that does not answer in time is given up, and another one takes its place."""
    with second_opinion(world, pace=Pace(limits=Limits(answer=0.3))) as opinion:
        world.judge()
        assert look(world, opinion) == Counter(agreed=1)
        (child,) = opinion.child_pids
        os.kill(child, signal.SIGSTOP)
        for _ in range(2):
            world.judge()
        assert look(world, opinion) == Counter(timed_out=1, agreed=1)


@needs_the_library
def test_only_a_share(world: World) -> None:
    """Of many a share is judged, chosen by id, so that everybody who looks finds the same."""
    with second_opinion(world, share=0.3) as opinion:
        ids = [world.judge() for _ in range(60)]
        expected = sum(chosen(id_, 0.3) for id_ in ids)
        assert look(world, opinion) == Counter(agreed=expected)
        assert 0 < expected < 60


def test_share_of_many() -> None:
    """The share is what was asked for, within what chance allows; 0 is none and 1 is all."""
    ids = [f"id-{number}" for number in range(10_000)]
    assert abs(sum(chosen(id_, 0.1) for id_ in ids) - 1000) < 150
    assert not any(chosen(id_, 0.0) for id_ in ids)
    assert all(chosen(id_, 1.0) for id_ in ids)


@needs_the_library
def test_stays_behind(world: World) -> None:
    """What was decided a second ago may not be committed yet, and is left for the next look."""
    with second_opinion(world) as opinion:
        world.judge()
        world.clock.move(seconds=1)
        opinion.look()
        assert world.counted.results == Counter()
        assert look(world, opinion) == Counter(agreed=1)


@needs_the_library
def test_what_was_there_before(world: World) -> None:
    """A service that starts does not go through its whole past."""
    world.judge()
    world.clock.move(seconds=1)
    with second_opinion(world) as opinion:
        assert look(world, opinion) == Counter()


@needs_the_library
def test_passes_over_what_it_cannot_keep_up_with(world: World) -> None:
    """When its time is used up the rest is counted as skipped, and the next look begins afresh."""
    with second_opinion(world, pace=Pace(judging=0.0, page=7)) as opinion:
        for _ in range(30):
            world.judge()
        found = look(world, opinion)
        assert found["skipped"] >= 29
        assert found.total() == 30
        assert look(world, opinion) == Counter()


@needs_the_library
def test_edition_that_judged(world: World) -> None:
    """A verdict is compared with its own edition's, for as long as that is one of the last two."""
    with second_opinion(world) as opinion:
        world.judge()
        assert look(world, opinion) == Counter(agreed=1)
        world.judge()
        world.active = longer_library()
        world.judge()
        assert look(world, opinion) == Counter(agreed=2)
        assert len(opinion.child_pids) == 2
    with second_opinion(world, pace=Pace(editions=1)) as opinion:
        world.active = library()
        world.judge()
        world.active = longer_library()
        assert look(world, opinion) == Counter(skipped=1)


@needs_the_library
def test_in_its_thread(each_world: World) -> None:
    """Started, it follows by itself; stopped, it leaves no thread and no child behind."""
    each_world.clock.now = datetime.now(ZONE).replace(microsecond=0)
    with second_opinion(each_world, pace=Pace(every=0.02, behind=0.0)) as opinion:
        opinion.start()
        each_world.judge()
        each_world.clock.move(seconds=1)
        wait_for(each_world, 1)
        (child,) = opinion.child_pids
        opinion.stop()
    assert each_world.counted.results == Counter(agreed=1)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@needs_the_library
def test_goes_on_after_trouble_with_the_database(world: World) -> None:
    """A database that is away is waited for."""
    world.clock.now = datetime.now(ZONE).replace(microsecond=0)
    with second_opinion(world, pace=Pace(every=0.02, behind=0.0)) as opinion:
        troubles = iter([StoreUnavailable("away", "gone"), ValueError("ours")])

        def active() -> object:
            for trouble in troubles:
                raise trouble
            return library()

        opinion.active = active  # type: ignore[assignment]
        opinion.start()
        world.judge()
        world.clock.move(seconds=1)
        wait_for(world, 1)
        opinion.stop()
    assert world.counted.results == Counter(agreed=1)
    assert [event for event, _ in world.counted.lines] == [
        "the second opinion waits for the database",
        "the second opinion failed",
    ]


def test_without_the_library(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no second engine the service says so once and goes on."""
    monkeypatch.setattr("engine.evaluate.durable.process.LIBRARY", "no_such_library")
    with second_opinion(world, pace=Pace(every=0.01)) as opinion:
        opinion.start()
        wait_for(world, 1)
        time.sleep(0.1)
        opinion.stop()
    assert world.counted.results == Counter(not_available=1)
    assert len(world.counted.lines) == 1


def test_no_share_no_thread(world: World) -> None:
    """A share of nothing starts nothing."""
    with second_opinion(world, share=0.0) as opinion:
        opinion.start()
        opinion.stop()
    assert world.counted.lines == []


def wait_for(world: World, count: int) -> None:
    until = time.monotonic() + 15
    while world.counted.results.total() < count:
        assert time.monotonic() < until, world.counted.lines
        time.sleep(0.01)
