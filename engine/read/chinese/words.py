"""The Chinese twins of the keywords of the language, from `words.toml`."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, TypeAlias

Group: TypeAlias = Literal["key", "value", "formula", "function"]

_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Twins:
    """Words in English and in Chinese, one for one; what two things are called is no word for either."""

    chinese: Mapping[str, str] = field(default_factory=dict)
    english: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, word: str) -> bool:
        return word in self.chinese or word in self.english

    def __len__(self) -> int:
        return len(self.chinese)

    def __iter__(self) -> Iterator[str]:
        """The words of both languages."""
        yield from self.chinese
        yield from self.english

    def in_english(self, word: str) -> str | None:
        """The English word for a word in either language; English comes first."""
        return word if word in self.chinese else self.english.get(word)


def twins(pairs: Iterable[tuple[str, str]]) -> Twins:
    """Twins from pairs of an English and a Chinese word.

    >>> two = twins([("delay", "延误"), ("late", "延误"), ("damage", "破损")])
    >>> two.in_english("破损"), two.in_english("damage"), two.in_english("延误"), sorted(two.chinese)
    ('damage', 'damage', None, ['damage', 'delay', 'late'])
    """
    chinese = dict(pairs)
    times = Counter(chinese.values())
    english = {label: name for name, label in chinese.items() if times[label] == 1}
    return Twins(MappingProxyType(chinese), MappingProxyType(english))


@cache
def keywords(group: Group) -> Twins:
    """The keywords of one group: keys of mappings, words as values, words within formulas, functions."""
    text = files("engine.read.chinese").joinpath("words.toml").read_text(encoding="utf-8")
    return twins(tomllib.loads(text)[group].items())


def unquoted(word: str) -> str:
    """A label without the `「」` that it may stand in."""
    return word[1:-1] if word.startswith("「") and word.endswith("」") else word


def is_chinese(text: str) -> bool:
    """Whether a Chinese character stands in it."""
    return _CHINESE.search(text) is not None
