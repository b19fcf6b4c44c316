"""The limits of clocks and the durations of parameters: `30 minutes`, `5 working days on cn_office`."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.base.calendar import Limit, LimitKind
from engine.base.findings import Finding
from engine.base.spans import Span
from engine.base.suggest import closest
from engine.read.formula_text import formula_text
from engine.read.nodes import ScalarNode

MAXIMUM_AMOUNT = 1_000_000


_COUNTED: dict[str, tuple[LimitKind, int]] = {
    "minute": ("minutes", 1),
    "hour": ("minutes", 60),
    "calendar day": ("calendar_days", 1),
    "month": ("months", 1),
    "year": ("years", 1),
    "working day": ("working_days", 1),
    "working hour": ("working_minutes", 60),
    "working minute": ("working_minutes", 1),
}
_AMOUNT = re.compile(
    r"(?P<amount>[0-9]+)\s+(?P<unit>[a-z]+(?:\s+[a-z]+)?)(?:\s+on\s+(?P<calendar>[a-z][a-z0-9_]*|[^\x00-\x7f].*))?"
)
_TIME = re.compile(r"(?P<word>by|before)\s+(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?P<next>\s+next\s+day)?")
_NEXT_MONTH = re.compile(r"(?P<word>by|before)\s+day\s+(?P<day>[0-9]{1,2})\s+of\s+next\s+month")


def parse_limit(scalar: ScalarNode) -> Limit | Finding:
    """A limit or duration as it stands in `docs/language.md`, or what is wrong with it."""
    text = formula_text(scalar)
    written = text.text.strip()
    span = text.span(len(text.text) - len(text.text.lstrip()), len(text.text))
    forms: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], Span], Limit | Finding]], ...] = (
        (_AMOUNT, _counted),
        (_TIME, _time_of_day),
        (_NEXT_MONTH, _day_of_next_month),
    )
    for pattern, limit in forms:
        found = pattern.fullmatch(written)
        if found:
            return limit(found, span)
    return Finding("R070", {"text": written}, span)


def _counted(found: re.Match[str], span: Span) -> Limit | Finding:
    unit, calendar = " ".join(found["unit"].split()).removesuffix("s"), found["calendar"]
    if unit == "day":
        return Finding("R071", {"text": span.text, "amount": found["amount"]}, span)
    if unit not in _COUNTED:
        near = closest(unit, _COUNTED)
        meant = f"{found['amount']} {near}s" if near else None
        return Finding("R070", {"text": span.text}, span, suggestion=meant)
    kind, factor = _COUNTED[unit]
    works = kind in {"working_days", "working_minutes"}
    if works and calendar is None:
        return Finding("R072", {"text": span.text}, span)
    if not works and calendar is not None:
        return Finding("R073", {"text": span.text}, span)
    if not 1 <= int(found["amount"][:9]) <= MAXIMUM_AMOUNT:
        return Finding("R074", {"text": span.text, "maximum": f"{MAXIMUM_AMOUNT:,}"}, span)
    return Limit(kind, int(found["amount"]) * factor, calendar)


def _time_of_day(found: re.Match[str], span: Span) -> Limit | Finding:
    hour, minute = int(found["hour"]), int(found["minute"])
    if not (hour <= 23 and minute <= 59) and (hour, minute) != (24, 0):
        return Finding("R044", {"text": f"{found['hour']}:{found['minute']}"}, span)
    inclusive, later = found["word"] == "by", 1 if found["next"] else 0
    return Limit("time_of_day", minute_of_day=hour * 60 + minute, inclusive=inclusive, days_later=later)


def _day_of_next_month(found: re.Match[str], span: Span) -> Limit | Finding:
    day = int(found["day"])
    if not 1 <= day <= 31:
        return Finding("R075", {"text": span.text}, span)
    inclusive = found["word"] == "by"
    return Limit("day_of_next_month", day, inclusive=inclusive)
