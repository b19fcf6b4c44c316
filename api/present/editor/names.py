"""The names that a rulebook may write and the fact catalogue does not declare: sources, rules, parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from api.present.editor.facts import FactSchemas
from api.present.editor.sayings import both
from api.present.editor.values import Schema
from engine.base.findings import Language
from engine.library import Library
from engine.rulebook.model import Catalogue, Clock, Rule, Statement, Table, Words
from engine.rulebook.types import Kind

LIMITS = (
    "30 minutes",
    "2 hours",
    "3 calendar days",
    "1 month",
    "1 year",
    "5 working days on {calendar}",
    "8 working hours on {calendar}",
    "by 12:00",
    "before 12:00 next day",
    "by day 6 of next month",
)
"""Every form of limit once."""


@dataclass(frozen=True)
class NameSchemas:
    """The schemas of names by the role that the shape of a rulebook gives them.

    `patterns` are what new names must look like, by role: readings, parameters and rules of the file that
    is being written are not in the library yet.
    """

    library: Library
    catalogue: Catalogue
    facts: FactSchemas
    patterns: Mapping[str, str]

    def by_role(self) -> Mapping[str, Callable[[], Schema]]:
        return {
            "fact": self.facts.names,
            "field": self.facts.fields,
            "facts_given": self.facts.given,
            "party": lambda: self._labelled(self.catalogue.parties),
            "code": lambda: self._labelled(self.catalogue.codes),
            "source": self._sources,
            "statement": self._statements,
            "ambiguity": self._ambiguities,
            "option": self._options,
            "item": self._items,
            "formula": self._formulas,
            "limit": self._limits,
        }

    @property
    def _language(self) -> Language:
        return self.facts.surface.language

    def _labelled(self, words: Mapping[str, Words]) -> Schema:
        return self.facts.words((name, label, both(label, self._language)) for name, label in words.items())

    def _sources(self) -> Schema:
        sources = self.library.sources.items()
        return {"anyOf": [_name(key, both(source.title, self._language)) for key, source in sources]}

    def _statements(self) -> Schema:
        statements = self.library.statements.items()
        return {"anyOf": [_name(key, self._statement(statement)) for key, statement in statements]}

    def _statement(self, statement: Statement) -> str:
        says = [both(statement.says, self._language)] if statement.says else []
        return "\n".join([f"「{statement.quote}」 {statement.source}", *says])

    def _ambiguities(self) -> Schema:
        readings = self.library.readings.items()
        known = (_name(key, both(reading.question, self._language)) for key, reading in readings)
        return self._or_new(known, "ambiguity")

    def _options(self) -> Schema:
        known = (
            _name(name, f"{reading.id}: {both(words, self._language)}")
            for reading in self.library.readings.values()
            for name, words in reading.options.items()
        )
        return self._or_new({option["const"]: option for option in known}.values(), "option")

    def _items(self) -> Schema:
        heads = (item.head for book in self.library.rulebooks for item in book.items if _is_named(item))
        return self._or_new((_name(head.id, both(head.title, self._language)) for head in heads), "item")

    def _or_new(self, known: Iterable[Schema], role: str) -> Schema:
        return {"anyOf": [*known, {"type": "string", "pattern": self.patterns[role]}]}

    def _formulas(self) -> Schema:
        """A parameter, a fact, or anything that may be a formula."""
        amounts = self._parameters(lambda kind: kind is not Kind.DURATION)
        return {"anyOf": [*amounts, {"$ref": "#/$defs/fact"}, {"type": ["string", "number"]}]}

    def _limits(self) -> Schema:
        durations = self._parameters(lambda kind: kind is Kind.DURATION)
        calendars = self.catalogue.calendar_labels
        written = (limit for form in LIMITS for limit in _on_each(form, calendars))
        forms = (self.facts.surface.limit(limit, calendars) for limit in written)
        return {
            "anyOf": [*durations, *({"const": form} for form in forms), {"type": "string", "minLength": 1}]
        }

    def _parameters(self, fits: Callable[[Kind], bool]) -> Iterator[Schema]:
        for book in self.library.rulebooks:
            for name, parameter in book.parameters.items():
                if fits(parameter.type.kind):
                    title = f"{name} {parameter.label.zh}"
                    said = self.facts.sayings.of_parameter(parameter.id, parameter)
                    yield {"const": name, "title": title, "description": said}


def _is_named(item: object) -> bool:
    """Whether verdicts name it, so that a promise may too."""
    return isinstance(item, Rule | Table | Clock)


def _name(name: str, said: str) -> Schema:
    return {"const": name, "title": name, "description": said}


def _on_each(form: str, calendars: Iterable[str]) -> Iterator[str]:
    if "{calendar}" in form:
        yield from (form.format(calendar=name) for name in calendars)
    else:
        yield form
