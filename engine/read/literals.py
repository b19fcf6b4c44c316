"""Days, months, instants and times as they are written, and what is said when they are written wrongly."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, time

from engine.base.findings import Finding
from engine.base.spans import Span
from engine.read.syntax import Day, Instant, MonthLiteral, TimeOfDay

_DAY = r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?"
_ZONE = r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
_MONTH = r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})"
_WELL_WRITTEN = tuple(re.compile(pattern) for pattern in (_DAY, _MONTH, _TIME, f"{_DAY}T{_TIME}{_ZONE}"))
_NEARLY = re.compile(
    r"(?:(?P<year>[0-9]{4})(?:[-/.]|年)(?P<month>[0-9]{1,2})(?:(?:[-/.]|月)(?P<day>[0-9]{1,2})日?|月)?)?"
    r"(?:[Tt\s]*(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2})(?::(?P<second>[0-9]{1,2}))?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_FARTHEST_ZONE = 14 * 60

# What looks like a day, a month, an instant or a time, however badly written; a difference of two
# numbers is none: three parts, or a year of our times with a month.
TEMPORAL = (
    r"(?<![\w.])(?:"
    r"(?:[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|(?:19|20|21)[0-9]{2}(?:/[0-9]{1,2}/[0-9]{1,2}|\.[0-9]{1,2}\.[0-9]{1,2}))"
    r"(?:\s*[Tt]?\s*[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2})?(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?"
    r"|(?:19|20|21)[0-9]{2}-[0-9]{1,2}"
    r"|[0-9]{4}年(?:[0-9]{1,2}月(?:[0-9]{1,2}日)?)?(?:\s*[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2})?)?"
    r"|[0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2})?"
    r")(?![0-9])"
)


def temporal_mistake(written: str, span: Span) -> Finding | None:
    """What is wrong with a day, month, instant or time; None when nothing is.

    `written` is its text, as `TEMPORAL` finds it; `span` its place.
    """
    well_written = next((found for pattern in _WELL_WRITTEN if (found := pattern.fullmatch(written))), None)
    if well_written is not None:
        impossible = _impossible(well_written.groupdict(), written)
        return Finding(*impossible, span) if impossible else None
    right = _well_written(written)
    if right is None:
        return Finding("R041", {"text": written}, span)
    return Finding("R040", {"text": written, "right": right}, span)


def _impossible(parts: dict[str, str | None], written: str) -> tuple[str, dict[str, str]] | None:
    """The code and values of what cannot be, though it is written as it should."""
    year, month, day = (int(parts.get(part) or 1) for part in ("year", "month", "day"))
    if not 1 <= month <= 12 or year < 1 or parts.get("day") == "00":
        return "R042", {"text": written}
    days = monthrange(year, month)[1]
    if day > days:
        return "R043", {"text": written, "month": f"{year:04}-{month:02}", "days": str(days)}
    if not _in_day(*(int(parts.get(part) or 0) for part in ("hour", "minute", "second"))):
        return "R044", {"text": written}
    if abs(_offset_minutes(parts.get("zone")) or 0) > _FARTHEST_ZONE:
        return "R041", {"text": written}
    return None


def _in_day(hour: int, minute: int, second: int) -> bool:
    return (hour <= 23 and minute <= 59 and second <= 59) or (hour, minute, second) == (24, 0, 0)


def _well_written(written: str) -> str | None:
    """`2015/4/1 9:00` as `2015-04-01T09:00`, if that can exist."""
    found = _NEARLY.fullmatch(written)
    if found is None:
        return None
    parts = found.groupdict()
    numbers = {part: f"{int(value):02}" for part, value in parts.items() if value and part != "zone"}
    days = "-".join(numbers[part] for part in ("year", "month", "day") if part in numbers)
    times = ":".join(numbers[part] for part in ("hour", "minute", "second") if part in numbers)
    right = f"{days}T{times}{parts['zone'] or ''}" if days and times else days + times
    parsed = next((match for pattern in _WELL_WRITTEN if (match := pattern.fullmatch(right))), None)
    return right if parsed and _impossible(parsed.groupdict(), right) is None else None


def day_from_text(text: str, span: Span) -> Day:
    """`2015-10-01`."""
    return Day(date.fromisoformat(text), span)


def month_from_text(text: str, span: Span) -> MonthLiteral:
    """`2015-11`."""
    return MonthLiteral(int(text[:4]), int(text[5:]), span)


def time_from_text(text: str, span: Span) -> TimeOfDay:
    """`12:00`, `12:00:30`, `24:00`."""
    if text.startswith("24"):
        return TimeOfDay(time(0), end_of_day=True, span=span)
    return TimeOfDay(time.fromisoformat(text), end_of_day=False, span=span)


def instant_from_text(text: str, span: Span) -> Instant:
    """`2015-10-01T12:00`, with seconds and an offset (`+08:00`, `Z`) if they are written."""
    found = re.fullmatch(f"{_DAY}T{_TIME}{_ZONE}", text)
    assert found is not None, "the caller has matched the pattern"
    minutes = int(found["hour"]) * 60 + int(found["minute"])
    offset = _offset_minutes(found["zone"])
    return Instant(date.fromisoformat(text[:10]), minutes, int(found["second"] or 0), offset, span)


def _offset_minutes(zone: str | None) -> int | None:
    if zone is None or zone == "Z":
        return None if zone is None else 0
    minutes = int(zone[1:3]) * 60 + int(zone[4:])
    return -minutes if zone.startswith("-") else minutes
