"""A settled month on a terminal: what was settled, the money, the outlets that pay most, what is open."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.present.amounts import money
from api.present.settlement_words import SettlementWords
from engine.replay.settle.settlement import Month, StatementLink, Totals

MOST_OUTLETS = 10
"""So many outlets are shown; the rest is counted."""


class SettlementText:
    """Writes the summary of a month."""

    def __init__(self, words: SettlementWords, month: Month) -> None:
        self._words, self._month = words, month

    def write(self, console: Console, links: Sequence[StatementLink], folder: str | None) -> None:
        console.print(self._heads())
        console.print()
        console.print(self._outlets(links))
        if folder is not None:
            console.print()
            console.print(Text(self._words.say("written_to", folder=folder)))

    def _heads(self) -> Table:
        month, say = self._month, self._words.say
        heads = Table(box=None, show_header=False, pad_edge=False)
        heads.add_column()
        heads.add_column(justify="right", no_wrap=True)
        heads.add_row(Text(say("title", month=month.month), style="bold"), "")
        counts = {
            "tickets_of_month": month.tickets,
            "bad": month.bad,
            "undated": month.undated,
            "other_months": month.other_months,
            "outlets": month.outlets,
            "open_items": month.open_lines,
        }
        for key, count in counts.items():
            if count or key in ("tickets_of_month", "outlets", "open_items"):
                heads.add_row(say(key), f"{count:,}")
        for paid in month.kinds:
            amount = month.totals.get(paid, Decimal(0))
            heads.add_row(self._words.kind(paid[0]), money(amount, paid[1], self._words.language))
            self._add_difference(heads, paid, amount)
        return heads

    def _add_difference(self, heads: Table, key: tuple[str, str], amount: Decimal) -> None:
        """In a correction, what is more or less than was settled."""
        if self._month.correction_of is None:
            return
        delta = amount - self._month.correction_of.totals.get(key, Decimal(0))
        shown = money(delta, key[1], self._words.language)
        heads.add_row(f"  {self._words.say('delta')}", shown if delta < 0 else f"+{shown}")

    def _outlets(self, links: Sequence[StatementLink]) -> Table:
        kinds = self._month.kinds
        table = Table(box=None, pad_edge=False)
        table.add_column(self._words.say("outlet"))
        for kind, unit in kinds:
            title = f"{self._words.kind(kind)} ({self._words.unit(unit)})"
            table.add_column(title, justify="right", no_wrap=True)
        correction = self._month.correction_of is not None
        if correction:
            table.add_column(self._words.say("delta"), justify="right", no_wrap=True)
        table.add_column(self._words.say("open_items"), justify="right")
        shown = sorted(links, key=_most_changed if correction else _dearest)[:MOST_OUTLETS]
        for link in shown:
            amounts = [_shown(link.totals, key) for key in kinds]
            changed = [_signed(_change(link))] if correction else []
            table.add_row(self._words.outlet(link.outlet), *amounts, *changed, f"{link.open_lines:,}")
        if len(links) > len(shown):
            table.add_row(self._words.say("more_outlets", more=f"{len(links) - len(shown):,}"))
        return table


def _dearest(link: StatementLink) -> tuple[Decimal, str]:
    return -sum(link.totals.values(), Decimal(0)), link.outlet or ""


def _most_changed(link: StatementLink) -> tuple[Decimal, Decimal, str]:
    return -abs(_change(link)), *_dearest(link)


def _change(link: StatementLink) -> Decimal:
    """What the outlet pays more than was settled, whatever it is for."""
    return sum(link.totals.values(), Decimal(0)) - sum((link.before or {}).values(), Decimal(0))


def _signed(amount: Decimal) -> str:
    return f"{amount:+,}" if amount else ""


def _shown(totals: Totals, key: tuple[str, str]) -> str:
    return f"{totals[key]:,}" if key in totals else ""
