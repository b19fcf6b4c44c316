"""Typed access to nodes whose shape has been checked.

Where the shape is wrong after all (the finding is then already written), `Unreadable` ends the reading
of that one item, and the rest of the file is still read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from engine.base.findings import Finding
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.rulebook.model import Words


class Unreadable(Exception):
    """A node is not of the shape that its reader needs; somebody has already said so in a finding."""


def mapping(node: Node | None) -> MappingNode:
    if isinstance(node, MappingNode):
        return node
    raise Unreadable


def scalar(node: Node | None) -> ScalarNode:
    if isinstance(node, ScalarNode):
        return node
    raise Unreadable


def items(node: Node | None) -> tuple[Node, ...]:
    """The items of a list; a single node counts as a list of one; absent is empty."""
    if node is None:
        return ()
    return node.items if isinstance(node, SequenceNode) else (node,)


def entries(node: Node | None) -> Iterator[tuple[ScalarNode, Node]]:
    """The entries of a mapping; absent is empty."""
    return iter(()) if node is None else iter(mapping(node).entries)


def text(node: Node | None) -> str:
    return scalar(node).text


def optional_text(node: Node | None) -> str | None:
    return None if node is None else text(node)


def texts(node: Node | None) -> tuple[str, ...]:
    return tuple(text(item) for item in items(node))


def truth(node: Node | None, *, default: bool = False) -> bool:
    return default if node is None else text(node) == "true"


def words(node: Node | None) -> Words:
    both = mapping(node)
    return Words(zh=text(both.get("zh")), en=text(both.get("en")))


def optional_words(node: Node | None) -> Words | None:
    return None if node is None else words(node)


def day(node: ScalarNode, findings: list[Finding]) -> date:
    """A calendar day such as `2015-10-01`."""
    if len(node.text) != len("2015-10-01"):
        raise Unreadable
    try:
        return date.fromisoformat(node.text)
    except ValueError:
        findings.append(Finding("R210", {"written": node.span.text}, node.span))
        raise Unreadable from None
