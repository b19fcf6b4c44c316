"""A settled month as pages that fetch and run nothing: an index, and each outlet's statement.

A statement may have a hundred thousand lines; its page is written as it is made, never held as one text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any, TextIO

from api.present.report.environment import environment
from api.present.report.naming import Names, SourceName
from api.present.report.numbers import plain, signed
from api.present.report.pieces import Tile
from api.present.report.pieces import words as page_words
from api.present.report.wording import say
from api.present.settlement_words import SettlementWords
from engine.base.findings import Language
from engine.library import Library
from engine.replay.dry_run.impact import Money
from engine.replay.settle.settlement import (
    Between,
    Change,
    Line,
    Month,
    OpenLine,
    Statement,
    StatementLink,
    Totals,
)
from engine.rulebook.types import Kind

AT_ONCE = 200
"""Pieces of a page that are written together."""
NOTHING = Decimal(0)


def write_statement(
    out: TextIO,
    statement: Statement,
    month: Month,
    words: Library,
    language: Language,
    index: str = "../index.html",
) -> None:
    """One outlet's month: what it pays, each amount with ticket, rule and citation, and what is open."""
    page = _Pages(month, words, language)
    outlet = page.words.outlet(statement.outlet)
    values = {
        "title": say("title_statement", language, outlet=outlet, month=month.month),
        "index": index,
        "statement": statement,
        "tiles": list(page.tiles(statement)),
        "numbers": list(page.numbers(statement)),
        "changes": map(page.change, statement.changes),
        "groups": page.groups(statement),
        "open_entries": map(page.open_entry, statement.open_lines),
    }
    page.write("statement.html", values, out)


def write_index(
    out: TextIO, links: Sequence[StatementLink], month: Month, words: Library, language: Language
) -> None:
    """The month's totals, and a row for each outlet that leads to its statement."""
    page = _Pages(month, words, language)
    kinds = _kinds(month)
    rates = page.rates(links)
    values = {
        "title": say("title_month", language, month=month.month),
        "tiles": list(page.month_tiles()),
        "warnings": list(page.warnings()),
        "correction": month.correction_of is not None,
        "rates": [page.words.fact(name) for name in rates],
        "kinds": [page.names.kind(kind) for kind in kinds],
        "rows": (page.row(link, rates, kinds) for link in links),
        "sums": _sums(month.totals, _settled(month), kinds),
    }
    page.write("month.html", values, out)


@dataclass(frozen=True)
class Entry:
    """An amount of one ticket; `beside`: what else the ticket pays by."""

    line: Line
    payer: str
    beside: tuple[str, ...]
    kind: str


@dataclass(frozen=True)
class Cited:
    """A sentence on which amounts rest; by which row of a table, where it is only that row's."""

    table_row: str
    quote: str
    source: SourceName


@dataclass(frozen=True)
class Group:
    """All the amounts by one rule in one unit."""

    rule: str
    title: str
    unit: str
    cited: tuple[Cited, ...]
    entries: Iterator[Entry]
    count: int
    sum: Decimal


@dataclass(frozen=True)
class OpenEntry:
    line: OpenLine
    title: str
    rule: str
    reason: str
    missing: str
    others: str


@dataclass(frozen=True)
class ChangeEntry:
    """What became of an amount since the month was settled; a side that is not there is empty."""

    line: Line
    title: str
    word: str
    kind: str
    before: str
    after: str
    delta: Decimal


@dataclass(frozen=True)
class IndexRow:
    outlet: str
    file: str
    tickets: int
    rates: tuple[str, ...]
    lines: int
    open_lines: int
    money: tuple[Money, ...]


