"""The tables of a report: rules, groups of tickets, distributions, the largest changes, what is undecided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from api.present.report.charts import Twin, twins
from api.present.report.naming import Names
from api.present.report.numbers import plain, share
from api.present.report.overview import Chart, is_by_month
from api.present.report.wording import say
from engine.replay.dry_run.impact import (
    Amounts,
    Bin,
    Dimension,
    Distribution,
    GroupImpact,
    Impact,
    Lacking,
    Money,
    MoneyKind,
    Pair,
    RuleImpact,
)

MOST_GROUPS = 25
"""Rows of a table by outlet and the like; the others are added up in one more."""
NO_MONEY = Money(Decimal(0), Decimal(0))


@dataclass(frozen=True)
class RuleRow:
    """A rule of the table; a row for each kind of money that it moves, the counts on the first."""

    rule: RuleImpact
    title: str
    money: tuple[tuple[str, Money], ...]


@dataclass(frozen=True)
class GroupRow:
    name: str
    tickets: int
    changed: int
    share: str
    money: tuple[Money, ...]
    sums_up: bool = False


@dataclass(frozen=True)
class GroupTable:
    """Tickets by a fact; `kinds` head the columns of money, three for each."""

    anchor: str
    name: str
    chart: Chart | None
    kinds: tuple[str, ...]
    rows: tuple[GroupRow, ...]
    total: GroupRow | None
    left_out: int


@dataclass(frozen=True)
class BinRow:
    name: str
    tickets: Pair


@dataclass(frozen=True)
class DistributionTable:
    kind: str
    note: str
    chart: Chart
    rows: tuple[BinRow, ...]


@dataclass(frozen=True)
class LackingRow:
    rule: str
    title: str
    reason: str
    missing: tuple[tuple[str, str], ...]
    tickets: Pair


@dataclass(frozen=True)
class LargestRow:
    ticket: str
    file: str
    row: int
    kind: str
    money: Money
    rules: tuple[str, ...]


def rule_rows(impact: Impact, names: Names) -> Iterable[RuleRow]:
    """Every rule that differs, as the impact has them."""
    for rule in impact.rules:
        kinds = sorted(rule.money)
        yield RuleRow(
            rule,
            names.title(rule.rule, rule.title),
            tuple((names.kind(kind), rule.money[kind]) for kind in kinds),
        )


def group_table(
    dimension: Dimension, kinds: Sequence[MoneyKind], chart: Chart | None, names: Names
) -> GroupTable:
    """The largest changes first, months in their order; what does not fit is one row."""
    groups = sorted(dimension.groups, key=_by_time) if is_by_month(dimension) else dimension.groups
    moving = [group for group in groups if group.changed or is_by_month(dimension)]
    shown = moving[:MOST_GROUPS]
    rest = [group for group in groups if group not in shown]
    rows = [_group_row(names.group(dimension.fact, group.value), [group], kinds) for group in shown]
    if rest:
        rows.append(
            _group_row(say("others", names.language, count=plain(len(rest))), rest, kinds, sums_up=True)
        )
    return GroupTable(
        anchor=f"by-{dimension.name}",
        name=names.dimension(dimension.name, dimension.fact),
        chart=chart,
        kinds=tuple(names.kind(kind) for kind in kinds),
        rows=tuple(rows),
        total=None if dimension.left_out else _group_row(say("all_together", names.language), groups, kinds),
        left_out=dimension.left_out,
    )


def _by_time(group: GroupImpact) -> tuple[bool, str]:
    return group.value is None, group.value or ""


def _group_row(
    name: str, groups: Sequence[GroupImpact], kinds: Sequence[MoneyKind], *, sums_up: bool = False
) -> GroupRow:
    tickets, changed = sum(g.tickets for g in groups), sum(g.changed for g in groups)
    money = tuple(added(kind, (group.money for group in groups)) for kind in kinds)
    return GroupRow(name, tickets, changed, share(changed, tickets), money, sums_up)


def added(kind: MoneyKind, amounts: Iterable[Amounts]) -> Money:
    """One kind of money, added up."""
    found = [money.get(kind, NO_MONEY) for money in amounts]
    zero = Decimal(0)
    return Money(sum((m.before for m in found), zero), sum((m.after for m in found), zero))


def distribution_table(distribution: Distribution, names: Names) -> DistributionTable:
    """The bins in their order; what costs nothing is told, not drawn, as it would dwarf the rest."""
    language = names.language
    drawn = [
        Twin(_range(bin_, names, short=True), bin_.tickets.before, bin_.tickets.after)
        for bin_ in distribution.bins
        if not _is_nothing(bin_)
    ]
    nothing = next((bin_.tickets for bin_ in distribution.bins if _is_nothing(bin_)), Pair(0, 0))
    kind = names.kind(distribution.kind)
    note = say(
        "distribution_note",
        language,
        kind=names.kind_alone(distribution.kind),
        before=plain(nothing.before),
        after=plain(nothing.after),
    )
    rows = tuple(BinRow(_range(bin_, names, short=False), bin_.tickets) for bin_ in distribution.bins)
    caption = say("distribution_of", language, kind=kind)
    return DistributionTable(kind, note, Chart(caption, twins(drawn, caption)), rows)


def _is_nothing(bin_: Bin) -> bool:
    return bin_.low == bin_.high == 0


def _range(bin_: Bin, names: Names, *, short: bool) -> str:
    if _is_nothing(bin_):
        return say("range_none", names.language)
    low = _edge(bin_.low)
    if bin_.high is None:
        return say("range_open", names.language, low=low)
    if bin_.high == bin_.low:
        return low
    return say("range_short" if short else "range", names.language, low=low, high=_edge(bin_.high))


def _edge(edge: Decimal) -> str:
    """An end of a bin, without cents where it has none."""
    return plain(int(edge)) if edge == edge.to_integral_value() else plain(edge)


def largest_rows(impact: Impact, names: Names) -> Iterable[LargestRow]:
    for ticket in impact.largest:
        rules = tuple(names.title(rule) for rule in ticket.rules)
        for kind, money in sorted(ticket.money.items()):
            if money.delta:
                yield LargestRow(
                    ticket.ticket_no or "", ticket.file, ticket.row, names.kind(kind), money, rules
                )


def lacking_rows(lacking: Iterable[Lacking], names: Names) -> list[LackingRow]:
    """What changes most first."""
    in_order = sorted(lacking, key=lambda row: (-abs(row.tickets.delta), -row.tickets.after, row.rule))
    return [
        LackingRow(
            row.rule,
            names.title(row.rule),
            names.reason(row.reason),
            tuple((names.missing(name), name) for name in row.missing),
            row.tickets,
        )
        for row in in_order
    ]
