"""The addresses that an operator has registered for deadlines to ring at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from api.store.tables import webhooks


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address by its name; `secret` signs what is sent there. Instants in microseconds since 1970."""

    name: str
    url: str
    secret: str
    created_at: int
    removed_at: int | None = None


def add_webhook(connection: Connection, webhook: Webhook) -> bool:
    """Registers an address; False where the name is taken. A removed name may be used anew."""
    live = find_webhook(connection, webhook.name, lock=True)
    if live is not None:
        return False
    connection.execute(delete(webhooks).where(webhooks.c.name == webhook.name))
    connection.execute(
        insert(webhooks).values(
            name=webhook.name, url=webhook.url, secret=webhook.secret, created_at=webhook.created_at
        )
    )
    return True


def find_webhook(connection: Connection, name: str, *, lock: bool = False) -> Webhook | None:
    """The address of a name that has not been removed; locked for the transaction where asked."""
    asked = select(webhooks).where(webhooks.c.name == name, webhooks.c.removed_at.is_(None))
    row = connection.execute(asked.with_for_update() if lock else asked).one_or_none()
    return None if row is None else Webhook(*row)


def list_webhooks(connection: Connection) -> Sequence[Webhook]:
    """All that have not been removed, by name."""
    asked = select(webhooks).where(webhooks.c.removed_at.is_(None)).order_by(webhooks.c.name)
    return [Webhook(*row) for row in connection.execute(asked)]


def remove_webhook(connection: Connection, name: str, now: int) -> bool:
    """Takes an address out of use; False where there is none. What waits for it will be given up."""
    live = (webhooks.c.name == name) & webhooks.c.removed_at.is_(None)
    return connection.execute(update(webhooks).where(live).values(removed_at=now)).rowcount == 1
