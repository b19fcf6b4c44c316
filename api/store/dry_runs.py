"""Dry runs that were asked for over HTTP: a queue of jobs, and what came of each.

All instants are microseconds since 1970. A job is *taken* by a lease: whoever runs it writes about it only
while it holds the lease, and a job whose lease has ended is taken again, but not for ever: one during which
the service died twice may well be the reason.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from api.store.decisions import Claim, Decision, Held, store
from api.store.editions import packed, unpacked
from api.store.tables import dry_runs

State: TypeAlias = Literal["queued", "running", "done", "failed", "cancelled"]
Source: TypeAlias = Literal["log", "history"]
Part: TypeAlias = Literal["result", "report"]

MOST_ATTEMPTS = 2


@dataclass(frozen=True, slots=True)
class DryRun:
    """One job without its files and its result.

    `base` and `candidate` are editions, `source` is where its tickets come from. `asked` is JSON: readings,
    tickets, dimensions, limits and language, as they were asked for. `done` counts to 100. `trouble` is JSON
    that says why it failed, `summary` JSON with the numbers that a list shows.
    """

    id: str
    caller: str
    key_id: int
    created_at: int
    base: str
    candidate: str
    source: Source
    asked: str
    state: State = "queued"
    attempts: int = 0
    step: str | None = None
    done: int = 0
    lease_until: int | None = None
    lease_by: str | None = None
    cancel_at: int | None = None
    started_at: int | None = None
    ended_at: int | None = None
    trouble: str | None = None
    summary: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a job, and until when."""

    by: str
    until: int


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a job: the impact as JSON, the report as HTML, and the numbers that a list shows."""

    summary: str
    result: bytes
    report: bytes


class _Told(NamedTuple):
    """A record of the log that decides nothing and only claims a key."""

    claim: Claim | None
    decisions: Sequence[Decision] = ()


COLUMNS = [dry_runs.c[name] for name in DryRun.__dataclass_fields__]
_OVER = ("done", "failed", "cancelled")
_GIVEN_BACK: Mapping[str, Any] = {"lease_until": None, "lease_by": None}


def add(
    connection: Connection, run: DryRun, files: Mapping[str, bytes], claim: Claim | None = None
) -> Held | None:
    """Queues a job; nothing is queued where its idempotency key is held, for which see what is given back."""
    (held,) = store(connection, [_Told(claim)])
    if held is None:
        connection.execute(insert(dry_runs).values(**asdict(run), files=packed(files)))
    return held


def find_dry_run(connection: Connection, id: str) -> DryRun | None:  # noqa: A002 - the word of the interface
    row = connection.execute(select(*COLUMNS).where(dry_runs.c.id == id)).one_or_none()
    return None if row is None else DryRun(*row)


def newest_dry_runs(connection: Connection, before: str | None, most: int) -> Sequence[DryRun]:
    """The newest jobs; `before` is the id after which the last page ended."""
    asked = select(*COLUMNS).order_by(dry_runs.c.id.desc()).limit(most)
    if before is not None:
        asked = asked.where(dry_runs.c.id < before)
    return [DryRun(*row) for row in connection.execute(asked)]


def kept_part(connection: Connection, id: str, part: Part) -> bytes | None:  # noqa: A002 - as above
    """The result or the report of a job that is done."""
    found = connection.execute(select(dry_runs.c[part]).where(dry_runs.c.id == id)).scalar_one_or_none()
    return None if found is None else zlib.decompress(found)


def waiting(connection: Connection) -> Sequence[str]:
    """The ids of the jobs that are queued or running, in the order in which their turn comes."""
    asked = select(dry_runs.c.id).where(dry_runs.c.state.in_(("queued", "running")))
    return connection.execute(asked.order_by(dry_runs.c.id)).scalars().all()


def count_by_state(connection: Connection) -> Mapping[str, int]:
    """How many jobs are in each state."""
    asked = select(dry_runs.c.state, func.count()).group_by(dry_runs.c.state)
    return {state: number for state, number in connection.execute(asked)}  # noqa: C416 - rows are no pairs to a type checker


def cancel(connection: Connection, id: str, now: int) -> State | None:  # noqa: A002 - as above
    """Cancels what is queued, asks for the end of what runs; its state now, None where there is none."""
    asked = select(dry_runs.c.state).where(dry_runs.c.id == id).with_for_update()
    state: State | None = connection.execute(asked).scalar_one_or_none()
    ours = dry_runs.c.id == id
    if state == "queued":
        connection.execute(update(dry_runs).where(ours).values(state="cancelled", ended_at=now))
        return "cancelled"
    if state == "running":
        connection.execute(update(dry_runs).where(ours, dry_runs.c.cancel_at.is_(None)).values(cancel_at=now))
    return state


# --- for whoever runs them ----------------------------------------------------------------------------


def any_to_take(connection: Connection, now: int, sources: Collection[Source]) -> bool:
    """Whether there is anything to take; asked before, as taking needs SQLite's one lock for writing."""
    queued = (dry_runs.c.state == "queued") & dry_runs.c.source.in_(sources)
    asked = select(dry_runs.c.id).where(or_(queued, _left_behind(now))).limit(1)
    return connection.execute(asked).first() is not None


