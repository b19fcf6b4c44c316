"""How things of a catalogue are written in a rulebook: by their names, or by their Chinese labels."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.base.findings import Language
from engine.rulebook.model import Words

OTHER_SCRIPT = "[^\\u0000-\\u007f]"
LATIN = "^[A-Za-z_]"
_PLAIN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff][\u3400-\u4dbf\u4e00-\u9fffA-Za-z0-9_]*")


@dataclass(frozen=True)
class Surface:
    """`zh` writes labels where there are some; either surface takes the other's words too."""

    language: Language

    def key(self, name: str, label: Words) -> str:
        """How it is written as a key."""
        return name if self.language == "en" else label.zh

    def word(self, name: str, label: Words) -> str:
        """How it is written as a value or within a test: a label that is no plain word stands in brackets."""
        if self.language == "en":
            return name
        return label.zh if _PLAIN.fullmatch(label.zh) else f"「{label.zh}」"

    def said(self, name: str, label: Words) -> str:
        """The title that an editor shows: the written word first, the other beside it."""
        return f"{name} {label.zh}" if self.language == "en" else f"{label.zh} {name}"

    @property
    def others(self) -> str:
        """A pattern of names of the other surface, which are taken and not looked at."""
        return OTHER_SCRIPT if self.language == "en" else LATIN
