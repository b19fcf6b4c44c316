"""The report's own words in both languages, from `wording.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from engine.base.findings import Language

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@cache
def _wording() -> Mapping[str, Mapping[str, str]]:
    text = files("api.present.report").joinpath("wording.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def say(key: str, language: Language, **values: object) -> str:
    """The text with its values filled in; raises KeyError for one that is not in `wording.toml`."""
    return _wording()[key][language].format_map(values)


def count_of(key: str, number: int, language: Language) -> str:
    """A number of things: `316 tickets`, `1 ticket` (`one` in `wording.toml` is the English singular).

    >>> count_of("tickets", 1, "en"), count_of("tickets", 3000, "zh")
    ('1 ticket', '3,000 件工单')
    """
    entry = _wording()[key]
    template = entry["one"] if language == "en" and number == 1 else entry[language]
    return template.format_map({"count": f"{number:,}"})
