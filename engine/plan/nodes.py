"""The compiled form of a library: what every evaluator, the replay and the proof read.

A closed set of nodes over the expressions of `engine.rulebook.expressions`. Readings are chosen, scopes
and periods are conditions like any other, the hit policy is in the table, definitions stand in the order
in which they can be worked out. Spans are kept and never count in equality.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Literal, TypeAlias

from engine.base.calendar import Calendar, Limit, calendar_version
from engine.base.spans import Span
from engine.plan.digest import digest
from engine.rulebook.expressions import Expression, FactValue, facts_in
from engine.rulebook.model import Citation, FactDeclaration, HitPolicy, Pauses, Undefined, Words
from engine.rulebook.outcomes import Outcome, amounts
from engine.rulebook.types import Scalar, Type


@dataclass(frozen=True, slots=True)
class Origin:
    """What a verdict says of where it comes from."""

    id: str
    title: Words
    citations: tuple[Citation, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exception: `defeats` takes the outcome away, `review` lets it stand and marks it."""

    origin: Origin
    condition: Expression
    effect: Literal["defeats", "review"]


@dataclass(frozen=True, slots=True)
class RulePlan:
    """Applies where `guard` (scope, period) and `own` (its conditions) hold and nothing defeats it."""

    origin: Origin
    guard: Expression
    own: Expression
    exemptions: tuple[Exemption, ...]
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class RowPlan:
    """`conclusion`: output cells; `Undefined` for a declared gap; None: covered, concludes nothing."""

    origin: Origin
    condition: Expression
    conclusion: tuple[Expression, ...] | Undefined | None


@dataclass(frozen=True, slots=True)
class OutputPlan:
    name: str
    type: Type
    order: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class TablePlan:
    """With `defines` the table works out that fact; else it builds `outcomes` for what it concludes."""

    origin: Origin
    guard: Expression
    own: Expression
    policy: HitPolicy
    rows: tuple[RowPlan, ...]
    otherwise: RowPlan | None
    outputs: tuple[OutputPlan, ...]
    outcomes: tuple[Outcome, ...]
    defines: FactValue | None
    exemptions: tuple[Exemption, ...]


@dataclass(frozen=True, slots=True)
class ClockPlan:
    """A time limit; exactly one of `limit` (with `starts`) and `due` is set."""

    origin: Origin
    guard: Expression
    own: Expression
    starts: Expression | None
    limit: Limit | Expression | None
    due: Expression | None
    stops: tuple[FactValue, ...]
    pauses: Pauses | None
    defines: FactValue | None
    on_breach: tuple[Outcome, ...]


Body: TypeAlias = Expression | TablePlan | ClockPlan


@dataclass(frozen=True, slots=True)
class DefinitionPlan:
    """How a derived fact is worked out; with `fallback` only where the ticket does not give it."""

    origin: Origin
    fact: FactValue
    fallback: bool
    body: Body


ItemPlan: TypeAlias = RulePlan | TablePlan | ClockPlan


@dataclass(frozen=True, slots=True)
class ParameterPlan:
    """`steps`: values by the day from which they hold, in order; empty: the source does not give it."""

    id: str
    type: Type
    steps: tuple[tuple[date, Scalar], ...]


@dataclass(frozen=True)
class Plan:
    """One exact content of a library under one choice of readings."""

    zone: str
    currency: str
    facts: Mapping[str, FactDeclaration]
    parameters: Mapping[str, ParameterPlan]
    calendars: Mapping[str, Calendar]
    readings: Mapping[str, str]
    definitions: tuple[DefinitionPlan, ...]
    items: tuple[ItemPlan, ...]

    @cached_property
    def edition(self) -> str:
        """The digest of all of it, and of the calendar package that some of it may rest on."""
        return digest(self, calendar_version(self.calendars.values()))

    @cached_property
    def defined(self) -> Mapping[str, DefinitionPlan]:
        """The definitions by the name of the fact."""
        return {definition.fact.name: definition for definition in self.definitions}

    @cached_property
    def leading_to(self) -> Mapping[str, tuple[DefinitionPlan, ...]]:
        """For each derived fact the definitions that it rests on and its own, in the order of need.

        Worked out in turn, none waits for another, however long the way from the ticket's facts is.
        """
        rests_on: dict[str, frozenset[str]] = {}
        for definition in self.definitions:
            name = definition.fact.name
            rests_on[name] = frozenset({name}).union(*(rests_on.get(n, ()) for n in needs(definition)))
        return {
            name: tuple(d for d in self.definitions if d.fact.name in names)
            for name, names in rests_on.items()
        }

    def only(self, ids: Collection[str]) -> Plan:
        """The plan of the items and definitions with these ids, and of the definitions that they rest on."""
        items = tuple(item for item in self.items if item.origin.id in ids)
        asked = {fact.name for item in items for fact in facts_in(*expressions_of(item))}
        asked |= {definition.fact.name for definition in self.definitions if definition.origin.id in ids}
        resting = {needed.fact.name for name in asked for needed in self.leading_to.get(name, ())}
        definitions = tuple(d for d in self.definitions if d.fact.name in resting)
        return replace(self, items=items, definitions=definitions)


def expressions_of(node: RulePlan | TablePlan | ClockPlan) -> tuple[Expression, ...]:
    """Every expression that an item evaluates."""
    match node:
        case RulePlan():
            conditions = (node.guard, node.own, *(e.condition for e in node.exemptions))
            return conditions + tuple(a for o in node.outcomes for a in amounts(o))
        case TablePlan():
            rows = (*node.rows, node.otherwise) if node.otherwise else node.rows
            cells = tuple(c for r in rows for c in row_expressions(r))
            conditions = (node.guard, node.own, *(e.condition for e in node.exemptions))
            return conditions + cells + tuple(a for o in node.outcomes for a in amounts(o))
        case ClockPlan():
            moments = tuple(
                part
                for part in (node.starts, node.due, None if isinstance(node.limit, Limit) else node.limit)
                if part is not None
            )
            own = (node.guard, node.own, *moments, *node.stops)
            lists = (node.pauses.list,) if node.pauses else ()
            return own + lists + tuple(a for o in node.on_breach for a in amounts(o))


def needs(definition: DefinitionPlan) -> tuple[str, ...]:
    """The facts that a definition reads."""
    body = definition.body
    parts = expressions_of(body) if isinstance(body, TablePlan | ClockPlan) else (body,)
    return tuple(fact.name for fact in facts_in(*parts))


def row_expressions(row: RowPlan) -> tuple[Expression, ...]:
    """A row's condition and whatever its output cells read."""
    match row.conclusion:
        case None:
            return (row.condition,)
        case Undefined(alternatives=alternatives):
            return row.condition, *(cell for _, cells in alternatives for cell in cells)
        case cells:
            return row.condition, *cells
