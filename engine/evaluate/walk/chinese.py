"""Case files that call facts, fields, values and codes by their Chinese labels, as verdicts show them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import TypeAlias

from engine.base.findings import Finding
from engine.read.chinese.words import unquoted
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.roles import Place
from engine.read.shape import schema_of
from engine.rulebook.model import Catalogue
from engine.rulebook.surface.scope import Scope
from engine.rulebook.surface.translation import is_english
from engine.rulebook.surface.vocabulary import Vocabulary
from engine.rulebook.surface.walk import Walk

_Change: TypeAlias = Callable[[Node], Node]


@cache
def _place(name: str) -> Place:
    """What the rulebook's schema says of such a part."""
    return Place(schema_of("rulebook")["$defs"][name], name)


def by_name(node: MappingNode, catalogue: Catalogue, findings: list[Finding]) -> MappingNode:
    """A case's nodes with names in place of labels; each keeps its place in the file as it was written.

    The keys of a case itself have no Chinese words. Writes what R017 and R229 are about.
    """
    if is_english(node):
        return node
    words = _Words(catalogue)
    changed = words.of_case(node)
    findings.extend(words.walk.findings)
    return changed


class _Words:
    """The words of one catalogue, at the places of a case where they may stand."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.walk = Walk()
        self._scope = Scope(Vocabulary(catalogue), "en", chinese_file=True)

    def of_case(self, node: MappingNode) -> MappingNode:
        return _with(node, {"facts": self._facts, "events": self._events})

    def _events(self, node: Node) -> Node:
        if not isinstance(node, SequenceNode):
            return node
        parts = {"facts": self._facts, "append": self._facts, "close": self._closed, "expect": self._expected}
        events = (_with(item, parts) if isinstance(item, MappingNode) else item for item in node.items)
        return replace(node, items=tuple(events))

    def _facts(self, node: Node) -> Node:
        return self.walk.node(node, _place("facts_given"), self._scope)

    def _closed(self, node: Node) -> Node:
        """A list to fields with values, or in short to the one field."""
        found = self._facts(node)
        if not isinstance(found, MappingNode):
            return found
        return replace(found, entries=tuple((key, self._field(key, value)) for key, value in found.entries))

    def _field(self, of: ScalarNode, node: Node) -> Node:
        if not isinstance(node, ScalarNode):
            return node
        fields = self._scope.vocabulary.subject(of.text).fields
        return replace(node, text=fields.in_english(unquoted(node.text)) or node.text)

    def _expected(self, node: Node) -> Node:
        if not isinstance(node, MappingNode):
            return node
        entries = ((key, self._expectation(key.text, value)) for key, value in node.entries)
        return replace(node, entries=tuple(entries))

    def _expectation(self, of: str, node: Node) -> Node:
        """`totals` has the words of an item's result for kinds of money."""
        if of == "actions":
            return self._coded(node)
        return self.walk.node(node, _place("expected"), self._scope)

    def _coded(self, node: Node) -> Node:
        if not isinstance(node, MappingNode):
            return node
        codes = self._scope.vocabulary.codes
        entries = (
            (replace(key, text=codes.in_english(unquoted(key.text)) or key.text), value)
            for key, value in node.entries
        )
        return replace(node, entries=tuple(entries))


def _with(node: MappingNode, parts: Mapping[str, _Change]) -> MappingNode:
    """The mapping with some of its values changed."""
    entries = ((key, parts[key.text](value) if key.text in parts else value) for key, value in node.entries)
    return replace(node, entries=tuple(entries))
