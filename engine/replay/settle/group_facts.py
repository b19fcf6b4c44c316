"""What groups of tickets have in common: counted, given by a file of volumes, or worked out from it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp

from engine.base.findings import Finding
from engine.library import Library
from engine.plan.nodes import Plan
from engine.replay.engines.engine import Engine
from engine.replay.settle.aggregates import Grouping, read_of_groups
from engine.replay.settle.counting import DISPUTED, Counting, Group, Key
from engine.replay.settle.settlement import Between
from engine.replay.settle.worlds import common_facts, extremes, ways, worlds
from engine.replay.sql.numbers import Digits
from engine.replay.sql.slots import Sql

MOST_NAMED = 5
"""So many groups are named in a finding; the rest is counted."""


@dataclass(frozen=True)
class Tickets:
    """The month's tickets: the table that holds them, the facts that they give, and those of them that the
    settlement does not count itself (`own`).
    """

    table: str
    given: Collection[str]
    own: Mapping[str, Digits | None]

    def relation(self) -> exp.Select:
        """The tickets without what is counted."""
        return exp.select(*map(exp.column, self.columns)).from_(self.table)

    @property
    def columns(self) -> list[str]:
        return sorted({*self.own, "source_file", "source_row", "as_of"})


@dataclass
class GroupFacts:
    """Keeps a table of worlds for each grouping. `volumes`: rows of facts that say the groups' numbers, None
    where the tickets say them; `findings` fills with what could not be known.
    """

    engine: Engine
    library: Library
    plan: Plan
    tickets: Tickets
    volumes: Sequence[Mapping[str, Any]] | None
    findings: list[Finding] = field(default_factory=list)

    def keep(self, groupings: Sequence[Grouping]) -> None:
        """The tables `settled_worlds_N` and `settled_ways_N`, for the Nth grouping."""
        for place, some in enumerate(groupings):
            groups = self._groups(some, place) if set(some.keys) <= self.tickets.own.keys() else []
            self.findings += self._uncertain(groups, some)
            self.engine.keep(worlds_table(place), worlds(groups, self.plan, some))
            told_apart = read_of_groups(self.plan, some)
            self.engine.keep(ways_table(place), ways(worlds_table(place), some, told_apart))

    def by_outlet(self, groupings: Sequence[Grouping], outlets: Collection[str]) -> dict[str, dict[str, Any]]:
        """The common facts of the groups that are single outlets; `outlets`: the facts that name outlets."""
        found: dict[str, dict[str, Any]] = {}
        for place, some in enumerate(groupings):
            if len(some.keys) == 1 and some.keys[0] in outlets:
                for row in self.engine.rows(extremes(worlds_table(place), some)):
                    (outlet,), common = common_facts(row, some)
                    found.setdefault(outlet, {}).update(common | self._bounds.get((place, outlet), {}))
        return found

    def __post_init__(self) -> None:
        self._bounds: dict[tuple[int, Any], dict[str, Between]] = {}
        """Between which numbers a count lies of whose worlds there are too many."""

    def _groups(self, some: Grouping, place: int) -> list[Group]:
        counting = Counting(self.engine, self.library, self.plan, some, self.tickets.own)
        name = f"settled_counted_{place}"
        groups = counting.groups(self.tickets.relation(), self._numbered(some), name)
        self.findings += self._without_group(some, name)
        told = {tuple(row.get(key) for key in some.keys): row for row in self.volumes or ()}
        for group in groups:
            if not group.worlds and len(group.key) == 1:
                self._bounds[place, group.key[0]] = _between(group, some)
        return [self._with_numbers(group, told, some) for group in groups]

    def _numbered(self, some: Grouping) -> exp.Select:
        """The groups of the tickets, and what each says of the group's numbers."""
        said: list[Sql] = [
            exp.alias_(exp.column(name) if name in self.tickets.given else exp.Null(), f"said_{name}")
            for name in some.numbers
        ]
        return exp.select(*map(exp.column, some.keys), *said).from_(self.tickets.table)

    def _with_numbers(self, group: Group, told: Mapping[Key, Mapping[str, Any]], some: Grouping) -> Group:
        """With the numbers of the file of volumes, where there is one."""
        if self.volumes is None:
            return group
        row = told.get(group.key, {})
        return replace(group, numbers={name: row.get(name) for name in some.numbers})

    # --- what could not be known -----------------------------------------------------------------------

    def _without_group(self, some: Grouping, counted: str) -> Iterator[Finding]:
        """Tickets that count, or may, and do not say for whom."""
        mute = [exp.CountIf(this=exp.column(key).is_(exp.Null())) for key in some.keys]
        row = next(self.engine.rows(exp.select(*mute).from_(counted))) if mute else ()
        for key, tickets in zip(some.keys, row, strict=True):
            if tickets:
                yield Finding("Q105", {"fact": key, "tickets": f"{tickets:,}"})

    def _uncertain(self, groups: Sequence[Group], some: Grouping) -> Iterator[Finding]:
        counted = [group for group in groups if any(group.most) or any(group.sums.values())]
        for name in some.numbers:
            yield from _about("Q102", name, [g for g in counted if g.numbers[name] is DISPUTED])
            yield from _about("Q103", name, [g for g in counted if g.numbers[name] is None])
        counts = [aggregate.fact.name for aggregate in some.aggregates if aggregate.sum_of is None]
        for place, name in enumerate(counts):
            yield from _about("Q104", name, [g for g in counted if g.least[place] < g.most[place]])
        for aggregate in (a for a in some.aggregates if a.sum_of is not None):
            name = aggregate.fact.name
            yield from _about("Q104", name, [g for g in counted if g.sums[name] is None])


def worlds_table(place: int) -> str:
    """The table of the worlds of the grouping at that place."""
    return f"settled_worlds_{place}"


def ways_table(place: int) -> str:
    """The table of what rules can tell apart of them."""
    return f"settled_ways_{place}"


def _between(group: Group, some: Grouping) -> dict[str, Between]:
    counts = [aggregate.fact.name for aggregate in some.aggregates if aggregate.sum_of is None]
    bounds = zip(counts, group.least, group.most, strict=True)
    return {name: Between(least, most) for name, least, most in bounds if least < most}


def _about(code: str, fact: str, groups: Sequence[Group]) -> Iterator[Finding]:
    if groups:
        named = ", ".join(" ".join(map(str, group.key)) for group in groups[:MOST_NAMED])
        more = f" … +{len(groups) - MOST_NAMED:,}" if len(groups) > MOST_NAMED else ""
        yield Finding(code, {"fact": fact, "groups": named + more})
