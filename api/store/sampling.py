"""A share of the decision log, read by id without touching the rest."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from api.store.tables import decisions


def ids_between(connection: Connection, after: str, until: str, most: int) -> Sequence[str]:
    """The first ids with `after` < id < `until`, in the order of time; answered from the index alone."""
    column = decisions.c.id
    asked = select(column).where(column > after, column < until).order_by(column).limit(most)
    return connection.execute(asked).scalars().all()
