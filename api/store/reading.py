"""Reading the decision log from end to end, beside a service that writes it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from api.store.database import Database
from api.store.decisions import Decision
from api.store.tables import decisions

AT_ONCE = 500


def decisions_between(database: Database, first_id: str, until_id: str) -> Iterator[Decision]:
    """The decisions with `first_id` <= id < `until_id`, in the order of time; raises StoreUnavailable.

    Each few hundred are a transaction of their own: one that lasted as long as the whole reading would keep
    SQLite from shortening its journal, and PostgreSQL from letting go of a month.
    """
    columns = decisions.c
    page = select(decisions).where(columns.id < until_id).order_by(columns.id).limit(AT_ONCE)
    while True:
        with database.reading() as connection:
            rows = connection.execute(page.where(columns.id >= first_id)).all()
        for row in rows:
            yield Decision(*row)
        if len(rows) < AT_ONCE:
            return
        first_id = f"{rows[-1].id}~"  # ids are equally long: none lies between the two
