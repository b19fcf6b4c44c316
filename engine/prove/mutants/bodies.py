"""The parts of a plan that can be changed: its items and the bodies of its definitions, by their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from engine.base.spans import Span
from engine.plan.nodes import (
    Body as DefinitionBody,
)
from engine.plan.nodes import (
    ClockPlan,
    Exemption,
    ItemPlan,
    ParameterPlan,
    Plan,
    RowPlan,
    RulePlan,
    TablePlan,
    expressions_of,
)
from engine.rulebook.expressions import Expression, ParameterValue, Test, facts_in, rebuild, walk
from engine.rulebook.outcomes import Outcome, change_amounts

Body: TypeAlias = ItemPlan | DefinitionBody
"""An item, or what a definition works its fact out with."""


@dataclass(frozen=True)
class Place:
    """An item of a plan (`number` in `items`) or a definition's body (`number` in `definitions`)."""

    id: str
    is_definition: bool
    number: int
    body: Body
    span: Span


@dataclass(frozen=True)
class Bodies:
    """Everything of a plan that can be changed, and what rests on what.

    `only`: the ids that are looked at, where the others are known from another choice of readings.
    """

    plan: Plan
    only: frozenset[str] | None = None

    @cached_property
    def all(self) -> tuple[Place, ...]:
        items = [Place(i.origin.id, False, n, i, i.origin.span) for n, i in enumerate(self.plan.items)]
        definitions = [
            Place(d.origin.id, True, n, d.body, d.origin.span) for n, d in enumerate(self.plan.definitions)
        ]
        return (*items, *definitions)

    @cached_property
    def changeable(self) -> tuple[Place, ...]:
        return tuple(place for place in self.all if self.only is None or place.id in self.only)

    @cached_property
    def by_test(self) -> Mapping[int, tuple[Place, ...]]:
        """The places that hold a test, by the identity of the test's span."""
        found: dict[int, dict[tuple[bool, int], Place]] = {}
        for place in self.changeable:
            for expression in expressions_in(place.body):
                for part in walk(expression):
                    if isinstance(part, Test) and part.span is not None:
                        key = (place.is_definition, place.number)
                        found.setdefault(id(part.span), {})[key] = place
        return {key: tuple(places.values()) for key, places in found.items()}

    @cached_property
    def by_parameter(self) -> Mapping[str, tuple[Place, ...]]:
        found: dict[str, tuple[Place, ...]] = {}
        for place in self.all:
            parts = (part for e in expressions_in(place.body) for part in walk(e))
            for name in {part.id for part in parts if isinstance(part, ParameterValue)}:
                found[name] = (*found.get(name, ()), place)
        return found

    @cached_property
    def facts_beneath(self) -> Mapping[str, frozenset[str]]:
        """For each id the derived facts that it rests on, those beneath them too."""
        return {place.id: self._beneath(place.body) for place in self.all}

    def _beneath(self, body: Body) -> frozenset[str]:
        direct = [fact.name for fact in facts_in(*expressions_in(body))]
        return frozenset(d.fact.name for name in direct for d in self.plan.leading_to.get(name, ()))

    def reached_from(self, places: Sequence[Place]) -> tuple[str, ...]:
        """The ids that a change of these places can be noticed by: their own, then whatever rests on them."""
        facts = {self.plan.definitions[p.number].fact.name for p in places if p.is_definition}
        own = dict.fromkeys(place.id for place in places)
        if not facts:
            return tuple(own)
        above = (place.id for place in self.all if facts & self.facts_beneath[place.id])
        return tuple(own | dict.fromkeys(above))


def expressions_in(body: Body) -> tuple[Expression, ...]:
    return expressions_of(body) if isinstance(body, RulePlan | TablePlan | ClockPlan) else (body,)


Rewrite: TypeAlias = Callable[[Expression], Expression]


def map_conditions(body: Body, change: Rewrite) -> Body:
    """A copy whose every expression has gone through `change`."""
    match body:
        case RulePlan():
            return replace(
                body,
                guard=change(body.guard),
                own=change(body.own),
                exemptions=_exemptions(body.exemptions, change),
                outcomes=_outcomes(body.outcomes, change),
            )
        case TablePlan():
            return replace(
                body,
                guard=change(body.guard),
                own=change(body.own),
                rows=tuple(_row(row, change) for row in body.rows),
                otherwise=None if body.otherwise is None else _row(body.otherwise, change),
                exemptions=_exemptions(body.exemptions, change),
                outcomes=_outcomes(body.outcomes, change),
            )
        case ClockPlan():
            return replace(
                body,
                guard=change(body.guard),
                own=change(body.own),
                starts=None if body.starts is None else change(body.starts),
                due=None if body.due is None else change(body.due),
                on_breach=_outcomes(body.on_breach, change),
            )
        case expression:
            return change(expression)


def _exemptions(exemptions: tuple[Exemption, ...], change: Rewrite) -> tuple[Exemption, ...]:
    return tuple(replace(e, condition=change(e.condition)) for e in exemptions)


def _row(row: RowPlan, change: Rewrite) -> RowPlan:
    cells = row.conclusion
    if isinstance(cells, tuple):
        cells = tuple(change(cell) for cell in cells)
    return replace(row, condition=change(row.condition), conclusion=cells)


def _outcomes(outcomes: tuple[Outcome, ...], change: Rewrite) -> tuple[Outcome, ...]:
    return tuple(change_amounts(outcome, change) for outcome in outcomes)


def with_test(body: Body, span: Span, new: Expression) -> Body:
    """The body with something else in place of the test that stands at `span`."""

    def swap(part: Expression) -> Expression:
        return new if isinstance(part, Test) and part.span is span else part

    def change(expression: Expression) -> Expression:
        holds = any(isinstance(part, Test) and part.span is span for part in walk(expression))
        return rebuild(expression, swap) if holds else expression

    return map_conditions(body, change)


@dataclass(frozen=True)
class Edit:
    """What is put into a plan: bodies by their places, parameters by id."""

    bodies: tuple[tuple[Place, Body], ...] = ()
    parameters: tuple[ParameterPlan, ...] = ()

    def of(self, plan: Plan) -> Plan:
        """The plan with it; everything else, and the order in which facts are worked out, stays."""
        items, definitions = list(plan.items), list(plan.definitions)
        for place, body in self.bodies:
            if place.is_definition:
                definitions[place.number] = replace(definitions[place.number], body=_as_definition(body))
            else:
                items[place.number] = _as_item(body)
        parameters = {**plan.parameters, **{p.id: p for p in self.parameters}}
        return replace(plan, items=tuple(items), definitions=tuple(definitions), parameters=parameters)


def _as_definition(body: Body) -> DefinitionBody:
    assert not isinstance(body, RulePlan), "a definition stays one"
    return body


def _as_item(body: Body) -> ItemPlan:
    assert isinstance(body, RulePlan | TablePlan | ClockPlan), "an item stays an item"
    return body


def tests_in(bodies: Bodies) -> Iterator[tuple[Test, tuple[Place, ...]]]:
    """Every test of a plan, once for its place in the file, and what holds it."""
    told: set[int] = set()
    for place in bodies.changeable:
        for expression in expressions_in(place.body):
            for part in walk(expression):
                if isinstance(part, Test) and part.span is not None and id(part.span) not in told:
                    told.add(id(part.span))
                    yield part, bodies.by_test[id(part.span)]
