"""Counts a month's declared aggregates, and knows what a count may be where tickets do not say enough.

A ticket that lacks the type of its appeal may be one about attitude or one about delay, but never both. So
each ticket has the ways in which it may count, and a group has as many *worlds* as there are sums of those.
What the tickets of a group say in all its worlds is settled, whatever is missing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Any, TypeAlias

from sqlglot import exp

from engine.library import Library
from engine.plan.from_rulebooks import definitions_under
from engine.plan.nodes import Plan
from engine.replay.engines.engine import Engine
from engine.replay.lowering.lower import lower
from engine.replay.settle.aggregates import Grouping, read_by
from engine.replay.sql.columns import judged
from engine.replay.sql.numbers import Digits
from engine.replay.sql.slots import Lowered, Sql
from engine.replay.tickets.canonical import canonical_type
from engine.replay.tickets.relations import WHOLE, table
from engine.rulebook.expressions import FactValue
from engine.rulebook.model import Aggregate, Definition, FactDeclaration
from engine.rulebook.types import BOOLEAN, Kind

MOST_WORLDS = 256
"""So many worlds of a group are looked at; where there are more, nothing that rests on them is settled."""
MOST_ROWS = 200_000
"""So many worlds are looked at in all."""
MOST_TOGETHER = 5
"""So many aggregates are counted with one another in mind; of more, each is counted by itself."""
MOST_COMPLETIONS = 64
"""So many ways to complete a ticket are tried; facts beyond them are left unknown."""
TICKET = ("source_file", "source_row")

Key: TypeAlias = tuple[Any, ...]
World: TypeAlias = tuple[int, ...]
"""The counts of a group in one world, in the order of its grouping's aggregates that count."""


@dataclass(frozen=True)
class Group:
    """What is known of a group: its worlds (none: too many to look at), the sums, the numbers.

    `least`, `most`: of each count, over all worlds. A sum or number that is not known is None.
    """

    key: Key
    worlds: tuple[World, ...]
    least: World
    most: World
    sums: Mapping[str, Decimal | int | None]
    numbers: Mapping[str, Any]


class Disputed:
    """The tickets of a group say different things of what is one number for all of them."""


DISPUTED = Disputed()


