"""A YAML document as nodes: every scalar keeps its text and its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from engine.base.spans import Span


@dataclass(frozen=True, slots=True)
class Piece:
    """The stretch `[start, end)` of a text that reads `text` in the other language."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """The value that the file gives a scalar, and the pieces of it that were translated, in their order."""

    text: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """`text` is the scalar's value; `quoted` tells "2" from 2; `written` is there where it was translated."""

    text: str
    quoted: bool
    span: Span = field(compare=False)
    written: Written | None = field(compare=False, default=None)


@dataclass(frozen=True, slots=True)
class SequenceNode:
    items: tuple[Node, ...]
    span: Span = field(compare=False)


@dataclass(frozen=True, slots=True)
class MappingNode:
    """Entries in the order of the file; keys are unique (a duplicate is a finding, the first stays)."""

    entries: tuple[tuple[ScalarNode, Node], ...]
    span: Span = field(compare=False)

    def get(self, key: str) -> Node | None:
        return next((value for name, value in self.entries if name.text == key), None)

    def key(self, key: str) -> ScalarNode | None:
        return next((name for name, _ in self.entries if name.text == key), None)


Node: TypeAlias = ScalarNode | SequenceNode | MappingNode
