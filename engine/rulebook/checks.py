"""What holds between the parts of a library: ids, citations, statements, readings, what is defined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.base.findings import Finding, Label
from engine.base.spans import Span
from engine.base.suggest import closest
from engine.rulebook.expressions import Constant, Expression, FactValue, ParameterValue, walk
from engine.rulebook.model import (
    Aggregate,
    Catalogue,
    Citation,
    Clock,
    Definition,
    Item,
    Parameter,
    Reading,
    ReadingGuard,
    Row,
    Rule,
    Rulebook,
    RuleException,
    Source,
    Statement,
    Table,
    Undefined,
)
from engine.rulebook.outcomes import amounts
from engine.rulebook.promises import check_promises


def check_rulebooks(
    catalogue: Catalogue,
    rulebooks: Sequence[Rulebook],
    sources: Mapping[str, Source],
    statements: Mapping[str, Statement],
    findings: list[Finding],
) -> None:
    """Writes findings about everything that only shows when the rulebooks lie side by side."""
    readings = {name: reading for book in rulebooks for name, reading in book.readings.items()}
    parameters = {p.id: p for book in rulebooks for p in book.parameters.values()}
    findings.extend(_ids_used_twice(rulebooks))
    findings.extend(_defined_twice(rulebooks))
    for book in rulebooks:
        findings.extend(_file_name(book))
        for parameter in book.parameters.values():
            findings.extend(
                _sourced(parameter.citations, parameter.statements, parameter.span, sources, statements)
            )
        for item in book.items:
            findings.extend(_item_findings(item, sources, statements, readings, parameters))
    findings.extend(check_promises(rulebooks))
    findings.extend(_undefined_facts(catalogue, rulebooks))


def _file_name(book: Rulebook) -> Iterator[Finding]:
    file = book.span.source.name.rpartition("/")[2]
    if file != f"{book.name}.yaml":
        yield Finding("R298", {"file": file, "written": book.name}, book.span)


def _ids_used_twice(rulebooks: Sequence[Rulebook]) -> Iterator[Finding]:
    """Two things may share an id only where no choice of readings lets both exist."""
    seen: dict[str, list[_Named]] = {}
    for named in _ids(rulebooks):
        others = seen.setdefault(named.id, [])
        first = next((other for other in others if not _exclude(other.reading, named.reading)), None)
        if first is not None:
            yield Finding("R285", {"id": named.id}, named.span, labels=(Label(first.span, "H002"),))
        others.append(named)


def _defined_twice(rulebooks: Sequence[Rulebook]) -> Iterator[Finding]:
    """A fact has one definition under any choice of readings."""
    seen: dict[str, list[_Named]] = {}
    for item in (item for book in rulebooks for item in book.items):
        fact = defined_by(item)
        if fact is None:
            continue
        named = _Named(fact.name, item.head.reading, item.head.span)
        others = seen.setdefault(fact.name, [])
        first = next((other for other in others if not _exclude(other.reading, named.reading)), None)
        if first is not None:
            yield Finding("R291", {"name": fact.name}, named.span, labels=(Label(first.span, "H002"),))
        others.append(named)


def _exclude(one: ReadingGuard, other: ReadingGuard) -> bool:
    options = dict(one)
    return any(name in options and not set(options[name]) & set(wanted) for name, wanted in other)


class _Named(NamedTuple):
    id: str
    reading: ReadingGuard
    span: Span


def _ids(rulebooks: Sequence[Rulebook]) -> Iterator[_Named]:
    for book in rulebooks:
        yield _Named(book.name, (), book.span)
        for section in book.sections:
            yield _Named(f"{book.name}/{section.name}", (), section.span)
        for item in book.items:
            if not isinstance(item, Definition):  # its id is the fact's name: see `_defined_twice`
                yield _Named(item.head.id, item.head.reading, item.head.span)
            for part in parts_of(item):
                yield _Named(part.id, item.head.reading + part.reading, part.span)


def parts_of(item: Item) -> tuple[Row | RuleException, ...]:
    """The rows and exceptions of an item: whatever has an id of its own inside it."""
    match item:
        case Rule(exceptions=exceptions):
            return exceptions
        case Table(rows=rows, exceptions=exceptions):
            return rows + exceptions
        case _:
            return ()


def _item_findings(
    item: Item,
    sources: Mapping[str, Source],
    statements: Mapping[str, Statement],
    readings: Mapping[str, Reading],
    parameters: Mapping[str, Parameter],
) -> Iterator[Finding]:
    head, parts = item.head, parts_of(item)
    yield from _sourced(head.citations, head.statements, head.span, sources, statements)
    yield from _guarded(head.reading, head.span, readings)
    for part in parts:
        yield from _sourced(part.citations, part.statements, part.span, sources, statements)
        yield from _guarded(part.reading, part.span, readings)
    yield from _cited(item)
    if not head.examples and not isinstance(item, Aggregate):
        yield Finding("R294", {"id": head.id}, head.span)
    yield from _dated_parameters(item, parameters)
    if isinstance(item, Table):
        yield from _ranked(item)


def _sourced(
    citations: Iterable[Citation],
    named: Iterable[str],
    span: Span,
    sources: Mapping[str, Source],
    statements: Mapping[str, Statement],
) -> Iterator[Finding]:
    for citation in citations:
        if citation.source not in sources:
            near = closest(citation.source, sources)
            yield Finding("R286", {"written": citation.source}, citation.span, suggestion=near)
    for statement in named:
        if statement not in statements:
            yield Finding("R287", {"written": statement}, span, suggestion=closest(statement, statements))


def _guarded(guard: ReadingGuard, span: Span, readings: Mapping[str, Reading]) -> Iterator[Finding]:
    for name, options in guard:
        if name not in readings:
            yield Finding("R293", {"written": name}, span, suggestion=closest(name, readings))
            continue
        known = readings[name].options
        for option in options:
            if option not in known:
                values = {"written": f"{name}: {option}", "options": ", ".join(known)}
                yield Finding("R256", values, span, suggestion=closest(option, known))


def _cited(item: Item) -> Iterator[Finding]:
    """A verdict must be able to name its source: the item's own, or one for every row."""
    if not item.head.citations:
        rows = item.rows if isinstance(item, Table) else ()
        if not rows or any(not row.citations for row in rows):
            yield Finding("R289", {"id": item.head.id}, item.head.span)
    for part in parts_of(item):
        if isinstance(part, RuleException) and not part.citations:
            yield Finding("R289", {"id": part.id}, part.span)


