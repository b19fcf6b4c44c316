"""A month's settlement: what each outlet pays and why, and what is open yet. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.base.findings import Finding
from engine.evaluate.verdict import CitationOut, Reason


@dataclass(frozen=True, slots=True)
class Line:
    """One amount of one ticket by one rule. `schemes`: the rules by which the ticket pays in all, so that a
    ticket fined under two schemes shows both.
    """

    ticket_no: str | None
    file: str
    row: int
    rule: str
    table_row: str | None
    kind: str
    amount: Decimal
    unit: str
    payer: str | None
    schemes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenLine:
    """Something of a ticket that is not decided, by which rule and why; or a review."""

    ticket_no: str | None
    file: str
    row: int
    rule: str
    reason: Reason | str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One outlet's month. `aggregates`: the declared counts by fact, and the facts worked out from them."""

    outlet: str | None
    tickets: int
    aggregates: Mapping[str, Any]
    lines: tuple[Line, ...]
    open_lines: tuple[OpenLine, ...]
    totals: Mapping[tuple[str, str], Decimal]


@dataclass(frozen=True, slots=True)
class RuleWords:
    """What a statement says of a rule, once: its title and what it cites."""

    title: Mapping[str, str]
    citations: tuple[CitationOut, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """What holds for all the statements of a settled month. The statements themselves are read one at a time,
    as a month may be larger than memory.
    """

    month: str
    edition: str
    as_of: str
    tickets: int
    bad: int
    repeated: int
    other_months: int
    findings: tuple[Finding, ...]
    rules: Mapping[str, RuleWords]
    totals: Mapping[tuple[str, str], Decimal]
