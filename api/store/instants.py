"""Instants as the tables and the board hold them: whole microseconds since 1970 (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(instant: datetime) -> int:
    """The number of an instant, which carries its zone."""
    return (instant - EPOCH) // _MICROSECOND


def instant_at(number: int) -> datetime:
    """The instant of a number, in UTC.

    >>> instant_at(microseconds(datetime(2015, 10, 16, 12, 53, 20, 123456, tzinfo=UTC))).isoformat()
    '2015-10-16T12:53:20.123456+00:00'
    """
    return EPOCH + timedelta(microseconds=number)
