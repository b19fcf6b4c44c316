"""The declared aggregates of a plan: what a settlement counts over a month's tickets, group by group."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.base.findings import Finding
from engine.library import Library
from engine.plan.from_rulebooks import holds
from engine.plan.nodes import Plan, expressions_of, needs
from engine.replay.sql.refused import NotSayable
from engine.rulebook.expressions import Expression, facts_in
from engine.rulebook.model import Aggregate
from engine.rulebook.types import Kind


@dataclass(frozen=True)
class Grouping:
    """Aggregates over the same groups of tickets.

    `keys`: the facts that make a group, without months, as a settlement has one month. `numbers`: facts of
    a whole group that are worked with beside the counts (the month's volume). `derived`: the facts that are
    worked out from these alone.
    """

    keys: tuple[str, ...]
    aggregates: tuple[Aggregate, ...]
    numbers: tuple[str, ...]
    derived: tuple[str, ...]

    @property
    def counts(self) -> tuple[str, ...]:
        """The facts that are counted."""
        return tuple(aggregate.fact.name for aggregate in self.aggregates)

    @property
    def facts(self) -> tuple[str, ...]:
        """Every fact that a group has in common."""
        return (*self.counts, *self.numbers, *self.derived)


def groupings(library: Library, plan: Plan) -> tuple[Grouping, ...]:
    """The aggregates that there are under the plan's readings, by the facts that they are counted per.

    Raises NotSayable for one that rests on another aggregate, or is counted per a derived fact.
    """
    by_keys: dict[tuple[str, ...], list[Aggregate]] = {}
    for aggregate in _declared(library, plan):
        keys = (fact.name for fact in aggregate.per if fact.type.kind is not Kind.MONTH)
        by_keys.setdefault(tuple(sorted(keys)), []).append(aggregate)
    counted = {aggregate.fact.name for some in by_keys.values() for aggregate in some}
    _refuse_unsayable(by_keys.values(), plan, counted)
    return tuple(_grouping(plan, keys, tuple(some), counted) for keys, some in sorted(by_keys.items()))


def _declared(library: Library, plan: Plan) -> list[Aggregate]:
    books = sorted(library.rulebooks, key=lambda book: book.name)
    items = (item for book in books for item in book.items)
    return [i for i in items if isinstance(i, Aggregate) and holds(i.head.reading, plan.readings)]


def _refuse_unsayable(groups: Iterable[Sequence[Aggregate]], plan: Plan, counted: Collection[str]) -> None:
    resting = resting_on(plan, counted) | frozenset(counted)
    findings = [
        Finding(code, {"rule": aggregate.head.id, "fact": name}, aggregate.head.span)
        for aggregate in (aggregate for some in groups for aggregate in some)
        for code, name in _unsayable(aggregate, plan, resting)
    ]
    if findings:
        raise NotSayable(findings)


def _unsayable(aggregate: Aggregate, plan: Plan, resting: Collection[str]) -> Iterator[tuple[str, str]]:
    read = [fact.name for fact in facts_in(aggregate.where)]
    yield from (("Q100", name) for name in (*read, *_summed(aggregate)) if name in resting)
    yield from (("Q101", fact.name) for fact in aggregate.per if fact.name in plan.defined)


def _summed(aggregate: Aggregate) -> tuple[str, ...]:
    return () if aggregate.sum_of is None else (aggregate.sum_of.name,)


def resting_on(plan: Plan, names: Collection[str]) -> frozenset[str]:
    """The derived facts that are worked out from one of these facts, directly or not."""
    found = set(names)
    for definition in plan.definitions:
        if any(name in found for name in needs(definition)):
            found.add(definition.fact.name)
    return frozenset(found - set(names))


def months_of(library: Library, plan: Plan) -> tuple[str, ...]:
    """The facts that are months in which aggregates are counted."""
    per = (fact for aggregate in _declared(library, plan) for fact in aggregate.per)
    return tuple(dict.fromkeys(fact.name for fact in per if fact.type.kind is Kind.MONTH))


def _grouping(
    plan: Plan, keys: tuple[str, ...], aggregates: tuple[Aggregate, ...], counted: Collection[str]
) -> Grouping:
    counts = {aggregate.fact.name for aggregate in aggregates}
    entities = {plan.facts[name].entity for name in counts}
    resting = resting_on(plan, counts)
    read = (name for d in plan.definitions if d.fact.name in resting for name in needs(d))
    numbers = [
        name
        for name in dict.fromkeys(read)
        if name not in plan.defined
        and name not in counted
        and name not in keys
        and plan.facts[name].entity in entities
        and plan.facts[name].type.is_number
    ]
    known = {*counts, *numbers, *keys}
    derived = []
    for definition in plan.definitions:
        if definition.fact.name in resting and set(needs(definition)) <= known:
            derived.append(definition.fact.name)
            known.add(definition.fact.name)
    return Grouping(keys, aggregates, tuple(numbers), tuple(derived))


def read_by(plan: Plan, expressions: Iterable[Expression]) -> tuple[str, ...]:
    """The facts that tickets give and that these expressions read, by way of derived facts too."""
    found = {fact.name: None for fact in facts_in(*expressions)}
    for definition in reversed(plan.definitions):
        if definition.fact.name in found:
            found |= dict.fromkeys(needs(definition))
    return tuple(name for name in found if name not in plan.defined or plan.defined[name].fallback)


def read_of_groups(plan: Plan, some: Grouping) -> tuple[str, ...]:
    """The common facts of a grouping that rules read, other than to work out more of them."""
    read = [expression for item in plan.items for expression in expressions_of(item)]
    names = {fact.name for fact in facts_in(*read)}
    for definition in plan.definitions:
        if definition.fact.name not in some.derived:
            names.update(needs(definition))
    return tuple(name for name in some.facts if name in names)
