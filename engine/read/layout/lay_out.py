"""A file's text in the canonical layout."""

from __future__ import annotations

from engine.read.layout.comments import comments
from engine.read.layout.places import place_of
from engine.read.layout.printing import printed
from engine.read.layout.tree import Meaning, tree
from engine.read.nodes import MappingNode, Node
from engine.read.plain_values import plain
from engine.read.shape import Kind
from engine.read.yaml_nodes import read


def laid_out(kind: Kind, root: Node, meaning: Meaning = str) -> str:
    """The text of the document in the canonical layout, with line ends as the file has them.

    What is said and every comment stay; order changes only where it means nothing. `meaning` gives the
    schema's word for a key. A document that is no mapping stays as it is.
    """
    text = root.span.source.text
    if not isinstance(root, MappingNode) or not root.entries:
        return text
    new = printed(tree(root, meaning), place_of(kind, root))
    _must_say_the_same(root, new)
    return new.replace("\n", "\r\n") if "\r\n" in text else new


def _must_say_the_same(root: Node, new: str) -> None:
    """Reads what is to be written: a layout that loses or changes anything is a mistake of ours.

    Raises RuntimeError then, so that nothing is written.
    """
    again, findings = read(root.span.source.name, new.encode())
    if again is None or findings or plain(again) != plain(root) or _texts(again) != _texts(root):
        raise RuntimeError("the layout does not say what the file said")


def _texts(root: Node) -> list[str]:
    return sorted(comment.text for comment in comments(root))
