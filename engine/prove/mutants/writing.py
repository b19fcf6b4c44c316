"""Examples as YAML, and where they go in a file: at the end of their item's, all other text as it was."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from engine.prove.mutants.nodes import ItemNode
from engine.prove.mutants.offers import Offer
from engine.read.nodes import MappingNode, Node, SequenceNode

_PLAIN = re.compile(r"[A-Za-z0-9_\u4e00-\u9fff]([A-Za-z0-9_\u4e00-\u9fff .+/()（）-]|[:：](?=[^ ]))*")
_NUMBER = re.compile(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?|0[xo][0-9a-fA-F]+")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
STEP = 2


class Insertion(NamedTuple):
    """New text before the character at `at`."""

    at: int
    text: str


def example_lines(offer: Offer) -> list[str]:
    """The example as a block of YAML, without the dash."""
    lines = [f"example: {spelled(offer.name, in_flow=False)}"]
    lines += [f"{key}: {value}" for key, value in _fields(offer)]
    return lines


def example_in_flow(offer: Offer) -> str:
    """The example on one line."""
    fields = ", ".join(f"{key}: {value}" for key, value in _fields(offer))
    return f"{{example: {spelled(offer.name)}, {fields}}}"


def _fields(offer: Offer) -> list[tuple[str, str]]:
    fields = [("readings", spelled(offer.readings))] if offer.readings else []
    fields.append(("given", spelled(offer.given)))
    if offer.as_of is not None:
        fields.append(("as_of", spelled(offer.as_of)))
    fields.append(("expect", "nothing" if offer.expect == {"nothing": True} else spelled(offer.expect)))
    return fields


def spelled(value: Any, *, in_flow: bool = True) -> str:
    """A value as YAML writes it within a line.

    >>> spelled({"a": True, "b": None, "c": "no", "d": Decimal("1.5")})
    '{a: true, b: null, c: "no", d: 1.5}'
    """
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case Decimal():
            return f"{value:f}"
        case Mapping():
            return f"{{{', '.join(f'{key}: {spelled(inner)}' for key, inner in value.items())}}}"
        case list():
            return f"[{', '.join(spelled(inner) for inner in value)}]"
        case _:
            return _text(str(value), in_flow=in_flow)


def _text(text: str, *, in_flow: bool) -> str:
    """Bare where it cannot be taken for anything else, else in double quotes."""
    bare = text if in_flow else text.replace(", ", " ").replace("，", "")
    plain = _PLAIN.fullmatch(bare) and not _NUMBER.fullmatch(text) and text.lower() not in _WORDS
    return text if plain and text == text.strip() else _quoted(text)


def _quoted(text: str) -> str:
    escaped = "".join(_ESCAPES.get(c, c if c >= " " else f"\\x{ord(c):02x}") for c in text)
    return f'"{escaped}"'


_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def with_examples(text: str, offers: Iterable[tuple[ItemNode, Sequence[Offer]]]) -> str:
    """The text of a rulebook with examples added to its items."""
    insertions = [insertion(text, node, some) for node, some in offers if some]
    for at, new in sorted(insertions, reverse=True):
        text = text[:at] + new + text[at:]
    return text


def insertion(text: str, item: ItemNode, offers: Sequence[Offer]) -> Insertion:
    """Where the examples of one item go and how they are written there: as those that stand there."""
    examples = item.node.get("examples")
    if isinstance(examples, SequenceNode) and _is_flow(text, examples):
        flow = [example_in_flow(offer) for offer in offers]
        return _before_end(text, examples, ", ".join(flow), is_empty=not examples.items)
    if isinstance(examples, SequenceNode):
        return _after_last(text, examples, offers)
    flow = [example_in_flow(offer) for offer in offers]
    if _is_flow(text, item.node):
        return _before_end(text, item.node, f"examples: [{', '.join(flow)}]", is_empty=False)
    return _new_key(text, item.node, offers)


def _is_flow(text: str, node: Node) -> bool:
    return text[node.span.start] in "[{"


def _before_end(text: str, node: Node, new: str, *, is_empty: bool) -> Insertion:
    """Before the closing bracket, after a comma where one is needed."""
    at = node.span.end - 1
    written = text[node.span.start : at].rstrip()
    joined = "" if is_empty else " " if written.endswith(",") else ", "
    return Insertion(node.span.start + len(written), joined + new)


def _after_last(text: str, examples: SequenceNode, offers: Sequence[Offer]) -> Insertion:
    last = examples.items[-1]
    dash = text.rindex("-", 0, last.span.start)
    indent = dash - (text.rfind("\n", 0, dash) + 1)
    return _lines(text, last.span.end, indent, offers, in_flow=_is_flow(text, last))


def _new_key(text: str, item: MappingNode, offers: Sequence[Offer]) -> Insertion:
    """`examples:` as the item's last key, under the others."""
    indent = item.span.start - (text.rfind("\n", 0, item.span.start) + 1)
    at, new = _lines(text, item.span.end, indent + STEP, offers, in_flow=False)
    return Insertion(at, f"{_line_end(text)}{' ' * indent}examples:{new}")


def _lines(text: str, end: int, indent: int, offers: Sequence[Offer], *, in_flow: bool) -> Insertion:
    """New lines below the one on which the last thing ends, a comment behind it included."""
    at = text.find("\n", end)
    at = len(text) if at < 0 else at - 1 if text[at - 1] == "\r" else at
    line_end, margin = _line_end(text), " " * indent
    new = ""
    for offer in offers:
        lines = [example_in_flow(offer)] if in_flow else example_lines(offer)
        first, *rest = lines
        new += f"{line_end}{margin}- {first}" + "".join(f"{line_end}{margin}  {line}" for line in rest)
    return Insertion(at, new)


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
