"""The nodes of a file with its comments hung on what they stand at."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from engine.read.layout.comments import Comment, comments
from engine.read.layout.words import meaning
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode


@dataclass(slots=True)
class Twig:
    """One entry of a mapping or list. `name` is what its key means in the words of the schema.

    An empty text in `above` is an empty line between comments.
    """

    key: ScalarNode | None
    name: str | None
    value: Branch | ScalarNode
    start: int
    column: int
    above: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Branch:
    """A mapping or list; `last` are the comments below its last entry."""

    node: MappingNode | SequenceNode
    in_flow: bool
    twigs: list[Twig]
    last: list[str] = field(default_factory=list)

    @property
    def column(self) -> int:
        return self.twigs[0].column if self.twigs else 0


def tree(root: MappingNode | SequenceNode) -> Branch:
    """The document as a tree to be laid out, every comment of the file in it once."""
    found = comments(root)
    branch = _Grower(found).branch(root, in_flow=False)
    for comment in found:
        _hang(comment, branch)
    _without_bare_ends(branch)
    return branch


@dataclass(frozen=True, slots=True)
class _Grower:
    """Nodes to branches, which have no comments yet."""

    found: Sequence[Comment]

    def branch(self, node: MappingNode | SequenceNode, *, in_flow: bool) -> Branch:
        in_flow = in_flow or node.span.text[:1] in {"{", "["}
        twigs = [
            Twig(
                key=key,
                name=None if key is None else meaning(key.text),
                value=value if isinstance(value, ScalarNode) else self.branch(value, in_flow=in_flow),
                start=start,
                column=_column(node, start),
            )
            for key, value, start in _entries(node, self.found, in_flow=in_flow)
        ]
        return Branch(node, in_flow, twigs)


def _column(node: Node, start: int) -> int:
    return start - (node.span.source.text.rfind("\n", 0, start) + 1)


def _entries(
    node: MappingNode | SequenceNode, found: Sequence[Comment], *, in_flow: bool
) -> Iterator[tuple[ScalarNode | None, Node, int]]:
    """Key, value and where the entry begins: at its key, in a block list at its dash."""
    match node:
        case MappingNode(entries=entries):
            yield from ((key, value, key.span.start) for key, value in entries)
        case SequenceNode(items=items):
            after = node.span.start
            for item in items:
                start = item.span.start if in_flow else _dash(node.span.source.text, after, found)
                yield None, item, start
                after = max(item.span.end, start + 1)


def _dash(text: str, after: int, found: Sequence[Comment]) -> int:
    """The next `-` that does not stand in a comment."""
    at = text.index("-", after)
    before = bisect_left(found, at, key=lambda comment: comment.start) - 1
    if before >= 0 and at < (end := found[before].start + len(found[before].text)):
        return _dash(text, end, found)
    return at


def _hang(comment: Comment, root: Branch) -> None:
    """Puts a comment at the entry that it stands at: beside it, above it, or below the last of a block."""
    path: list[tuple[Branch, int]] = []
    branch = root
    while True:
        index = bisect_left(branch.twigs, comment.start, key=lambda twig: twig.start) - 1
        if index < 0:
            _above(branch, 0, comment)
            return
        twig = branch.twigs[index]
        path.append((branch, index))
        value = twig.value
        span = value.span if isinstance(value, ScalarNode) else value.node.span
        if comment.start < span.start:
            _before_value(twig, comment)
            return
        if isinstance(value, ScalarNode):
            if comment.start < span.end:  # in the header of a block of text
                twig.above.append(comment.text)
                return
            break
        if value.in_flow and comment.start >= span.end:
            break
        branch = value
    _behind(path, comment)


def _before_value(twig: Twig, comment: Comment) -> None:
    """Between a key or dash and its value."""
    if not comment.alone:
        twig.beside.append(comment.text)
    elif isinstance(twig.value, Branch) and not twig.value.in_flow:
        _above(twig.value, 0, comment)
    else:
        twig.above += _with_blanks(comment)


def _behind(path: list[tuple[Branch, int]], comment: Comment) -> None:
    """Behind the value of the last entry on the path, and before whatever comes next."""
    branch, index = path[-1]
    if not comment.alone:
        branch.twigs[index].beside.append(comment.text)
        return
    if branch.in_flow:
        _above(branch, index + 1, comment)
        return
    blocks = [(b, i) for b, i in path if not b.in_flow]
    going_on = max((level for level, (b, i) in enumerate(blocks) if i + 1 < len(b.twigs)), default=-1)
    if going_on >= 0:
        outer, at = blocks[going_on]
        if comment.column <= outer.twigs[at + 1].column or going_on == len(blocks) - 1:
            _above(outer, at + 1, comment)
            return
    ended = [b for b, _ in blocks[going_on + 1 :]]
    fitting = [b for b in ended if b.column <= comment.column] or ended[:1]
    fitting[-1].last += _with_blanks(comment)


def _above(branch: Branch, index: int, comment: Comment) -> None:
    """Above an entry; below the last where there is none more."""
    taker = branch.twigs[index].above if index < len(branch.twigs) else branch.last
    taker += _with_blanks(comment) if comment.alone else [comment.text]


def _with_blanks(comment: Comment) -> list[str]:
    return [*([""] if comment.blank_above else []), comment.text, *([""] if comment.blank_below else [])]


def _without_bare_ends(branch: Branch) -> None:
    """Comments within `{}` or `[]` go above the entry that has it, as nothing inside could carry them."""
    for twig in branch.twigs:
        if isinstance(twig.value, Branch):
            _without_bare_ends(twig.value)
            if not twig.value.twigs:
                twig.above += twig.value.last
                twig.value.last = []
