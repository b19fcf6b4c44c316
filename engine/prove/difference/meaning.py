"""What of a plan decides verdicts, without words and places: two that are equal here need no proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, TypeAlias

from engine.plan.nodes import (
    Body,
    ClockPlan,
    DefinitionPlan,
    ItemPlan,
    Origin,
    Plan,
    RulePlan,
    TablePlan,
    expressions_of,
)
from engine.rulebook.expressions import Expression, ParameterValue, facts_in, walk

Part: TypeAlias = ItemPlan | DefinitionPlan


def parts_of(plan: Plan) -> dict[str, Part]:
    """Every item and definition by its id; what an item defines besides stands under its id and the fact."""
    found: dict[str, Part] = {item.origin.id: item for item in plan.items}
    for definition in plan.definitions:
        name = definition.origin.id
        found[f"{name} {definition.fact.name}" if name in found else name] = definition
    return found


def same_meaning(before: tuple[Plan, Part], after: tuple[Plan, Part]) -> bool:
    """Whether two parts and all that they rest on are the same, but for ids, titles and citations."""
    return list(_meant(*before)) == list(_meant(*after))


def _meant(plan: Plan, part: Part) -> Iterator[Any]:
    yield plan.zone
    for whole in (part, *rests_on(plan, part)):
        yield bare(whole)
        expressions = expressions_in(whole)
        for name in parameters_in(expressions):
            yield name, plan.parameters[name].steps
        for fact in facts_in(*expressions):
            declared = plan.facts[fact.name]
            bounds = declared.minimum, declared.maximum
            yield fact.name, declared.type, declared.absence, declared.derived, bounds, declared.is_record
    yield plan.calendars


def rests_on(plan: Plan, part: Part) -> list[DefinitionPlan]:
    """The definitions of all derived facts that a part reads, directly or not."""
    names = [f.name for f in facts_in(*expressions_in(part)) if f.name in plan.leading_to]
    needed = {d.fact.name for name in names for d in plan.leading_to[name]}
    return [d for d in plan.definitions if d.fact.name in needed and d is not part]


def expressions_in(part: Part | Body) -> tuple[Expression, ...]:
    """Every expression that a part evaluates."""
    match part:
        case DefinitionPlan(body=body):
            return expressions_in(body)
        case RulePlan() | TablePlan() | ClockPlan():
            return expressions_of(part)
        case _:
            return (part,)


def parameters_in(expressions: tuple[Expression, ...]) -> list[str]:
    """The ids of the parameters that are read."""
    found = [part.id for whole in expressions for part in walk(whole) if isinstance(part, ParameterValue)]
    return sorted(set(found))


def bare(node: Any) -> Any:
    """A node as nested tuples without origins and spans."""
    if isinstance(node, Origin):
        return None
    if isinstance(node, tuple | list):
        return tuple(bare(part) for part in node)
    if is_dataclass(node) and not isinstance(node, type):
        parts = tuple(bare(getattr(node, f.name)) for f in fields(node) if f.compare)
        return type(node).__name__, parts
    return node
