"""The words of a fact catalogue in English and in Chinese: every name and its label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from engine.read.chinese.words import Twins, twins
from engine.rulebook.model import Catalogue, FactDeclaration, Words
from engine.rulebook.types import Kind, Type

NO_WORDS = Twins()


@dataclass(frozen=True, slots=True)
class Subject:
    """What may be said of a value: its type, the words of an enum, the fields of a list."""

    kind: Kind | None = None
    members: Twins = NO_WORDS
    fields: Twins = NO_WORDS
    of_fields: Mapping[str, Subject] = field(default_factory=dict)


ANYTHING = Subject()


@dataclass(frozen=True)
class Vocabulary:
    """The twins of a catalogue, kind by kind."""

    catalogue: Catalogue
    _subjects: dict[str, Subject] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def facts(self) -> Twins:
        return twins((name, fact.label.zh) for name, fact in self.catalogue.facts.items())

    @cached_property
    def parties(self) -> Twins:
        return _labels(self.catalogue.parties)

    @cached_property
    def codes(self) -> Twins:
        return _labels(self.catalogue.codes)

    @cached_property
    def calendars(self) -> Twins:
        return _labels(self.catalogue.calendar_labels)

    @cached_property
    def units(self) -> Twins:
        return _labels(self.catalogue.units)

    def subject(self, fact: str) -> Subject:
        """What may be said of a fact, by its English name; anything of one that is not known."""
        if fact not in self._subjects:
            declared = self.catalogue.facts.get(fact)
            self._subjects[fact] = ANYTHING if declared is None else subject_of(declared)
        return self._subjects[fact]

    def members(self, type_: Type) -> Twins:
        """The words of an enum, by its type: those of the first fact or field that has it."""
        for fact in self.catalogue.facts.values():
            if fact.type == type_:
                return _labels(fact.member_labels)
            for name, declared in fact.type.fields.items():
                if declared.type == type_:
                    return _labels(fact.field_member_labels.get(name, {}))
        return NO_WORDS


def subject_of(declared: FactDeclaration) -> Subject:
    """What may be said of a declared fact."""
    return Subject(
        declared.type.kind,
        _labels(declared.member_labels),
        _labels(declared.field_labels),
        {
            name: Subject(field.type.kind, _labels(declared.field_member_labels.get(name, {})))
            for name, field in declared.type.fields.items()
        },
    )


def _labels(words: Mapping[str, Words]) -> Twins:
    return twins((name, both.zh) for name, both in words.items())
