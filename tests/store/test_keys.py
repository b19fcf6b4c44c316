"""Keys: shown once, kept as a hash, two live ones a caller, known everywhere within two seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from api.store import keys
from api.store.database import Database, open_database
from api.store.keys import KeyRing, NewKey, create_key
from api.store.tables import api_keys
from engine.base.findings import Finding


def make(database: Database, caller: str = "shop", *roles: str, expires_at: int | None = None) -> NewKey:
    with database.writing() as connection:
        made = create_key(connection, caller, roles or ("evaluate",), expires_at=expires_at)
    assert isinstance(made, NewKey)
    return made


@pytest.fixture
def ring(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyRing]:
    monkeypatch.setattr(keys, "LOOK_EVERY_S", 0.05)
    ring = KeyRing(database)
    yield ring
    ring.close()


def test_key_tells_its_caller(database: Database, ring: KeyRing) -> None:
    """A key says whose it is and what it may do."""
    made = make(database, "shop", "operate", "evaluate")
    ring.refresh()
    holder = ring.holder(made.token)
    assert holder is not None
    assert (holder.caller, holder.key_id, holder.roles) == (
        "shop",
        made.id,
        frozenset({"evaluate", "operate"}),
    )


def test_only_the_hash_is_stored(database: Database) -> None:
    """Neither the key nor its secret stands anywhere in the database."""
    made = make(database)
    secret = made.token.rpartition("_")[2]
    assert len(secret) == 43
    assert secret.isalnum()
    with database.reading() as connection:
        row = connection.execute(select(api_keys)).one()
    assert all(secret not in str(value) for value in row)
    assert len(bytes(row.secret_hash)) == 32


def test_tokens_that_are_no_live_keys(database: Database, ring: KeyRing) -> None:
    """Whatever is sent for a key is answered, never raised at."""
    made = make(database)
    ring.refresh()
    prefix, _, secret = made.token.rpartition("_")
    wrong = [
        "", "caiding_", "caiding__", secret, f"{prefix}_", f"{prefix}_{secret[:-1]}", f"{prefix}_{secret}x",
        f"caiding_0{made.id}_{secret}", f"caiding_{made.id + 1}_{secret}", f"Caiding_{made.id}_{secret}",
        f"{prefix}_\udc80\x00裁定", f"caiding_{'9' * 100}_{secret}",
    ]  # fmt: skip
    assert [token for token in wrong if ring.holder(token) is not None] == []


def test_new_and_revoked_keys_become_known(database: Database, ring: KeyRing) -> None:
    """A ring that nobody asks to look learns of a key, and of its end."""
    made = make(database)
    until = time.monotonic() + 2
    while ring.holder(made.token) is None and time.monotonic() < until:
        time.sleep(0.01)
    assert ring.holder(made.token) is not None
    with database.writing() as connection:
        assert keys.revoke(connection, made.id)
    while ring.holder(made.token) is not None and time.monotonic() < until:
        time.sleep(0.01)
    assert ring.holder(made.token) is None


def test_expired_key(database: Database, ring: KeyRing) -> None:
    """A key ends at its instant, also where nobody looks at the database."""
    made = make(database, expires_at=time.time_ns() // 1000 + 300_000)
    ring.refresh()
    ring.close()
    assert ring.holder(made.token) is not None
    time.sleep(0.35)
    assert ring.holder(made.token) is None


def test_rotation(database: Database) -> None:
    """A caller may have two live keys, so that one can take the other's place; a third is refused."""
    first = make(database)
    make(database)
    with database.writing() as connection:
        refused = create_key(connection, "shop", ["evaluate"])
        assert isinstance(refused, Finding)
        assert refused.message("en") == "`shop` has two live keys already: 1, 2"
        assert refused.help("en") == "revoke the old one first: caiding key revoke 1"
        assert keys.revoke(connection, first.id)
    make(database)
    make(database, "other")


def test_two_keys_whoever_asks_at_once(database: Database) -> None:
    """Several who make keys for a caller at the same instant get two of them between them."""
    ready = Barrier(4)

    def ask(_: int) -> bool:
        ready.wait()
        with database.writing() as connection:
            return isinstance(create_key(connection, "shop", ["evaluate"]), NewKey)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(ask, range(4))) == 2


def test_expired_and_revoked_keys_do_not_count(database: Database) -> None:
    for _ in range(3):
        make(database, expires_at=1)
    make(database)


def test_numbers_are_never_given_twice(database: Database) -> None:
    """A stored decision's key id stands for one key for ever."""
    last = make(database).id
    with database.writing() as connection:
        connection.execute(api_keys.delete())
    assert make(database).id > last


@pytest.mark.parametrize("name", ["", " ", "a\nb", "nul\0", "x" * 101, "\udc80"])
def test_names_that_cannot_be(database: Database, name: str) -> None:
    with database.writing() as connection:
        refused = create_key(connection, name, ["evaluate"])
    assert isinstance(refused, Finding)
    assert refused.code == "D111"


def test_revoking_twice_keeps_the_instant(database: Database) -> None:
    made = make(database)
    with database.writing() as connection:
        assert keys.revoke(connection, made.id)
        first = keys.all_keys(connection)[0].revoked_at
        assert keys.revoke(connection, made.id)
        assert keys.all_keys(connection)[0].revoked_at == first
        assert not keys.revoke(connection, 99)


def test_ring_without_a_database(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where the keys cannot be read nobody is let in, and the ring says that it knows none."""
    folder = tmp_path_factory.mktemp("away")
    ring = KeyRing(open_database(f"postgresql:///x?host={folder}&user=caiding"))
    assert not ring.known
    assert ring.holder("caiding_1_x") is None
    ring.close()
