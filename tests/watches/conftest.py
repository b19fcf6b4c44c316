"""Fixtures of the tests of watches."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.store.database import Database
from tests.api.conftest import run
from tests.watches.deadlines import World
from tests.watches.receiver import Receiver, receiving

__all__ = ["run"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as started:
        yield started


@pytest.fixture
def world(database: Database) -> World:
    """On each of the two databases; the clock stands at nine."""
    return World(database)
