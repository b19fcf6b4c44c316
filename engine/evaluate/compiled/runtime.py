"""What compiled source calls while it runs: exact arithmetic, texts of values, and the reference walk."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from engine.base.exact import EXACT, plain
from engine.evaluate.case import Case, of_kind, rounded
from engine.evaluate.conclude import money, totals
from engine.evaluate.facts import Facts
from engine.evaluate.judge import Judgement, judge
from engine.evaluate.reference import new_case
from engine.evaluate.values import NONE, Unknown, shown
from engine.plan.nodes import ItemPlan, Plan
from engine.rulebook.expressions import Expression
from engine.rulebook.types import Kind, Type


class Walk:
    """The reference walk over the same ticket, begun only when something needs it."""

    __slots__ = ("_case", "as_of", "facts", "plan")

    def __init__(self, plan: Plan, facts: Facts, as_of: datetime | None) -> None:
        self.plan = plan
        self.facts = facts
        self.as_of = as_of
        self._case: Case | None = None

    @property
    def case(self) -> Case:
        if self._case is None:
            self._case = new_case(self.plan, self.facts, self.as_of)
        return self._case

    def truth(self, condition: Expression) -> bool | None:
        """True, False, or None where it is unknown."""
        value = self.case.value(condition)
        return None if isinstance(value, Unknown) else bool(value)

    def fact(self, name: str) -> Any:
        """A derived fact: None where it is unknown."""
        value = self.case.fact(name)
        return None if isinstance(value, Unknown) else value

    def judge(self, item: ItemPlan, so_far: Judgement) -> None:
        judge(self.case, item, so_far)


def rounded_quotient(mode: str, digits: int, left: Any, right: Any) -> Decimal:
    """`left / right`, exactly, then rounded: whole numbers all the way."""
    left_over, left_under = left.as_integer_ratio()
    right_over, right_under = right.as_integer_ratio()
    over, under = left_over * right_under * 10**digits, left_under * right_over
    if under < 0:
        over, under = -over, -under
    match mode:
        case "floor":
            units = over // under
        case "ceiling":
            units = -(-over // under)
        case _:
            units = (2 * abs(over) + under) // (2 * under) * (1 if over >= 0 else -1)
    return Decimal(units).scaleb(-digits, EXACT)


def rounded_value(mode: str, digits: int, value: Any) -> Decimal:
    return rounded(mode, value, digits)


def shown_instant(value: datetime) -> str:
    return value.isoformat(timespec="seconds" if value.second else "minutes")


def shown_plain(type_: Type) -> Any:
    """The function that turns a known value of a type into its text, or None where it is shown as it is."""
    match type_.kind:
        case Kind.BOOLEAN | Kind.ENUM | Kind.TEXT | Kind.INTEGER:
            return None
        case Kind.MONEY:
            return shown_money
        case Kind.DATE:
            return date.isoformat
        case Kind.INSTANT:
            return shown_instant
        case _:
            return lambda value: shown(value, type_)


def shown_money(value: Decimal) -> str:
    """Two digits, exactly."""
    return f"{value:.2f}" if type(value) is Decimal else plain(Decimal(value), 2)


NAMESPACE: dict[str, Any] = {
    "NONE": NONE,
    "Walk": Walk,
    "exact_add": EXACT.add,
    "exact_subtract": EXACT.subtract,
    "exact_multiply": EXACT.multiply,
    "rounded_quotient": rounded_quotient,
    "rounded_value": rounded_value,
    "of_kind": of_kind,
    "Kind": Kind,
    "money": money,
    "shown_money": shown_money,
    "shown_instant": shown_instant,
    "totals": totals,
    "Decimal": Decimal,
}