def _dated_parameters(item: Item, parameters: Mapping[str, Parameter]) -> Iterator[Finding]:
    for expression in expressions_in(item):
        for part in walk(expression):
            if isinstance(part, ParameterValue) and part.on is None and len(parameters[part.id].values) > 1:
                yield Finding("R259", {"name": part.id.rpartition("/")[2]}, item.head.span)


def expressions_in(item: Item) -> tuple[Expression, ...]:
    """Every expression that an item itself reads; its scope, which is its section's too, is left out."""
    match item:
        case Rule():
            own = (item.condition, *(e.condition for e in item.exceptions))
            return own + tuple(a for o in item.outcomes for a in amounts(o))
        case Table():
            cells = tuple(part for row in all_rows(item) for part in (*row.cells, *concluded(row)))
            own = (item.given, *(i.expression for i in item.inputs), *(e.condition for e in item.exceptions))
            return own + cells + tuple(a for o in item.outcomes for a in amounts(o))
        case Definition(body=body):
            return (body,)
        case Clock():
            moments = tuple(m for m in (item.starts, item.due, item.limit) if m is not None)
            expressions = tuple(m for m in moments if isinstance(m, Expression))
            events = (*item.stops, *((item.pauses.list,) if item.pauses else ()))
            return (item.condition, *expressions, *events, *(a for o in item.on_breach for a in amounts(o)))
        case _:
            return (item.where,)


def all_rows(table: Table) -> tuple[Row, ...]:
    return table.rows if table.otherwise is None else (*table.rows, table.otherwise)


def concluded(row: Row) -> tuple[Expression, ...]:
    """The output cells of a row, those of a gap's alternatives included."""
    match row.conclusion:
        case None:
            return ()
        case Undefined(alternatives=alternatives):
            return tuple(cell for _, cells in alternatives for cell in cells)
        case cells:
            return cells


def _ranked(table: Table) -> Iterator[Finding]:
    """A value without a rank would silently lose against every other."""
    if table.policy not in ("priority", "output order"):
        return
    for row in all_rows(table):
        if row.conclusion is None or isinstance(row.conclusion, Undefined):
            continue
        for output, value in zip(table.outputs, row.conclusion, strict=True):
            unranked = isinstance(value, Constant) and output.order and value.value not in output.order
            if unranked and isinstance(value, Constant):
                yield Finding("R299", {"written": str(value.value)}, row.span)


def _undefined_facts(catalogue: Catalogue, rulebooks: Sequence[Rulebook]) -> Iterator[Finding]:
    """A derived fact that is used and that no rulebook defines."""
    defined = {fact.name for book in rulebooks for item in book.items if (fact := defined_by(item))}
    told: set[str] = set()
    for book in rulebooks:
        for item in book.items:
            for name in _facts_used(item):
                derived = catalogue.facts[name].derived == "engine" if name in catalogue.facts else False
                if derived and name not in defined | told:
                    told.add(name)
                    yield Finding("R292", {"name": name}, item.head.span)


def defined_by(item: Item) -> FactValue | None:
    """The fact that an item defines."""
    match item:
        case Definition(fact=fact):
            return fact
        case Table(defines=fact) | Clock(defines=fact):
            return fact
        case _:
            return None


def _facts_used(item: Item) -> Iterator[str]:
    for expression in expressions_in(item):
        yield from (part.name for part in walk(expression) if isinstance(part, FactValue))
