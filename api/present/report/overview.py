"""The first screen: how many tickets change, how much money, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup
from rich.cells import cell_len, set_cell_size

from api.present.report.charts import Bar, bars, columns
from api.present.report.naming import Names
from api.present.report.numbers import Number, growth, plain, share, signed
from api.present.report.pieces import Tile
from api.present.report.wording import count_of, say
from engine.replay.dry_run.impact import Amounts, Dimension, Impact, Money, MoneyKind

MOST_BARS = 6
MOST_MONTHS = 36
_CELLS = 50
"""How much of a label has room above a bar, in the width of Latin letters."""
_MONTH = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True)
class Chart:
    """A drawing with its caption; `note` says what was left out."""

    caption: str
    drawing: Markup
    note: str = ""


def headline(impact: Impact, names: Names) -> str:
    """As `316 of 3,000 tickets (10.5%) would be judged differently; fine up by 29,120.00 CNY (+16.0%).`."""
    language = names.language
    everything = count_of("tickets", impact.tickets, language)
    if not impact.changed:
        return say("headline_alone", language, first=say("headline_none", language, all=everything))
    first = say(
        "headline",
        language,
        all=everything,
        changed=plain(impact.changed),
        share=share(impact.changed, impact.tickets),
    )
    moves = [_move(kind, names, total(impact, kind)) for kind in moved(impact) if total(impact, kind).delta]
    rest = say("and_so_on", language).join(moves) or say("headline_money_same", language)
    return say("headline_joined", language, first=first, rest=rest)


def moved(impact: Impact) -> list[MoneyKind]:
    """The kinds of money that change in all or for some rule, the largest change first."""
    everywhere = (impact.money, *(rule.money for rule in impact.rules))
    changed = {kind for amounts in everywhere for kind, money in amounts.items() if money.delta}
    return sorted(changed, key=lambda kind: (-abs(total(impact, kind).delta), kind))


def total(impact: Impact, kind: MoneyKind) -> Money:
    """One kind of money over all tickets."""
    return impact.money.get(kind, Money(Decimal(0), Decimal(0)))


def _move(kind: MoneyKind, names: Names, money: Money) -> str:
    text = say(
        "headline_up" if money.delta > 0 else "headline_down",
        names.language,
        kind=names.sum_of(kind),
        amount=plain(abs(money.delta)),
        unit=names.unit(kind),
    )
    grown = growth(money.before, money.after)
    return say("headline_growth", names.language, change=text, growth=grown) if grown else text


def tiles(impact: Impact, names: Names) -> Iterator[Tile]:
    """The large numbers, each of which the headline or a section says too."""
    language = names.language
    everything = plain(impact.tickets)

    def of_all(count: int) -> str:
        return say("of_all", language, all=everything, share=share(count, impact.tickets))

    yield Tile(say("tile_changed", language), plain(impact.changed), "", of_all(impact.changed))
    in_money = impact.changed_in_money
    yield Tile(say("tile_in_money", language), plain(in_money), "", of_all(in_money))
    pair = impact.undecided
    sides = say("from_to", language, before=plain(pair.before), after=plain(pair.after))
    yield Tile(say("tile_undecided", language), signed(pair.delta), "", sides)
    for kind in moved(impact):
        money = total(impact, kind)
        sides = say("from_to", language, before=plain(money.before), after=plain(money.after))
        label = say("tile_money", language, kind=names.sum_of(kind))
        yield Tile(label, signed(money.delta), names.unit(kind), sides)


class Charts:
    """Draws where it changes: by the kind of money that changes most, else by tickets."""

    def __init__(self, impact: Impact, names: Names) -> None:
        self.impact = impact
        self.names = names
        self.kind = next(iter(moved(impact)), None)

    def rules(self) -> Chart | None:
        """The rules that move most."""
        rows = [
            Bar(self.names.title(rule.rule, rule.title), self._value(rule.money, rule.changed))
            for rule in self.impact.rules
        ]
        return self._bars(rows, say("rule", self.names.language))

    def dimension(self, dimension: Dimension) -> Chart | None:
        """Months stand in their order, everything else by the size of the change."""
        name = self.names.dimension(dimension.name, dimension.fact)
        months = is_by_month(dimension)
        groups = [group for group in dimension.groups if not months or group.value is not None]
        rows = [
            Bar(
                group.value if months and group.value else self.names.group(dimension.fact, group.value),
                self._value(group.money, group.changed),
            )
            for group in groups
        ]
        return self._columns(rows, name) if months else self._bars(rows, name)

    def _value(self, money: Amounts, changed: int) -> Number:
        if self.kind is None:
            return changed
        return money[self.kind].delta if self.kind in money else Decimal(0)

    def _bars(self, rows: Sequence[Bar], name: str) -> Chart | None:
        moving = sorted(
            (row for row in rows if row.value), key=lambda row: abs(Decimal(row.value)), reverse=True
        )
        if len(moving) < 2:
            return None
        shown = [Bar(shortened(row.label), row.value) for row in moving[:MOST_BARS]]
        left_out = len(moving) > MOST_BARS
        note = say("chart_top", self.names.language, count=MOST_BARS) if left_out else ""
        return Chart(self._caption(name), bars(shown, self._caption(name)), note)

    def _columns(self, rows: Sequence[Bar], name: str) -> Chart | None:
        if not any(row.value for row in rows):
            return None
        in_order = sorted(rows, key=lambda row: row.label)[-MOST_MONTHS:]
        return Chart(self._caption(name), columns(in_order, self._caption(name)))

    def _caption(self, name: str) -> str:
        language = self.names.language
        if self.kind is None:
            what = say("chart_tickets", language)
        else:
            unit = self.names.unit(self.kind)
            what = say("chart_money", language, kind=self.names.sum_of(self.kind), unit=unit)
        return say("chart_by", language, what=what, name=name)


def _size(bar: Bar) -> Decimal:
    return abs(Decimal(bar.value))


def is_by_month(dimension: Dimension) -> bool:
    values = [group.value for group in dimension.groups if group.value is not None]
    return bool(values) and all(map(_MONTH.fullmatch, values))


def shortened(text: str, cells: int = _CELLS) -> str:
    """A label that fits; a Chinese character takes two cells.

    >>> shortened("fines by the band of the rate", 12), shortened("签收未收到", 8)
    ('fines by th…', '签收未 …')
    """
    return text if cell_len(text) <= cells else f"{set_cell_size(text, cells - 1)}…"
