"""Made-up records for the tests of the decision log, and what of them is in the database."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from time import time_ns

from sqlalchemy import select

from api.store.database import Database
from api.store.decisions import Claim, Decision
from api.store.ids import new_id
from api.store.tables import decisions, idempotency_keys


@dataclass(frozen=True)
class Plain:
    """A record as `store` takes it."""

    decisions: tuple[Decision, ...]
    claim: Claim | None = None


def decision(number: int = 1, *, id: str | None = None, request_id: str = "request") -> Decision:  # noqa: A002
    """A decision of now, with Chinese text in its facts."""
    now = time_ns()
    return Decision(
        id=id or new_id(now),
        decided_at=now // 1000,
        as_of=None,
        edition="9f2c61d0a4b7",
        caller="shop",
        key_id=1,
        request_id=request_id,
        traceparent=None,
        ticket_no=f"T{number}",
        duration_us=60,
        engine="caiding 0.1.0",
        facts=f'{{"ticket_no":"T{number}","remark":"投诉"}}',
        verdict='{"edition":"9f2c61d0a4b7","outcomes":[]}',
    )


def claim(key: str, *decided: Decision, fingerprint: str = "same body", caller: str = "shop") -> Claim:
    """The claim of these decisions to a key."""
    ids = ",".join(f'"{row.id}"' for row in decided)
    return Claim(caller, key, fingerprint, f"[{ids}]")


def keyed(key: str, number: int = 1) -> Plain:
    """A record of one decision that claims a key."""
    row = decision(number, request_id=key)
    return Plain((row,), claim(key, row))


def stored_ids(database: Database) -> list[str]:
    """The ids of all decisions, in order."""
    with database.reading() as connection:
        return list(connection.scalars(select(decisions.c.id).order_by(decisions.c.id)))


def stored_answers(database: Database) -> dict[str, str]:
    """The answer of every key that is claimed."""
    with database.reading() as connection:
        rows = connection.execute(select(idempotency_keys.c.key, idempotency_keys.c.answer))
        return {row.key: row.answer for row in rows}


def rows_by_key(database: Database) -> Counter[str]:
    """How many decisions there are for each request id, which is the key where there is one."""
    with database.reading() as connection:
        return Counter(connection.scalars(select(decisions.c.request_id)))
