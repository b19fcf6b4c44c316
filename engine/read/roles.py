"""What each scalar of a rulebook is, by the roles (`x-role`) of the schema; its keys may be in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from engine.read.chinese.words import keywords
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.shape import schema_of

_Schema: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A place of a rulebook, by the schema that holds of what stands there."""

    schema: _Schema
    role: str | None

    @property
    def keywords(self) -> tuple[str, ...]:
        """The words of the language of which one stands here; none where something else does."""
        if self.schema.get("type") == "boolean":
            return "true", "false"
        return tuple(self.schema.get("enum", ()))

    @property
    def role_of_names(self) -> str | None:
        """What the keys are that are no keywords."""
        return _place(self.schema.get("propertyNames", {}), None).role

    def has_key(self, word: str) -> bool:
        return word in self.schema.get("properties", ())

    def under(self, key: str, value: Node) -> Place:
        """The place of an entry's value, by its key in English."""
        keys = self.schema.get("properties", {})
        others = self.schema.get("additionalProperties")
        return _place(keys.get(key, others if isinstance(others, Mapping) else {}), value)

    def item(self, item: Node) -> Place:
        """The place of an item of a list."""
        return _place(self.schema.get("items", {}), item)


@cache
def _rulebook() -> _Schema:
    return schema_of("rulebook")


def rulebook_place() -> Place:
    """The place of a whole rulebook."""
    return Place(_rulebook(), None)


def entry(node: Node | None, key: str) -> Node | None:
    """The value under a key that is given in English and written in either language."""
    if not isinstance(node, MappingNode):
        return None
    value = node.get(key)
    return node.get(keywords("key").chinese[key]) if value is None else value


def _place(schema: _Schema, node: Node | None) -> Place:
    """Follows references and alternatives; the first role on the way is the place's."""
    role: str | None = None
    while True:
        role = role or schema.get("x-role")
        if "$ref" in schema:
            schema = _rulebook()["$defs"][str(schema["$ref"]).rpartition("/")[2]]
        elif "if" in schema and "properties" not in schema:
            schema = schema["then" if _holds(schema["if"], node) else "else"]
        else:
            return Place(schema, role)


def _holds(condition: _Schema, node: Node | None) -> bool:
    kinds = {"array": SequenceNode, "object": MappingNode, "string": ScalarNode}
    wanted = kinds.get(condition.get("type", ""))
    if wanted is not None and not isinstance(node, wanted):
        return False
    return all(entry(node, key) is not None for key in condition.get("required", ()))
