"""What the schema says about a place of a file: the order of its keys, and how it is laid out.

A schema tells a layout by `x-layout`:

- `block`: an entry a line, however short;
- `spaced`: the same, with an empty line between entries that run over lines;
- `table`: an entry a line in braces where all of them fit, else all of them as blocks.

All else stands on one line where it fits. `x-order: kept` marks mappings whose order means something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from engine.read.layout.words import meaning
from engine.read.nodes import MappingNode, Node, SequenceNode
from engine.read.shape import Kind, definitions_of, schema_of

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """One place of a file: the schema that holds of the node that stands there."""

    schema: Schema
    definitions: Schema

    @property
    def layout(self) -> str | None:
        layout: str | None = self.schema.get("x-layout")
        return layout

    @cached_property
    def order(self) -> Mapping[str, int]:
        """The position of each key that has one."""
        if self.schema.get("x-order") == "kept":
            return {}
        return {key: position for position, key in enumerate(self.schema.get("properties", ()))}

    @property
    def is_closed(self) -> bool:
        """Whether no other keys may stand here than those that have a position."""
        return bool(self.order) and self.schema.get("additionalProperties") is False

    def within(self, key: str | None, node: Node) -> Place:
        """The place of an entry: of the value under a key, or (with None) of an item of a list."""
        if key is None:
            inner = self.schema.get("items", {})
        else:
            inner = self.schema.get("properties", {}).get(key) or self.schema.get("additionalProperties")
        return _settled(inner if isinstance(inner, Mapping) else {}, self.definitions, node)


@cache
def _schemas(kind: Kind) -> tuple[Schema, Schema]:
    return schema_of(kind), definitions_of(kind)


def place_of(kind: Kind, root: Node) -> Place:
    """The place of a whole document of this kind."""
    schema, definitions = _schemas(kind)
    return _settled(schema, definitions, root)


def _settled(schema: Schema, definitions: Schema, node: Node) -> Place:
    """Follows references and alternatives to the schema that is meant for this node."""
    while True:
        if "$ref" in schema:
            schema = definitions[str(schema["$ref"]).rpartition("/")[2]]
        elif "if" in schema and "properties" not in schema:
            schema = schema["then" if _holds(schema["if"], node) else "else"]
        else:
            return Place(schema, definitions)


def _holds(condition: Schema, node: Node) -> bool:
    wanted = {"array": SequenceNode, "object": MappingNode}.get(condition.get("type", ""))
    if wanted is not None and not isinstance(node, wanted):
        return False
    if not isinstance(node, MappingNode):
        return "required" not in condition
    return {meaning(key.text) for key, _ in node.entries}.issuperset(condition.get("required", ()))
