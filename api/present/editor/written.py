"""A schema as a file that is kept under version control: a definition and a property of it a line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

OPENED = ("$defs", "properties")


def written(schema: Mapping[str, Any]) -> str:
    """The schema as JSON whose lines change where a name changes, and nowhere else."""
    return "".join(_mapping(schema, 0)) + "\n"


def _mapping(mapping: Mapping[str, Any], depth: int) -> Iterator[str]:
    margin = " " * (depth + 1)
    yield "{\n"
    for number, (key, value) in enumerate(mapping.items()):
        yield f"{_comma(number)}{margin}{_compact(key)}: "
        if key in OPENED and isinstance(value, Mapping):
            yield from _entries(value, depth + 1)
        else:
            yield _compact(value)
    yield f"\n{' ' * depth}}}"


def _entries(entries: Mapping[str, Any], depth: int) -> Iterator[str]:
    """Each entry on its line; one with properties of its own over several."""
    margin = " " * (depth + 1)
    yield "{\n"
    for number, (key, value) in enumerate(entries.items()):
        yield f"{_comma(number)}{margin}{_compact(key)}: "
        if isinstance(value, Mapping) and any(isinstance(value.get(name), Mapping) for name in OPENED):
            yield from _mapping(value, depth + 1)
        else:
            yield _compact(value)
    yield f"\n{' ' * depth}}}"


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _comma(number: int) -> str:
    return ",\n" if number else ""
