"""Watches and their rings: what is asked to be told, and each deadline that is still to be told or was.

All instants are microseconds since 1970. A ring is *claimed* by a lease: who holds it says so by `lease_by`,
and what a sweeper writes about a ring is written only while it still holds it, so that one which was taken
for dead changes nothing any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from sqlalchemy import Connection, Select, and_, func, insert, or_, select, update

from api.store.tables import rings, watches, webhooks

RingState: TypeAlias = Literal["waiting", "delivered", "stopped", "cancelled", "given_up"]


@dataclass(frozen=True, slots=True)
class Watch:
    """Whose deadlines are watched, on the facts of which verdict, and where they ring."""

    id: str
    caller: str
    decision_id: str
    ticket_no: str | None
    webhook: str
    created_at: int
    cancelled_at: int | None = None


@dataclass(frozen=True, slots=True)
class Ring:
    """One deadline of a watch; its id is the `webhook-id` of every attempt to deliver it.

    `due` is the due instant as the verdict shows it, `due_at` the same as a number, `next_at` when to look
    at it next. Once it has been judged, `verdict_id` and `payload` say what is delivered.
    """

    id: str
    watch_id: str
    rule: str
    due: str
    due_at: int
    next_at: int
    state: RingState = "waiting"
    attempts: int = 0
    lease_until: int | None = None
    lease_by: str | None = None
    verdict_id: str | None = None
    payload: str | None = None
    ended_at: int | None = None
    last_error: str | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A ring that is ours until its lease ends; `url` is None where the webhook was removed."""

    ring: Ring
    watch: Watch
    url: str | None
    secret: str | None


RING_COLUMNS = [rings.c[name] for name in Ring.__dataclass_fields__]
WATCH_COLUMNS = [watches.c[name] for name in Watch.__dataclass_fields__]


def add_watch(connection: Connection, watch: Watch, its_rings: Iterable[Ring]) -> None:
    connection.execute(insert(watches).values(asdict(watch)))
    connection.execute(insert(rings), [asdict(ring) for ring in its_rings])


def find_watch(connection: Connection, id: str, *, lock: bool = False) -> Watch | None:  # noqa: A002 - the word of the interface
    asked = select(*WATCH_COLUMNS).where(watches.c.id == id)
    row = connection.execute(asked.with_for_update() if lock else asked).one_or_none()
    return None if row is None else Watch(*row)


def watch_on(connection: Connection, decision_id: str, webhook: str) -> Watch | None:
    """The watch that already follows a verdict for a webhook."""
    same = (watches.c.decision_id == decision_id) & (watches.c.webhook == webhook)
    asked = select(*WATCH_COLUMNS).where(same, watches.c.cancelled_at.is_(None)).limit(1)
    row = connection.execute(asked).one_or_none()
    return None if row is None else Watch(*row)


def watches_of(connection: Connection, caller: str | None, before: str | None, most: int) -> Sequence[Watch]:
    """The newest watches, of one caller or of all; `before` is the id after which the last page ended."""
    asked = select(*WATCH_COLUMNS).order_by(watches.c.id.desc()).limit(most)
    if caller is not None:
        asked = asked.where(watches.c.caller == caller)
    if before is not None:
        asked = asked.where(watches.c.id < before)
    return [Watch(*row) for row in connection.execute(asked)]


def rings_of(connection: Connection, watch_ids: Collection[str]) -> Mapping[str, Sequence[Ring]]:
    """The rings of each watch, the earliest due instant first."""
    asked = select(*RING_COLUMNS).where(rings.c.watch_id.in_(watch_ids)).order_by(rings.c.due_at, rings.c.id)
    found: dict[str, list[Ring]] = {watch_id: [] for watch_id in watch_ids}
    for row in connection.execute(asked):
        ring = Ring(*row)
        found[ring.watch_id].append(ring)
    return found


def cancel(connection: Connection, watch_id: str, now: int) -> None:
    """Nothing of the watch rings any more; what is being delivered at this moment may still arrive."""
    connection.execute(
        update(watches)
        .where(watches.c.id == watch_id, watches.c.cancelled_at.is_(None))
        .values(cancelled_at=now)
    )
    _end_all(connection, watch_id, "cancelled", now, keep=())


def replace_facts(
    connection: Connection, watch_id: str, decision_id: str, running: Sequence[Ring], now: int
) -> None:
    """From now on the facts of another verdict are watched, and its running clocks ring.

    What has been judged already is delivered all the same; clocks that do not run any more are stopped.
    """
    connection.execute(update(watches).where(watches.c.id == watch_id).values(decision_id=decision_id))
    _end_all(connection, watch_id, "stopped", now, keep=[ring.id for ring in running])
    known = {ring.id: ring for ring in rings_of(connection, [watch_id])[watch_id]}
    new = [asdict(ring) for ring in running if ring.id not in known]
    if new:
        connection.execute(insert(rings), new)
    again = [ring.id for ring in running if ring.id in known and known[ring.id].state == "stopped"]
    for ring in running:
        if ring.id in again:
            values = {"state": "waiting", "next_at": ring.next_at, "ended_at": None, "last_error": None}
            connection.execute(update(rings).where(rings.c.id == ring.id).values(values))


