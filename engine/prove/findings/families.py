"""Rules of one section that belong together: they say the same kind of thing and look at the same facts."""

from __future__ import annotations

from collections.abc import Iterator

from engine.plan.nodes import ClockPlan, ItemPlan, TablePlan
from engine.prove.findings.context import Context
from engine.prove.findings.heads import section_of
from engine.prove.findings.prices import outcomes_of
from engine.rulebook.expressions import Expression, facts_in
from engine.rulebook.outcomes import (
    Breach,
    Compensation,
    Fee,
    Fine,
    Gate,
    Obligation,
    Outcome,
    Review,
    Route,
    Score,
    Share,
)


def families(context: Context) -> Iterator[tuple[ItemPlan, ...]]:
    """Two items or more each, in the order of the plan."""
    found: dict[tuple[object, ...], list[ItemPlan]] = {}
    for item in context.plan.items:
        found.setdefault(_kin(item), []).append(item)
    yield from (tuple(items) for items in found.values() if len(items) > 1)


def _kin(item: ItemPlan) -> tuple[object, ...]:
    """What is the same in all of a family."""
    said = tuple(dict.fromkeys(_kind(outcome) for outcome in outcomes_of(item)))
    facts = frozenset(fact.name for fact in facts_in(*_conditions(item)))
    timed = (repr(item.starts), repr(item.due)) if isinstance(item, ClockPlan) else ()
    return type(item), section_of(item), said, timed, facts


def _conditions(item: ItemPlan) -> tuple[Expression, ...]:
    rows = tuple(row.condition for row in item.rows) if isinstance(item, TablePlan) else ()
    return item.own, *rows


def _kind(outcome: Outcome) -> tuple[str, ...]:
    match outcome:
        case Fine(payer=payer, per=per):
            return "fine", payer, per
        case Fee(payer=payer):
            return "fee", payer
        case Compensation(payee=payee, payer=payer):
            return "compensation", payee or "", payer or ""
        case Breach(code=code):
            return "breach", code
        case Obligation(acts=acts):
            return "obligation", *acts
        case Gate(action=action):
            return "gate", action
        case Score(name=name):
            return "score", name
        case Route() | Review() | Share():
            return (type(outcome).__name__.lower(),)
