"""Beginning a watch, giving it newer facts, ending it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from api.store.webhooks import Webhook, add_webhook, list_webhooks, remove_webhook
from api.watches.keeping import Kept
from tests.watches.deadlines import World

URL = "http://127.0.0.1:9/hook"


def test_running_clocks_are_kept(world: World) -> None:
    """Each running clock of the verdict is a ring with its due instant."""
    world.register(URL)
    rings = world.rings(world.watch(world.judge()))
    assert {name: ring.due for name, ring in rings.items()} == {
        "reply": "2015-06-20T09:30+08:00",
        "noon": "2015-06-20T12:00+08:00",
    }


def test_nothing_to_watch(world: World) -> None:
    """A verdict without a running clock cannot be watched."""
    world.register(URL)
    done = world.judge(replied_at="2015-06-20T09:10", closed_at="2015-06-20T09:10")
    assert world.keeper().begin(done, "desk") == "no_clock_runs"


def test_only_own_verdicts(world: World) -> None:
    """A verdict of somebody else is as unknown as one that is not there."""
    world.register(URL)
    assert world.keeper().begin(world.judge(caller="other"), "desk") == "no_such_verdict"
    assert world.keeper().begin("no such id", "desk") == "no_such_verdict"


def test_only_registered_webhooks(world: World) -> None:
    """A watch names a webhook; an address that nobody registered, or that was removed, is never called."""
    decision = world.judge()
    assert world.keeper().begin(decision, URL) == "no_such_webhook"
    world.register(URL)
    with world.database.writing() as connection:
        assert remove_webhook(connection, "desk", 1)
    assert world.keeper().begin(decision, "desk") == "no_such_webhook"


def test_asked_twice_there_is_one_watch(world: World) -> None:
    """A repeated request begins nothing new, also when both come at once."""
    world.register(URL)
    decision = world.judge()
    with ThreadPoolExecutor(4) as pool:
        kept = list(pool.map(lambda _: world.watch(decision), range(4)))
    assert len({one.watch.id for one in kept}) == 1
    assert sum(one.begun for one in kept) == 1


def test_newer_facts_stop_a_clock(world: World) -> None:
    """After the reply only the other clock is still to ring."""
    world.register(URL)
    kept = world.watch(world.judge())
    world.clock.move(minutes=10)
    newer = world.judge(replied_at="2015-06-20T09:10")
    assert isinstance(world.keeper().renew(kept.watch.id, newer), Kept)
    assert {name: ring.state for name, ring in world.rings(kept).items()} == {
        "reply": "stopped",
        "noon": "waiting",
    }


def test_newer_facts_move_a_due_instant(world: World) -> None:
    """Another start gives other due instants, with ids of their own; the old ones are stopped."""
    world.register(URL)
    kept = world.watch(world.judge())
    before = world.rings(kept)["reply"]
    world.clock.move(minutes=10)
    moved = world.keeper().renew(kept.watch.id, world.judge(start_at="2015-06-20T09:05"))
    assert isinstance(moved, Kept)
    states = {(ring.rule.rpartition("/")[2], ring.due[11:16]): ring.state for ring in moved.rings}
    assert states == {
        ("reply", "09:30"): "stopped",
        ("reply", "09:35"): "waiting",
        ("noon", "12:00"): "waiting",
    }
    assert before.id in {ring.id for ring in moved.rings if ring.state == "stopped"}


def test_a_stopped_clock_runs_again(world: World) -> None:
    """A reply that turns out not to have been made sets the same ring going again, with the same id."""
    world.register(URL)
    kept = world.watch(world.judge())
    first = world.rings(kept)["reply"]
    for replied_at in ("2015-06-20T09:01", None):
        world.clock.move(minutes=1)
        newer = world.judge(replied_at=replied_at)
        assert isinstance(world.keeper().renew(kept.watch.id, newer), Kept)
    assert world.rings(kept)["reply"] == first


def test_facts_are_replaced_only_by_newer_ones_of_the_ticket(world: World) -> None:
    """An older verdict, another ticket's and another caller's are refused."""
    world.register(URL)
    older = world.judge()
    world.clock.move(minutes=1)
    kept = world.watch(world.judge())
    world.clock.move(minutes=1)
    renew = world.keeper().renew
    assert renew(kept.watch.id, older) == "not_newer"
    assert renew(kept.watch.id, world.judge(ticket_no="T2")) == "another_ticket"
    assert renew(kept.watch.id, world.judge(caller="other")) == "no_such_verdict"
    assert world.keeper("other").renew(kept.watch.id, world.judge(caller="other")) == "no_such_watch"


def test_a_newer_verdict_alone_changes_nothing(world: World) -> None:
    """A verdict that is only asked for, perhaps with part of the facts, silences no deadline."""
    world.register(URL)
    kept = world.watch(world.judge())
    world.clock.move(minutes=10)
    world.judge(replied_at="2015-06-20T09:10")
    assert world.rings(kept)["reply"].state == "waiting"


def test_cancelled(world: World) -> None:
    """An ended watch stays to be seen and takes no newer facts; ending it again does no harm."""
    world.register(URL)
    kept = world.watch(world.judge())
    assert world.keeper("other").end(kept.watch.id) == "no_such_watch"
    assert world.keeper().end(kept.watch.id) is None
    assert world.keeper().end(kept.watch.id) is None
    assert {ring.state for ring in world.rings(kept).values()} == {"cancelled"}
    world.clock.move(minutes=1)
    assert world.keeper().renew(kept.watch.id, world.judge()) == "cancelled"


def test_name_of_a_webhook(world: World) -> None:
    """A name is taken until it is removed; then it may stand for another address."""
    world.register(URL)
    other = Webhook("desk", "https://example.test/", "whsec_AAAA", 5)
    with world.database.writing() as connection:
        assert not add_webhook(connection, other)
        assert remove_webhook(connection, "desk", 7)
        assert not remove_webhook(connection, "desk", 8)
        assert list_webhooks(connection) == []
        assert add_webhook(connection, other)
        assert list_webhooks(connection) == [other]
