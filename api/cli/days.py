"""Days and lengths of time as they are written in options."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from api.cli.door import Stop
from engine.base.calendar import add_months
from engine.base.findings import Finding
from engine.base.suggest import nearest_day

_LENGTH = re.compile(r"([1-9][0-9]{0,4})([ymd])")


def day_from(written: str) -> date:
    """`2015-10-01`; raises Stop (D007)."""
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Stop(Finding("D007", {"written": written}, suggestion=nearest_day(written))) from None


def before(instant: datetime, written: str) -> datetime:
    """The instant so long before: `2y`, `24m` or `800d`, months clamped to their end; raises Stop (D115).

    >>> before(datetime(2016, 2, 29, 12), "2y"), before(datetime(2016, 3, 1), "1d")
    (datetime.datetime(2014, 2, 28, 12, 0), datetime.datetime(2016, 2, 29, 0, 0))
    """
    found = _LENGTH.fullmatch(written)
    try:
        match found and (found[2], int(found[1])):
            case ("d", days):
                return instant - timedelta(days=days)
            case (unit, count):
                months = -count * (12 if unit == "y" else 1)
                return datetime.combine(add_months(instant.date(), months), instant.timetz())
            case _:
                pass
    except (ValueError, OverflowError):
        pass
    raise Stop(Finding("D115", {"written": written}))
