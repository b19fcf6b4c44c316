"""Nodes to the plain values that a JSON Schema speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias

from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode

Plain: TypeAlias = "bool | int | Decimal | str | list[Plain] | dict[str, Plain] | None"

_INTEGER = re.compile(r"[+-]?[0-9]{1,300}")
_DECIMAL = re.compile(r"[+-]?[0-9]+\.[0-9]+")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "": None}


def plain(node: Node) -> Plain:
    """The value of a node: true, false, null and numbers as YAML 1.2 reads them, all else as text."""
    match node:
        case ScalarNode():
            return scalar_value(node)
        case SequenceNode(items=items):
            return [plain(item) for item in items]
        case MappingNode(entries=entries):
            return {key.text: plain(value) for key, value in entries}


def scalar_value(node: ScalarNode) -> bool | int | Decimal | str | None:
    text = node.text
    if node.quoted:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text


def scalars(node: Node) -> Iterator[ScalarNode]:
    """All scalars that are values, not keys."""
    match node:
        case ScalarNode():
            yield node
        case SequenceNode(items=items):
            for item in items:
                yield from scalars(item)
        case MappingNode(entries=entries):
            for _, value in entries:
                yield from scalars(value)


def node_at(node: Node, path: tuple[str | int, ...]) -> Node:
    """The node that a path of keys and positions leads to."""
    for step in path:
        match node, step:
            case MappingNode(), str():
                child = node.get(step)
                assert child is not None, "a path of the schema's errors leads through the document"
                node = child
            case SequenceNode(), int():
                node = node.items[step]
            case _:
                raise AssertionError("a path of the schema's errors leads through the document")
    return node
