"""What stands for a value: a test of it in a condition, and the value itself among given facts.

Every alternative has a title: without one, the YAML language server shows the fact's once for each. That of
the values is the fact's own, as it is shown before the fact's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from api.present.editor.sayings import both
from api.present.editor.surface import Surface
from api.present.labels import label
from engine.read.chinese.words import keywords
from engine.rulebook.model import Words
from engine.rulebook.types import NUMBERS, Kind, Type

Schema: TypeAlias = dict[str, Any]

ANY_TEST: Schema = {"anyOf": [{"type": "object"}, {"$ref": "#/$defs/unary"}]}
COMPOSED = "^[<>=!]|[,，(（\\[\"'「]|^-$"
"""Tests of more than one word: a comparison, an interval, several values, `not(…)`; and that of anything."""


@dataclass(frozen=True)
class ValueSchemas:
    """The values of one fact or field as one surface writes them; `title` is what editors show of it."""

    surface: Surface
    title: str

    def test(self, type_: Type, members: Mapping[str, Words], *, none: bool) -> Schema:
        """One of the words of the type, or any other form of test; with `none` it may be known to be none."""
        presence = [{"title": self.title, "enum": list(self._presence())}] if none else []
        match type_.kind:
            case Kind.ENUM:
                one = [
                    self._members(type_, members, self.surface.test),
                    *presence,
                    self._composed(),
                    foreign(self.surface),
                ]
            case Kind.BOOLEAN:
                one = [self._truth(), *presence, self._titled("test", type="string")]
            case _:
                other: Schema = {"$ref": "#/$defs/unary"}
                return {"anyOf": [*presence, other]} if presence else other
        several = {"type": "array", "items": {"anyOf": one}, "minItems": 1}
        return {"anyOf": [*one, self._titled("test", **several)]}

    def given(self, type_: Type, members: Mapping[str, Words]) -> Schema:
        """A value of the type, or null."""
        return {"anyOf": [*self._plain(type_, members), unknown(self.surface)]}

    def _plain(self, type_: Type, members: Mapping[str, Words]) -> list[Schema]:
        match type_.kind:
            case Kind.ENUM:
                return [self._members(type_, members, self.surface.word), foreign(self.surface)]
            case Kind.BOOLEAN:
                return [self._truth()]
            case kind if kind in NUMBERS:
                return [{"title": self.title, "type": ["number", "string"]}]
            case _:
                return [{"title": self.title, "type": ["string", "number"]}]

    def _members(
        self, type_: Type, members: Mapping[str, Words], written: Callable[[str, Words], str]
    ) -> Schema:
        """The words of an option; editors show beside each what it means."""
        known = [(written(m, members[m]), self._meaning(m, members[m])) for m in type_.members]
        words, said = ([one[part] for one in known] for part in (0, 1))
        return {"title": self.title, "enum": words, "enumDescriptions": said}

    def _meaning(self, member: str, words: Words) -> str:
        if self.surface.language == "en":
            return both(words, "en")
        return label("words", "list", "zh").join((member, words.en))

    def _truth(self) -> Schema:
        words = keywords("value").chinese
        chinese = [words["true"], words["false"]] if self.surface.language == "zh" else []
        return {"title": self.title, "enum": [*chinese, True, False]}

    def _presence(self) -> tuple[str, str]:
        words = keywords("formula").chinese
        return ("present", "absent") if self.surface.language == "en" else (words["present"], words["absent"])

    def _composed(self) -> Schema:
        """A test that an editor takes and does not complete."""
        presence = (f"^{word}$" for word in self._presence())
        return self._titled("test", type="string", pattern="|".join([COMPOSED, *presence]))

    def _titled(self, key: str, **schema: Any) -> Schema:
        return _titled(self.surface, key, **schema)


def unknown(surface: Surface) -> Schema:
    """What takes a fact away."""
    words = [None] if surface.language == "en" else [keywords("value").chinese["null"], None]
    return _titled(surface, "unknown", enum=words)


def foreign(surface: Surface) -> Schema:
    """A word of the other surface."""
    return _titled(surface, "test", type="string", pattern=surface.others)


def _titled(surface: Surface, key: str, **schema: Any) -> Schema:
    return {"title": label("editor", key, surface.language), **schema}
