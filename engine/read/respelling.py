"""Translated nodes put back into the text of their file: words change, comments and layout do not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.read.nodes import MappingNode, Node, Piece, ScalarNode, SequenceNode, Written
from engine.read.plain_style import quoted, stands_plain

_WORDS_OF_TYPES = frozenset({"", "true", "false", "null"})
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_HEAD_OF_BLOCK = re.compile(r"[|>][^\n]*\n\s*")


def respelled_source(text: str, node: Node) -> str:
    """The file's text with every translated scalar of `node` in its new words."""
    parts, position = [], 0
    for scalar, in_flow in _translated(node, in_flow=False):
        assert scalar.written is not None, "only translated scalars are given"
        parts += [text[position : scalar.span.start], _respelled(scalar, scalar.written, in_flow=in_flow)]
        position = scalar.span.end
    return "".join([*parts, text[position:]])


def _translated(node: Node, *, in_flow: bool) -> Iterator[tuple[ScalarNode, bool]]:
    match node:
        case ScalarNode(written=written):
            if written is not None:
                yield node, in_flow
        case SequenceNode(items=items):
            flow = in_flow or _is_flow(node)
            for item in items:
                yield from _translated(item, in_flow=flow)
        case MappingNode(entries=entries):
            flow = in_flow or _is_flow(node)
            for key, value in entries:
                yield from _translated(key, in_flow=flow)
                yield from _translated(value, in_flow=flow)


def _is_flow(node: SequenceNode | MappingNode) -> bool:
    return node.span.source.text[node.span.start : node.span.start + 1] in {"{", "["}


def _respelled(scalar: ScalarNode, written: Written, *, in_flow: bool) -> str:
    """The scalar as the file should have it: in the style that it had, with quotes where it needs them."""
    in_file = scalar.span.text
    head = _HEAD_OF_BLOCK.match(in_file) if scalar.quoted and in_file[:1] in {"|", ">"} else None
    if head is not None:
        return _put_in(in_file, head.end(), written, "") or quoted(scalar.text)
    mark = in_file[0] if scalar.quoted else ""
    needed = not stands_plain(written.text, in_flow=in_flow)
    needs = not stands_plain(scalar.text, in_flow=in_flow) or (mark and _is_of_another_type(scalar.text))
    if not mark:
        return quoted(scalar.text) if needs else _put_in(in_file, 0, written, "") or scalar.text
    if needed and not needs:
        return scalar.text
    return _put_in(in_file, 1, written, mark) or quoted(scalar.text)


def _is_of_another_type(text: str) -> bool:
    """Whether it would be read as a number or a truth without its quotes."""
    return text in _WORDS_OF_TYPES or _NUMBER.fullmatch(text) is not None


def _put_in(in_file: str, start: int, written: Written, mark: str) -> str | None:
    """The pieces put in where the text stands in the file; None where it is written with escapes."""
    places = _places(in_file, start, written.text)
    if places is None:
        return None
    parts, position = [], 0
    for piece in written.pieces:
        parts += [in_file[position : places[piece.start]], _escaped(piece, mark)]
        position = places[piece.end]
    return "".join([*parts, in_file[position:]])


def _escaped(piece: Piece, mark: str) -> str:
    if mark == "'":
        return piece.text.replace("'", "''")
    return piece.text.replace("\\", "\\\\").replace('"', '\\"') if mark else piece.text


def _places(in_file: str, start: int, text: str) -> list[int] | None:
    """Where each character of the text, and its end, stands in the file; folded lines are blanks."""
    places, position = [], start
    for character in text:
        if character.isspace():
            blank = re.compile(r"\s*").match(in_file, position)
            places.append(position)
            position = blank.end() if blank else position
        elif in_file[position : position + 1] == character:
            places.append(position)
            position += 1
        else:
            return None
    return [*places, position]
