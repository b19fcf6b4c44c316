"""A PostgreSQL server of the benchmark's own, where PostgreSQL is installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tests.store import postgres

DURABLE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB"}
"""As a server is run that must not lose anything; the tests' own settings are quicker."""


@contextmanager
def own_postgres() -> Iterator[str | None]:
    """The URL of a new database; None where there is no PostgreSQL."""
    found = postgres.programs()
    if found is None:
        yield None
        return
    postgres.SETTINGS.update(DURABLE)
    with postgres.running_cluster(found) as cluster:
        yield cluster.new_database()
