"""What the sweeper does with deadlines that have passed: judged by today's edition, told, tried again."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import text

from api.scribe.client import LogUnavailable
from api.store.database import open_database, upgrade
from api.store.watches import count_by_state
from api.store.webhooks import remove_webhook
from api.watches.keeping import Kept
from api.watches.sweeper import Pace
from tests.store.postgres import Cluster
from tests.watches.deadlines import QUICK, World, longer_library, other_facts_library
from tests.watches.receiver import Call, Receiver
from tests.watches.test_delivery import signature_of


def data(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(call.body)["data"]
    return found


def test_rings_when_due_and_not_before(world: World, receiver: Receiver) -> None:
    """At the due instant the clock still runs; a second later it rings, once."""
    world.register(receiver.url)
    kept = world.watch(world.judge())
    world.clock.move(minutes=30)
    world.sweep()
    assert receiver.calls == []
    world.clock.move(seconds=1)
    world.sweep()
    world.sweep()
    assert [data(call)["rule"] for call in receiver.wait_for(1)] == ["book/s/reply"]
    assert {name: ring.state for name, ring in world.rings(kept).items()} == {
        "reply": "delivered",
        "noon": "waiting",
    }


def test_what_is_said(world: World, receiver: Receiver) -> None:
    """The body names watch, verdicts, ticket, rule, due instant and both states; the signature is right."""
    secret = world.register(receiver.url)
    watched = world.judge()
    kept = world.watch(watched)
    world.clock.move(minutes=31)
    world.sweep()
    (call,) = receiver.wait_for(1)
    said = data(call)
    verdict = said.pop("verdict")
    assert said == {
        "watch_id": kept.watch.id,
        "watched_verdict_id": watched,
        "ticket_no": "T1",
        "rule": "book/s/reply",
        "due": "2015-06-20T09:30+08:00",
        "before": "running",
        "after": "breached",
        "verdict_id": said["verdict_id"],
    }
    assert json.loads(call.body)["type"] == "deadline.breached"
    assert json.loads(call.body)["timestamp"] == "2015-06-20T01:31:00+00:00"
    assert verdict["as_of"] == "2015-06-20T09:31:00+08:00"
    assert call.headers["webhook-signature"] == signature_of(call, secret)
    assert call.headers["webhook-timestamp"] == str(world.clock() // 1_000_000_000)


def test_verdict_that_rings_is_stored(world: World, receiver: Receiver) -> None:
    """It can be opened like any other by whoever asked for the watch, and is what was delivered."""
    world.register(receiver.url)
    watched = world.judge(customer="王小明")
    kept = world.watch(watched)
    world.clock.move(minutes=31)
    world.sweep()
    (call,) = receiver.wait_for(1)
    stored = world.decision(data(call)["verdict_id"])
    assert stored.facts == world.decision(watched).facts
    assert "[personal 1]" in stored.facts
    assert (stored.caller, stored.ticket_no, stored.request_id) == ("desk", "T1", call.id)
    assert stored.verdict in call.body.decode()
    assert world.rings(kept)["reply"].verdict_id == stored.id


def test_tried_again_with_growing_pauses(world: World, receiver: Receiver) -> None:
    """After a failure it waits, each time three times as long; id and body stay the same."""
    secret = world.register(receiver.url)
    receiver.answers.extend([500, "hang", "close"])
    kept = world.watch(world.judge())
    world.clock.move(minutes=31)
    for attempt, pause in ((1, 10), (2, 30), (3, 90)):
        world.sweep()
        ring = world.rings(kept)["reply"]
        assert (ring.state, ring.attempts, len(receiver.calls)) == ("waiting", attempt, attempt)
        waits = (ring.next_at - world.clock() // 1000) / 1_000_000
        assert 0.8 * pause <= waits <= 1.2 * pause
        world.clock.move(seconds=waits - 1)
        world.sweep()
        assert len(receiver.calls) == attempt
        world.clock.move(seconds=1)
    world.sweep()
    calls = receiver.wait_for(4)
    assert world.rings(kept)["reply"].state == "delivered"
    assert len({(call.id, call.body) for call in calls}) == 1
    assert len({call.headers["webhook-timestamp"] for call in calls}) == 4
    assert all(call.headers["webhook-signature"] == signature_of(call, secret) for call in calls)
    assert world.counted.results == Counter(failed=3, delivered=1)


def test_given_up(world: World, receiver: Receiver) -> None:
    """After the last attempt it is given up, for all to see and counted."""
    world.register(receiver.url)
    receiver.answers.extend([500, 500, 500, 503])
    kept = world.watch(world.judge())
    world.clock.move(minutes=31)
    for _ in range(6):
        world.sweep()
        world.clock.move(minutes=20)
    ring = world.rings(kept)["reply"]
    assert (ring.state, ring.attempts, ring.last_error) == ("given_up", 4, "status 503")
    assert world.counted.results == Counter(failed=3, given_up=1)


def test_receiver_that_wants_no_more(world: World, receiver: Receiver) -> None:
    """410 ends it at once."""
    world.register(receiver.url)
    receiver.answers.append(410)
    kept = world.watch(world.judge())
    world.clock.move(minutes=31)
    world.sweep()
    assert world.rings(kept)["reply"].state == "given_up"


def test_removed_webhook(world: World, receiver: Receiver) -> None:
    """What waits for an address that was removed is given up, and the address is not called."""
    world.register(receiver.url)
    kept = world.watch(world.judge())
    with world.database.writing() as connection:
        remove_webhook(connection, "desk", 1)
    world.clock.move(minutes=31)
    world.sweep()
    ring = world.rings(kept)["reply"]
    assert (ring.state, ring.last_error, receiver.calls) == ("given_up", "the webhook was removed", [])


def test_cancelled_does_not_ring(world: World, receiver: Receiver) -> None:
    """An ended watch is silent."""
    world.register(receiver.url)
    kept = world.watch(world.judge())
    world.keeper().end(kept.watch.id)
    world.clock.move(hours=5)
    world.sweep()
    assert receiver.calls == []


def test_stopped_does_not_ring(world: World, receiver: Receiver) -> None:
    """After newer facts only what still runs rings."""
    world.register(receiver.url)
    kept = world.watch(world.judge())
    world.clock.move(minutes=10)
    world.keeper().renew(kept.watch.id, world.judge(replied_at="2015-06-20T09:10"))
    world.clock.move(hours=3)
    world.sweep()
    assert [data(call)["rule"] for call in receiver.wait_for(1)] == ["book/s/noon"]


def test_runs_on_under_a_later_edition(world: World, receiver: Receiver) -> None:
    """Where today's edition gives more time, it rings when that is over, with the id that it had."""
    world.register(receiver.url)
    kept = world.watch(world.judge())
    first = world.rings(kept)["reply"].id
    world.active = longer_library()
    world.clock.move(minutes=31)
    world.sweep()
    assert receiver.calls == []
    world.clock.move(minutes=30)
    world.sweep()
    (call,) = receiver.wait_for(1)
    assert call.id == first
    assert data(call)["verdict"]["outcomes"][0]["due"] == "2015-06-20T10:00+08:00"


