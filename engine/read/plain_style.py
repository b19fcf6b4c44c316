"""When a text may stand in YAML without quotes, and how a node is written on one line."""

from __future__ import annotations

import re

from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode

_FIRST = re.compile(r"[-?:](?=$|[\s,\[\]{}])|[,\[\]{}#&*!|>'\"%@`\s]")
_ANYWHERE = re.compile(r":(?=\s|$)|\s#|[\n\r\t]")
_IN_FLOW = re.compile(r"[,\[\]{}]|:(?=[,\[\]{}])")

_BEGINS_LIKE_A_WORD = re.compile(r"[\w「-]")


def stands_plain(text: str, *, in_flow: bool) -> bool:
    """Whether YAML reads the text as it stands, without quotes; `in_flow`: within `{…}` or `[…]`.

    >>> [stands_plain(text, in_flow=True) for text in ("damage", "damage, delay", "> 3", "-", "-5")]
    [True, False, False, False, True]
    >>> stands_plain("damage, delay", in_flow=False), stands_plain("a: b", in_flow=False)
    (True, False)
    """
    if not text or text != text.strip() or _FIRST.match(text) or _ANYWHERE.search(text):
        return False
    return not (in_flow and _IN_FLOW.search(text))


def quoted(text: str) -> str:
    r"""The text between quotes; single ones where it has double ones or backslashes itself.

    >>> quoted("> 3"), quoted('"call again"')
    ('"> 3"', '\'"call again"\'')
    """
    if re.search(r"[\n\r\t]", text):
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + '"'
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def one_line(node: Node) -> str:
    """The node as it is written on one line, whatever its layout: `{kind: pickup, at: "< called_at"}`."""
    match node:
        case ScalarNode(text=text):
            plain = _BEGINS_LIKE_A_WORD.match(text) and stands_plain(text, in_flow=True)
            return text if plain else quoted(text)
        case SequenceNode(items=items):
            return f"[{', '.join(map(one_line, items))}]"
        case MappingNode(entries=entries):
            return f"{{{', '.join(f'{one_line(key)}: {one_line(value)}' for key, value in entries)}}}"
