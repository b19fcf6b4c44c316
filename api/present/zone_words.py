"""Where a change applies, by proof, and what history has of it: the sentences that every form shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from api.present.labels import label
from api.present.report.naming import Names
from api.present.report.numbers import plain
from engine.replay.dry_run.impact import ItemReach, Money, Reach, ZoneImpact

LEAST_TOLD = 10
"""Cells without which a cut condition says nothing."""
MOST_NAMED = 3
"""Rules or zones that a sentence names; of the others it gives the number."""


@dataclass(frozen=True)
class ZoneRow:
    """A zone of an item; `tickets` is the number of past tickets in it, or why there is none."""

    item: ItemReach
    zone: ZoneImpact
    title: str
    where: str
    tickets: str
    unknown: str
    money: tuple[tuple[str, Money], ...]


def zone_rows(reach: Reach, names: Names) -> list[ZoneRow]:
    """Every zone, those first that most past tickets changed in; those that none ever lay in last."""
    rows = [_row(item, zone, names) for item in reach.items for zone in item.zones]
    return sorted(rows, key=lambda row: (-row.zone.changed, -(row.zone.tickets or 0)))


def _row(item: ItemReach, zone: ZoneImpact, names: Names) -> ZoneRow:
    language = names.language
    return ZoneRow(
        item,
        zone,
        names.title(item.item, item.title),
        zone.words[language]
        if zone.exact
        else label("region", "some_of", language, region=zone.words[language]),
        label("reach", "unsaid", language) if zone.tickets is None else plain(zone.tickets),
        label("reach", "unknown", language, count=plain(zone.unknown)) if zone.unknown else "",
        tuple((names.kind(kind), zone.money[kind]) for kind in sorted(zone.money)),
    )


def conclusions(reach: Reach, names: Names, *, named: bool = True) -> list[str]:
    """What is proved of all other tickets, what is not, and how much of it history says nothing about.

    `named`: which zones those are, for a form that does not show all of them.
    """
    texts = [_proved(reach, names)]
    if reach.unvisited:
        values = {"count": plain(reach.unvisited), "all": plain(reach.zones)}
        found = label("reach", "unvisited", names.language, **values)
        zones = {"zones": _few(_never_visited(reach, names), names)}
        texts.append(
            label("reach", "unvisited_are", names.language, found=found, **zones) if named else found
        )
    return texts


def _proved(reach: Reach, names: Names) -> str:
    if reach.is_complete:
        return label("reach", "proved" if reach.items else "proved_same", names.language)
    open_ = [names.title(item.item, item.title) for item in reach.items if not item.complete]
    return label("reach", "not_proved", names.language, rules=_few(open_, names))


def _never_visited(reach: Reach, names: Names) -> list[str]:
    rows = (row for row in zone_rows(reach, names) if row.zone.unvisited)
    return [named_zone(row.title, row.where, names) for row in rows]


def named_zone(title: str, where: str, names: Names) -> str:
    """`late compensation: days > 3`."""
    return label("reach", "zone_of", names.language, title=title, where=where)


def on_a_line(row: ZoneRow, cells: int, names: Names) -> str:
    """A zone as far as there is room: of its conditions the last, which are the rule's own."""
    where = row.zone.words[names.language]
    whole = named_zone(row.title, where, names)
    room = cells - (cell_len(whole) - cell_len(where))
    if cell_len(whole) <= cells or room < LEAST_TOLD:
        return whole
    while cell_len(where) >= room:
        where = where[1:]
    return named_zone(row.title, f"…{where}", names)


def _few(texts: Sequence[str], names: Names) -> str:
    """The first of them, and how many there are beyond."""
    few = list(texts[:MOST_NAMED])
    if len(texts) > MOST_NAMED:
        few.append(label("impact", "more", names.language, count=plain(len(texts) - MOST_NAMED)))
    return label("reach", "listed", names.language).join(few)


def elsewhere(item: ItemReach, names: Names) -> str:
    """Of tickets that differ by an item outside of its zones; empty where there is none."""
    if not item.elsewhere:
        return ""
    key = "elsewhere_alike" if item.complete else "elsewhere"
    title = names.title(item.item, item.title)
    return label("reach", key, names.language, title=title, count=plain(item.elsewhere))
