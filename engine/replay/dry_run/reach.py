"""Counts the past tickets in each zone of a change, and holds the proof against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlglot import exp

from engine.replay.dry_run.compare import CHANGED, SIDES, Rule, SideName
from engine.replay.dry_run.examples import Disagreement
from engine.replay.dry_run.impact import ItemReach, MoneyKind, Reach, ZoneImpact
from engine.replay.dry_run.said import has_bits
from engine.replay.dry_run.tallies import FILE, KEPT, ROW, Tallies, amounts_of, count_of
from engine.replay.dry_run.zones import Mark, Zone
from engine.replay.sql import logic
from engine.replay.sql.logic import Truth, conjunction, disjunction, is_false, is_null, is_true, sql
from engine.replay.sql.slots import Sql


class Contradiction(Disagreement):
    """A past ticket is judged differently where it was proved that none can be."""


def reach_of(tallies: Tallies, marks: Sequence[Mark], titles: Mapping[str, Mapping[str, str]]) -> Reach:
    """What history has of every zone; raises Contradiction where it refutes what was proved."""
    for mark in marks:
        _require_no_other(tallies, mark)
    telling = [mark for mark in marks if mark.extent.zones or not mark.extent.complete]
    items = tuple(_item(tallies, mark, titles.get(mark.extent.id, {})) for mark in telling)
    return Reach(items, len(marks) - len(telling))


def _require_no_other(tallies: Tallies, mark: Mark) -> None:
    """No ticket that lies in no zone for certain is concluded differently."""
    if mark.touched is None:
        return
    outside = sql(conjunction([exp.column(mark.touched), _in_no_zone(mark)]))
    query = exp.select(FILE, ROW).from_(KEPT).where(outside).order_by(FILE, ROW).limit(1)
    for file, row in tallies.engine.rows(query):
        raise Contradiction(f"{mark.extent.id}: {file}:{row} is judged differently outside of all its zones")


def _in_no_zone(mark: Mark) -> Truth:
    """Known of all zones; a zone that cannot be said may be anywhere."""
    return conjunction(False if name is None else is_false(exp.column(name)) for name in mark.zones)


def _item(tallies: Tallies, mark: Mark, title: Mapping[str, str]) -> ItemReach:
    """The counts of an item, by one query."""
    rules = [rule for rule in tallies.asked.rules if mark.extent.owns(rule.id)]
    changed = _changed(rules, mark)
    kinds = tuple(dict.fromkeys(kind for rule in rules for kind in rule.kinds))
    zones = [None if name is None else exp.column(name) for name in mark.zones]
    parts = [_count(changed), _count(conjunction([changed, _in_no_zone(mark)]))]
    parts += [part for zone in zones if zone is not None for part in _parts(zone, changed, rules, kinds)]
    (row,) = tallies.engine.rows(exp.select(*parts).from_(KEPT))
    counts, width = iter(row[2:]), 3 + 2 * len(kinds)
    impacts = tuple(
        _zone(declared, None if zone is None else [next(counts) for _ in range(width)], kinds)
        for declared, zone in zip(mark.extent.zones, zones, strict=True)
    )
    return ItemReach(mark.extent.id, title, mark.extent.complete, impacts, int(row[0]), int(row[1]))


def _changed(rules: Sequence[Rule], mark: Mark) -> Truth:
    """Whether the item says something else of a ticket; never NULL."""
    said: list[Truth] = [has_bits(exp.column(rule.state), CHANGED) for rule in rules]
    return disjunction([*said, False if mark.valued is None else exp.column(mark.valued)])


def _parts(zone: exp.Column, changed: Truth, rules: Sequence[Rule], kinds: Sequence[MoneyKind]) -> list[Sql]:
    """Tickets in the zone, those of which it is unknown, those that change, and the item's money on them."""
    inside = is_true(zone)
    money = [
        exp.Sum(this=logic.case([(sql(inside).copy(), _money(rules, kind, side))], exp.Null()))
        for kind in kinds
        for side in SIDES
    ]
    return [_count(inside), _count(is_null(zone)), _count(conjunction([inside, changed])), *money]


def _money(rules: Sequence[Rule], kind: MoneyKind, side: SideName) -> Sql:
    """The item's money of one kind on one ticket."""
    terms: list[Sql] = [exp.column(rule.money(kind, side)) for rule in rules if kind in rule.kinds]
    total = terms[0]
    for term in terms[1:]:
        total = exp.Add(this=total, expression=term)
    return total


def _zone(zone: Zone, counts: Sequence[Any] | None, kinds: Sequence[MoneyKind]) -> ZoneImpact:
    if counts is None:
        return ZoneImpact(zone.words, zone.exact, None, 0, 0, {})
    tickets, unknown, changed = map(int, counts[:3])
    return ZoneImpact(zone.words, zone.exact, tickets, unknown, changed, amounts_of(kinds, counts[3:]))


def _count(condition: Truth) -> Sql:
    return count_of(sql(condition))
