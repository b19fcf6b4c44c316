"""How a scalar is written: bare where nothing can mistake it, else in double quotes, in single ones where
it holds double quotes itself, and as a block where it has several lines.
"""

from __future__ import annotations

import re
import string

from engine.read.nodes import ScalarNode
from engine.read.plain_style import quoted, stands_plain
from engine.read.plain_values import scalar_value

_READS_AS_NUMBER = re.compile(
    r"[+-]?(\.?[0-9][0-9_]*(\.[0-9_]*)?([eE][+-]?[0-9]+)?|0[xo][0-9a-fA-F]+|\.inf|\.nan)"
)
_WORDS = frozenset({"true", "false", "null", "~", "yes", "no", "on", "off", "y", "n"})
_STARTS_A_SIGN = frozenset(string.punctuation) - {"_"}
_NEEDS_ESCAPE = re.compile(
    "[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_BLOCK = re.compile(r"[^\s\x85](?:[^\r\t\x85\u2028\u2029]*\S)?\n?")


def written(scalar: ScalarNode, *, in_flow: bool) -> str:
    """The scalar on one line; what is no text (a number, a truth, nothing) stays as it stands."""
    text = scalar.text
    if not scalar.quoted and (not isinstance(scalar_value(scalar), str) or text.lower() in _WORDS):
        return text
    if _may_stand_bare(text, in_flow=in_flow):
        return text
    if not _NEEDS_ESCAPE.search(text):
        return quoted(text)
    return '"' + "".join(_escaped(character) for character in text) + '"'


def as_block(text: str) -> tuple[str, list[str]] | None:
    r"""A text of several lines as the header and the lines of a literal block; None where it needs escapes.

    >>> as_block("a\n  b\n")
    ('|', ['a', '  b'])
    >>> as_block("a"), as_block(" a\nb")
    (None, None)
    """
    if "\n" not in text or not _BLOCK.fullmatch(text) or _NEEDS_ESCAPE.search(text.replace("\n", "")):
        return None
    lines = text.removesuffix("\n").split("\n")
    if any(line != line.rstrip() for line in lines):
        return None
    return ("|" if text.endswith("\n") else "|-", lines)


def _may_stand_bare(text: str, *, in_flow: bool) -> bool:
    """Whether it may, and a reader sees at once that it is a word: no sign leads it, no number is meant."""
    if not stands_plain(text, in_flow=in_flow) or text[0] in _STARTS_A_SIGN or _NEEDS_ESCAPE.search(text):
        return False
    return not (_READS_AS_NUMBER.fullmatch(text) or text.lower() in _WORDS)


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if not _NEEDS_ESCAPE.match(character):
        return character
    return f"\\u{ord(character):04x}"
