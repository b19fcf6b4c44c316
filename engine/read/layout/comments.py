"""The comments of a file. The parser drops them; outside of scalars, `#` can begin nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode

_COMMENT = re.compile("#[^\n\r\x85\u2028\u2029]*")


@dataclass(frozen=True, slots=True)
class Comment:
    """`text` from its `#` on; `column` counts from 0; `alone` when nothing else stands on its line.

    `blank_above` and `blank_below` tell of an empty line, which parts a heading from what it heads.
    """

    text: str
    start: int
    column: int
    alone: bool
    blank_above: bool
    blank_below: bool


def comments(root: Node) -> list[Comment]:
    """All comments of the document, in the order of the file."""
    text = root.span.source.text
    found: list[Comment] = []
    at = 0
    for start, end in [*sorted(_stretches(root)), (len(text), len(text))]:
        found += [_comment(text, match) for match in _COMMENT.finditer(text, at, start)]
        at = max(at, end)
    return found


def _stretches(node: Node) -> Iterator[tuple[int, int]]:
    """Where scalars stand; a block scalar from behind its header, which may carry a comment."""
    match node:
        case ScalarNode(span=span):
            yield span.start + _length_of_header(span.text), span.end
        case SequenceNode(items=items):
            for item in items:
                yield from _stretches(item)
        case MappingNode(entries=entries):
            for key, value in entries:
                yield from _stretches(key)
                yield from _stretches(value)


def _length_of_header(written: str) -> int:
    """How long `|-  # a comment` is; 0 where the scalar is no block."""
    return len(written.split("\n", 1)[0]) if written[:1] in {"|", ">"} else 0


def _comment(text: str, match: re.Match[str]) -> Comment:
    start = match.start()
    line = text.rfind("\n", 0, start) + 1
    return Comment(
        text=match.group().rstrip(),
        start=start,
        column=start - line,
        alone=not text[line:start].strip(),
        blank_above=line > 0 and not _line_before(text, line).strip(),
        blank_below=not _line_after(text, match.end()).strip(),
    )


def _line_before(text: str, line: int) -> str:
    return text[text.rfind("\n", 0, line - 1) + 1 : line - 1]


def _line_after(text: str, end: int) -> str:
    start = text.find("\n", end) + 1
    if not start:
        return ""
    until = text.find("\n", start)
    return text[start : until if until >= 0 else len(text)]
