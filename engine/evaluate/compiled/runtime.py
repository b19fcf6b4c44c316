"""What compiled source calls while it runs: exact arithmetic, texts of values, and the reference walk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from engine.base.calendar import Due, Limit, due
from engine.base.exact import EXACT, plain
from engine.evaluate.case import Case, of_kind, on_the_line, reckoned
from engine.evaluate.clocks import ClockFace, due_by, face_of, read_clock, shown_due
from engine.evaluate.conclude import settled
from engine.evaluate.judge import Judgement, judge, leave_open
from engine.evaluate.reference import new_case
from engine.evaluate.values import NONE, Cause, Unknown, shown
from engine.evaluate.verdict import Because, Outcome
from engine.plan.nodes import ClockPlan, ItemPlan, Plan
from engine.rulebook.expressions import DateFunction, Expression
from engine.rulebook.types import MONEY_DIGITS, Kind, Type


class Walk:
    """The reference walk over the same ticket, begun only when something needs it.

    A ticket's own part is a list `[facts, as_of, case]`, which costs nothing to make; the plan's part is
    this object, whose methods stand in the namespace of the source.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.zone = ZoneInfo(plan.zone)

    def _case(self, ticket: list[Any]) -> Case:
        if ticket[2] is None:
            ticket[2] = new_case(self.plan, ticket[0], ticket[1])
        case: Case = ticket[2]
        return case

    def truth(self, ticket: list[Any], condition: Expression) -> bool | None:
        """True, False, or None where it is unknown."""
        value = self._case(ticket).value(condition)
        return None if isinstance(value, Unknown) else bool(value)

    def causes(self, ticket: list[Any], expression: Expression) -> frozenset[Cause]:
        """Why an expression is unknown."""
        value: Unknown = self._case(ticket).value(expression)
        return value.causes

    def missing(self, ticket: list[Any], amount: Expression) -> frozenset[Cause]:
        """Why an amount cannot stand in an outcome."""
        value: Unknown = settled(self._case(ticket), amount)
        return value.causes

    def fact(self, ticket: list[Any], name: str) -> Any:
        """A derived fact: None where it is unknown."""
        value = self._case(ticket).fact(name)
        return None if isinstance(value, Unknown) else value

    def reckon(self, function: DateFunction, operands: Sequence[Any]) -> Any:
        """A day or an instant; None where the calendar does not know."""
        value = reckoned(function, operands, self.zone, self.plan.calendars)
        return None if isinstance(value, Unknown) else value

    def face(self, ticket: list[Any], clock: ClockPlan) -> ClockFace | None:
        """What a clock shows; None where it is not known."""
        face = read_clock(self._case(ticket), clock)
        return None if isinstance(face, Unknown) else face

    def due_after(self, limit: Limit, started: date | datetime) -> Due | None:
        """When a limit ends; None where its calendar does not know."""
        return due(limit, started, self.zone, self.plan.calendars)

    def due_by(self, moment: date | datetime) -> Due:
        """The due moment that a ticket names itself."""
        return due_by(moment, self.zone)

    def judge(self, ticket: list[Any], item: ItemPlan, so_far: Judgement) -> None:
        """Adds what one item concludes."""
        judge(self._case(ticket), item, so_far)

    def judge_bare(self, ticket: list[Any], item: ItemPlan, out: list[Any]) -> None:
        """Adds what one item concludes, without explanations."""
        so_far = Judgement()
        judge(self._case(ticket), item, so_far)
        out.extend(bare(outcome) for outcome in so_far.outcomes)

    def namespace(self) -> dict[str, Any]:
        return {
            "walk_truth": self.truth,
            "walk_causes": self.causes,
            "walk_missing": self.missing,
            "walk_fact": self.fact,
            "walk_face": self.face,
            "reckon": self.reckon,
            "due_after": self.due_after,
            "due_by": self.due_by,
            "walk_judge": self.judge,
            "walk_judge_bare": self.judge_bare,
        }


def bare(outcome: Outcome) -> tuple[Any, ...]:
    """`(rule, kind, amount)` of an outcome; only fines and fees carry their amount."""
    amount = outcome.get("amount") if outcome["kind"] in ("fine", "fee") else None
    return outcome["rule"], outcome["kind"], None if amount is None else Decimal(amount)


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


def divides_exactly(divisor: Any) -> bool:
    """Whether every decimal divided by this whole number ends: there are only twos and fives in it."""
    if not isinstance(divisor, int) or not 0 < divisor < LARGE:
        return False
    rest: int = divisor
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    return rest == 1


LARGE = 10**6
ROUNDING = {"half up": ROUND_HALF_UP, "floor": ROUND_FLOOR, "ceiling": ROUND_CEILING}
WIDE = Context(prec=EXACT.prec, traps=[InvalidOperation])


def rounded_decimal(mode: str, unit: Decimal, value: Decimal | int) -> Decimal:
    """An exact value to as many digits as `unit` has; half up goes away from zero, as FEEL's does."""
    return WIDE.plus(Decimal(value).quantize(unit, ROUNDING[mode], WIDE))


def each_once(reasons: list[Because], events: list[Because]) -> list[Because]:
    """The reasons without repetitions, and of the events those that are not among them."""
    found: list[Because] = []
    for reason in reasons:
        if reason not in found:
            found.append(reason)
    return found + [event for event in events if event not in found]


def shown_instant(value: datetime) -> str:
    return value.isoformat(timespec="seconds" if value.second else "minutes")


def shown_plain(type_: Type) -> Any:
    """The function that turns a known value of a type into its text, or None where it is shown as it is."""
    match type_.kind:
        case Kind.BOOLEAN | Kind.ENUM | Kind.TEXT | Kind.INTEGER:
            return None
        case Kind.MONEY:
            return shown_money
        case Kind.DECIMAL:
            return shown_decimal
        case Kind.DATE:
            return date.isoformat
        case Kind.INSTANT:
            return shown_instant
        case _:
            return lambda value: shown(value, type_)


def shown_money(value: Decimal) -> str:
    """Two digits, exactly; most amounts already have them."""
    text = str(value)
    return text if text[-3:-2] == "." and "E" not in text else plain(Decimal(value), MONEY_DIGITS)


def shown_decimal(value: Decimal) -> str:
    """As many digits as the value needs; most values are written so already."""
    text = str(value)
    if "E" in text or ("." in text and text[-1] == "0"):
        return str(shown(value, Type(Kind.DECIMAL)))
    return text


NAMESPACE: dict[str, Any] = {
    "NONE": NONE,
    "exact_add": EXACT.add,
    "exact_subtract": EXACT.subtract,
    "exact_multiply": EXACT.multiply,
    "rounded_quotient": rounded_quotient,
    "rounded_decimal": rounded_decimal,
    "exact_divide": EXACT.divide,
    "of_kind": of_kind,
    "on_the_line": on_the_line,
    "face_of": face_of,
    "shown_due": shown_due,
    "shown": shown,
    "each_once": each_once,
    "leave_open": leave_open,
    "IN_TIME": {"met": True, "breached": False},
    "Kind": Kind,
    "shown_money": shown_money,
}