def _end_all(
    connection: Connection, watch_id: str, state: RingState, now: int, keep: Collection[str]
) -> None:
    ended = update(rings).where(
        rings.c.watch_id == watch_id, rings.c.state == "waiting", rings.c.id.not_in(keep)
    )
    if state == "stopped":
        ended = ended.where(rings.c.payload.is_(None))
    connection.execute(ended.values(state=state, ended_at=now, lease_until=None, lease_by=None))


def any_due(connection: Connection, now: int, not_for: Collection[str] = ()) -> bool:
    """Whether there is anything to claim; asked before, as claiming takes SQLite's one lock for writing."""
    return connection.execute(_due(now, not_for).limit(1)).first() is not None


def _due(now: int, not_for: Collection[str]) -> Select[str]:
    free = or_(rings.c.lease_until.is_(None), rings.c.lease_until <= now)
    due = select(rings.c.id).where(rings.c.state == "waiting", rings.c.next_at <= now, free)
    if not_for:
        due = due.join(watches, watches.c.id == rings.c.watch_id).where(watches.c.webhook.not_in(not_for))
    return due


def claim(
    connection: Connection, now: int, lease_until: int, by: str, most: int, not_for: Collection[str] = ()
) -> list[Claimed]:
    """Takes due rings that nobody holds, the longest due first; none that is for a webhook of `not_for`.

    On PostgreSQL what another sweeper is just taking is passed over; on SQLite the transaction waits for it.
    """
    due = _due(now, not_for).order_by(rings.c.next_at).limit(most).with_for_update(of=rings, skip_locked=True)
    ids = list(connection.execute(due).scalars())
    if not ids:
        return []
    connection.execute(update(rings).where(rings.c.id.in_(ids)).values(lease_until=lease_until, lease_by=by))
    return _claimed(connection, ids)


def _claimed(connection: Connection, ids: Collection[str]) -> list[Claimed]:
    live = and_(webhooks.c.name == watches.c.webhook, webhooks.c.removed_at.is_(None))
    asked = (
        select(*RING_COLUMNS, *WATCH_COLUMNS, webhooks.c.url, webhooks.c.secret)
        .join(watches, watches.c.id == rings.c.watch_id)
        .outerjoin(webhooks, live)
        .where(rings.c.id.in_(ids))
        .order_by(rings.c.next_at)
    )
    parts, whole = len(RING_COLUMNS), len(RING_COLUMNS) + len(WATCH_COLUMNS)
    return [
        Claimed(Ring(*row[:parts]), Watch(*row[parts:whole]), row[whole], row[whole + 1])
        for row in connection.execute(asked)
    ]


def keep_payload(connection: Connection, claimed: Claimed, verdict_id: str | None, payload: str) -> bool:
    """Keeps what a ring says; False where it is not ours any more or its facts were replaced meanwhile."""
    same = select(watches.c.id).where(
        watches.c.id == claimed.watch.id, watches.c.decision_id == claimed.watch.decision_id
    )
    if connection.execute(same.with_for_update()).one_or_none() is None:
        return False
    return _write(connection, claimed, verdict_id=verdict_id, payload=payload)


def put_off(connection: Connection, claimed: Claimed, next_at: int, **also: Any) -> bool:
    """Gives a ring back until `next_at`; False where it was not ours any more."""
    return _write(connection, claimed, next_at=next_at, lease_until=None, lease_by=None, **also)


def end(connection: Connection, claimed: Claimed, state: RingState, now: int, **also: Any) -> bool:
    """A ring is over; False where it was not ours any more."""
    return _write(connection, claimed, state=state, ended_at=now, lease_until=None, lease_by=None, **also)


def _write(connection: Connection, claimed: Claimed, **values: Any) -> bool:
    ours = (
        (rings.c.id == claimed.ring.id)
        & (rings.c.lease_by == claimed.ring.lease_by)
        & (rings.c.state == "waiting")
    )
    return connection.execute(update(rings).where(ours).values(values)).rowcount == 1


def count_by_state(connection: Connection) -> Mapping[str, int]:
    """How many rings are in each state."""
    asked = select(rings.c.state, func.count()).group_by(rings.c.state)
    return {state: number for state, number in connection.execute(asked)}  # noqa: C416 - rows are no pairs to a type checker