class _Pages:
    """What the pages of a month say, in one language."""

    def __init__(self, month: Month, library: Library, language: Language) -> None:
        self.month = month
        self.language = language
        self.words = SettlementWords(library, month, language)
        self.names = Names((library,), language)

    def write(self, template: str, values: Mapping[str, Any], out: TextIO) -> None:
        """Piece by piece, some at once."""
        filled = {**page_words(self.language), "month": self.month, **values}
        stream = environment().get_template(template).stream(filled)
        stream.enable_buffering(AT_ONCE)
        out.writelines(stream)

    def _say(self, key: str, **values: object) -> str:
        return say(key, self.language, **values)

    def tiles(self, statement: Statement) -> Iterator[Tile]:
        """What the outlet pays, by kind; how many entries, and how many are open."""
        nothing = dict.fromkeys(_kinds(self.month)[:1], NOTHING)
        yield from self._money_tiles(statement.totals or nothing, statement.before)
        lines, open_lines = len(statement.lines), len(statement.open_lines)
        tickets = f"{self._say('month_tickets')} {plain(statement.tickets)}"
        yield Tile(self._say("lines"), plain(lines), "", tickets)
        yield Tile(self._say("open_items"), plain(open_lines), "", self._say("open_below"))

    def month_tiles(self) -> Iterator[Tile]:
        """The same for all outlets."""
        month = self.month
        yield from self._money_tiles(month.totals, _settled(month))
        outlets = f"{self._say('outlets')} {plain(month.outlets)}"
        yield Tile(self._say("month_tickets"), plain(month.tickets), "", outlets)
        yield Tile(self._say("open_items"), plain(month.open_lines), "", self._say("open_below"))

    def _money_tiles(self, totals: Totals, before: Totals | None) -> Iterator[Tile]:
        for kind in _kinds(self.month):
            if kind not in totals and kind not in (before or {}):
                continue
            amount = totals.get(kind, NOTHING)
            unit = self.names.unit(kind)
            if before is None:
                yield Tile(self.names.sum_of(kind), plain(amount), unit, "")
                continue
            was = before.get(kind, NOTHING)
            sides = self._say("from_to", before=plain(was), after=plain(amount))
            label = self._say("tile_money", kind=self.names.sum_of(kind))
            yield Tile(label, signed(amount - was), unit, sides)

    def warnings(self) -> Iterator[str]:
        """Tickets that could not be judged; findings tell the rest."""
        if self.month.bad:
            yield self._say("warn_bad_month", count=plain(self.month.bad))

    def numbers(self, statement: Statement) -> Iterator[tuple[str, str, str]]:
        """The month's counts and what is worked out from them."""
        for name, value in statement.aggregates.items():
            yield self.words.fact(name), name, self.words.number(value)

    def groups(self, statement: Statement) -> Iterator[Group]:
        """The lines by rule, in the order that they have."""
        for (rule, unit), found in groupby(statement.lines, key=attrgetter("rule", "unit")):
            lines = tuple(found)
            yield Group(
                rule=rule,
                title=self.month.words_of(rule, None).title[self.language],
                unit=self.words.unit(unit),
                cited=tuple(self._cited(lines)),
                entries=map(self._entry, lines),
                count=len(lines),
                sum=sum((line.amount for line in lines), NOTHING),
            )

    def _cited(self, lines: Sequence[Line]) -> Iterator[Cited]:
        """What the rule cites; for a table what its rows cite that decided, beside the row's name."""
        rows = dict.fromkeys((line.rule, line.table_row) for line in lines)
        for rule, table_row in sorted(rows, key=lambda row: row[1] or ""):
            for cited in self.month.words_of(rule, table_row).citations:
                yield Cited(table_row or "", cited["quote"], self.names.source(cited["source"]))

    def _entry(self, line: Line) -> Entry:
        beside = (self.month.words_of(rule, None).title[self.language] for rule in line.schemes)
        others = tuple(title for rule, title in zip(line.schemes, beside, strict=True) if rule != line.rule)
        return Entry(line, self.words.party(line.payer), others, self.words.kind(line.kind))

    def open_entry(self, line: OpenLine) -> OpenEntry:
        """What is open about a ticket, and what would settle it."""
        return OpenEntry(
            line,
            self.words.title(line),
            line.rule if line.table_row is None else f"{line.rule}/{line.table_row}",
            self.words.reason(line.reason),
            self.words.missing(line),
            self.words.others(line),
        )

    def change(self, change: Change) -> ChangeEntry:
        """What became of an amount."""
        line = change.line
        return ChangeEntry(
            line,
            self.words.title(line),
            self.words.say(f"change_{change.kind}"),
            self.names.kind((line.kind, line.unit)),
            plain(change.before.amount) if change.before else "",
            plain(change.after.amount) if change.after else "",
            change.delta,
        )

    def rates(self, links: Sequence[StatementLink]) -> list[str]:
        """The numbers that the index shows: rates, which decide on bands; counts stand in the statements."""
        facts = self.words.catalogue.facts
        named = dict.fromkeys(name for link in links for name in link.aggregates)
        return [name for name in named if name in facts and facts[name].type.kind is Kind.DECIMAL]

    def rate(self, value: Any) -> str:
        """A rate with all its digits, so that the points of a column stand below each other."""
        match value:
            case Decimal():
                return f"{value:,f}"
            case Between(least=Decimal() as least, most=Decimal() as most):
                return f"{least:,f}–{most:,f}"
            case _:
                return self.words.number(value)

    def row(self, link: StatementLink, rates: Sequence[str], kinds: Sequence[tuple[str, str]]) -> IndexRow:
        """One outlet of the index."""
        known = link.aggregates
        return IndexRow(
            self.words.outlet(link.outlet),
            link.file,
            link.tickets,
            tuple(self.rate(known[name]) if name in known else "" for name in rates),
            link.lines,
            link.open_lines,
            _sums(link.totals, link.before, kinds),
        )


def _kinds(month: Month) -> list[tuple[str, str]]:
    """The kinds of money of a month, those of the settled one among them."""
    before = month.correction_of.totals if month.correction_of else {}
    return sorted({*month.totals, *before})


def _settled(month: Month) -> Totals | None:
    """In a correction, the totals that were settled."""
    return month.correction_of.totals if month.correction_of else None


def _sums(totals: Totals, before: Totals | None, kinds: Sequence[tuple[str, str]]) -> tuple[Money, ...]:
    return tuple(Money((before or {}).get(kind, NOTHING), totals.get(kind, NOTHING)) for kind in kinds)
