"""The edition: a digest of what a plan means, the same for every layout and every comment."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

EDITION_LENGTH = 12


def digest(*parts: Any) -> str:
    """Twelve hexadecimal digits of the SHA-256 of the parts' canonical text."""
    sha = hashlib.sha256()
    for part in parts:
        for piece in _canonical(part):
            sha.update(piece.encode())
    return sha.hexdigest()[:EDITION_LENGTH]


def _canonical(value: Any) -> Iterator[str]:
    if is_dataclass(value):
        yield f"({type(value).__name__}"
        for field in fields(value):
            if field.compare:
                yield f" {field.name}="
                yield from _canonical(getattr(value, field.name))
        yield ")"
    elif isinstance(value, Mapping):
        yield "{"
        for key in sorted(value):
            yield f"{key!r}:"
            yield from _canonical(value[key])
        yield "}"
    elif isinstance(value, tuple | list):
        yield "["
        for item in value:
            yield from _canonical(item)
            yield ","
        yield "]"
    else:
        yield _atom(value)


def _atom(value: Any) -> str:
    match value:
        case Enum():
            return repr(str(value))
        case None | bool() | int() | str():
            return repr(value)
        case Decimal():
            return f"d{value.normalize():f}"
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            raise TypeError(f"a plan holds a {type(value).__name__}, which has no canonical text")
