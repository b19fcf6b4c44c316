"""An impact on one screen: how many tickets, how much money, by which rules and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.present.clipping import clipped
from api.present.findings_text import visible
from api.present.labels import label
from api.present.report.naming import Names
from api.present.report.numbers import Number, growth, plain, share, signed
from api.present.report.wording import say
from api.present.zone_words import ZoneRow, conclusions, on_a_line, zone_rows
from engine.base.findings import Language
from engine.library import Library
from engine.replay.dry_run.impact import (
    Amounts,
    Dimension,
    Edit,
    GroupImpact,
    Impact,
    MoneyKind,
    Reach,
    Side,
    TicketImpact,
)

MOST_RULES = 3
MOST_GROUPS = (2, 2, 1)
"""Rows for the first dimensions; every further one has a single row."""
MOST_KINDS = 2
MOST_EDITS = 2
MOST_TICKETS = 3
MOST_ZONES = 3
GAP, LEAST = 2, 8
"""Cells between two columns, and those that a column of words keeps."""


class ImpactText:
    """Writes impacts for a terminal of 24 lines by 80 cells; `libraries`, base first, give the words.

    `reported`: a full report is written too, so that none is recommended.
    """

    def __init__(self, libraries: Sequence[Library], language: Language, *, reported: bool = False) -> None:
        self.reported = reported
        self.names = Names(libraries, language)
        self.language = language

    def write(self, console: Console, impact: Impact) -> None:
        """The answer first, then the money, the rules, the places, and where to read more."""
        for line in self._heads(impact):
            console.print(line, no_wrap=True, overflow="ellipsis")
        console.print()
        console.print(_with_room(self._sides(impact), console.width))
        if impact.reach:
            console.print()
            self._reach(console, impact.reach, impact)
        elif impact.rules and impact.changed:
            console.print()
            console.print(_with_room(self._rules(impact), console.width))
        if impact.dimensions and impact.changed:
            console.print()
            console.print(_with_room(self._places(impact), console.width))
        for line in self._feet(impact, console.width):
            console.print(line, no_wrap=True, overflow="ellipsis")

    def _say(self, key: str, **values: object) -> str:
        return label("impact", key, self.language, **values)

    def _heads(self, impact: Impact) -> Iterator[Text]:
        base, candidate = self._side(impact.base), self._side(impact.candidate)
        yield Text(visible(self._say("title", base=base, candidate=candidate)), style="bold")
        yield Text(visible(self._edits(impact.edits)))
        yield Text(headline(impact, self.language), style="bold")

    def _side(self, side: Side) -> str:
        return self._say("side", label=side.label, edition=side.edition)

    def _edits(self, edits: Sequence[Edit]) -> str:
        if not edits:
            return self._say("none_edited")
        shown = [edit_text(edit, self.names) for edit in edits[:MOST_EDITS]]
        if len(edits) > MOST_EDITS:
            shown.append(self._say("more", count=len(edits) - MOST_EDITS))
        return self._say("edits", what=self._say("in_order").join(shown))

    def _sides(self, impact: Impact) -> Table:
        """Money by kind and the undecided, before and after."""
        table = self._table("", *(self._say(key) for key in ("before", "after", "change")), "")
        for kind, money in impact.money.items():
            name = self._say("money", kind=self.names.kind_alone(kind), unit=self.names.unit(kind))
            grown = growth(money.before, money.after) or ""
            table.add_row(name, plain(money.before), plain(money.after), signed(money.delta), grown)
        pair = impact.undecided
        cells = (plain(pair.before), plain(pair.after), signed(pair.delta))
        table.add_row(self._say("tickets_undecided"), *cells, growth(pair.before, pair.after) or "")
        return table

    def _rules(self, impact: Impact) -> Table:
        kinds = moved(impact)[:MOST_KINDS]
        table = self._counts("rule", kinds)
        changed = [rule for rule in impact.rules if rule.changed]
        for rule in changed[:MOST_RULES]:
            title = self.names.title(rule.rule, rule.title)
            table.add_row(visible(title), plain(rule.changed), *deltas(rule.money, kinds))
        if len(changed) > MOST_RULES:
            table.add_row(Text(self._say("more", count=len(changed) - MOST_RULES), style="dim"))
        return table

    def _reach(self, console: Console, reach: Reach, impact: Impact) -> None:
        """Rule by rule where the change applies, which says more than the rules alone, and what is proved."""
        rows = zone_rows(reach, self.names)
        if rows:
            console.print(self._zones(rows, moved(impact)[:MOST_KINDS], console.width))
        proved, *unvisited = conclusions(reach, self.names, named=False)
        console.print(Text(visible(proved)), no_wrap=True, overflow="ellipsis")
        if unvisited:
            never = next(row for row in rows if row.zone.unvisited)
            text = label("reach", "unvisited_are", self.language, found=unvisited[0], zones="")
            text += on_a_line(never, console.width - cell_len(text), self.names)
            console.print(Text(visible(text)), no_wrap=True, overflow="ellipsis")

    def _zones(self, rows: Sequence[ZoneRow], kinds: Sequence[MoneyKind], width: int) -> Table:
        money = [
            self._say("money", kind=self.names.kind_alone(kind), unit=self.names.unit(kind)) for kind in kinds
        ]
        heading, *headings = (label("reach", key, self.language) for key in ("heading", "tickets", "changed"))
        shown = [
            (row, (row.tickets, plain(row.zone.changed), *deltas(row.zone.money, kinds)))
            for row in rows[:MOST_ZONES]
        ]
        columns = zip([*headings, *money], *(cells for _, cells in shown), strict=True)
        room = width - sum(GAP + max(map(cell_len, column)) for column in columns)
        table = self._table(heading, *headings, *money)
        for row, cells in shown:
            table.add_row(visible(on_a_line(row, max(room, LEAST), self.names)), *cells)
        if len(rows) > MOST_ZONES:
            table.add_row(Text(self._say("more", count=len(rows) - MOST_ZONES), style="dim"))
        return _with_room(table, width)

    def _places(self, impact: Impact) -> Table:
        kinds = moved(impact)[:MOST_KINDS]
        table = self._counts("where", kinds)
        for place, dimension in enumerate(impact.dimensions):
            most = MOST_GROUPS[place] if place < len(MOST_GROUPS) else 1
            telling = (group for group in dimension.groups if group.changed and group.value is not None)
            for group in islice(telling, most):
                name = visible(self._group(dimension, group))
                table.add_row(name, plain(group.changed), *deltas(group.money, kinds))
        return table

    def _group(self, dimension: Dimension, group: GroupImpact) -> str:
        by = self.names.dimension(dimension.name, dimension.fact)
        return self._say("group", by=by, value=self.names.group(dimension.fact, group.value))

    def _feet(self, impact: Impact, width: int) -> Iterator[Text]:
        if impact.largest:
            yield Text(self._largest(impact.largest[:MOST_TICKETS], width))
        if impact.changed and not self.reported:
            yield Text(self._say("hint"), style="dim")

    def _largest(self, tickets: Sequence[TicketImpact], width: int) -> str:
        """As many as there is room for; what numbers of tickets are too long gives way to the amounts."""
        names = [visible(ticket.ticket_no or f"{ticket.file}:{ticket.row}") for ticket in tickets]
        line = self._with_amounts(names, tickets)
        if cell_len(line) <= width:
            return line
        room = (width - cell_len(self._with_amounts([""] * len(tickets), tickets))) // len(tickets)
        if room < LEAST and len(tickets) > 1:
            return self._largest(tickets[:-1], width)
        return self._with_amounts([clipped(name, max(room, LEAST)) for name in names], tickets)

    def _with_amounts(self, names: Sequence[str], tickets: Sequence[TicketImpact]) -> str:
        shown = (self._ticket(name, ticket) for name, ticket in zip(names, tickets, strict=True))
        return self._say("largest", tickets=self._say("in_order").join(shown))

    def _ticket(self, name: str, ticket: TicketImpact) -> str:
        amounts = (signed(money.delta) for money in ticket.money.values() if money.delta)
        return self._say("one_largest", ticket=name, amount=self._say("in_order").join(amounts))

    def _counts(self, heading: str, kinds: Sequence[MoneyKind]) -> Table:
        money = [
            self._say("money", kind=self.names.kind_alone(kind), unit=self.names.unit(kind)) for kind in kinds
        ]
        return self._table(self._say(heading), self._say("changed"), *money)

    def _table(self, first: str, *numbers: str) -> Table:
        """One column of words that is cut where there is no room, and numbers that never are."""
        table = Table(box=None, pad_edge=False)
        table.add_column(first, no_wrap=True, overflow="ellipsis")
        for heading in numbers:
            table.add_column(heading, justify="right", no_wrap=True)
        return table


def _with_room(table: Table, width: int) -> Table:
    """Gives numbers the room that they need; words have the rest."""
    words, *numbers = table.columns
    for column in numbers:
        column.min_width = max(cell_len(str(cell)) for cell in (column.header, *column.cells))
    taken = sum(column.min_width + GAP for column in numbers if column.min_width)
    words.max_width = max(width - taken, LEAST)
    return table


def headline(impact: Impact, language: Language) -> str:
    """How many tickets were judged and how many of them differently."""
    tickets = plain(impact.tickets)
    if not impact.changed:
        return label("impact", "headline_none", language, tickets=tickets)
    return label(
        "impact",
        "headline",
        language,
        tickets=tickets,
        changed=plain(impact.changed),
        share=share(impact.changed, impact.tickets),
        in_money=plain(impact.changed_in_money),
    )


def edit_text(edit: Edit, names: Names) -> str:
    """What was edited, in a few words: `parameter 〈first-call fine〉 50 → 60`."""
    thing = say(f"edit_{edit.kind}", names.language)
    title = names.missing(edit.name) if edit.kind in ("parameter", "fact") else names.title(edit.name)
    if edit.before is None and edit.after is None:
        return label("impact", "edit", names.language, thing=thing, title=title)
    before, after = short_values(edit.before, edit.after)
    values = {"thing": thing, "title": title, "before": before, "after": after}
    key = "edit_values" if before and after else "edit_added" if after else "edit_removed"
    return label("impact", key, names.language, **values)


def short_values(before: str | None, after: str | None) -> tuple[str, str]:
    """Dated values of a parameter, less those that both sides have; without days where these are the same.

    >>> short_values("2015-04-01: 50, 2016-01-01: 70", "2015-04-01: 60, 2016-01-01: 70")
    ('50', '60')
    >>> short_values("2015-04-01: 50", "2015-04-01: 50, 2016-01-01: 70")
    ('', '2016-01-01: 70')
    """
    old, new = (dict.fromkeys((text or "").split(", ")) for text in (before, after))
    gone, come = ([step for step in one if step not in other] for one, other in ((old, new), (new, old)))
    days = [[step.partition(": ")[0] for step in steps] for steps in (gone, come)]
    if days[0] == days[1] and all(": " in step for step in (*gone, *come)):
        gone, come = ([step.partition(": ")[2] for step in steps] for steps in (gone, come))
    return ", ".join(gone), ", ".join(come)


def moved(impact: Impact) -> list[MoneyKind]:
    """The kinds of money that change somewhere, the largest change first."""
    everywhere = (impact.money, *(rule.money for rule in impact.rules))
    changed = {kind for amounts in everywhere for kind, money in amounts.items() if money.delta}
    return sorted(
        changed, key=lambda kind: (-abs(impact.money[kind].delta) if kind in impact.money else 0, kind)
    )


def deltas(money: Amounts, kinds: Sequence[MoneyKind]) -> Iterator[str]:
    """The change of each kind, with its sign."""
    for kind in kinds:
        delta: Number = money[kind].delta if kind in money else 0
        yield signed(delta)
