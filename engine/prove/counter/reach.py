"""What an item rests on: its expressions and those of the derived facts beneath, and the facts given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from engine.plan.nodes import (
    ClockPlan,
    DefinitionPlan,
    ItemPlan,
    Plan,
    RulePlan,
    TablePlan,
    expressions_of,
)
from engine.rulebook.expressions import (
    Comparison,
    Constant,
    DateFunction,
    Expression,
    FactValue,
    ParameterValue,
    facts_in,
    walk,
)
from engine.rulebook.types import Kind


@dataclass(frozen=True)
class Reach:
    """Everything that one item reads of a ticket, directly or by what is worked out."""

    plan: Plan
    item: ItemPlan

    @cached_property
    def definitions(self) -> tuple[DefinitionPlan, ...]:
        """The definitions that it rests on, in the order of need."""
        read = [fact.name for fact in facts_in(*expressions_of(self.item))]
        found = [d for name in read if name in self.plan.defined for d in self.plan.leading_to[name]]
        return tuple({definition.fact.name: definition for definition in found}.values())

    @cached_property
    def expressions(self) -> tuple[Expression, ...]:
        """Its own, then those of the definitions."""
        beneath = (part for definition in self.definitions for part in _expressions(definition))
        return (*expressions_of(self.item), *beneath)

    @cached_property
    def clocks(self) -> tuple[ClockPlan, ...]:
        """The clocks by which it is judged."""
        bodies = (self.item, *(definition.body for definition in self.definitions))
        return tuple(body for body in bodies if isinstance(body, ClockPlan))

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """The facts that a ticket may give, in the order of reading: what it asks itself goes first."""
        own = [part for part in expressions_of(self.item) if part is not self.item.guard]
        names = dict.fromkeys(fact.name for fact in facts_in(*own, *self.expressions))
        return tuple(name for name in names if self.plan.facts[name].derived != "engine")

    @cached_property
    def by_matter(self) -> tuple[str, ...]:
        """The same, those first that few items ask for: what many ask for is what a ticket is about."""
        counted = readers(self.plan)
        return tuple(sorted(self.facts, key=lambda name: counted[name]))

    @cached_property
    def fixed(self) -> frozenset[str]:
        """Whose rules apply, and the days by which: what no one could have done otherwise."""
        days = [part for whole in self.expressions for part in _days(whole)]
        return frozenset(fact.name for fact in facts_in(*days, *_periods(self.item.guard))) | owner(self.plan)


def _expressions(definition: DefinitionPlan) -> tuple[Expression, ...]:
    body = definition.body
    return expressions_of(body) if isinstance(body, RulePlan | TablePlan | ClockPlan) else (body,)


def _days(expression: Expression) -> Iterator[Expression]:
    """The days on which parameters are read."""
    for part in walk(expression):
        if isinstance(part, ParameterValue) and part.on is not None:
            yield part.on


def _periods(guard: Expression) -> Iterator[Expression]:
    """The event dates that a guard holds against a period."""
    for part in walk(guard):
        if isinstance(part, Comparison) and isinstance(part.right, Constant) and _is_day(part.left):
            yield part.left


def _is_day(expression: Expression) -> bool:
    is_day = isinstance(expression, DateFunction) and expression.name == "date of"
    return is_day or (isinstance(expression, FactValue) and expression.type.kind is Kind.DATE)


def owner(plan: Plan) -> frozenset[str]:
    """The word that most items ask for before anything else: whose rules they are."""
    asked = Counter(name for item in plan.items for name in _words(item.guard) if name not in plan.defined)
    return frozenset(name for name, _ in asked.most_common(1))


def readers(plan: Plan) -> Counter[str]:
    """How many items read each fact themselves."""
    return Counter(fact.name for item in plan.items for fact in facts_in(*expressions_of(item)))


def _words(guard: Expression) -> Iterable[str]:
    return {fact.name for fact in facts_in(guard) if fact.type.kind is Kind.ENUM}
