"""Which items have nothing to say of a ticket, by the facts alone that it carries.

An item that does not apply is only reported when one of its own tests holds of something that is there. So
an item about matters that a ticket does not mention is silent, whatever else the ticket says. Which facts
those matters are is worked out once an item, and proved on the reference walk over a ticket without them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from engine.evaluate.case import Case
from engine.evaluate.reference import new_case
from engine.evaluate.values import NONE, Unknown
from engine.plan.nodes import ClockPlan, DefinitionPlan, ItemPlan, Plan, RulePlan, TablePlan, needs
from engine.rulebook.expressions import Expression, facts_in

Wakes: TypeAlias = frozenset[str] | None
"""Facts of which a ticket must carry one for something to be said; None where something always may be."""


def wakes_item(plan: Plan, item: ItemPlan, settled: Mapping[str, Any]) -> Wakes:
    """What wakes an item on tickets whose facts in `settled` have these values."""
    case = new_case(plan, settled, None)
    read = _read_by(plan, _decisive(case, item))
    return frozenset(read - settled.keys()) if _is_timeless(case, read) and _is_silent(case, item) else None


def wakes_definition(plan: Plan, definition: DefinitionPlan) -> Wakes:
    """What a ticket must carry for a derived fact to be worked out."""
    case = new_case(plan, {}, None)
    read = _read_by(plan, [definition.fact])
    silent = _is_timeless(case, read) and not _is_known(case.fact(definition.fact.name))
    return frozenset(read) if silent else None


def _decisive(case: Case, item: ItemPlan) -> list[Expression]:
    """What must hold, or point to something, before anything is said of the item."""
    match item:
        case RulePlan():
            return [item.own]
        case TablePlan():
            return [item.own, *(row.condition for row in item.rows)]
        case ClockPlan():
            begins = _begins(item)
            return begins if any(case.value(part) is NONE for part in begins) else [item.own, *begins]


def _is_silent(case: Case, item: ItemPlan) -> bool:
    """Whether the decisive parts, as they stand in this case, keep an item from saying anything."""
    match item:
        case RulePlan():
            return case.value(item.own) is not True and not case.points_to(item.own)
        case TablePlan():
            return not case.is_raised(item) and (case.value(item.own) is not True or _is_open(case, item))
        case ClockPlan():
            begun = [case.value(part) for part in _begins(item)]
            return NONE in begun or not (any(map(_is_known, begun)) or case.points_to(item.own))


def _is_open(case: Case, table: TablePlan) -> bool:
    """Whether no row holds and one may: then no row counts, under any hit policy."""
    truths = [case.holds(row) for row in table.rows]
    return True not in truths and any(isinstance(truth, Unknown) for truth in truths)


def _begins(clock: ClockPlan) -> list[Expression]:
    return [part for part in (clock.starts, clock.due) if part is not None]


def _is_known(value: Any) -> bool:
    return value is not NONE and not isinstance(value, Unknown)


def _is_timeless(case: Case, read: Iterable[str]) -> bool:
    """Whether none of the clocks among the facts has begun, so that the instant of judging is not asked."""
    clocks = [
        d.body for name in read for d in case.plan.leading_to.get(name, ()) if isinstance(d.body, ClockPlan)
    ]
    return not any(_is_known(case.value(part)) for clock in clocks for part in _begins(clock))


def _read_by(plan: Plan, expressions: Iterable[Expression]) -> set[str]:
    """Every fact that the expressions rest on, derived ones with all that leads to them."""
    names = {fact.name for fact in facts_in(*expressions)}
    led = {name: plan.leading_to.get(name, ()) for name in names}
    return names.union(*(needs(definition) for leading in led.values() for definition in leading))
