"""The page for those who receive webhooks shows what really arrives, and its code tells true from false."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from api.store.database import open_database, upgrade
from tests.docs.blocks import blocks, page
from tests.watches.deadlines import ZONE, SetClock, World
from tests.watches.receiver import Call, Receiver

PAGES = ("docs/webhooks.md", "docs/webhooks.zh.md")


@pytest.fixture
def delivered(tmp_path: Path, receiver: Receiver) -> tuple[str, Call]:
    """The secret, and what came in just now."""
    database = open_database(f"sqlite:///{tmp_path / 'caiding.db'}")
    upgrade(database)
    world = World(database, SetClock(datetime.now(ZONE).replace(microsecond=0)))
    secret = world.register(receiver.url)
    earlier = datetime(2015, 6, 20, 9, 10, tzinfo=ZONE)
    world.watch(world.judge(as_of=earlier, closed_at="2015-06-20T09:05"))
    world.sweep()
    database.close()
    return secret, receiver.wait_for(1)[0]


def block(name: str, role: str) -> str:
    (text,) = (found.text for found in blocks(page(name)) if found.role == role)
    return text


@pytest.mark.parametrize("name", PAGES)
def test_what_arrives(name: str, delivered: tuple[str, Call]) -> None:
    """The example has the members of a real delivery, in their order."""
    shown, real = json.loads(block(name, "delivery")), json.loads(delivered[1].body)
    assert list(shown) == list(real)
    assert list(shown["data"]) == list(real["data"])
    assert shown["type"] == real["type"]


@pytest.mark.parametrize("name", PAGES)
def test_code_that_verifies(name: str, delivered: tuple[str, Call]) -> None:
    """It takes what we sent, and nothing that was altered, signed by others or is old."""
    secret, call = delivered
    names: dict[str, Any] = {}
    exec(compile(block(name, "verify"), name, "exec"), names)  # noqa: S102 - the page's own code
    is_genuine = names["is_genuine"]
    assert is_genuine(secret, call.headers, call.body)
    assert not is_genuine(secret, call.headers, call.body + b" ")
    assert not is_genuine("whsec_AAAA", call.headers, call.body)
    old = {**call.headers, "webhook-timestamp": str(int(call.headers["webhook-timestamp"]) - 600)}
    assert not is_genuine(secret, old, call.body)
