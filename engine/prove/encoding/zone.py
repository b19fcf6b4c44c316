"""Wall clocks of a zone as terms: after the last time that they were moved, a constant ahead of UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from engine.base.calendar import LATEST

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = _EPOCH.toordinal()
_STEP = timedelta(days=7)
_LAST = datetime(LATEST.year + 2, 1, 1, tzinfo=UTC)
_FIRST = datetime(1800, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Settled:
    """From `since` on (microseconds since 1970) the zone's clocks are `ahead` of UTC, in microseconds."""

    since: int
    ahead: int


def microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(found: int, zone: tzinfo) -> datetime:
    return (_EPOCH + timedelta(microseconds=found)).astimezone(zone)


@lru_cache(maxsize=16)
def settled(zone: tzinfo) -> Settled:
    """The stretch without a move of clocks that lasts beyond every day a fact may name."""
    ahead = _ahead(_LAST, zone)
    moment = _LAST
    while moment > _FIRST and _ahead(moment, zone) == ahead:
        moment -= _STEP
    return Settled(microseconds(moment + _STEP), ahead)


def _ahead(moment: datetime, zone: tzinfo) -> int:
    found = moment.astimezone(zone).utcoffset()
    assert found is not None, "a zone has an offset"
    return found // timedelta(microseconds=1)
