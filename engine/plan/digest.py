"""The edition: a digest of what a plan means, the same for every layout and every comment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any

EDITION_LENGTH = 12


def digest(*parts: Any) -> str:
    """Twelve hexadecimal digits of the SHA-256 of the parts' canonical text."""
    text = _Canonical().text(parts)
    return hashlib.sha256(text.encode()).hexdigest()[:EDITION_LENGTH]


class _Canonical:
    """Canonical texts of immutable values; a part that many share (a guard, a type) is written once."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}
        self._kept: list[Any] = []
        self._writers: dict[type, Callable[[Any], str]] = {}

    def text(self, value: Any) -> str:
        kind = type(value)
        writer = self._writers.get(kind)
        if writer is None:
            writer = self._writers[kind] = self._writer(kind)
        return writer(value)

    def _writer(self, kind: type) -> Callable[[Any], str]:
        if is_dataclass(kind):
            return self._dataclass_writer(kind)
        if issubclass(kind, Mapping):
            return self._mapping
        if issubclass(kind, tuple | list):
            return lambda value: f"[{','.join(map(self.text, value))}]"
        if issubclass(kind, Decimal):
            return lambda value: f"d{value.normalize():f}"
        if issubclass(kind, datetime | date | time):
            return lambda value: str(value.isoformat())
        if issubclass(kind, Enum):
            return lambda value: repr(str(value))
        if issubclass(kind, bool | int | str | type(None)):
            return repr
        raise TypeError(f"a plan holds a {kind.__name__}, which has no canonical text")

    def _dataclass_writer(self, kind: type) -> Callable[[Any], str]:
        """Places in files are left out: they are the fields that equality leaves out too."""
        names = tuple(field.name for field in fields(kind) if field.compare)

        def write(value: Any) -> str:
            known = self._known.get(id(value))
            if known is None:
                inside = " ".join(f"{name}={self.text(getattr(value, name))}" for name in names)
                known = self._known[id(value)] = f"({kind.__name__} {inside})"
                self._kept.append(value)
            return known

        return write

    def _mapping(self, value: Mapping[str, Any]) -> str:
        return f"{{{','.join(f'{key!r}:{self.text(value[key])}' for key in sorted(value))}}}"
