"""How things of a catalogue are written in a rulebook: by their names, or by their Chinese labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.base.findings import Language
from engine.read.chinese.limits import limit_in_chinese
from engine.read.chinese.words import keywords, twins
from engine.rulebook.model import Words
from engine.rulebook.surface.scope import as_word

CHINESE = "[^\\u0000-\\u007f]"
LATIN = "^[A-Za-z_「]"


@dataclass(frozen=True)
class Surface:
    """`zh` writes labels where there are some; either surface takes the other's words too."""

    language: Language

    def keyword(self, name: str) -> str:
        """How a key of the language is written."""
        return name if self.language == "en" else keywords("key").chinese[name]

    def limit(self, english: str, calendars: Mapping[str, Words]) -> str:
        """How a limit is written."""
        if self.language == "en":
            return english
        labels = twins((name, words.zh) for name, words in calendars.items())
        return limit_in_chinese(english, labels) or english

    def key(self, name: str, label: Words) -> str:
        """How it is written as a key."""
        return name if self.language == "en" else label.zh

    def word(self, name: str, label: Words) -> str:
        """How it is written as a value, where nothing else can stand."""
        return name if self.language == "en" else label.zh

    def test(self, name: str, label: Words) -> str:
        """How it is written within a test: a label that is no plain word stands in brackets."""
        return name if self.language == "en" else as_word(label.zh)

    def said(self, name: str, label: Words) -> str:
        """The title that an editor shows: the written word first, the other beside it."""
        return f"{name} {label.zh}" if self.language == "en" else f"{label.zh} {name}"

    @property
    def others(self) -> str:
        """A pattern of names of the other surface, which are taken and not looked at."""
        return CHINESE if self.language == "en" else LATIN
