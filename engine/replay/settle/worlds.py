"""The worlds of a month's groups as tables, and what they say of each group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlglot import exp

from engine.plan.nodes import Plan
from engine.replay.lowering.lower import lower
from engine.replay.settle.aggregates import Grouping
from engine.replay.settle.counting import DISPUTED, Group, Key, extremes_of
from engine.replay.settle.settlement import Between
from engine.replay.sql.columns import judged
from engine.replay.sql.slots import Sql
from engine.replay.tickets.canonical import canonical_type
from engine.replay.tickets.relations import WHOLE, table


def worlds(groups: Iterable[Group], plan: Plan, some: Grouping) -> exp.Select:
    """The worlds of all groups: keys, counts, sums, numbers, the facts worked out from them; `doubt`: a
    bit for each aggregate that is not certain.
    """
    columns = [
        *(
            (name, canonical_type(plan.facts[name].type))
            for name in (*some.keys, *some.counts, *some.numbers)
        ),
        ("doubt", WHOLE),
    ]
    rows = table([row for group in groups for row in _rows(group, some)], columns)
    lowered = lower(replace(plan, items=()), {*some.keys, *some.counts, *some.numbers})
    plain: list[Sql] = [exp.column(name) for name, _ in columns]
    derived = [exp.alias_(lowered.derived[name].expression.copy(), name) for name in some.derived]
    return judged(rows, lowered.columns, [*plain, *derived])


def _rows(group: Group, some: Grouping) -> Iterable[list[Any]]:
    numbers = [None if group.numbers[name] is DISPUTED else group.numbers[name] for name in some.numbers]
    certain = [least == most for least, most in zip(group.least, group.most, strict=True)]
    known = [n if fixed else None for n, fixed in zip(group.least, certain, strict=True)]
    for world in group.worlds or (known,):
        counts, doubt = iter(zip(world, certain, strict=True)), 0
        values: list[Decimal | int | None] = []
        for place, aggregate in enumerate(some.aggregates):
            summed = group.sums.get(aggregate.fact.name)
            value, fixed = next(counts) if aggregate.sum_of is None else (summed, summed is not None)
            values.append(value)
            doubt |= (not fixed) << place
        yield [*group.key, *values, *numbers, doubt]


def ways(source: str, some: Grouping, told_apart: Sequence[str]) -> exp.Select:
    """One of all the worlds of a group in which `told_apart` are the same, and how many are left."""
    keys = [exp.column(key) for key in some.keys]
    same = [*keys, *map(exp.column, told_apart)]
    first = exp.Order(expressions=[exp.Ordered(this=exp.column(name)) for name in some.counts])
    nth = exp.Window(this=exp.RowNumber(), partition_by=same, order=first)
    kept = [*keys, *map(exp.column, (*some.counts, *some.numbers, "doubt"))]
    numbered = exp.select(*kept, exp.alias_(nth, "nth")).from_(source)
    left = exp.Window(this=exp.Count(this=exp.Star()), partition_by=[key.copy() for key in keys])
    query = exp.select(*(part.copy() for part in kept), exp.alias_(left, "worlds"))
    return query.from_(numbered.subquery("n")).where(exp.column("nth").eq(exp.Literal.number(1)))


def extremes(source: str, some: Grouping) -> exp.Select:
    """For each group: how many worlds, and of each common fact the least, the greatest, in how many it is."""
    parts = [
        part
        for name in some.facts
        for part in (*extremes_of(exp.column(name)), exp.Count(this=exp.column(name)))
    ]
    every = [*(exp.column(key) for key in some.keys), exp.Count(this=exp.Star()), *parts]
    named = [exp.alias_(part, f"found_{place}") for place, part in enumerate(every)]
    query = exp.select(*named).from_(source)
    return query.group_by(*(exp.column(key) for key in some.keys)) if some.keys else query


def common_facts(row: Sequence[Any], some: Grouping) -> tuple[Key, dict[str, Any]]:
    """A row of `extremes`: the key, and each fact as a value, `Between`, or None."""
    width = len(some.keys)
    count, values = row[width], row[width + 1 :]
    found = {}
    for place, name in enumerate(some.facts):
        least, most, there = values[3 * place : 3 * place + 3]
        found[name] = None if there < count else least if least == most else Between(least, most)
    return tuple(row[:width]), found
