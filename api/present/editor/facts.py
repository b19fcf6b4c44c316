"""The parts of an editor's schema that come from the fact catalogue: conditions and given facts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from api.present.editor.sayings import Sayings, both
from api.present.editor.surface import Surface
from api.present.editor.values import ANY_TEST, Schema, ValueSchemas, foreign, unknown
from engine.rulebook.model import Catalogue, FactDeclaration, Words
from engine.rulebook.types import FieldType, Kind


@dataclass(frozen=True)
class FactSchemas:
    """The schemas of one catalogue as one surface writes it."""

    catalogue: Catalogue
    sayings: Sayings
    surface: Surface

    def names(self, *kinds: Kind) -> Schema:
        """A fact by its name, of any kind where none is named."""
        facts = (f for f in self.catalogue.facts.values() if not kinds or f.type.kind in kinds)
        return self.words((f.name, f.label, self.sayings.in_short(f)) for f in facts)

    def fields(self) -> Schema:
        """A field of any list."""
        found = {
            name: words for fact in self.catalogue.facts.values() for name, words in fact.field_labels.items()
        }
        return self.words((name, words, both(words, self.surface.language)) for name, words in found.items())

    def words(self, entries: Iterable[tuple[str, Words, str]]) -> Schema:
        """One of these words, each with its label and what is said of it; or a word of the other surface."""
        known = [
            {
                "const": self.surface.word(name, words),
                "title": self.surface.said(name, words),
                "description": said,
            }
            for name, words, said in entries
        ]
        return {"anyOf": [*known, foreign(self.surface)]}

    def condition(self, groups: Mapping[str, Schema]) -> Schema:
        """Facts and their tests; the groups are the keys that join conditions."""
        tests = {self._key(fact): self._tested(fact) for fact in self.catalogue.facts.values()}
        return self.mapping({**groups, **tests}, ANY_TEST)

    def conditions_in_lists(
        self, groups: Mapping[str, Schema], quantifiers: Schema, picked: Schema
    ) -> Iterator[tuple[str, Schema]]:
        """The definitions for each list: what is asked of it, and of its records."""
        for fact in self.catalogue.facts.values():
            if fact.type.kind is Kind.LIST:
                within, one = f"condition_in_{fact.name}", f"picked_in_{fact.name}"
                renamed = {"condition": within, "picked": one}
                yield f"tests_of_{fact.name}", pointed(quantifiers, renamed)
                yield one, pointed(picked, renamed)
                yield within, self._record_condition(fact, pointed(dict(groups), renamed))

    def given(self) -> Schema:
        """Facts and their values."""
        return self.mapping({self._key(f): self._given(f) for f in self.catalogue.facts.values()}, {})

    def derived(self) -> Mapping[str, Schema]:
        """The facts that rules work out, and their values."""
        return {self._key(f): self._given(f) for f in self.catalogue.facts.values() if f.derived}

    def mapping(self, properties: Mapping[str, Schema], others: Schema) -> Schema:
        """These keys; keys of the other surface are taken, any other is not."""
        return {
            "type": "object",
            "properties": dict(properties),
            "patternProperties": {self.surface.others: others},
            "additionalProperties": False,
        }

    def _key(self, fact: FactDeclaration) -> str:
        return self.surface.key(fact.name, fact.label)

    def _tested(self, fact: FactDeclaration) -> Schema:
        title = {"title": self.surface.said(fact.name, fact.label)}
        title["description"] = self.sayings.of_fact(fact)
        if fact.type.kind is Kind.LIST:
            return title | {"anyOf": [{"$ref": f"#/$defs/tests_of_{fact.name}"}, {"$ref": "#/$defs/unary"}]}
        values = ValueSchemas(self.surface, title["title"])
        return title | values.test(fact.type, fact.member_labels, none=fact.absence == "none")

    def records(self) -> Schema:
        """A list to the record that is added to it, or to several."""
        lists = (fact for fact in self.catalogue.facts.values() if fact.type.kind is Kind.LIST)
        return _only({self._key(fact): self._one_or_several(fact) for fact in lists})

    def closing(self) -> Schema:
        """A list to the field that its open record now gets, or to several with their values."""
        lists = (fact for fact in self.catalogue.facts.values() if fact.type.kind is Kind.LIST)
        return _only({self._key(fact): self._closed(fact) for fact in lists})

    def _given(self, fact: FactDeclaration) -> Schema:
        if fact.type.kind is not Kind.LIST:
            title = {"title": self.surface.said(fact.name, fact.label)}
            return title | ValueSchemas(self.surface, title["title"]).given(fact.type, fact.member_labels)
        given = self._one_or_several(fact)
        several, one = given["anyOf"]
        return given | {"anyOf": [several, *([one] if fact.is_record else []), unknown(self.surface)]}

    def _one_or_several(self, fact: FactDeclaration) -> Schema:
        record = self.mapping(
            {
                key: head | ValueSchemas(self.surface, head["title"]).given(field.type, members)
                for key, head, field, members in self._fields(fact)
            },
            {},
        )
        title = self.surface.said(fact.name, fact.label)
        return {"title": title, "anyOf": [{"type": "array", "items": record}, record]}

    def _closed(self, fact: FactDeclaration) -> Schema:
        records = self._one_or_several(fact)
        labels = fact.field_labels.items()
        names = self.words((name, words, both(words, self.surface.language)) for name, words in labels)
        return records | {"anyOf": [*names["anyOf"], records["anyOf"][1]]}

    def _record_condition(self, fact: FactDeclaration, groups: Mapping[str, Schema]) -> Schema:
        """A field of the record, or a fact of the ticket."""
        tests = {
            key: head
            | ValueSchemas(self.surface, head["title"]).test(field.type, members, none=field.absent_is_none)
            for key, head, field, members in self._fields(fact)
        }
        return {
            "type": "object",
            "properties": {**groups, **tests},
            "propertyNames": {
                "anyOf": [{"enum": [*map(self.surface.keyword, groups), *tests]}, {"$ref": "#/$defs/fact"}]
            },
            "additionalProperties": ANY_TEST,
        }

    def _fields(self, fact: FactDeclaration) -> Iterator[tuple[str, Schema, FieldType, Mapping[str, Words]]]:
        """Each field of a list: how it is written, what is said of it, its type and the words of that."""
        for name, field in fact.type.fields.items():
            words = fact.field_labels[name]
            said = self.sayings.kind_of(field.type)
            head = {"title": self.surface.said(name, words), "description": said}
            yield self.surface.key(name, words), head, field, fact.field_member_labels.get(name, {})


def _only(properties: Mapping[str, Schema]) -> Schema:
    return {"properties": dict(properties), "additionalProperties": {}}


def pointed(schema: Any, renamed: Mapping[str, str]) -> Any:
    """A copy whose references to some definitions lead to others."""
    match schema:
        case dict():
            copy = {key: pointed(value, renamed) for key, value in schema.items()}
            name = str(copy.get("$ref", "")).removeprefix("#/$defs/")
            return copy | {"$ref": f"#/$defs/{renamed[name]}"} if name in renamed else copy
        case list():
            return [pointed(part, renamed) for part in schema]
        case _:
            return schema
