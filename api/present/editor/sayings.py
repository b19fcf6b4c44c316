"""What an editor says when the pointer rests on a name: its label, unit, absence, and where it is used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.present.labels import label, label_or
from engine.base.findings import Language
from engine.library import Library
from engine.rulebook.checks import defined_by, expressions_in
from engine.rulebook.expressions import facts_in
from engine.rulebook.model import Aggregate, Catalogue, FactDeclaration, Item, Parameter, Words
from engine.rulebook.types import Kind, Type

MOST_NAMED = 6
"""How many of the rules that use a fact are named; the others are counted."""


@dataclass(frozen=True)
class Uses:
    """Where the facts of a library are used and defined: ids of items and keys of sources by fact."""

    items: Mapping[str, tuple[str, ...]]
    sources: Mapping[str, tuple[str, ...]]
    defined: Mapping[str, tuple[str, ...]]


def uses(library: Library) -> Uses:
    items: dict[str, dict[str, None]] = defaultdict(dict)
    sources: dict[str, dict[str, None]] = defaultdict(dict)
    defined: dict[str, dict[str, None]] = defaultdict(dict)
    for book in library.rulebooks:
        for item in book.items:
            for name in _read_by(item):
                items[name][item.head.id] = None
                sources[name] |= dict.fromkeys(citation.source for citation in item.head.citations)
            fact = item.fact if isinstance(item, Aggregate) else defined_by(item)
            if fact is not None:
                defined[fact.name][item.head.id] = None
    return Uses(*({name: tuple(found) for name, found in d.items()} for d in (items, sources, defined)))


def _read_by(item: Item) -> Iterator[str]:
    yield from (fact.name for fact in facts_in(*expressions_in(item)))
    if item.head.event_date is not None:
        yield item.head.event_date.name


def both(words: Words, language: Language) -> str:
    """A text in the language asked for, and in the other."""
    other: Language = "en" if language == "zh" else "zh"
    first, second = words.in_language(language), words.in_language(other)
    return first if first == second else f"{first}{label('words', 'where', language, what=second)}"


@dataclass(frozen=True)
class Sayings:
    """What is said of the names of one library in one language."""

    catalogue: Catalogue
    used: Uses
    language: Language

    def of_fact(self, fact: FactDeclaration) -> str:
        """All that helps who writes a condition on it, a paragraph a line."""
        lines = [
            both(fact.label, self.language),
            self._label("kind", what=self._kind(fact), absence=self._absence(fact)),
            self._bounds(fact),
            self._places("defined_by", self.used.defined.get(fact.name, ())),
            self._places("used_by", self.used.items.get(fact.name, ())),
            self._places("sources", self.used.sources.get(fact.name, ())),
        ]
        return "\n".join(line for line in lines if line)

    def in_short(self, fact: FactDeclaration) -> str:
        """Label and kind, for lists of names."""
        return f"{both(fact.label, self.language)}{label('words', 'colon', self.language)}{self._kind(fact)}"

    def kind_of(self, type_: Type, *, is_record: bool = False) -> str:
        """The type in words with its unit: `whole number (parcels)`."""
        kind = label("type", "record" if is_record else type_.kind, self.language)
        unit = self._unit(type_.unit) if type_.unit else ""
        return kind + (label("words", "where", self.language, what=unit) if unit else "")

    def of_parameter(self, name: str, parameter: Parameter) -> str:
        """Its label, its values with their days, and where it stands."""
        steps = [
            label("heading", "from_day", self.language, day=day.isoformat(), value=value)
            for day, value in parameter.values
        ]
        missing = parameter.missing.in_language(self.language) if parameter.missing else None
        why = [label("heading", "missing_value", self.language, why=missing)] if missing else []
        return "\n".join([both(parameter.label, self.language), self._listed([*steps, *why]), name])

    def _kind(self, fact: FactDeclaration) -> str:
        return self.kind_of(fact.type, is_record=fact.is_record)

    def _unit(self, unit: str) -> str:
        named = self.catalogue.units.get(unit)
        return named.in_language(self.language) if named else label_or("unit", unit, self.language, unit)

    def _absence(self, fact: FactDeclaration) -> str:
        match fact.derived:
            case "engine" | "fallback":
                return label("heading", f"derived_{fact.derived}", self.language)
            case _:
                return self._label(f"absent_{fact.absence}")

    def _bounds(self, fact: FactDeclaration) -> str:
        signs = (("≥", fact.minimum), ("≤", fact.maximum))
        parts = [f"{sign} {bound}" for sign, bound in signs if bound is not None]
        if fact.type.kind not in (Kind.BOOLEAN, Kind.ENUM, Kind.LIST):
            parts.append(label("heading", "for_example", self.language, value=fact.example))
        return self._listed(parts)

    def _places(self, heading: str, names: Sequence[str]) -> str:
        if not names:
            return ""
        more = len(names) - MOST_NAMED
        rest = self._label("and_more", more=more) if more > 0 else ""
        return self._label(heading, names=self._listed(names[:MOST_NAMED]) + rest)

    def _listed(self, parts: Iterable[str]) -> str:
        return label("words", "list", self.language).join(parts)

    def _label(self, key: str, **values: object) -> str:
        return label("editor", key, self.language, **values)
