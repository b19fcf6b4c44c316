"""Statements of the sources joined with what encodes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.base.findings import Finding, Label, in_order
from engine.base.spans import Span
from engine.base.suggest import closest
from engine.library import Library
from engine.rulebook.model import Aggregate, Clock, Definition, Item, Rule, Rulebook, Statement, Table


@dataclass(frozen=True, slots=True)
class Encoding:
    """Something that names statements, and how many examples its item has (None: none are expected)."""

    id: str
    kind: str
    statements: tuple[str, ...]
    examples: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class Traced:
    """One statement with everything that encodes it."""

    statement: Statement
    encodings: tuple[Encoding, ...]

    @property
    def examples(self) -> int:
        """Examples of the items behind it, each item counted once."""
        by_item = {"/".join(e.id.split("/")[:3]): e.examples or 0 for e in self.encodings}
        return sum(by_item.values())


def traced(library: Library) -> list[Traced]:
    """Every statement, in the order of the register."""
    encodings = [encoding for book in library.rulebooks for encoding in _encodings(book)]
    return [
        Traced(statement, tuple(e for e in encodings if statement.id in e.statements))
        for statement in library.statements.values()
    ]


def trace_findings(library: Library) -> list[Finding]:
    """Findings T001 to T004, sorted by place."""
    findings = [finding for row in traced(library) for finding in _open_or_both(row)]
    for book in library.rulebooks:
        for encoding in _encodings(book):
            findings += _of_encoding(encoding, library)
    return in_order(findings)


def _open_or_both(row: Traced) -> Iterator[Finding]:
    statement = row.statement
    if not row.encodings and statement.not_encodable is None:
        yield Finding("T001", {"statement": statement.id}, statement.span)
    if row.encodings and statement.not_encodable is not None:
        first = row.encodings[0]
        values = {"statement": statement.id, "item": first.id}
        labels = (Label(first.span, "T002", values),)
        yield Finding("T002", values, statement.span, labels=labels)


def _of_encoding(encoding: Encoding, library: Library) -> Iterator[Finding]:
    for name in encoding.statements:
        if name not in library.statements:
            near = closest(name, library.statements)
            yield Finding("T003", {"statement": name}, encoding.span, suggestion=near)
    if encoding.statements and encoding.examples == 0:
        yield Finding("T004", {"item": encoding.id}, encoding.span)


def _encodings(book: Rulebook) -> Iterator[Encoding]:
    """Parameters, items, exceptions and rows; the examples of a part are those of its item."""
    for parameter in book.parameters.values():
        identifier = f"{book.name}/{parameter.id.rpartition('/')[2]}"
        yield Encoding(identifier, "parameter", parameter.statements, None, parameter.span)
    for item in book.items:
        yield from _of_item(item)


def _of_item(item: Item) -> Iterator[Encoding]:
    count = len(item.head.examples)
    examples = None if isinstance(item, Aggregate) else count
    yield Encoding(item.head.id, kind_of(item), item.head.statements, examples, item.head.span)
    if isinstance(item, Rule | Table):
        for exception in item.exceptions:
            yield Encoding(exception.id, "exception", exception.statements, count, exception.span)
    if isinstance(item, Table):
        for row in (*item.rows, *((item.otherwise,) if item.otherwise else ())):
            yield Encoding(row.id, "row", row.statements, count, row.span)


def kind_of(item: Item) -> str:
    """The word of the language for an item."""
    match item:
        case Rule():
            return "rule"
        case Table():
            return "table"
        case Definition():
            return "definition"
        case Clock():
            return "clock"
        case Aggregate():
            return "aggregate"
