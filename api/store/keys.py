"""API keys: made once, kept as a hash only, known to every worker within two seconds.

A key is written `caiding_<id>_<secret>`. The secret has 256 random bits, so that nobody finds it by trying:
a slow hash, which passwords need, would add nothing but time to every request.
"""

from __future__ import annotations

import secrets
import threading
import time
import weakref
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from typing import Literal, TypeAlias, get_args

from sqlalchemy import Connection, Select, func, insert, or_, select, text, update
from sqlalchemy.sql.elements import ColumnElement

from api.store.database import Database, StoreUnavailable, Unusable
from api.store.tables import api_keys
from engine.base.findings import Finding

Role: TypeAlias = Literal["evaluate", "rehearse", "operate"]
ROLES: tuple[str, ...] = get_args(Role)

PREFIX = "caiding_"
MOST_LIVE = 2
"""So many live keys a caller: the one in use, and the one that is about to take its place."""
LONGEST_NAME = 100
LOOK_EVERY_S = 1.0

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_LENGTH = 43
"""62 ** 43 is the first power of 62 beyond 2 ** 256."""
_NOBODY = bytes(32)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a live key belongs to, and what it may do."""

    caller: str
    key_id: int
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made; its token is shown once and kept nowhere."""

    id: int
    token: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret; instants are microseconds since 1970 (UTC)."""

    id: int
    caller: str
    name: str | None
    roles: tuple[str, ...]
    created_at: int
    expires_at: int | None
    revoked_at: int | None

    def live(self, now: int) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


def create_key(
    connection: Connection,
    caller: str,
    roles: Collection[str],
    *,
    name: str | None = None,
    expires_at: int | None = None,
) -> NewKey | Finding:
    """A new key; the reason where the caller has two live ones (D110) or no usable name (D111)."""
    if not _usable(caller) or not _usable(name or caller):
        return Finding("D111", {"written": caller if not _usable(caller) else str(name)})
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE"))
    now = _now()
    live = list(connection.scalars(_ids(caller, now)))
    if len(live) >= MOST_LIVE:
        return Finding("D110", {"caller": caller, "ids": ", ".join(map(str, live)), "id": str(live[0])})
    secret = _new_secret()
    row = {
        "caller": caller,
        "name": name,
        "secret_hash": sha256(secret.encode()).digest(),
        "roles": " ".join(role for role in ROLES if role in roles),
        "created_at": now,
        "expires_at": expires_at,
    }
    id_ = connection.execute(insert(api_keys).values(row).returning(api_keys.c.id)).scalar_one()
    return NewKey(id_, f"{PREFIX}{id_}_{secret}")


def any_keys(connection: Connection) -> bool:
    """Whether a key was ever made."""
    return connection.execute(select(func.count()).select_from(api_keys)).scalar_one() > 0


def all_keys(connection: Connection) -> list[Key]:
    """Every key that was ever made, in the order of making."""
    columns = api_keys.c
    query = select(
        columns.id,
        columns.caller,
        columns.name,
        columns.roles,
        columns.created_at,
        columns.expires_at,
        columns.revoked_at,
    )
    rows = connection.execute(query.order_by(columns.id))
    return [
        Key(id_, caller, name, tuple(roles.split()), *instants)
        for id_, caller, name, roles, *instants in rows
    ]


def revoke(connection: Connection, id_: int) -> bool:
    """Ends a key for ever; False where there is no such key. One that was revoked keeps its instant."""
    if connection.execute(select(api_keys.c.id).where(api_keys.c.id == id_)).scalar() is None:
        return False
    unrevoked = (api_keys.c.id == id_) & api_keys.c.revoked_at.is_(None)
    connection.execute(update(api_keys).where(unrevoked).values(revoked_at=_now()))
    return True


class KeyRing:
    """The live keys in memory. A thread looks for changes every second, so that no request ever waits for it.

    While the database is away the keys that were last known go on; an expired one ends by itself.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._by_id: Mapping[str, _Live] = {}
        self._ended = threading.Event()
        self.known = False
        """Whether the keys have been read at least once."""
        self._try_to_look()
        watch = threading.Thread(
            target=_watch, args=(weakref.ref(self), self._ended), name="keys", daemon=True
        )
        watch.start()

    def holder(self, token: str) -> Caller | None:
        """Who the key belongs to; None for anything else. An unknown id is compared in the same time."""
        if not token.startswith(PREFIX):
            return None
        id_, _, secret = token[len(PREFIX) :].partition("_")
        live = self._by_id.get(id_)
        digest = sha256(secret.encode("utf-8", "surrogatepass")).digest()
        if not compare_digest(digest, _NOBODY if live is None else live.secret_hash) or live is None:
            return None
        return live.holder if live.until is None or time.time() < live.until else None

    def refresh(self) -> None:
        """Reads the keys anew; raises StoreUnavailable."""
        columns = api_keys.c
        query = select(columns.id, columns.caller, columns.roles, columns.secret_hash, columns.expires_at)
        with self._database.reading() as connection:
            rows = connection.execute(query.where(columns.revoked_at.is_(None))).all()
        self._by_id = {str(id_): _live(id_, *rest) for id_, *rest in rows}
        self.known = True

    def close(self) -> None:
        """Ends the thread."""
        self._ended.set()

    def _try_to_look(self) -> None:
        try:
            self.refresh()
        except (StoreUnavailable, Unusable):
            return


@dataclass(frozen=True, slots=True)
class _Live:
    holder: Caller
    secret_hash: bytes
    until: float | None


def _live(id_: int, caller: str, roles: str, secret_hash: bytes, expires_at: int | None) -> _Live:
    until = None if expires_at is None else expires_at / 1_000_000
    return _Live(Caller(caller, id_, frozenset(roles.split())), bytes(secret_hash), until)


def _watch(reference: weakref.ref[KeyRing], ended: threading.Event) -> None:
    """Looks for changes until the ring is closed or nobody holds it any more."""
    while not ended.wait(LOOK_EVERY_S):
        ring = reference()
        if ring is None:
            return
        ring._try_to_look()  # noqa: SLF001 - the ring's own thread
        del ring


def _ids(caller: str, now: int) -> Select[tuple[int]]:
    return select(api_keys.c.id).where(api_keys.c.caller == caller, *_is_live(now)).order_by(api_keys.c.id)


def _is_live(now: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    expires = api_keys.c.expires_at
    return api_keys.c.revoked_at.is_(None), or_(expires.is_(None), expires > now)


def _usable(name: str) -> bool:
    return name.isprintable() and bool(name.strip()) and len(name) <= LONGEST_NAME


def _new_secret() -> str:
    number, letters = int.from_bytes(secrets.token_bytes(32)), []
    for _ in range(_SECRET_LENGTH):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    return "".join(letters)


def _now() -> int:
    return time.time_ns() // 1000
