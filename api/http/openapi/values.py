"""Schemas of single values: as a ticket may give them, and as a verdict shows them.

The patterns say what `engine.evaluate.facts` takes, so that a ticket system can check its own tickets by
the document; a test holds the two together. Years at the very ends of the range are left out.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from engine.evaluate.facts import MOST_DIGITS, MOST_RECORDS, MOST_TEXT
from engine.rulebook.types import MONEY_DIGITS, Kind, Scalar, Type

Schema: TypeAlias = dict[str, Any]

_YEAR = "(?:19[1-9]|20[0-9]|21[0-8])[0-9]"
_LEAP_YEAR = (
    "(?:19(?:[2468][048]|[13579][26])|20(?:[02468][048]|[13579][26])|21(?:0[48]|[2468][048]|[1357][26]))"
)
_MONTH = "(?:0[1-9]|1[0-2])"
_DAY = (
    f"(?:{_YEAR}-(?:{_MONTH}-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    f"|{_LEAP_YEAR}-02-29)"
)
_OFFSET = "(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_TIME = f"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{{1,6}})?)?{_OFFSET}?|24:00(?::00)?)"

DAY_PATTERN = f"^{_DAY}$"
MONTH_PATTERN = f"^{_YEAR}-{_MONTH}$"
INSTANT_PATTERN = f"^{_DAY}[T ]{_TIME}$"
MOST_WRITTEN = 12
"""Digits after the point that a decimal string may have, zeros at its end included."""

SHOWN_MONEY_PATTERN = f"^-?[0-9]+[.][0-9]{{{MONEY_DIGITS}}}$"
SHOWN_DECIMAL_PATTERN = "^-?[0-9]+(?:[.][0-9]+)?$"

TIMES: Schema = {
    "Instant": {
        "title": "时刻 instant",
        "description": "没有时区的按事实目录的时区读；`24:00` 是当天结束。"
        " Without an offset it is read in the catalogue's zone; `24:00` is the end of the day.",
        "type": ["string", "null"],
        "pattern": INSTANT_PATTERN,
        "examples": ["2015-10-08T10:00", "2015-10-08T10:00:30+08:00", "2015-06-30T24:00"],
    },
    "Day": {
        "title": "日期 day",
        "type": ["string", "null"],
        "pattern": DAY_PATTERN,
        "examples": ["2015-10-08"],
    },
    "Month": {
        "title": "月份 month",
        "type": ["string", "null"],
        "pattern": MONTH_PATTERN,
        "examples": ["2015-10"],
    },
}
"""What tickets write for days and times, by the name of the component."""


def given(type_: Type, minimum: Scalar | None = None, maximum: Scalar | None = None) -> Schema:
    """What a ticket may write for a value of the type; null counts as absent."""
    match type_.kind:
        case Kind.BOOLEAN:
            return {"type": ["boolean", "null"]}
        case Kind.INTEGER:
            return {"type": ["integer", "null"], **_bounds(minimum, maximum)}
        case Kind.DECIMAL | Kind.MONEY:
            return _number(type_.scale or 0, minimum, maximum)
        case Kind.ENUM:
            return {"type": ["string", "null"], "enum": [*type_.members, None]}
        case Kind.DATE:
            return ref("Day")
        case Kind.MONTH:
            return ref("Month")
        case Kind.INSTANT:
            return ref("Instant")
        case _:
            return {"type": ["string", "null"], "maxLength": MOST_TEXT}


def ref(name: str) -> Schema:
    """A schema of the document's components, by name."""
    return {"$ref": f"#/components/schemas/{name}"}


def _bounds(minimum: Scalar | None, maximum: Scalar | None) -> Schema:
    low = {"exclusiveMinimum": -(10**MOST_DIGITS)} if minimum is None else {"minimum": plain(minimum)}
    high = {"exclusiveMaximum": 10**MOST_DIGITS} if maximum is None else {"maximum": plain(maximum)}
    return low | high


def plain(value: Any) -> Any:
    """A bound or an example as JSON: whole numbers as such, other decimals as text."""
    return int(value) if not isinstance(value, bool | str) and value == int(value) else str(value)


def _number(scale: int, minimum: Scalar | None, maximum: Scalar | None) -> Schema:
    """A JSON number with so many digits after the point, or the same as text, which no client rounds."""
    number = {"type": "number", "multipleOf": 10**-scale, **_bounds(minimum, maximum)}
    pattern = _text_pattern(scale, minimum, maximum)
    text = [] if pattern is None else [{"type": "string", "pattern": pattern}]
    return {"anyOf": [number, *text, {"type": "null"}]}


def _text_pattern(scale: int, minimum: Scalar | None, maximum: Scalar | None) -> str | None:
    """The decimal strings within the bounds, or None where no pattern says them."""
    digits = f"(?:[.][0-9]{{1,{scale}}}0{{0,{MOST_WRITTEN - scale}}})?" if scale else ""
    if minimum is None and maximum is None:
        return f"^[+-]?[0-9]{{1,{MOST_DIGITS}}}{digits}$"
    if minimum is None or plain(minimum) != 0:
        return None
    if maximum is None:
        return f"^[+]?[0-9]{{1,{MOST_DIGITS}}}{digits}$"
    most = plain(maximum)
    if isinstance(most, str) or most < 1:
        return None
    zeros = f"(?:[.]0{{1,{MOST_WRITTEN}}})?" if scale else ""
    return f"^(?:{_below(most)}{digits}|{most}{zeros})$"


def _below(limit: int) -> str:
    """Whole numbers without leading zeros below a limit above zero, as a pattern.

    >>> _below(250)
    '(?:[0-9]{1,2}|1[0-9]{2}|2[0-4][0-9]{1})'
    """
    written, parts = str(limit), []
    for place, digit in enumerate(written):
        rest, least = len(written) - place - 1, 0 if place else 1
        if int(digit) > least:
            step = str(least) if int(digit) == least + 1 else f"[{least}-{int(digit) - 1}]"
            parts.append(f"{written[:place]}{step}" + (f"[0-9]{{{rest}}}" if rest else ""))
    shorter = [f"[0-9]{{1,{len(written) - 1}}}"] if len(written) > 1 else ["0"]
    return f"(?:{'|'.join([*shorter, *parts])})"


def list_of(record: Schema) -> Schema:
    return {"type": ["array", "null"], "items": record, "maxItems": MOST_RECORDS}


def shown(type_: Type) -> Schema:
    """How a verdict writes a value of the type: decimals and money as text, none as null."""
    match type_.kind:
        case Kind.BOOLEAN:
            return {"type": ["boolean", "null"]}
        case Kind.INTEGER:
            return {"type": ["integer", "null"]}
        case Kind.MONEY:
            return {"type": ["string", "null"], "pattern": SHOWN_MONEY_PATTERN}
        case Kind.DECIMAL:
            return {"type": ["string", "null"], "pattern": SHOWN_DECIMAL_PATTERN}
        case Kind.LIST:
            return {"type": ["array", "null"], "items": {"type": "object"}}
        case _:
            return {"type": ["string", "null"]}
