"""All the mutants of a library: one thing changed in each, under the readings in which it exists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeAlias

from engine.base.calendar import Limit
from engine.base.findings import Finding
from engine.base.spans import Span
from engine.library import Library
from engine.plan.nodes import ClockPlan, ParameterPlan, Plan, RulePlan, TablePlan
from engine.prove.mutants.bodies import Bodies, Body, Edit, Place, expressions_in, tests_in, with_test
from engine.prove.mutants.change import Change, left_out, neighbours, spelled, turned
from engine.prove.mutants.nodes import Nodes
from engine.prove.mutants.parts import changed_parts, other_limits
from engine.prove.mutants.variants import removals, variants
from engine.rulebook.checks import parts_of
from engine.rulebook.expressions import Comparison, Expression, ParameterValue, Test, facts_in, walk
from engine.rulebook.model import Item, Table
from engine.rulebook.types import Scalar, Type

Key: TypeAlias = tuple[object, ...]


@dataclass(frozen=True)
class World:
    """The plan under one choice of readings; `readings` are those that are not the preferred ones."""

    readings: Mapping[str, str]
    bodies: Bodies

    @property
    def plan(self) -> Plan:
        return self.bodies.plan


@dataclass(frozen=True)
class Mutant:
    """A plan with one thing changed.

    `item` is the id that is told of it (an item's, a parameter's); `own` are the items that were changed,
    `reach` those whose examples can notice it: `own`, then whatever rests on them. `facts`: those that the
    changed part reads.
    """

    item: str
    change: Change
    span: Span = field(compare=False)
    world: World = field(compare=False, repr=False)
    edit: Edit = field(compare=False, repr=False)
    own: tuple[str, ...]
    reach: tuple[str, ...]
    facts: tuple[str, ...] = ()

    @property
    def finding(self) -> Finding:
        return Finding(self.change.code, {"id": self.item, **self.change.values}, self.span)

    def plan(self) -> Plan:
        return self.edit.of(self.world.plan)


Keyed: TypeAlias = tuple[Key, Mutant]
"""A mutant, and what it changes: the same place has one key in every world."""


def worlds_of(library: Library) -> tuple[World, ...]:
    """The preferred readings, then each choice of others that an example names."""
    if library.plan is None:
        raise ValueError("a library with errors has no mutants")
    items = [item for book in library.rulebooks for item in book.items]
    guarded = frozenset(item.head.id for item in items if _hangs_on_readings(item))
    worlds = [World({}, Bodies(library.plan))]
    for book in library.rulebooks:
        for example in (e for item in book.items for e in item.head.examples if e.readings):
            readings = other_readings(library, example.readings)
            if all(world.readings != readings for world in worlds):
                worlds.append(World(readings, Bodies(library.under(readings), guarded)))
    return tuple(worlds)


def _hangs_on_readings(item: Item) -> bool:
    parts = (*parts_of(item), *(item.exceptions if isinstance(item, Table) else ()))
    return bool(item.head.reading) or any(part.reading for part in parts)


def other_readings(library: Library, chosen: Mapping[str, str]) -> dict[str, str]:
    """The chosen readings that are not the preferred ones."""
    return {n: option for n, option in sorted(chosen.items()) if library.readings[n].preferred != option}


def mutants(library: Library, worlds: Iterable[World], nodes: Nodes) -> Iterator[Mutant]:
    """Every mutant, each place once: in the first of the worlds in which it exists."""
    done: set[Key] = set()
    for world in worlds:
        found = list(_of_world(library, world, nodes, frozenset(done)))
        done |= {key for key, _ in found}
        yield from (mutant for _, mutant in found)


def _of_world(library: Library, world: World, nodes: Nodes, done: frozenset[Key]) -> Iterator[Keyed]:
    for test, places in tests_in(world.bodies):
        key = ("test", id(test.span))
        for mutant in () if key in done else _of_test(world, test, places):
            yield key, mutant
    for place in world.bodies.changeable:
        for test, new in _removable(place):
            held = world.bodies.by_test[id(test.span)]
            key = ("test", id(test.span))
            if test.span is not None and held[0] is place and key not in done:
                yield key, _with(world, test, new, left_out(test.text), held)
    yield from (found for found in _of_parts(world, nodes) if found[0] not in done)
    yield from (found for found in _of_parameters(library, world) if found[0] not in done)


def _of_test(world: World, test: Test, places: tuple[Place, ...]) -> Iterator[Mutant]:
    for condition, change in variants(test.condition):
        yield _with(world, test, replace(test, condition=condition), change, places)


def _with(world: World, test: Test, new: Expression, change: Change, places: tuple[Place, ...]) -> Mutant:
    span = test.span
    assert span is not None, "tests without a place are those of periods"
    edit = Edit(tuple((place, with_test(place.body, span, new)) for place in places))
    told = _Told(places[0].id, change, span, tuple(fact.name for fact in facts_in(test)))
    return _mutant(world, told, edit)


class _Told(NamedTuple):
    item: str
    change: Change
    span: Span
    facts: tuple[str, ...]


def _mutant(world: World, told: _Told, edit: Edit) -> Mutant:
    places = [place for place, _ in edit.bodies]
    own = tuple(dict.fromkeys(place.id for place in places))
    reach = world.bodies.reached_from(places)
    return Mutant(told.item, told.change, told.span, world, edit, own, reach, told.facts)


def _removable(place: Place) -> Iterator[tuple[Test, Expression]]:
    """The tests of conditions, each left out; a definition that is one test stays whole."""
    for condition in _conditions(place.body):
        yield from ((test, new) for test, new in removals(condition) if test.span is not None)


def _conditions(body: Body) -> tuple[Expression, ...]:
    match body:
        case RulePlan():
            return (body.guard, body.own, *(e.condition for e in body.exemptions))
        case TablePlan():
            rows = tuple(row.condition for row in body.rows)
            return (body.guard, body.own, *rows, *(e.condition for e in body.exemptions))
        case ClockPlan():
            return (body.guard, body.own)
        case Test():
            return ()
        case formula:
            return (formula,)


def _of_parts(world: World, nodes: Nodes) -> Iterator[Keyed]:
    """One change of a place that several items share (a section's period) is one mutant."""
    together: dict[tuple[object, ...], list[tuple[Place, Body]]] = {}
    waiting: dict[tuple[object, ...], Mutant] = {}
    for place in world.bodies.changeable:
        told: Counter[tuple[object, ...]] = Counter()
        for body, change, span, what, facts in changed_parts(place.body, place.span):
            shared = nodes.period(place.id) if what == "in_force" else None
            stands = span if shared is None else shared
            said = (what, id(stands), tuple(change.values.items()))
            key = (*said, told[said])
            told[said] += 1
            together.setdefault(key, []).append((place, body))
            edit = Edit(tuple(together[key]))
            waiting[key] = _mutant(world, _Told(place.id, change, stands, facts), edit)
    yield from (((key[0], key[1]), mutant) for key, mutant in waiting.items())


def _of_parameters(library: Library, world: World) -> Iterator[Keyed]:
    spans = {p.id: p.span for book in library.rulebooks for p in book.parameters.values()}
    for parameter in world.plan.parameters.values():
        places = world.bodies.by_parameter.get(parameter.id, ())
        if places:
            for changed, change in _changed_parameter(parameter, is_threshold(parameter.id, places)):
                edit = Edit(parameters=(changed,))
                reach = world.bodies.reached_from(places)
                own = tuple(dict.fromkeys(place.id for place in places))
                facts = _dated_by(parameter.id, places)
                mutant = Mutant(parameter.id, change, spans[parameter.id], world, edit, own, reach, facts)
                yield ("parameter", parameter.id), mutant


def _dated_by(parameter: str, places: Iterable[Place]) -> tuple[str, ...]:
    """The event dates by which it is read."""
    parts = (p for place in places for e in expressions_in(place.body) for p in walk(e))
    days = [p.on for p in parts if isinstance(p, ParameterValue) and p.id == parameter and p.on is not None]
    return tuple(fact.name for fact in facts_in(*days))


def is_threshold(parameter: str, places: Iterable[Place]) -> bool:
    """Whether something is compared with the parameter: then the smallest step matters, to both sides."""
    return any(
        isinstance(part, Comparison)
        and any(isinstance(inner, ParameterValue) and inner.id == parameter for inner in walk(part))
        for place in places
        for expression in expressions_in(place.body)
        for part in walk(expression)
    )


def _changed_parameter(parameter: ParameterPlan, exact: bool) -> Iterator[tuple[ParameterPlan, Change]]:
    for number, (day, value) in enumerate(parameter.steps):
        for moved in (day - timedelta(days=1), day + timedelta(days=1)):
            if _keeps_order(parameter, number, moved):
                yield _stepped(parameter, number, (moved, value)), turned(day.isoformat(), moved.isoformat())
        for other in _other_values(value, parameter.type, exact):
            words = turned(spelled(value, parameter.type), spelled(other, parameter.type))
            yield _stepped(parameter, number, (day, other)), words


def _keeps_order(parameter: ParameterPlan, number: int, day: date) -> bool:
    before, after = parameter.steps[:number], parameter.steps[number + 1 :]
    return (not before or before[-1][0] < day) and (not after or day < after[0][0])


def _stepped(parameter: ParameterPlan, number: int, step: tuple[date, Scalar]) -> ParameterPlan:
    return replace(parameter, steps=(*parameter.steps[:number], step, *parameter.steps[number + 1 :]))


def _other_values(value: Scalar, type_: Type, exact: bool) -> Iterator[Scalar]:
    match value:
        case bool():
            yield not value
        case Limit():
            yield from other_limits(value)
        case str() if value in type_.members and len(type_.members) > 1:
            yield type_.members[(type_.members.index(value) + 1) % len(type_.members)]
        case Decimal() if not exact:
            yield value + 1
        case _:
            yield from neighbours(value, type_)
