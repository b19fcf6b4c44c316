"""By which facts tickets are grouped: outlet, month and kinds of complaint where nothing else is asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlglot import exp

from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.plan.nodes import Plan
from engine.replay.sql.days import day_of
from engine.replay.sql.slots import Sql
from engine.rulebook.types import Kind, Type

USUAL: Mapping[str, tuple[str, ...]] = {
    "outlet": ("outlet_level1_id", "outlet_id"),
    "month": ("complaint_at", "created_at", "month"),
    "category": ("complaint_category",),
    "first_call_type": ("first_call_type",),
}
"""What each usual dimension is taken from: the first of these facts that the tickets have."""
TEXT = exp.DataType.build("TEXT")
FIRST, LENGTH_OF_A_MONTH = exp.Literal.number(1), exp.Literal.number(7)
"""A month is the first seven letters of a day."""


@dataclass(frozen=True)
class Grouping:
    """`name` is what the dimension is called: one of the usual, or the fact itself. `value` is what is kept
    of each ticket; `by_month`: it is a day, of which the month counts.
    """

    name: str
    fact: str
    value: Sql
    by_month: bool = False

    def group(self, kept: Sql) -> Sql:
        """The text of a group, from what was kept."""
        text = exp.cast(kept, TEXT)
        return exp.Substring(this=text, start=FIRST, length=LENGTH_OF_A_MONTH) if self.by_month else text


def usual_groupings(
    plans: Sequence[Plan], given: Collection[str], told: Callable[[str], bool]
) -> tuple[Grouping, ...]:
    """Outlet, month and category, as far as tickets tell them; `told`: whether any ticket tells a fact."""
    known = {name: [f for f in facts if f in given and _type(f, plans)] for name, facts in USUAL.items()}
    chosen = {name: next(filter(told, facts), None) for name, facts in known.items()}
    return tuple(_grouping(name, fact, plans) for name, fact in chosen.items() if fact is not None)


def asked_groupings(
    facts: Iterable[str], plans: Sequence[Plan], given: Collection[str]
) -> tuple[Grouping, ...]:
    """By these facts; without their column every ticket is in the group of those that do not say."""
    return tuple(
        _grouping(fact, fact, plans) if fact in given else Grouping(fact, fact, exp.cast(exp.Null(), TEXT))
        for fact in facts
    )


def not_grouped(fact: str, plans: Sequence[Plan]) -> Finding | None:
    """What is wrong with grouping by a fact: there is none of that name, it is worked out, a list."""
    type_ = _type(fact, plans)
    if type_ is None:
        known = {name for plan in plans for name in plan.facts}
        return Finding("Q069", {"written": fact}, suggestion=closest(fact, known))
    if type_.kind is Kind.LIST:
        return Finding("Q070", {"written": fact})
    if any(plan.facts[fact].derived == "engine" for plan in plans if fact in plan.facts):
        return Finding("Q071", {"written": fact})
    return None


def _type(fact: str, plans: Sequence[Plan]) -> Type | None:
    return next((plan.facts[fact].type for plan in plans if fact in plan.facts), None)


def _grouping(name: str, fact: str, plans: Sequence[Plan]) -> Grouping:
    type_ = _type(fact, plans)
    assert type_ is not None, "a fact that nobody knows is found before"
    value = exp.column(fact)
    match type_.kind:
        case Kind.INSTANT:
            return Grouping(name, fact, day_of(value, ZoneInfo(plans[0].zone)), by_month=True)
        case Kind.DATE | Kind.MONTH:
            return Grouping(name, fact, value, by_month=True)
        case _:
            return Grouping(name, fact, value)
