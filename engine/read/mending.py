"""Mends of a file's text that leave it YAML: a scalar that needs quotes afterwards gets them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.base.mends import Mend
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.plain_style import quoted, stands_plain


def in_its_scalar(root: Node, mend: Mend) -> Mend:
    """The mend, widened to its whole scalar where that stands without quotes and cannot any longer."""
    scalar = next((s for s in _all_scalars(root) if _holds(s, mend)), None)
    if scalar is None or scalar.quoted:
        return mend
    raw, start = scalar.span.text, mend.span.start - scalar.span.start
    text = raw[:start] + mend.text + raw[start + mend.span.end - mend.span.start :]
    return mend if stands_plain(text, in_flow=True) else Mend(scalar.span, quoted(text))


def _holds(scalar: ScalarNode, mend: Mend) -> bool:
    return scalar.span.start <= mend.span.start and mend.span.end <= scalar.span.end


def _all_scalars(node: Node) -> Iterator[ScalarNode]:
    """Keys and values."""
    match node:
        case ScalarNode():
            yield node
        case SequenceNode(items=items):
            for item in items:
                yield from _all_scalars(item)
        case MappingNode(entries=entries):
            for key, value in entries:
                yield key
                yield from _all_scalars(value)
