"""A file's text in the canonical layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from engine.base.findings import Finding
from engine.base.spans import Span
from engine.read.layout.comments import comments
from engine.read.layout.places import place_of
from engine.read.layout.printing import disorder, printed
from engine.read.layout.tree import tree
from engine.read.layout.words import meaning
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.plain_values import plain
from engine.read.shape import Kind
from engine.read.yaml_nodes import read

_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "rulebook": "rulebook",
        "catalogue": "facts",
        "case": "case",
        "sources": "sources",
        "statements": "statements",
    }
)
"""The key that tells what a file is, and its kind."""


def laid_out(name: str, content: bytes) -> tuple[str | None, list[Finding]]:
    """The text in the canonical layout, with line ends as the file has them, and what forbids it.

    What is said and every comment stay; order changes only where it means nothing. The text is None
    where the file cannot be read, says something that was hardly meant, or is no file of a library.
    """
    root, findings = read(name, content)
    if root is None or findings:
        return None, findings
    kind = kind_of(root)
    if kind is None or not isinstance(root, MappingNode):
        return None, [Finding("L001", {"file": name})]
    cut = _cut_by_a_comma(root)
    if cut is not None:
        return None, [Finding("L002", {"text": cut.text}, cut)]
    text = root.span.source.text
    new = printed(tree(root), place_of(kind, root))
    _must_say_the_same(root, new)
    return new.replace("\n", "\r\n") if "\r\n" in text else new, []


def keys_out_of_order(root: Node) -> list[tuple[ScalarNode, ScalarNode]]:
    """Of each mapping whose keys are not in the schema's order, a key and one below it that comes first."""
    kind = kind_of(root)
    if kind is None or not isinstance(root, MappingNode):
        return []
    return list(disorder(tree(root), place_of(kind, root)))


def kind_of(root: Node) -> Kind | None:
    """What a document is, told by its keys; None where it is no file of a library."""
    if not isinstance(root, MappingNode):
        return None
    keys = {meaning(key.text) for key, _ in root.entries}
    return next((kind for key, kind in _KINDS.items() if key in keys), None)


def _cut_by_a_comma(node: Node, *, in_flow: bool = False) -> Span | None:
    """`{due: add days(a, 3)}` is two entries, the second one without a value: not to be set in stone."""
    in_flow = in_flow or node.span.text[:1] == "{"
    inner: Iterable[Node] = ()
    match node:
        case SequenceNode(items=items):
            inner = items
        case MappingNode(entries=entries):
            bare = (key.span for key, value in entries if in_flow and _is_empty(value))
            if (first := next(bare, None)) is not None:
                return first
            inner = (value for _, value in entries)
        case ScalarNode():
            pass
    found = (_cut_by_a_comma(part, in_flow=in_flow) for part in inner)
    return next((span for span in found if span is not None), None)


def _is_empty(node: Node) -> bool:
    return isinstance(node, ScalarNode) and not node.text and not node.quoted


def _must_say_the_same(root: Node, new: str) -> None:
    """Reads what is to be written: a layout that loses or changes anything is a mistake of ours.

    Raises RuntimeError then, so that nothing is written.
    """
    again, findings = read(root.span.source.name, new.encode())
    if again is None or findings or plain(again) != plain(root) or _texts(again) != _texts(root):
        raise RuntimeError("the layout does not say what the file said")


def _texts(root: Node) -> list[str]:
    return sorted(comment.text for comment in comments(root))