def take(connection: Connection, now: int, lease: Lease, sources: Collection[Source]) -> DryRun | None:
    """The job that has waited longest, ours from now on; what others have left behind comes back first."""
    _bring_back(connection, now)
    queued = (dry_runs.c.state == "queued") & dry_runs.c.source.in_(sources)
    first = select(*COLUMNS).where(queued).order_by(dry_runs.c.id).limit(1)
    row = connection.execute(first.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    run = DryRun(*row)
    taken: dict[str, Any] = {
        "state": "running",
        "attempts": run.attempts + 1,
        "step": None,
        "done": 0,
        "lease_by": lease.by,
        "lease_until": lease.until,
        "started_at": now,
    }
    connection.execute(update(dry_runs).where(dry_runs.c.id == run.id).values(taken))
    return DryRun(**{**asdict(run), **taken})


def files_of(connection: Connection, id: str) -> dict[str, bytes]:  # noqa: A002 - as above
    """The candidate's rulebooks, all of them."""
    return unpacked(connection.execute(select(dry_runs.c.files).where(dry_runs.c.id == id)).scalar_one())


def is_wanted(connection: Connection, run: DryRun) -> bool:
    """False where it is cancelled, or not ours any more."""
    wanted = select(dry_runs.c.id).where(_ours(run), dry_runs.c.cancel_at.is_(None))
    return connection.execute(wanted).first() is not None


def go_on(connection: Connection, run: DryRun, lease_until: int, step: str | None, done: int) -> bool:
    """Holds a job longer and notes how far it is; False where it was not ours any more."""
    return _write(connection, run, lease_until=lease_until, step=step, done=done)


def give_back(connection: Connection, run: DryRun) -> bool:
    """Queues it again as if it had not been taken: the service ends in an orderly way."""
    return _write(
        connection, run, **_GIVEN_BACK, state="queued", attempts=run.attempts - 1, step=None, done=0
    )


def end_done(connection: Connection, run: DryRun, now: int, found: Found) -> bool:
    """It is done, and what came of it is kept; False where it was not ours any more."""
    parts = {"result": zlib.compress(found.result), "report": zlib.compress(found.report)}
    return _end(connection, run, "done", now, step=None, done=100, summary=found.summary, **parts)


def end_failed(connection: Connection, run: DryRun, now: int, trouble: str) -> bool:
    """It has failed, and why; False where it was not ours any more."""
    return _end(connection, run, "failed", now, trouble=trouble)


def end_cancelled(connection: Connection, run: DryRun, now: int) -> bool:
    return _end(connection, run, "cancelled", now)


def forget(connection: Connection, before: int) -> int:
    """Lets go of the jobs that ended before that instant; how many they were."""
    over = dry_runs.c.state.in_(_OVER) & (dry_runs.c.ended_at < before)
    return connection.execute(delete(dry_runs).where(over)).rowcount


def _left_behind(now: int) -> ColumnElement[bool]:
    return (dry_runs.c.state == "running") & (dry_runs.c.lease_until <= now)


def _bring_back(connection: Connection, now: int) -> None:
    """What was running when its service died: cancelled, given up after two attempts, or queued again."""
    left = _left_behind(now)
    ended: dict[str, Any] = {**_GIVEN_BACK, "ended_at": now}
    connection.execute(
        update(dry_runs).where(left, dry_runs.c.cancel_at.is_not(None)).values(state="cancelled", **ended)
    )
    connection.execute(
        update(dry_runs)
        .where(left, dry_runs.c.attempts >= MOST_ATTEMPTS)
        .values(state="failed", trouble='{"code": "S143"}', **ended)
    )
    connection.execute(update(dry_runs).where(left).values(state="queued", step=None, done=0, **_GIVEN_BACK))


def _end(connection: Connection, run: DryRun, state: State, now: int, **also: Any) -> bool:
    return _write(connection, run, **_GIVEN_BACK, state=state, ended_at=now, **also)


def _ours(run: DryRun) -> ColumnElement[bool]:
    columns = dry_runs.c
    return (columns.id == run.id) & (columns.lease_by == run.lease_by) & (columns.state == "running")


def _write(connection: Connection, run: DryRun, **values: Any) -> bool:
    return connection.execute(update(dry_runs).where(_ours(run)).values(values)).rowcount == 1
