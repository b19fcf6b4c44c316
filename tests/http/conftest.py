"""The service under test: on both databases, and a quick one without storage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.scribe.client import NoLog
from api.store.database import Database, open_database, upgrade
from tests.http.world import World, world_on


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Iterator[World]:
    """A service that stores, once on each database."""
    with world_on(database, tmp_path) as made:
        yield made


@pytest.fixture
def front(tmp_path: Path) -> Iterator[World]:
    """A service whose answers do not depend on what is stored."""
    database = open_database(f"sqlite:///{tmp_path / 'keys.db'}")
    upgrade(database)
    with world_on(database, tmp_path, NoLog()) as made:
        yield made
    database.close()
