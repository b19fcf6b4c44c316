"""Import mappings: which column of somebody's table is which fact, written once in YAML.

A mapping is total: a cell that it says nothing about is left aside, a cell that does not fit is a
finding of that row, and a case that an empty cell leaves open gives no fact at all rather than a guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias

from api.tickets.log_mapping import LogMapping
from api.tickets.text_values import NotAListError, text_value
from api.tickets.ticket import Raw, Ticket, escaped
from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.rulebook.types import Kind, Type

Take: TypeAlias = Literal["as_written", "end_of_day"]
END_OF_DAY = "T23:59:59"
"""A promise of a day is kept until its last second; 24:00 would already be the next day's date."""


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """How the cells of one column become one fact.

    `values` translates; `otherwise` stands for a value that it does not list (`refuse`: a finding).
    `format` is that of Python's `strptime`. `empty` is the fact of an empty cell (None: absent).
    """

    column: str
    fact: str
    type: Type
    format: str | None = None
    take: Take = "as_written"
    values: Mapping[str, Raw] = field(default_factory=dict)
    otherwise: Raw = None
    refuse_others: bool = True
    empty: Raw = None


@dataclass(frozen=True, slots=True)
class Case:
    """Conditions joined by and: columns that are equal, columns with certain values, with any, with none."""

    same: tuple[tuple[str, ...], ...]
    equals: tuple[tuple[str, tuple[str, ...]], ...]
    present: tuple[str, ...]
    absent: tuple[str, ...]
    then: Raw

    @property
    def columns(self) -> tuple[str, ...]:
        named = (column for group in self.same for column in group)
        return (*named, *(column for column, _ in self.equals), *self.present, *self.absent)


@dataclass(frozen=True, slots=True)
class Computed:
    """A fact by the first of its cases that holds."""

    fact: str
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class ImportMapping:
    """`as_of` is the column of the instant of judging, if there is one; with `log` a row is an event."""

    columns: tuple[ColumnRule, ...]
    constants: Mapping[str, Raw]
    computed: tuple[Computed, ...]
    as_of: str | None
    from_float: bool
    log: LogMapping | None = None

    @property
    def named_columns(self) -> tuple[str, ...]:
        if self.log is not None:
            return self.log.columns
        by_case = (c for computed in self.computed for case in computed.cases for c in case.columns)
        named = (*(rule.column for rule in self.columns), *by_case, *((self.as_of,) if self.as_of else ()))
        return tuple(dict.fromkeys(named))


def check_named_columns(mapping: ImportMapping, header: Sequence[str]) -> list[Finding]:
    """A finding for each column that the mapping speaks of and the table does not have."""
    return [
        Finding("D074", {"column": name}, suggestion=closest(name, header))
        for name in mapping.named_columns
        if name not in header
    ]


def ticket_by(mapping: ImportMapping, cells: Mapping[str, Raw], line: int) -> Ticket:
    """The ticket that a row says; what does not fit is a finding with the column as its pointer."""
    facts: dict[str, Raw] = dict(mapping.constants)
    findings: list[Finding] = []
    tidy = {name: cell.strip() if isinstance(cell, str) else cell for name, cell in cells.items()}
    for rule in mapping.columns:
        value = _fact_by(rule, tidy.get(rule.column), findings)
        if value is not None:
            facts[rule.fact] = value
    for computed in mapping.computed:
        value = _first_case(computed, tidy)
        if value is not None:
            facts[computed.fact] = value
    as_of = tidy.get(mapping.as_of) if mapping.as_of else None
    return Ticket(line, facts, str(as_of) if as_of else None, "", tuple(findings))


def _fact_by(rule: ColumnRule, cell: Raw, findings: list[Finding]) -> Raw:
    if cell is None or cell == "":
        return rule.empty
    if rule.values:
        return _translated(rule, cell, findings)
    if not isinstance(cell, str):
        return cell
    if rule.format or rule.take == "end_of_day":
        return _moment(rule, cell, findings)
    try:
        return text_value(rule.type, cell)
    except NotAListError:
        findings.append(Finding("D054", {}, pointer=_pointer(rule)))
        return None


def _translated(rule: ColumnRule, cell: Raw, findings: list[Finding]) -> Raw:
    written = str(cell).lower() if isinstance(cell, bool) else str(cell)
    if written in rule.values:
        return rule.values[written]
    if rule.refuse_others:
        near = closest(written, rule.values)
        findings.append(Finding("D076", {"written": written}, pointer=_pointer(rule), suggestion=near))
    return rule.otherwise


def _moment(rule: ColumnRule, cell: str, findings: list[Finding]) -> str | None:
    try:
        moment = datetime.strptime(cell, rule.format) if rule.format else _from_iso(cell)  # noqa: DTZ007
    except ValueError:
        values = {"written": cell, "format": rule.format or "2015-10-01"}
        findings.append(Finding("D077", values, pointer=_pointer(rule)))
        return None
    if rule.type.kind is Kind.DATE:
        return moment.date().isoformat()
    if rule.type.kind is Kind.MONTH:
        return moment.date().isoformat()[:7]
    return f"{moment.date()}{END_OF_DAY}" if rule.take == "end_of_day" else moment.isoformat()


def _from_iso(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), datetime.min.time())


def _pointer(rule: ColumnRule) -> str:
    return f"/{escaped(rule.column)}"


def _first_case(computed: Computed, cells: Mapping[str, Raw]) -> Raw:
    """The value of the first case that holds; None where none does, or one before it cannot be told."""
    for case in computed.cases:
        holds = _holds(case, cells)
        if holds is None:
            return None
        if holds:
            return case.then
    return None


def _holds(case: Case, cells: Mapping[str, Raw]) -> bool | None:
    """Kleene's and: false beats what an empty cell leaves open."""
    parts = [_all_same([cells.get(name) for name in group]) for group in case.same]
    parts += [_is_one_of(cells.get(name), values) for name, values in case.equals]
    parts += [not _is_empty(cells.get(name)) for name in case.present]
    parts += [_is_empty(cells.get(name)) for name in case.absent]
    if False in parts:
        return False
    return None if None in parts else True


def _is_empty(cell: Raw) -> bool:
    return cell is None or cell == ""


def _all_same(cells: Sequence[Raw]) -> bool | None:
    if any(map(_is_empty, cells)):
        return None
    return all(cell == cells[0] for cell in cells)


def _is_one_of(cell: Raw, values: tuple[str, ...]) -> bool | None:
    return None if _is_empty(cell) else str(cell) in values