def test_rule_that_is_no_more(world: World, receiver: Receiver) -> None:
    """A clock that today's edition does not have rings all the same, and says so."""
    world.register(receiver.url)
    world.watch(world.judge(replied_at="2015-06-20T09:00"))
    world.active = longer_library()
    world.clock.move(hours=4)
    world.sweep()
    assert data(receiver.wait_for(1)[0])["after"] == "not_there"


def test_facts_that_cannot_be_read_any_more(world: World, receiver: Receiver) -> None:
    """A deadline is not lost because the catalogue has changed: it rings without a verdict."""
    world.register(receiver.url)
    world.watch(world.judge())
    world.active = other_facts_library()
    world.clock.move(minutes=31)
    world.sweep()
    said = data(receiver.wait_for(1)[0])
    assert (said["after"], said["verdict"], said["verdict_id"]) == ("not_judged", None, None)
    assert said["errors"] == [{"code": "F001", "pointer": "/facts/start_at"}]


def test_open_pause_puts_it_off(world: World, receiver: Receiver) -> None:
    """While a pause is open the clock runs on: it is looked at now and then, and nobody is told."""
    world.register(receiver.url)
    kept = world.watch(world.judge(waits=[{"from_at": "2015-06-20T09:00"}]))
    before = world.rings(kept)["reply"].next_at
    world.clock.move(minutes=45)
    world.sweep()
    assert world.rings(kept)["reply"].next_at - before == 45 * 60 * 1_000_000
    assert receiver.calls == []


def test_seconds_that_are_not_shown(world: World, receiver: Receiver) -> None:
    """A due instant inside of the minute that is shown is looked at again when it has passed for certain."""
    world.register(receiver.url)
    world.watch(world.judge(start_at="2015-06-20T09:00:30", closed_at="2015-06-20T09:00:30"))
    world.clock.move(minutes=30, seconds=10)
    world.sweep()
    assert receiver.calls == []
    world.clock.move(minutes=1, seconds=1)
    world.sweep()
    assert data(receiver.wait_for(1)[0])["after"] == "breached"


