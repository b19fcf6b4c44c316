"""A month's settlement: what each outlet pays and why, and what is open yet. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from engine.base.findings import Finding
from engine.evaluate.verdict import CitationOut, Reason
from engine.replay.tickets.bad import BadTicket

Totals: TypeAlias = Mapping[tuple[str, str], Decimal]
"""Amounts by kind of outcome and unit: `{("fine", "CNY"): Decimal("1500.00")}`."""


@dataclass(frozen=True, slots=True)
class Line:
    """One amount of one ticket by one rule. `schemes`: the rules by which the ticket pays in all, so that a
    ticket fined under two schemes shows both. `payer` is a party of the catalogue; a share of a loss is one
    line for each party that bears some of it.
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

    @property
    def ticket(self) -> str:
        """The ticket's number, or its place where it has none."""
        return self.ticket_no if self.ticket_no is not None else f"{self.file}:{self.row}"


@dataclass(frozen=True, slots=True)
class OpenLine:
    """Something of a ticket that may cost money and is not settled: by which rule and why.

    `reason` is a reason of an undecided entry, the code of a review, or `amount_open`: due, and the rules
    fix no amount. `alternatives`: what the other readings of a gap in the source would cost.
    """

    ticket_no: str | None
    file: str
    row: int
    rule: str
    table_row: str | None
    reason: Reason | str
    missing: tuple[str, ...]
    alternatives: Mapping[str, Decimal]

    @property
    def ticket(self) -> str:
        """The ticket's number, or its place where it has none."""
        return self.ticket_no if self.ticket_no is not None else f"{self.file}:{self.row}"


@dataclass(frozen=True, slots=True)
class Between:
    """A number that is not known exactly, as some tickets do not say enough: from `least` to `most`."""

    least: int | Decimal
    most: int | Decimal


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a line since the month was settled first: added, taken away, or another amount."""

    kind: Literal["added", "taken_away", "changed"]
    before: Line | None
    after: Line | None

    @property
    def line(self) -> Line:
        """The line as it is now; what was taken away, as it was."""
        found = self.after or self.before
        assert found is not None, "a change has one side at least"
        return found

    @property
    def delta(self) -> Decimal:
        """What the outlet pays more (or, below zero, less)."""
        after = self.after.amount if self.after else Decimal(0)
        return after - (self.before.amount if self.before else Decimal(0))


@dataclass(frozen=True, slots=True)
class Statement:
    """One outlet's month; outlet None: what cannot be laid to any outlet.

    `aggregates`: the declared counts by fact, the month's numbers (volume) and the facts worked out from
    them; `Between` where a count is not certain, None where nothing is known. `lines` stand in the order of
    the rules, then of the tickets. `changes` are there in a correction, with `before`, the totals settled.
    """

    outlet: str | None
    tickets: int
    aggregates: Mapping[str, Any]
    lines: tuple[Line, ...]
    open_lines: tuple[OpenLine, ...]
    totals: Totals
    changes: tuple[Change, ...] = ()
    before: Totals | None = None


@dataclass(frozen=True, slots=True)
class RuleWords:
    """What a statement says of a rule, once: its title and what it cites."""

    title: Mapping[str, str]
    citations: tuple[CitationOut, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """The settled month that a correction starts from."""

    folder: str
    edition: str
    as_of: str
    digest: str
    totals: Totals


@dataclass(frozen=True, slots=True)
class Month:
    """What holds for all the statements of a settled month. The statements themselves are read one at a time,
    as a month may be larger than memory.

    `tickets` were settled; of the others `bad` could not be judged (the first ten are named), `other_months`
    belong elsewhere and `undated` do not say when they were. `by_time` of the tickets were laid to the month
    by the time of the complaint or of the ticket. `rules` has titles and citations by rule
    (`book/section/rule`) and, for the rows of tables, by rule and row (`book/section/table/row`).
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
    totals: Totals
    undated: int = 0
    by_time: int = 0
    outlets: int = 0
    lines: int = 0
    open_lines: int = 0
    correction_of: Settled | None = None
    bad_tickets: tuple[BadTicket, ...] = ()

    @property
    def kinds(self) -> tuple[tuple[str, str], ...]:
        """The kinds of money and their units, those that a correction took away too."""
        before = self.correction_of.totals if self.correction_of else {}
        return tuple(sorted({*self.totals, *before}))

    def words_of(self, rule: str, table_row: str | None) -> RuleWords:
        """Title and citations of a rule, or of the row of a table that decided."""
        return self.rules.get(f"{rule}/{table_row}") or self.rules[rule]


@dataclass(frozen=True, slots=True)
class StatementLink:
    """A line of the month's index: an outlet, the file of its statement, and what stands in it in short."""

    outlet: str | None
    file: str
    tickets: int
    aggregates: Mapping[str, Any]
    lines: int
    open_lines: int
    totals: Totals
    before: Totals | None = None
