"""A JSON value as nodes, so that what is posted is read by the same reader as a file.

The nodes' places lie in a text made for them; `Pointers` tells which JSON pointer each place is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from engine.base.findings import Finding
from engine.base.spans import SourceText, Span
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode


@dataclass(frozen=True)
class Pointers:
    """JSON pointers by the places of nodes."""

    by_place: Mapping[tuple[int, int], str]

    def pointed(self, finding: Finding) -> Finding:
        """The finding with a pointer in place of its span; one about the whole points at the top."""
        if finding.span is None:
            return finding
        pointer = self.by_place.get((finding.span.start, finding.span.end), "")
        return replace(finding, span=None, labels=(), pointer=pointer)


def nodes_from_json(value: Any, name: str) -> tuple[Node, Pointers]:
    """The node of a value as JSON has them (numbers `int` and `Decimal`), and where its parts are."""
    source = SourceText(name, json.dumps(value, ensure_ascii=False, default=_number))
    maker = _Maker(source)
    node = maker.node(value, "")
    return node, Pointers(maker.by_place)


def _number(value: Decimal) -> str:
    return f"{value:f}"


class _Maker:
    """Follows the text that was made of a value, from its beginning to its end."""

    def __init__(self, source: SourceText) -> None:
        self._source = source
        self._at = 0
        self.by_place: dict[tuple[int, int], str] = {}

    def node(self, value: Any, pointer: str) -> Node:
        start = self._at
        match value:
            case dict():
                node: Node = self._mapping(value, pointer, start)
            case list():
                node = self._sequence(value, pointer, start)
            case _:
                node = self._scalar(value)
        self.by_place[start, self._at] = pointer
        return node

    def _mapping(self, value: Mapping[str, Any], pointer: str, start: int) -> MappingNode:
        entries = []
        self._at += len("{")
        for number, (key, part) in enumerate(value.items()):
            self._at += len(", ") if number else 0
            inner = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            named = self._scalar(key)
            self.by_place[named.span.start, named.span.end] = inner
            self._at += len(": ")
            entries.append((named, self.node(part, inner)))
        self._at += len("}")
        return MappingNode(tuple(entries), self._span(start))

    def _sequence(self, value: list[Any], pointer: str, start: int) -> SequenceNode:
        items = []
        self._at += len("[")
        for number, part in enumerate(value):
            self._at += len(", ") if number else 0
            items.append(self.node(part, f"{pointer}/{number}"))
        self._at += len("]")
        return SequenceNode(tuple(items), self._span(start))

    def _scalar(self, value: Any) -> ScalarNode:
        start = self._at
        self._at += len(json.dumps(value, ensure_ascii=False, default=_number))
        if isinstance(value, str):
            return ScalarNode(value, quoted=True, span=self._span(start))
        text = _number(value) if isinstance(value, Decimal) else json.dumps(value)
        return ScalarNode(text, quoted=False, span=self._span(start))

    def _span(self, start: int) -> Span:
        return Span(self._source, start, self._at)
