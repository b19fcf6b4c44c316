"""The JSON Schemas of rulebooks and cases for the editors of one library.

The shape is that of `engine/read/*.schema.json`; wherever it says by `x-role` what stands there, the names of
this library take the place of any name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.present.editor.facts import FactSchemas
from api.present.editor.names import NameSchemas
from api.present.editor.sayings import Sayings, uses
from api.present.editor.surface import Surface
from api.present.editor.values import ANY_TEST, Schema
from engine.base.findings import Language
from engine.library import Library
from engine.read.chinese.schema import described_in_chinese, schema_in_chinese
from engine.read.shape import schema_of
from engine.rulebook.types import Kind

_REF = "#/$defs/"
_OF_RULEBOOKS = "rulebook.schema.json"
_LEFT_OUT = frozenset(
    {"x-role", "x-zh", "x-expects", "x-layout", "x-order", "x-beside", "x-one-of", "examples"}
)
"""What our own programs read, and examples: editors offer those in place of the names."""
_PATTERNS = {"ambiguity": "ambiguity_id", "option": "option_name", "item": "item_id"}


class LibrarySchemas:
    """The shapes of files with the names of one library, as one surface writes them."""

    def __init__(self, library: Library, language: Language) -> None:
        assert library.catalogue is not None, "without a catalogue there is nothing to name"
        surface = Surface(language)
        base = schema_of("rulebook")
        self.base = described_in_chinese(base) if language == "zh" else base
        self.facts = FactSchemas(
            library.catalogue, Sayings(library.catalogue, uses(library), language), surface
        )
        patterns = {role: self.base["$defs"][name]["pattern"] for role, name in _PATTERNS.items()}
        self.names = NameSchemas(library, library.catalogue, self.facts, patterns).by_role()

    def rulebook(self) -> Schema:
        """The schema of a rulebook."""
        whole = self._made({key: value for key, value in self.base.items() if key not in ("$defs", "$id")})
        schema = _only_used(whole | {"$defs": self._definitions()})
        return schema_in_chinese(schema) if self.facts.surface.language == "zh" else schema

    def case(self) -> Schema:
        """The schema of a case file: its facts are the library's, its records those of its lists."""
        base = schema_of("case")
        definitions = {name: self._made(node) for name, node in base["$defs"].items()}
        event = definitions["event"]["properties"]
        event["append"] |= self.facts.records()
        event["close"] |= self.facts.closing()
        whole = self._made({key: value for key, value in base.items() if key not in ("$defs", "$id")})
        return _only_used(whole | {"$defs": self._definitions() | definitions})

    def _definitions(self) -> dict[str, Schema]:
        base = self.base["$defs"]
        definitions = {name: self._definition(node) for name, node in base.items()}
        groups = {name: self._made(node) for name, node in base["condition"]["properties"].items()}
        quantifiers, picked = (self._made(base[name]) for name in ("quantifiers", "picked"))
        definitions["condition"] |= self.facts.condition(groups)
        definitions |= dict(self.facts.conditions_in_lists(groups, quantifiers, picked))
        definitions["test"] = ANY_TEST
        definitions["event_date"] |= self.facts.names(Kind.DATE, Kind.INSTANT)
        definitions["event_date"].pop("$ref")
        return definitions

    def _definition(self, node: Schema) -> Schema:
        """A definition with what this library has for its role."""
        role = str(node.get("x-role"))
        if role == "condition":
            return _headed(node)
        if role == "expected":
            return self._expected(node)
        if role in self.names:
            return _headed(node) | self.names[role]()
        return self._inner(node)

    def _expected(self, node: Schema) -> Schema:
        """What an example expects: results, and the facts that rules work out."""
        made = self._inner(node)
        del made["propertyNames"]
        return made | self.facts.mapping(made["properties"] | dict(self.facts.derived()), {})

    def _made(self, node: Any) -> Any:
        """A copy of a part of the shape, without what only our own programs read."""
        match node:
            case {"x-role": "fact"}:
                return _headed(node) | {"$ref": f"{_REF}fact"}
            case {"x-role": "formula", "type": "string"}:
                return _headed(node) | {"$ref": f"{_REF}expression"}
            case dict():
                return self._inner(node)
            case list():
                return [self._made(part) for part in node]
            case str():
                return node.removeprefix(_OF_RULEBOOKS)
            case _:
                return node

    def _inner(self, node: Schema) -> Schema:
        if "if" in node and node["if"].keys() == {"type"}:
            return self._inner(_side_by_side(node))
        return {key: self._part(key, value) for key, value in node.items() if key not in _LEFT_OUT}

    def _part(self, key: str, value: Any) -> Any:
        if key == "properties":
            return {name: self._made(part) for name, part in value.items()}
        return self._made(value)


def without_own_words(node: Any) -> Any:
    """A copy of a schema without what only our own programs read in it."""
    match node:
        case dict():
            return {
                key: without_own_words(value) for key, value in node.items() if not str(key).startswith("x-")
            }
        case list():
            return [without_own_words(part) for part in node]
        case _:
            return node


def _headed(node: Schema) -> Schema:
    return {key: node[key] for key in ("title", "description") if key in node}


def _side_by_side(node: Schema) -> Schema:
    """The alternatives that a type tells apart, side by side: editors then complete each of them."""
    rest = {key: value for key, value in node.items() if key not in ("if", "then", "else")}
    return rest | {"anyOf": [node["else"], node["then"]]}


def _only_used(schema: Schema) -> Schema:
    """Without the definitions that nothing leads to."""
    used: dict[str, None] = {}
    waiting = list(_referred({key: value for key, value in schema.items() if key != "$defs"}))
    while waiting:
        name = waiting.pop()
        if name not in used:
            used[name] = None
            waiting += _referred(schema["$defs"][name])
    return schema | {"$defs": {name: made for name, made in schema["$defs"].items() if name in used}}


def _referred(part: Any) -> Iterator[str]:
    match part:
        case dict():
            if isinstance(part.get("$ref"), str):
                yield part["$ref"].removeprefix(_REF)
            for value in part.values():
                yield from _referred(value)
        case list():
            for value in part:
                yield from _referred(value)
        case _:
            pass
