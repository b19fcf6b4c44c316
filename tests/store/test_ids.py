"""Ids stand in the order of time, and bounds of time are ids."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from api.store.ids import first_id_at, instant_of, new_id

NANOSECONDS = st.integers(0, 4_000_000_000_000_000_000)


@given(NANOSECONDS)
def test_ids_are_uuid_version_7(instant: int) -> None:
    made = new_id(instant)
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", made)
    assert UUID(made).variant == uuid4().variant


@given(NANOSECONDS, NANOSECONDS)
def test_order_of_ids_is_that_of_time(one: int, other: int) -> None:
    """Down to a quarter of a microsecond, the RFC's fraction of twelve bits."""
    if other - one > 250:
        assert new_id(one) < new_id(other)


@given(NANOSECONDS)
def test_instant_of_an_id(instant: int) -> None:
    made = new_id(instant)
    expected = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant // 1_000_000)
    assert instant_of(made) == expected
    assert first_id_at(expected) <= made < first_id_at(expected + timedelta(milliseconds=1))


def test_ids_are_not_repeated() -> None:
    assert len({new_id(1) for _ in range(10_000)}) == 10_000
