"""Many verdicts summed up: how often each rule applied, the money, and what was missing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from rich.console import Console
from rich.table import Table

from api.present.amounts import money
from api.present.labels import label, label_or
from engine.base.exact import EXACT
from engine.base.findings import Language
from engine.evaluate.verdict import Verdict


@dataclass
class Tally:
    """Counts over the verdicts that it was given."""

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
        for undecided in verdict["undecided"]:
            for name in undecided["missing"] or [""]:
                self.undecided[(undecided["reason"], name)] += 1
        for kind, by_unit in verdict["totals"].items():
            for unit, amount in by_unit.items():
                before = self.money.get((kind, unit), Decimal(0))
                self.money[(kind, unit)] = EXACT.add(before, Decimal(amount))


def write_tally(console: Console, tally: Tally, language: Language) -> None:
    """Tables of counts by rule, money by kind, and undecided matters by what is missing."""
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
        heads.add_row(label("heading", key, language), f"{count:,}")
    for (kind, unit), amount in sorted(tally.money.items()):
        heads.add_row(label("kind", kind, language), money(amount, unit, language))
    console.print(heads)
    if tally.outcomes:
        console.print(_outcomes(tally, language))
    if tally.undecided:
        console.print(_undecided(tally, language))


def _table(*columns: str, language: Language) -> Table:
    """Columns by their headings; the last is a number."""
    table = Table(box=None, pad_edge=False, title_justify="left")
    for column in columns:
        right = column == columns[-1]
        table.add_column(label("heading", column, language), justify="right" if right else "left")
    return table


def _outcomes(tally: Tally, language: Language) -> Table:
    table = _table("rule", "kind", "row", "count", language=language)
    for (rule, kind, detail), count in sorted(tally.outcomes.items()):
        shown = label_or("state", detail, language, detail)
        table.add_row(rule, label_or("kind", kind, language, kind), shown, f"{count:,}")
    return table


def _undecided(tally: Tally, language: Language) -> Table:
    table = _table("undecided", "missing", "count", language=language)
    for (reason, name), count in sorted(tally.undecided.items()):
        table.add_row(label_or("reason", reason, language, reason), name, f"{count:,}")
    return table