@dataclass(frozen=True)
class Counting:
    """Counts one grouping over the month's tickets: `tickets` has the columns `own`, `numbered` those of the
    grouping's numbers too.
    """

    engine: Engine
    library: Library
    plan: Plan
    some: Grouping
    own: Mapping[str, Digits | None]

    def groups(self, tickets: exp.Select, numbered: exp.Select, name: str) -> list[Group]:
        """Every group that a ticket belongs to, in the order of their keys; keeps the table `name`."""
        self.engine.keep(name, self._counted(tickets))
        ways = self._ways(name)
        sums = {tuple(row[: self.width]): row[self.width :] for row in self.engine.rows(self._sums(name))}
        rows = sorted(self.engine.rows(self._numbers(numbered)), key=lambda row: row[: self.width])
        most = max(1, min(MOST_WORLDS, MOST_ROWS // max(len(rows), 1)))
        return [self._group(row, ways, sums, most) for row in rows]

    @property
    def width(self) -> int:
        return len(self.some.keys)

    @property
    def keys(self) -> list[Sql]:
        return [exp.column(key) for key in self.some.keys]

    # --- the queries -----------------------------------------------------------------------------------

    def _counted(self, tickets: exp.Select) -> exp.Select:
        """The tickets that count or may count for one of the aggregates, with the facts that tell it."""
        lowered, truths = self._conditions(self.own)
        read = [*self.some.keys, *TICKET, *self._read(), *self._added()]
        columns: list[Sql] = [exp.column(name) for name in dict.fromkeys(read)]
        columns += [exp.alias_(truth.copy(), f"holds_{n}") for n, truth in enumerate(truths)]
        rows = judged(tickets, lowered.columns, columns)
        counts = [exp.func("COALESCE", exp.column(f"holds_{n}"), exp.true()) for n in range(len(truths))]
        return exp.select("*").from_(rows.subquery("c")).where(exp.or_(*counts))

    @property
    def _in_a_group(self) -> list[Sql]:
        return [exp.Not(this=key.is_(exp.Null())) for key in self.keys]

    def _read(self) -> list[str]:
        given = read_by(self.plan, (aggregate.where for aggregate in self.some.aggregates))
        return [name for name in given if name in self.own]

    def _added(self) -> list[str]:
        added = (a.sum_of.name for a in self.some.aggregates if a.sum_of is not None)
        return [name for name in added if name in self.own]

    def _conditions(self, given: Mapping[str, Digits | None]) -> tuple[Lowered, list[Sql]]:
        """The conditions of the aggregates over tickets, TRUE, FALSE or NULL, and their columns."""
        assert self.library.catalogue is not None, "a library with a plan has a catalogue"
        names = [f"counts_{aggregate.fact.name}" for aggregate in self.some.aggregates]
        pairs = list(zip(self.some.aggregates, names, strict=True))
        facts = {**self.plan.facts, **{name: _condition_fact(a, name) for a, name in pairs}}
        items = [Definition(a.head, FactValue(name, BOOLEAN), a.where, "") for a, name in pairs]
        catalogue = replace(self.library.catalogue, facts=facts)
        definitions = (*self.plan.definitions, *definitions_under(items, catalogue, self.plan.readings))
        plan = replace(self.plan, facts=facts, definitions=definitions, items=())
        lowered = lower(plan, given)
        return lowered, [lowered.derived[name].expression for name in names]

    def _ways(self, name: str) -> dict[Key, Counter[tuple[World, ...]]]:
        """For each group, how many tickets may count in the same ways."""
        found: dict[Key, Counter[tuple[World, ...]]] = {}
        places = self._counting_places()
        for chunk in range(0, len(places), MOST_TOGETHER):
            together = places[chunk : chunk + MOST_TOGETHER]
            for *key, mask, tickets in self.engine.rows(self._masks(name, together)):
                ways = _padded(mask, chunk, len(together), len(places))
                found.setdefault(tuple(key), Counter())[ways] += int(tickets)
        return found

    def _counting_places(self) -> list[int]:
        return [n for n, aggregate in enumerate(self.some.aggregates) if aggregate.sum_of is None]

    def _masks(self, name: str, places: Sequence[int]) -> exp.Select:
        """Group, the ways in which a ticket may count as bits, how many tickets."""
        lowered, truths = self._conditions({name: self.own[name] for name in self._read()})
        bits = _bits([truths[place] for place in places])
        columns = [*self.keys, *map(exp.column, TICKET), exp.alias_(bits, "ways")]
        tried = judged(self._completed(name), lowered.columns, columns)
        every = exp.alias_(exp.BitwiseOrAgg(this=exp.column("ways")), "ways")
        ticket = [*self.keys, *map(exp.column, TICKET)]
        by_ticket = exp.select(*self.keys, every).from_(tried.subquery("c")).where(*self._in_a_group)
        by_ticket = by_ticket.group_by(*ticket)
        counted = exp.select(*self.keys, exp.column("ways"), exp.Count(this=exp.Star()))
        return counted.from_(by_ticket.subquery("b")).group_by(*self.keys, exp.column("ways"))

    def _completed(self, name: str) -> exp.Select:
        """The counted tickets with each value that a missing fact may have."""
        values = self._completions()
        columns = []
        query = exp.select().from_(exp.to_table(name).as_("c"))
        for fact in dict.fromkeys([*self.some.keys, *TICKET, *self._read()]):
            column: Sql = exp.column(fact, "c")
            if fact in values:
                place = f"may_{fact}"
                rows = table(
                    [(value, n) for n, value in enumerate(values[fact])],
                    [("may", canonical_type(self.plan.facts[fact].type)), ("place", WHOLE)],
                )
                first = exp.column("place", place).eq(exp.Literal.number(0))
                on = exp.or_(first, column.is_(exp.Null()))
                query = query.join(rows.subquery(place), on=on, copy=False)
                column = exp.func("COALESCE", column, exp.column("may", place))
            columns.append(exp.alias_(column, fact))
        return query.select(*columns)

    def _completions(self) -> dict[str, tuple[Any, ...]]:
        """The facts of few values that the conditions read, with all their values."""
        found: dict[str, tuple[Any, ...]] = {}
        ways = 1
        for name in self._read():
            declared = self.plan.facts[name]
            values = (False, True) if declared.type.kind is Kind.BOOLEAN else declared.type.members
            if declared.absence == "unknown" and name not in self.plan.defined and values:
                ways *= len(values)
                if ways > MOST_COMPLETIONS:
                    break
                found[name] = tuple(values)
        return found

    def _sums(self, name: str) -> exp.Select:
        """Group; for each aggregate that adds up, the sum, and how many tickets leave it open."""
        adding = [(n, a) for n, a in enumerate(self.some.aggregates) if a.sum_of is not None]
        found = [part for n, a in adding for part in self._sum(n, a)]
        named = [exp.alias_(part, f"sum_{place}") for place, part in enumerate(found)]
        query = exp.select(*self.keys, *named).from_(name).where(*self._in_a_group)
        return query.group_by(*self.keys) if self.keys else query

    def _sum(self, place: int, aggregate: Aggregate) -> list[Sql]:
        assert aggregate.sum_of is not None, "this aggregate adds up"
        fact = aggregate.sum_of.name
        holds = exp.column(f"holds_{place}")
        added: Sql = exp.column(fact) if fact in self.own else exp.Null()
        zero = exp.Literal.number(0)
        certain = exp.case().when(holds, exp.func("COALESCE", added, zero)).else_(zero)
        silent = exp.false() if self.plan.facts[fact].absence == "none" else added.is_(exp.Null())
        doubtful = exp.and_(holds.is_(exp.Null()), exp.or_(silent, added.neq(zero)))
        return [exp.Sum(this=certain), exp.CountIf(this=exp.or_(exp.and_(holds, silent), doubtful))]

    def _numbers(self, numbered: exp.Select) -> exp.Select:
        """Every group, with the least and the greatest that its tickets say of each number."""
        parts = [part for name in self.some.numbers for part in extremes_of(exp.column(f"said_{name}"))]
        named = [exp.alias_(part, f"number_{place}") for place, part in enumerate(parts)]
        query = exp.select(*self.keys, *named).from_(numbered.subquery("t")).where(*self._in_a_group)
        return query.group_by(*self.keys) if self.keys else query

    # --- the answer ------------------------------------------------------------------------------------

    def _group(
        self,
        row: Sequence[Any],
        ways: Mapping[Key, Counter[tuple[World, ...]]],
        sums: Mapping[Key, Sequence[Any]],
        most: int,
    ) -> Group:
        key, said = tuple(row[: self.width]), row[self.width :]
        counted = ways.get(key, Counter())
        size = len(self._counting_places())
        return Group(
            key=key,
            worlds=_worlds(counted, size, most),
            least=_bound(counted, size, min),
            most=_bound(counted, size, max),
            sums=self._sums_of(sums.get(key)),
            numbers={
                name: said[2 * n] if said[2 * n] == said[2 * n + 1] else DISPUTED
                for n, name in enumerate(self.some.numbers)
            },
        )

    def _sums_of(self, row: Sequence[Any] | None) -> dict[str, Decimal | int | None]:
        found: dict[str, Decimal | int | None] = {}
        adding = [a for a in self.some.aggregates if a.sum_of is not None]
        for n, aggregate in enumerate(adding):
            total, doubtful = row[2 * n : 2 * n + 2] if row is not None else (0, 0)
            declared = self.plan.facts[aggregate.fact.name]
            value = int(total) if declared.type.kind is Kind.INTEGER else Decimal(total)
            found[aggregate.fact.name] = None if doubtful or not declared.admits(value) else value
        return found


def _condition_fact(aggregate: Aggregate, name: str) -> FactDeclaration:
    """A fact for whether a ticket counts, so that the condition is lowered as any derived fact is."""
    head = aggregate.head
    return FactDeclaration(
        name=name,
        entity="",
        label=head.title,
        type=BOOLEAN,
        absence="unknown",
        derived="engine",
        minimum=None,
        maximum=None,
        example=None,
        member_labels={},
        field_labels={},
        field_member_labels={},
        personal=False,
        is_record=False,
        span=head.span,
    )


def _bits(truths: Sequence[Sql]) -> Sql:
    """The ways in which a ticket may count: a bit for each vector of truths that is not excluded."""
    found: Sql = exp.Literal.number(0)
    for number, vector in enumerate(product((False, True), repeat=len(truths))):
        may_be = [
            exp.func("COALESCE", truth.copy() if wanted else exp.not_(truth.copy()), exp.true())
            for truth, wanted in zip(truths, vector, strict=True)
        ]
        bit = exp.case().when(exp.and_(*may_be), exp.Literal.number(1 << number)).else_(exp.Literal.number(0))
        found = exp.Add(this=found, expression=bit)
    return found


def _padded(mask: int, before: int, width: int, size: int) -> tuple[World, ...]:
    """The vectors of a mask, with noughts for the aggregates that are counted elsewhere."""
    vectors = product((0, 1), repeat=width)
    return tuple(
        (*(0,) * before, *vector, *(0,) * (size - before - width))
        for number, vector in enumerate(vectors)
        if mask >> number & 1
    )


def _worlds(counted: Counter[tuple[World, ...]], size: int, most: int) -> tuple[World, ...]:
    """Every sum of one way for each ticket; nothing where there are more than `most`.

    >>> _worlds(Counter({((1, 0),): 3, ((0, 0), (0, 1)): 2}), 2, 10)
    ((3, 0), (3, 1), (3, 2))
    """
    base = [0] * size
    found: set[World] = {tuple(base)}
    for ways, tickets in counted.items():
        if len(ways) == 1:
            base = [total + tickets * one for total, one in zip(base, ways[0], strict=True)]
            continue
        for _ in range(tickets):
            found = {_plus(world, way) for world in found for way in ways}
            if len(found) > most:
                return ()
    return tuple(sorted(_plus(world, base) for world in found))


def _plus(world: Sequence[int], way: Sequence[int]) -> World:
    return tuple(total + one for total, one in zip(world, way, strict=True))


def _bound(counted: Counter[tuple[World, ...]], size: int, choose: Any) -> World:
    """The least (or the most) that each count may be."""
    totals = [0] * size
    for ways, tickets in counted.items():
        for place in range(size):
            totals[place] += tickets * choose(way[place] for way in ways)
    return tuple(totals)


def extremes_of(column: exp.Column) -> list[Sql]:
    """The least and the greatest."""
    return [exp.Min(this=column), exp.Max(this=column.copy())]