def test_log_that_cannot_be_written(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No verdict rings that is not stored: it waits for the log, which is no failed attempt."""
    world.register(receiver.url)
    kept = world.watch(world.judge())
    world.clock.move(minutes=31)

    class Away:
        def record(self, *_: object) -> None:
            raise LogUnavailable("away")

    sweeper = world.sweeper()
    monkeypatch.setattr(sweeper, "log", Away())
    sweeper.sweep()
    ring = world.rings(kept)["reply"]
    assert (ring.state, ring.attempts, ring.payload, receiver.calls) == ("waiting", 0, None, [])
    world.clock.move(seconds=11)
    world.sweep()
    assert len(receiver.wait_for(1)) == 1


def test_slow_receiver_holds_up_nobody(world: World, receiver: Receiver) -> None:
    """While one receiver keeps many waiting, another one is told at once."""
    pace = Pace(every=0.02, in_flight=6, for_one_webhook=3, at_once=2, patience=QUICK.patience)
    world.register(receiver.url)
    world.register(receiver.url + "/other", "other")
    receiver.answers.extend(["hang"] * 4)
    slow = [world.judge(ticket_no=f"T{i}", closed_at="2015-06-20T09:00") for i in range(20)]
    for decision in slow:
        world.watch(decision)
    world.watch(world.judge(ticket_no="T99", closed_at="2015-06-20T09:00"), "other")
    world.clock.move(minutes=31)
    sweeper = world.sweeper(pace)
    began = time.monotonic()
    sweeper.start()
    while not any(call.path == "/hook/other" for call in receiver.calls):
        assert time.monotonic() - began < 5
        time.sleep(0.005)
    sweeper.stop()
    assert sum(call.path == "/hook" for call in receiver.calls) < 20


def test_new_facts_while_the_old_ones_are_judged(world: World, receiver: Receiver) -> None:
    """What was judged on facts that were replaced in the meantime is not told to anybody."""
    world.register(receiver.url)
    kept = world.watch(world.judge())
    world.clock.move(minutes=31)
    newer = world.judge(replied_at="2015-06-20T09:10", closed_at="2015-06-20T09:10")
    sweeper = world.sweeper()
    log = sweeper.log

    class Meanwhile:
        def record(self, *given: Any) -> Any:
            assert isinstance(world.keeper().renew(kept.watch.id, newer), Kept)
            return log.record(*given)

    sweeper.log = Meanwhile()
    sweeper.sweep()
    sweeper.stop()
    world.sweep()
    assert receiver.calls == []
    assert {ring.state for ring in world.rings(kept).values()} == {"stopped"}


def test_goes_on_after_a_mistake_of_our_own(world: World, receiver: Receiver) -> None:
    """A sweeper that breaks down says so, goes on, and does its work as soon as it can."""
    world.register(receiver.url)
    world.watch(world.judge())
    world.clock.move(minutes=31)
    sweeper = world.sweeper()
    working, sweeper.active = sweeper.active, lambda: 1 / 0  # type: ignore[assignment,return-value]
    sweeper.start()
    wait_for_line(world)
    assert world.counted.lines[0] == ("the sweeper failed", {"kind": "ZeroDivisionError"})
    sweeper.active = working
    receiver.wait_for(1)
    sweeper.stop()


def wait_for_line(world: World) -> None:
    """Waits until the sweeper has something to say."""
    until = time.monotonic() + 15
    while not world.counted.lines:
        assert time.monotonic() < until, "nothing was said"
        time.sleep(0.01)


def test_database_that_goes_away(postgres: Cluster, receiver: Receiver) -> None:
    """While PostgreSQL is down the sweeper says so and waits; what came due meanwhile is told afterwards."""
    url = postgres.new_database()
    database = open_database(url)
    upgrade(database)
    world = World(database)
    world.register(receiver.url)
    world.watch(world.judge(closed_at="2015-06-20T09:00"))
    sweeper = world.sweeper()
    sweeper.start()
    postgres.stop("immediate")
    world.clock.move(minutes=31)
    try:
        wait_for_line(world)
    finally:
        postgres.start()
    assert world.counted.lines[0] == ("the sweeper waits for the database", {"reason": "away"})
    receiver.wait_for(1)
    sweeper.stop()
    assert len(receiver.calls) == 1
    database.close()
    postgres.drop(url)


def test_ticket_that_breaks_something(world: World, receiver: Receiver) -> None:
    """A ticket on which Caiding itself breaks down is tried again like any other, and holds up no other."""
    world.register(receiver.url)
    broken = world.watch(world.judge(closed_at="2015-06-20T09:00"))
    with world.database.writing() as connection:
        connection.execute(text("UPDATE decisions SET facts = '[]'"))
    whole = world.watch(world.judge(ticket_no="T2", closed_at="2015-06-20T09:00"))
    world.clock.move(minutes=31)
    world.sweep()
    assert world.rings(whole)["reply"].state == "delivered"
    ring = world.rings(broken)["reply"]
    assert (ring.state, ring.attempts) == ("waiting", 1)
    assert ring.last_error is not None
    assert "broke down" in ring.last_error


def test_counted_by_state(world: World, receiver: Receiver) -> None:
    """How many deadlines wait, and how many were told."""
    world.register(receiver.url)
    world.watch(world.judge())
    world.clock.move(minutes=31)
    world.sweep()
    with world.database.reading() as connection:
        assert count_by_state(connection) == {"delivered": 1, "waiting": 1}
