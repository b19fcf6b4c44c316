"""A rulebook's nodes written out in a random layout, with comments at random places.

This writer knows nothing of the layout that it is held against: braces or lines, quotes, indentation, the
order of keys and empty lines are drawn from a `random.Random`. Every comment has a number, and `stands_at`
tells the entry that it was put at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import TypeAlias

from engine.read.layout.lay_out import kind_of
from engine.read.layout.places import Place, place_of
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.plain_values import scalar_value
from engine.read.yaml_nodes import read

Path: TypeAlias = tuple[str | int, ...]
_BARE = re.compile(r"[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff-]*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


@dataclass
class Scrambler:
    """`density` is how often a comment is put where one may stand."""

    random: Random
    density: float = 0.1
    stands_at: dict[str, Path] = field(default_factory=dict)

    def text(self, root: Node) -> str:
        kind = kind_of(root)
        assert kind is not None
        return "\n".join([*self._block(root, place_of(kind, root), 0, ()), ""])

    def _comment(self, path: Path) -> str | None:
        if self.random.random() >= self.density:
            return None
        name = f"#c{len(self.stands_at)}:"
        self.stands_at[name] = path
        return f"{name} 注 {{'\"[-: #"

    def _block(self, node: Node, place: Place, indent: int, path: Path) -> list[str]:
        lines: list[str] = []
        for key, value, name in self._entries(node, place):
            here = (*path, name)
            above = self._comment(here if lines or path else ("head",))
            if above is not None and (lines or not path or isinstance(path[-1], str)):
                lines += [*self._blank(), " " * indent + above, *self._blank()]
            elif above is not None:
                del self.stands_at[above.split()[0]]
            lines += self._entry(key, value, place.within(key, value), indent, here)
        last = self._comment((*path, "end"))
        if last is not None:
            lines += [*self._blank(), " " * indent + last, *self._blank()]
        return lines

    def _entry(self, key: str | None, value: Node, place: Place, indent: int, path: Path) -> list[str]:
        head = " " * indent + ("-" if key is None else f"{self._scalar_text(key, in_flow=False)}:")
        if isinstance(value, ScalarNode):
            return [f"{head} {self._scalar(value, in_flow=False)}{self._beside(path)}"]
        entries = value.items if isinstance(value, SequenceNode) else value.entries
        if not entries or self.random.random() < 0.4:
            return f"{head} {self._flow(value, place, indent + 1, path)}{self._beside(path)}".split("\n")
        deeper = indent + self.random.choice((1, 2, 2, 2, 4))
        inner = self._block(value, place, deeper, path)
        if key is None and deeper > indent + 1 and self.random.random() < 0.7:
            return [f"{head}{' ' * (deeper - indent - 1)}{inner[0].lstrip()}", *inner[1:]]
        return [f"{head}{self._beside(path)}", *inner]

    def _beside(self, path: Path) -> str:
        comment = self._comment(path)
        return "" if comment is None else f"  {comment}"

    def _flow(self, node: Node, place: Place, indent: int, path: Path) -> str:
        """In braces or brackets, over several lines where a comment or chance breaks one."""
        if isinstance(node, ScalarNode):
            return self._scalar(node, in_flow=True)
        opening, closing = "[]" if isinstance(node, SequenceNode) else "{}"
        text = opening
        entries = list(self._entries(node, place))
        for position, (key, value, name) in enumerate(entries):
            here = (*path, name)
            text += self._break(here, indent)
            text += "" if key is None else f"{self._scalar_text(key, in_flow=True)}: "
            text += self._flow(value, place.within(key, value), indent + 1, here)
            text += ", " if position < len(entries) - 1 else ""
        return text + closing

    def _break(self, path: Path, indent: int) -> str:
        """Perhaps a new line, and perhaps a comment on a line of its own above the entry that follows."""
        comment = self._comment(path)
        if comment is not None:
            return "\n" + " " * indent + f"{comment}\n" + " " * indent
        return "\n" + " " * indent if self.random.random() < 0.1 else ""

    def _entries(self, node: Node, place: Place) -> Iterator[tuple[str | None, Node, str | int]]:
        """Keys in any order where the schema says that it means nothing."""
        match node:
            case SequenceNode(items=items):
                yield from ((None, item, position) for position, item in enumerate(items))
            case MappingNode(entries=entries):
                order: Sequence[tuple[ScalarNode, Node]] = entries
                if place.order and all(key.text in place.order for key, _ in entries):
                    order = self.random.sample(entries, len(entries))
                yield from ((key.text, value, key.text) for key, value in order)
            case ScalarNode():
                raise AssertionError("a scalar has no entries")

    def _blank(self) -> list[str]:
        return [""] * self.random.choice((0, 0, 0, 1, 2))

    def _scalar(self, scalar: ScalarNode, *, in_flow: bool) -> str:
        if not scalar.quoted and not isinstance(scalar_value(scalar), str):
            return scalar.text
        return self._scalar_text(scalar.text, in_flow=in_flow)

    def _scalar_text(self, text: str, *, in_flow: bool) -> str:
        del in_flow
        bare = _BARE.fullmatch(text) and text.lower() not in _WORDS
        if bare and self.random.random() < 0.7:
            return text
        if self.random.random() < 0.3 and text.isprintable():
            return "'" + text.replace("'", "''") + "'"
        return json.dumps(text, ensure_ascii=False)


def read_well(name: str, text: str) -> Node:
    """The nodes of a text that has nothing wrong with its form."""
    node, findings = read(name, text.encode())
    assert node is not None
    assert not findings, [finding.message("en") for finding in findings]
    return node


def comment_places(text: str) -> dict[str, tuple[set[Path], Path]]:
    """For each comment of a text: the entries of the line it is on or stands above, and the last before it.

    Found by lines alone: a comment with a line to itself belongs to the next line that has content.
    """
    starts: dict[int, set[Path]] = {}
    for path, number in _paths(read_well("x.yaml", text), ()):
        starts.setdefault(number, set()).add(path)
    lines = text.split("\n")
    found: dict[str, tuple[set[Path], Path]] = {}
    for number, line in enumerate(lines, 1):
        for name in re.findall(r"#c\d+:", line):
            assert name not in found, f"{name} stands twice"
            later = (n for n, other in enumerate(lines, 1) if n >= number and _has_content(other))
            before = max((n for n in starts if n <= number), default=0)
            found[name] = (starts.get(next(later, 0), set()), max(starts.get(before, {()}), key=len))
    return found


def _has_content(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _paths(node: Node, path: Path) -> Iterator[tuple[Path, int]]:
    """Every entry with the line on which it begins."""
    match node:
        case SequenceNode(items=items):
            for position, item in enumerate(items):
                yield (*path, position), item.span.line
                yield from _paths(item, (*path, position))
        case MappingNode(entries=entries):
            for key, value in entries:
                yield (*path, key.text), key.span.line
                yield from _paths(value, (*path, key.text))
        case ScalarNode():
            return
