"""By which facts tickets are grouped: outlet, month and category where nothing else is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlglot import exp

from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.plan.nodes import Plan
from engine.replay.days import day_of
from engine.replay.slots import Sql
from engine.rulebook.types import Kind, Type

USUAL: Mapping[str, tuple[str, ...]] = {
    "outlet": ("outlet_level1_id", "outlet_id"),
    "month": ("complaint_at", "created_at", "month"),
    "category": ("complaint_category", "first_call_type"),
}
"""What each usual dimension is taken from: the first of these facts that the tickets have."""
TEXT = exp.DataType.build("TEXT")
LENGTH_OF_A_MONTH = 7


@dataclass(frozen=True)
class Grouping:
    """`name` is what the dimension is called: one of the usual, or the fact itself."""

    name: str
    fact: str
    value: Sql


def usual_groupings(plans: Sequence[Plan], given: Collection[str]) -> tuple[Grouping, ...]:
    """Outlet, month and category, as far as the tickets tell them."""
    chosen = ((name, _first(facts, plans, given)) for name, facts in USUAL.items())
    return tuple(_grouping(name, fact, plans) for name, fact in chosen if fact is not None)


def asked_groupings(
    facts: Iterable[str], plans: Sequence[Plan], given: Collection[str]
) -> tuple[Grouping, ...]:
    """By these facts; without their column every ticket is in the group of those that do not say."""
    return tuple(
        _grouping(fact, fact, plans) if fact in given else Grouping(fact, fact, exp.cast(exp.Null(), TEXT))
        for fact in facts
    )


def not_grouped(fact: str, plans: Sequence[Plan]) -> Finding | None:
    """What is wrong with grouping by a fact: there is none of that name, it is worked out, or it is a list."""
    type_ = _type(fact, plans)
    if type_ is None:
        known = {name for plan in plans for name in plan.facts}
        return Finding("Q069", {"written": fact}, suggestion=closest(fact, known))
    if type_.kind is Kind.LIST:
        return Finding("Q070", {"written": fact})
    if any(plan.facts[fact].derived == "engine" for plan in plans if fact in plan.facts):
        return Finding("Q071", {"written": fact})
    return None


def _first(facts: Iterable[str], plans: Sequence[Plan], given: Collection[str]) -> str | None:
    return next((fact for fact in facts if fact in given and _type(fact, plans) is not None), None)


def _type(fact: str, plans: Sequence[Plan]) -> Type | None:
    return next((plan.facts[fact].type for plan in plans if fact in plan.facts), None)


def _grouping(name: str, fact: str, plans: Sequence[Plan]) -> Grouping:
    type_ = _type(fact, plans)
    assert type_ is not None, "a fact that nobody knows is found before"
    return Grouping(name, fact, _text(exp.column(fact), type_, plans[0].zone))


def _text(value: Sql, type_: Type, zone: str) -> Sql:
    """A value as the text of its group; days and instants by their month."""
    match type_.kind:
        case Kind.ENUM | Kind.TEXT:
            return value
        case Kind.INSTANT:
            return _month(day_of(value, ZoneInfo(zone)))
        case Kind.DATE | Kind.MONTH:
            return _month(value)
        case _:
            return exp.cast(value, TEXT)


def _month(day: Sql) -> Sql:
    """`2015-10`."""
    first, length = exp.Literal.number(1), exp.Literal.number(LENGTH_OF_A_MONTH)
    return exp.Substring(this=exp.cast(day, TEXT), start=first, length=length)
