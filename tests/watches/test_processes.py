"""Sweepers in processes of their own: killed in the middle of a delivery, and two on one database."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import IO

from tests.watches.deadlines import World
from tests.watches.receiver import Call, Receiver

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


@contextmanager
def sweeping(world: World, url: str, lease: float) -> Iterator[subprocess.Popen[str]]:
    """A sweeper's process that is ready and waits for a line."""
    command = [sys.executable, "-m", "tests.watches.sweeping", url, world.clock.now.isoformat(), str(lease)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        assert pipe(process.stdout).readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()
        for end in (process.stdin, process.stdout):
            pipe(end).close()


def go(process: subprocess.Popen[str]) -> None:
    pipe(process.stdin).write("go\n")


def pipe(end: IO[str] | None) -> IO[str]:
    assert end is not None
    return end


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.02)


def test_killed_between_delivery_and_noting_it(world: World, database_url: str, receiver: Receiver) -> None:
    """What was delivered and not noted is delivered again, with the same id and the same words."""
    world.register(receiver.url)
    kept = world.watch(world.judge(closed_at="2015-06-20T09:00"))
    world.clock.move(minutes=31)
    received, killed = Event(), Event()

    def wait_for_the_kill(_: Call) -> None:
        received.set()
        killed.wait(PATIENCE)

    receiver.on_call = wait_for_the_kill
    with sweeping(world, database_url, lease=1.0) as first:
        go(first)
        assert received.wait(PATIENCE)
        first.kill()
        first.wait()
    killed.set()
    assert world.rings(kept)["reply"].state == "waiting"
    receiver.on_call = None
    with sweeping(world, database_url, lease=1.0) as second:
        go(second)
        receiver.wait_for(2)
        wait_until(lambda: world.rings(kept)["reply"].state == "delivered")
    assert len({(call.id, call.body) for call in receiver.calls}) == 1
    assert len(receiver.calls) == 2


def test_two_sweepers_tell_each_deadline_once(world: World, database_url: str, receiver: Receiver) -> None:
    """Of 200 that are due at once each is told exactly once."""
    world.register(receiver.url)
    watches = [
        world.watch(world.judge(ticket_no=f"T{number}", closed_at="2015-06-20T09:00"))
        for number in range(200)
    ]
    world.clock.move(minutes=31)
    with (
        sweeping(world, database_url, lease=30.0) as one,
        sweeping(world, database_url, lease=30.0) as other,
    ):
        go(one)
        go(other)
        wait_until(lambda: len(receiver.calls) >= 200)
        wait_until(lambda: all(world.rings(kept)["reply"].state == "delivered" for kept in watches))
        said = [ended(process) for process in (one, other)]
    assert set(Counter(call.id for call in receiver.calls).values()) == {1}
    assert len(receiver.calls) == 200
    assert said == ["", ""]


def ended(process: subprocess.Popen[str]) -> str:
    """Ends a sweeper in good order; what it had to say."""
    process.terminate()
    said = pipe(process.stdout).read()
    assert process.wait(PATIENCE) == 0
    return said


def test_killed_again_and_again_nothing_is_lost(world: World, database_url: str, receiver: Receiver) -> None:
    """However often sweepers are killed, every deadline is told, each under one id."""
    world.register(receiver.url)
    watches = [
        world.watch(world.judge(ticket_no=f"T{number}", closed_at="2015-06-20T09:00")) for number in range(40)
    ]
    world.clock.move(minutes=31)
    for told in (5, 15):
        with sweeping(world, database_url, lease=0.5) as process:
            go(process)
            wait_until(lambda told=told: len(receiver.calls) >= told)  # type: ignore[misc]
            process.kill()
    with sweeping(world, database_url, lease=5.0) as last:
        go(last)
        wait_until(lambda: all(world.rings(kept)["reply"].state == "delivered" for kept in watches))
    ids = {world.rings(kept)["reply"].id for kept in watches}
    assert {call.id for call in receiver.calls} == ids
    for id_ in ids:
        bodies = [call.body for call in receiver.calls if call.id == id_]
        whole = max(bodies, key=len)
        assert all(whole.startswith(body) for body in bodies), "one that was killed may have sent a part"
