"""Headings and short texts of what is shown, in both languages, from `labels.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from engine.base.findings import Language


@cache
def _labels() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Group, key, language (`one`: the English word for a single thing)."""
    text = files("api.present").joinpath("labels.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def label(group: str, key: str, language: Language, **values: object) -> str:
    """The text with its values filled in; raises KeyError for one that is not in `labels.toml`."""
    return _labels()[group][key][language].format_map(values)


def label_or(group: str, key: str, language: Language, other: str) -> str:
    """The text, or `other` where there is none: units and the like that a catalogue may add to."""
    entry = _labels()[group].get(key)
    return entry[language] if entry else other


def counted(thing: str, count: int, language: Language) -> str:
    """A number of things: `131 rules`, `1 rule`.

    >>> counted("rule", 1, "en"), counted("rule", 2000, "en")
    ('1 rule', '2,000 rules')
    """
    entry = _labels()["counted"][thing]
    word = entry["one"] if language == "en" and count == 1 else entry[language]
    return f"{count:,} {word}"


def keys(group: str) -> tuple[str, ...]:
    """The keys of a group, in the order of the file."""
    return tuple(_labels()[group])
