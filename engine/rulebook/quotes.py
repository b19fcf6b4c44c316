"""Quotes looked up in the source documents themselves.

The documents are scans: they carry line breaks anywhere, punctuation of either width and readings in
brackets after rare characters (`規(guī)定`). Rulebooks show clean text, so both sides are compared
without these; traditional and simplified characters are different characters.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.base.findings import Finding, in_order
from engine.base.spans import Span
from engine.rulebook.model import Citation, Item, Rule, Rulebook, Source, Statement, Table

_READING_IN_BRACKETS = re.compile(r"(?<=[\u3400-\u9fff])\([a-zà-ÿā-ǜ]{2,7}\)")
_WHITE_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Quote:
    """Words said to stand in a source, and where a rulebook says so."""

    source: str
    text: str
    span: Span


def comparable(text: str) -> str:
    r"""The text without what the scans add or lose.

    >>> comparable("在規(guī)定\n時間（內）")
    '在規定時間(內)'
    """
    narrow = unicodedata.normalize("NFKC", text)
    return _READING_IN_BRACKETS.sub("", _WHITE_SPACE.sub("", narrow))


def check_quotes(
    rulebooks: tuple[Rulebook, ...],
    sources: Mapping[str, Source],
    statements: Mapping[str, Statement],
    folder: Path,
) -> list[Finding]:
    """Findings R295 to R297 for quotes that are not in their source, and sources that are not as declared.

    Raises OSError where a source that exists cannot be read.
    """
    findings: list[Finding] = []
    texts = {key: _source_text(source, folder, findings) for key, source in sources.items()}
    for quote in quotes_in(rulebooks, statements):
        text = texts.get(quote.source)
        if text is not None and comparable(quote.text) not in text:
            findings.append(Finding("R295", {"file": sources[quote.source].file}, quote.span))
    return in_order(findings)


def _source_text(source: Source, folder: Path, findings: list[Finding]) -> str | None:
    """The document in comparable form; None, with a finding, where it is not in the folder."""
    file = folder / source.file
    if not file.is_file():
        findings.append(Finding("R296", {"file": source.file, "folder": str(folder)}, source.span))
        return None
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != source.sha256:
        findings.append(Finding("R297", {"file": source.file}, source.span))
    return comparable(content.decode("utf-8", errors="replace"))


def quotes_in(rulebooks: tuple[Rulebook, ...], statements: Mapping[str, Statement]) -> Iterator[Quote]:
    """Every quote of a library: of statements, parameters, items, rows and exceptions."""
    for statement in statements.values():
        yield Quote(statement.source, statement.quote, statement.span)
    for citation in _citations(rulebooks):
        yield Quote(citation.source, citation.quote, citation.span)


def _citations(rulebooks: tuple[Rulebook, ...]) -> Iterator[Citation]:
    for book in rulebooks:
        for parameter in book.parameters.values():
            yield from parameter.citations
        for item in book.items:
            yield from _citations_of(item)


def _citations_of(item: Item) -> Iterator[Citation]:
    yield from item.head.citations
    if isinstance(item, Rule | Table):
        for exception in item.exceptions:
            yield from exception.citations
    if isinstance(item, Table):
        for row in (*item.rows, *((item.otherwise,) if item.otherwise else ())):
            yield from row.citations
