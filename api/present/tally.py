"""Many verdicts summed up: how often each rule applied, the money, and what was missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.present.amounts import money
from api.present.labels import label, label_or
from engine.base.exact import EXACT
from engine.base.findings import Language
from engine.evaluate.verdict import Verdict
from engine.library import Library
from engine.rulebook.model import Words

WIDE = 120
"""Cells from which on a line holds a rule's title and its name."""


@dataclass
class Tally:
    """Counts over the verdicts given; `undecided` counts tickets, by reason and by what is missing."""

    judged: int = 0
    bad: int = 0
    with_outcome: int = 0
    with_undecided: int = 0
    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    undecided: Counter[tuple[str, str]] = field(default_factory=Counter)
    money: dict[tuple[str, str], Decimal] = field(default_factory=dict)

    def add(self, verdict: Verdict) -> None:
        """Counts one verdict in."""
        self.judged += 1
        self.with_outcome += bool(verdict["outcomes"])
        self.with_undecided += bool(verdict["undecided"])
        for outcome in verdict["outcomes"]:
            detail = str(outcome.get("row") or outcome.get("state") or "")
            self.outcomes[(outcome["rule"], outcome["kind"], detail)] += 1
        missing = {(u["reason"], name) for u in verdict["undecided"] for name in u["missing"] or [""]}
        self.undecided.update(missing)
        for kind, by_unit in verdict["totals"].items():
            for unit, amount in by_unit.items():
                before = self.money.get((kind, unit), Decimal(0))
                self.money[(kind, unit)] = EXACT.add(before, Decimal(amount))


class TallyTables:
    """Tables of counts by rule, money by kind, and undecided tickets by what is missing."""

    def __init__(self, library: Library, language: Language) -> None:
        items = {item.head.id: item.head.title for book in library.rulebooks for item in book.items}
        parameters = {p.id: p.label for book in library.rulebooks for p in book.parameters.values()}
        facts = library.catalogue.facts if library.catalogue is not None else {}
        self._titles = items
        self._labels = {name: fact.label for name, fact in facts.items()} | parameters
        self._language = language

    def write(self, console: Console, tally: Tally) -> None:
        """The counts that matter first, then what applied, then what could not be told."""
        console.print(self._heads(tally))
        if tally.outcomes:
            console.print()
            console.print(self._outcomes(tally, wide=console.width >= WIDE))
        if tally.undecided:
            console.print()
            console.print(self._undecided(tally))

    def _heads(self, tally: Tally) -> Table:
        heads = Table(box=None, show_header=False, pad_edge=False)
        heads.add_column()
        heads.add_column(justify="right")
        rows = {
            "tickets": tally.judged,
            "tickets_with": tally.with_outcome,
            "tickets_undecided": tally.with_undecided,
            "bad_tickets": tally.bad,
        }
        for key, count in rows.items():
            heads.add_row(label("heading", key, self._language), f"{count:,}")
        for (kind, unit), amount in sorted(tally.money.items()):
            name = label("heading", "total_of", self._language, kind=label("kind", kind, self._language))
            heads.add_row(name, money(amount, unit, self._language))
        return heads

    def _table(self, *columns: str) -> Table:
        """Columns by their headings; counts stand to the right, and no name is cut short."""
        table = Table(box=None, pad_edge=False, title_justify="left")
        for column in columns:
            right = column == "count"
            heading = label("heading", column, self._language)
            table.add_column(heading, justify="right" if right else "left", overflow="fold", no_wrap=right)
        return table

    def _outcomes(self, tally: Tally, *, wide: bool) -> Table:
        """On a narrow terminal titles without the rules' names, which `show` has beside each other."""
        table = self._table("count", "kind", "rule", "row")
        for (rule, kind, detail), count in sorted(tally.outcomes.items()):
            shown = label_or("state", detail, self._language, detail)
            kind_words = label_or("kind", kind, self._language, kind)
            table.add_row(f"{count:,}", kind_words, self._named(rule, self._titles, wide=wide), shown)
        return table

    def _undecided(self, tally: Tally) -> Table:
        """What is missing most often comes first."""
        table = self._table("count", "undecided", "missing")
        for (reason, name), count in sorted(tally.undecided.items(), key=lambda item: (-item[1], item[0])):
            shown = label_or("reason", reason, self._language, reason)
            table.add_row(f"{count:,}", shown, self._named(name, self._labels))
        return table

    def _named(self, name: str, known: Mapping[str, Words], *, wide: bool = True) -> Text:
        """The words for people, and the name that stands in the rulebooks."""
        if name not in known:
            return Text(name)
        if not wide:
            return Text(known[name].in_language(self._language))
        return Text(f"{known[name].in_language(self._language)}  ").append(name, style="dim")
