"""What a word can mean at one place of a rulebook, in either language, and how it is spelled in the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.base.findings import Language
from engine.read.chinese.words import Twins, keywords, unquoted
from engine.rulebook.surface.vocabulary import ANYTHING, NO_WORDS, Subject, Vocabulary

_ONE_WORD = re.compile("[A-Za-z_\u3400-\u4dbf\u4e00-\u9fff][A-Za-z0-9_\u3400-\u4dbf\u4e00-\u9fff]*")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a word can mean at one place.

    `subject` is what a test or value is of; `columns` and `gives` are those of a table's cells, `row_outputs`
    the names that its outcomes may use.
    """

    vocabulary: Vocabulary
    language: Language
    chinese_file: bool
    parameters: Twins = NO_WORDS
    outputs: Twins = NO_WORDS
    fields: Twins = NO_WORDS
    of_fields: Mapping[str, Subject] = field(default_factory=dict)
    subject: Subject = ANYTHING
    columns: tuple[Subject, ...] = ()
    gives: tuple[Subject, ...] = ()
    row_outputs: Twins = NO_WORDS
    parameter_type: str = ""

    @property
    def names(self) -> tuple[Twins, ...]:
        """Everything that a bare name can be; what a label is given to first has it."""
        return self.fields, self.vocabulary.facts, self.outputs, self.parameters

    def meanings(self, label: str) -> tuple[str, ...]:
        """All that a label that is no field's may name, in English: a fact, an output, a parameter.

        A name in English is one thing.
        """
        known = (self.vocabulary.facts, self.outputs, self.parameters)
        if any(label in twins.chinese for twins in known):
            return ()
        return tuple(dict.fromkeys(twins.english[label] for twins in known if label in twins.english))

    def subject_named(self, written: str) -> Subject:
        """What may be said of the field or fact that a word names in either language."""
        name = in_english(written, self.names)
        if name is None or name in self.outputs.chinese or name in self.parameters.chinese:
            return ANYTHING
        if name in self.fields.chinese:
            return self.of_fields.get(name, ANYTHING)
        return self.vocabulary.subject(name)

    def respelled(self, written: str, *known: Twins) -> str:
        """A word that stands alone, in the scope's language; as it is where it is not known."""
        name = in_english(unquoted(written), known)
        return written if name is None else spelled(name, known, self.language)


def in_english(word: str, known: Iterable[Twins]) -> str | None:
    """The English for a word: the first of what is known that has it."""
    return next((name for twins in known if (name := twins.in_english(word)) is not None), None)


def spelled(name: str, known: Iterable[Twins], language: Language) -> str:
    """The word for an English name in a language; in Chinese only if it is read as the same name there."""
    if language == "en":
        return name
    known = tuple(known)
    label = next((twins.chinese[name] for twins in known if name in twins.chinese), name)
    return label if in_english(label, known) == name else name


def as_word(label: str) -> str:
    """A label as it stands in a test or formula: in `「」` where it is not one plain word.

    >>> as_word("破损"), as_word("规则来源（企业）"), as_word("有")
    ('破损', '「规则来源（企业）」', '「有」')
    """
    plain = _ONE_WORD.fullmatch(label) and label not in keywords("formula")
    return label if plain else f"「{label}」"
