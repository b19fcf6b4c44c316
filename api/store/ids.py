"""Ids of verdicts: UUID version 7 (RFC 9562), so that ids stand in the order of time.

An id's first 48 bits are the millisecond, the next 12 the fraction of it (the RFC's method 3), the rest is
random. Bounds of months, retention and exports are therefore ids.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from api.store.instants import EPOCH

_MILLISECOND = timedelta(milliseconds=1)


def new_id(instant_ns: int) -> str:
    """An id for this instant (nanoseconds since 1970, UTC), as 36 characters of lower case."""
    milliseconds, rest = divmod(instant_ns, 1_000_000)
    random = int.from_bytes(os.urandom(8)) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    return _text(milliseconds, rest * 4096 // 1_000_000, random)


def _text(milliseconds: int, fraction: int, random: int) -> str:
    time, tail = f"{milliseconds:012x}", f"{random:016x}"
    return f"{time[:8]}-{time[8:]}-7{fraction:03x}-{tail[:4]}-{tail[4:]}"


def instant_of(id: str) -> datetime:  # noqa: A002 - the word of the interface
    """The instant of an id, UTC, to the millisecond.

    >>> instant_of("01941f29-7c00-7000-8000-000000000000")
    datetime.datetime(2025, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)
    """
    return EPOCH + timedelta(milliseconds=int(id[:8] + id[9:13], 16))


def first_id_at(instant: datetime) -> str:
    """The smallest id of the instant's millisecond; the instant carries its zone.

    >>> from datetime import UTC
    >>> first_id_at(datetime(2025, 1, 1, tzinfo=UTC))
    '01941f29-7c00-7000-8000-000000000000'
    """
    return _text((instant - EPOCH) // _MILLISECOND, 0, 0x8000_0000_0000_0000)
