"""The fenced blocks of a page, and the small libraries that those of the language reference make.

A block's first line says what it is. `yaml catalogue`, `yaml sources`, `yaml statements` and `yaml frame`
stand once, on the page in English. `yaml rulebook=NAME` is a whole rulebook and `yaml item=NAME` one or
more items for the frame; `yaml beside=NAME` are items of another rulebook of the same library. `text finding`
is what `check` says of the rulebook above it; `json ticket` and `json verdict` follow the rulebook that they
are about. A block without a second word is only shown; such, and files by name, are `after` the rulebook
above them.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_BLOCK = re.compile(r"^```(?P<form>[a-z]+)(?: (?P<role>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_ALONE = ("catalogue", "sources", "statements", "frame")
_STARTS = ("rulebook=", "item=")
REFERENCE = "docs/language.md"
"""Its catalogue, sources, statements and frame serve its twin as well."""
ITEM_PLACE = "      # the items stand here\n"


@dataclass(frozen=True)
class Block:
    """One fenced block; `role` is the word behind its form, `line` the line of its first fence."""

    form: str
    role: str
    text: str
    line: int


@dataclass(frozen=True)
class Ticket:
    """A ticket on a page and the parts of its verdict that the page shows."""

    ticket: Block
    verdict: Block


@dataclass(frozen=True)
class Sample:
    """A rulebook on a page: its name, its files, and what is said about it."""

    name: str
    line: int
    files: Mapping[str, bytes]
    finding: Block | None
    tickets: tuple[Ticket, ...]
    after: tuple[Block, ...] = ()


@cache
def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str) -> Iterator[Block]:
    for found in _BLOCK.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield Block(found["form"], found["role"] or "", found["text"], line)


def samples(text: str) -> list[Sample]:
    """Every rulebook of a page of the language reference, in order."""
    found = list(blocks(text))
    reference = {block.role: block.text for block in blocks(page(REFERENCE)) if block.role in _ALONE}
    alone = reference | {block.role: block.text for block in found if block.role in _ALONE}
    starts = [i for i, block in enumerate(found) if block.role.startswith(_STARTS)]
    return [_sample(found[start:end], alone) for start, end in pairwise([*starts, len(found)])]


def _sample(found: list[Block], alone: Mapping[str, str]) -> Sample:
    head, rest = found[0], found[1:]
    kind, _, name = head.role.partition("=")
    text = head.text if kind == "rulebook" else _framed(head.text, name, alone["frame"])
    beside = {block.role.removeprefix("beside="): block.text for block in rest if "beside=" in block.role}
    books = {name: text} | {other: _framed(items, other, alone["frame"]) for other, items in beside.items()}
    special = {"facts.yaml": "catalogue", "sources.yaml": "sources", "statements.yaml": "statements"}
    files = {file: alone[role].encode() for file, role in special.items()}
    tickets = [block for block in rest if block.role == "ticket"]
    verdicts = [block for block in rest if block.role == "verdict"]
    pairs = tuple(Ticket(*pair) for pair in zip(tickets, verdicts, strict=True))
    finding = next((block for block in rest if block.role == "finding"), None)
    files |= {f"{book}.yaml": written.encode() for book, written in books.items()}
    after = tuple(block for block in rest if not block.role or block.role.startswith("file="))
    return Sample(name, head.line, files, finding, pairs, after)


def _framed(items: str, name: str, frame: str) -> str:
    """The items in the page's frame, which is a rulebook but for its name and its items."""
    assert ITEM_PLACE in frame
    return frame.replace("NAME", name).replace(ITEM_PLACE, textwrap.indent(items, "      "))
