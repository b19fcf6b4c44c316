"""Items as they stand in their YAML files: the nodes by id, and where examples may be added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from engine.base.spans import SourceText, Span
from engine.library import Library
from engine.read.nodes import MappingNode, Node, SequenceNode
from engine.read.plain_values import Plain, plain
from engine.read.yaml_nodes import read
from engine.rulebook.surface.translation import english_nodes

ITEM_KINDS = ("rule", "table", "define", "clock", "aggregate")


@dataclass(frozen=True)
class ItemNode:
    """An item and the section that it stands in."""

    node: MappingNode
    section: MappingNode

    @property
    def background(self) -> dict[str, Plain]:
        """The facts that lie under every example of it."""
        laid: dict[str, Plain] = {}
        for node in (self.section.get("background"), self.node.get("background")):
            if isinstance(node, MappingNode):
                laid |= {key.text: plain(value) for key, value in node.entries}
        return laid


@dataclass(frozen=True)
class Nodes:
    """The rulebooks of a library, read once more as nodes."""

    library: Library

    @cached_property
    def sources(self) -> Mapping[str, SourceText]:
        """The text of each rulebook by the rulebook's name."""
        return {book.name: book.span.source for book in self.library.rulebooks}

    @cached_property
    def items(self) -> Mapping[int, ItemNode]:
        """By where the item's name stands (the same id may stand twice, under other readings)."""
        found = {}
        for source in self.sources.values():
            root, _ = read(source.name, source.text.encode())
            if isinstance(root, MappingNode) and self.library.catalogue is not None:
                root = english_nodes(root, self.library.catalogue, [])
            for section, item in _items(root):
                key = next(name for name, _ in item.entries if name.text in ITEM_KINDS)
                named = item.get(key.text)
                if named is not None:
                    found[(source.name, named.span.start)] = ItemNode(item, section)
        return {
            id(item.head): found[(item.head.span.source.name, item.head.span.start)]
            for book in self.library.rulebooks
            for item in book.items
        }

    def file(self, head: int) -> SourceText:
        """The file of an item, by the identity of its head."""
        return self._files[head]

    @cached_property
    def _files(self) -> Mapping[int, SourceText]:
        return {id(i.head): i.head.span.source for book in self.library.rulebooks for i in book.items}

    @cached_property
    def by_id(self) -> Mapping[str, ItemNode]:
        return {i.head.id: self.items[id(i.head)] for b in self.library.rulebooks for i in b.items}

    @cached_property
    def _periods(self) -> dict[tuple[str, int, int], Span]:
        return {}

    def period(self, item_id: str) -> Span | None:
        """Where `in_force` stands for an item: its own, else its section's; one span each time."""
        found = self.by_id[item_id]
        node = found.node.get("in_force") or found.section.get("in_force")
        return None if node is None else self._periods.setdefault(node.span.order, node.span)


def _items(root: Node | None) -> Iterator[tuple[MappingNode, MappingNode]]:
    sections = root.get("sections") if isinstance(root, MappingNode) else None
    for section in sections.items if isinstance(sections, SequenceNode) else ():
        items = section.get("items") if isinstance(section, MappingNode) else None
        for item in items.items if isinstance(items, SequenceNode) else ():
            if isinstance(item, MappingNode) and isinstance(section, MappingNode):
                yield section, item
