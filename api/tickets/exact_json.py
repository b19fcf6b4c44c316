"""JSON read exactly: decimals stay decimals, and what has no exact meaning is a finding at its place.

Python's reader is lenient (NaN, the last of two equal keys, numbers of any length); this one is not.
What cannot be kept is marked while reading, and only a document with marks is walked for their places.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from api.tickets.ticket import Raw, escaped
from engine.base.findings import Finding

MOST_BYTES = 1_000_000
MOST_DIGITS = 30
MOST_LEVELS = 50


@dataclass(frozen=True, slots=True)
class _Mark:
    """Stands in place of a value that was refused."""

    code: str
    values: dict[str, str]


class _Reader:
    """Reads one document; `marked` tells whether anything in it was refused."""

    def __init__(self) -> None:
        self.marked = False
        self.decoder = json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=self._integer,
            parse_float=self._decimal,
            parse_constant=self._constant,
        )

    def _mark(self, code: str, **values: str) -> _Mark:
        self.marked = True
        return _Mark(code, values)

    def _object(self, pairs: list[tuple[str, Raw]]) -> dict[str, Raw]:
        found = dict(pairs)
        if len(found) < len(pairs):
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    found[key] = self._mark("D036", key=key)
                seen.add(key)
        return found

    def _integer(self, text: str) -> int | _Mark:
        if len(text) > MOST_DIGITS + 1:
            return self._too_long(len(text.lstrip("-")))
        return int(text)

    def _decimal(self, text: str) -> Decimal | _Mark:
        """`1e5` is written out as 100000; what would take more than 30 digits is refused."""
        if len(text) > 2 * MOST_DIGITS:
            return self._too_long(len(text))
        number = Decimal(text)
        places = max(abs(number.adjusted()), -int(number.as_tuple().exponent), len(number.as_tuple().digits))
        return self._too_long(places) if places > MOST_DIGITS else Decimal(format(number, "f"))

    def _constant(self, text: str) -> _Mark:
        return self._mark("D034", number=text)

    def _too_long(self, digits: int) -> _Mark:
        return self._mark("D035", digits=str(digits), maximum=str(MOST_DIGITS))


def parse(text: str, most: int = MOST_BYTES) -> tuple[Raw, list[Finding]]:
    """The value of one JSON document and all that is wrong with it; with findings the value is None.

    It may have `most` characters. Numbers are `int` and `Decimal`. Findings D030 to D038 and D040 carry the
    JSON pointer where there is one.
    """
    early = _form_of(text, most)
    if early is not None:
        return None, [early]
    reader = _Reader()
    try:
        value, end = reader.decoder.raw_decode(text, len(text) - len(text.lstrip(" \t\r\n\ufeff")))
    except json.JSONDecodeError as error:
        return None, [Finding("D031", {"line": str(error.lineno), "column": str(error.colno)})]
    rest = text[end:].lstrip(" \t\r\n")
    if rest:
        return None, [_left_over(text, len(text) - len(rest))]
    if not reader.marked and "\\u" not in text:
        return value, []
    findings = list(_marks(value, ""))
    return (None if findings else value), findings


def _form_of(text: str, most: int) -> Finding | None:
    if not text.strip(" \t\r\n\ufeff"):
        return Finding("D030", {})
    if len(text) > most:
        return Finding("D038", {"maximum": f"{most:,}"})
    if text.count("[") + text.count("{") > MOST_LEVELS and _levels(text) > MOST_LEVELS:
        return Finding("D037", {"maximum": str(MOST_LEVELS)})
    return None


def _levels(text: str) -> int:
    """How deeply brackets outside texts are nested."""
    level = deepest = 0
    in_text = skip = False
    for character in text:
        if skip:
            skip = False
        elif in_text:
            skip, in_text = character == "\\", character != '"'
        elif character in "[{":
            level += 1
            deepest = max(deepest, level)
        elif character in "]}":
            level -= 1
        else:
            in_text = character == '"'
    return deepest


def _left_over(text: str, offset: int) -> Finding:
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    return Finding("D032", {"line": str(line), "column": str(column)})


def _marks(value: Raw, pointer: str) -> Iterator[Finding]:
    match value:
        case _Mark():
            yield Finding(value.code, value.values, pointer=pointer or None)
        case dict():
            for key, part in value.items():
                yield from _half_characters(key, pointer)
                yield from _marks(part, f"{pointer}/{escaped(key)}")
        case list():
            for index, part in enumerate(value):
                yield from _marks(part, f"{pointer}/{index}")
        case str():
            yield from _half_characters(value, pointer)
        case _:
            pass


def _half_characters(text: str, pointer: str) -> Iterator[Finding]:
    if any("\ud800" <= character <= "\udfff" for character in text):
        yield Finding("D040", {}, pointer=pointer or None)
