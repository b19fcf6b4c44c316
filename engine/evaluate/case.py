"""One ticket's case: the value of every expression, by a plain walk that defines what it means.

Conditions are Kleene's three values. An unknown carries its causes, so that what is undecided names
what would decide it. Nothing here is fast, and nothing here is clever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from engine.base import calendar as reckoning
from engine.base import exact
from engine.base.calendar import Calendar
from engine.evaluate.facts import Facts
from engine.evaluate.values import NONE, Unknown, together, unknown
from engine.plan.nodes import (
    DefinitionPlan,
    Exemption,
    ItemPlan,
    Plan,
    RowPlan,
    RulePlan,
    TablePlan,
)
from engine.rulebook.expressions import (
    Absolute,
    All,
    AnyOf,
    Arithmetic,
    Comparison,
    Constant,
    Count,
    DateFunction,
    Expression,
    Extreme,
    FactValue,
    FieldValue,
    Not,
    Operator,
    OutputValue,
    ParameterValue,
    Picked,
    Present,
    Quantifier,
    Quotient,
    Rounding,
    Test,
    children,
    facts_in,
)
from engine.rulebook.types import Kind

Record = Mapping[str, Any]


class Case:
    """One ticket under one plan: the value of any expression, each derived fact worked out once.

    `define` works out a derived fact from its definition (a formula, a table or a clock).
    """

    def __init__(
        self,
        plan: Plan,
        facts: Facts,
        as_of: datetime | None,
        define: Callable[[Case, DefinitionPlan], Any],
    ) -> None:
        self.plan = plan
        self.facts = facts
        self.as_of = as_of
        self.zone = ZoneInfo(plan.zone)
        self._define = define
        self._defined = plan.defined
        self._derived: dict[str, Any] = {}

    def value(
        self, expression: Expression, record: Record | None = None, outputs: Record | None = None
    ) -> Any:
        """A value, `NONE`, or `Unknown`; conditions give True, False or `Unknown`."""
        match expression:
            case Test(condition=condition):
                return self.value(condition, record, outputs)
            case Comparison(operator=operator, left=left, right=right):
                return _compared(
                    operator, self.value(left, record, outputs), self.value(right, record, outputs)
                )
            case FactValue(name=name):
                return self.fact(name)
            case Constant(value=value):
                return value
            case All(items=items):
                return conjunction(self.value(item, record, outputs) for item in items)
            case AnyOf(items=items):
                return disjunction(self.value(item, record, outputs) for item in items)
            case Not(item=item):
                return negation(self.value(item, record, outputs))
            case Present(operand=operand):
                operand_value = self.value(operand, record)
                return operand_value if isinstance(operand_value, Unknown) else operand_value is not NONE
            case FieldValue(name=name, of=records):
                return self.field(records, name, record or {})
            case OutputValue(name=name):
                return (outputs or {})[name]
            case ParameterValue():
                return self._parameter(expression)
            case Arithmetic() | Quotient() | Rounding() | Extreme() | Absolute() | DateFunction():
                return self._computed(expression, record, outputs)
            case Quantifier() | Count() | Picked():
                return self._over_records(expression)
            case _:
                assert_never(expression)

    def applies(self, item: ItemPlan) -> Any:
        """Whether an item's scope, period and own conditions hold."""
        return conjunction((self.value(item.guard), self.value(item.own)))

    def holds(self, part: RowPlan | Exemption) -> Any:
        """Whether the condition of a row or an exception holds."""
        return self.value(part.condition)

    def is_raised(self, item: RulePlan | TablePlan) -> bool:
        """Whether anything in the ticket points to an undecided item: a test of its own that holds."""
        if self.points_to(item.own):
            return True
        if isinstance(item, TablePlan):
            return any(self.points_to(row.condition) for row in item.rows)
        return item.own == All(()) and self.value(item.guard) is True

    def points_to(self, condition: Expression) -> bool:
        """A test that holds of something that is there: that a thing is absent points to nothing."""
        if isinstance(condition, All | AnyOf):
            return any(self.points_to(part) for part in condition.items)
        return self.value(condition) is True and any(self._is_there(fact) for fact in facts_in(condition))

    def _is_there(self, fact: FactValue) -> bool:
        value = self.fact(fact.name)
        return value is not NONE and not isinstance(value, Unknown)

    def fact(self, name: str) -> Any:
        """A given fact, else a derived one, else none or unknown as the catalogue says."""
        definition = self._defined.get(name)
        given = self.facts.get(name)
        if given is not None and (definition is None or definition.fallback):
            return given
        if definition is not None:
            if name not in self._derived:
                self._work_out(name)
            return self._derived[name]
        return NONE if self.plan.facts[name].absence == "none" else unknown("fact_missing", name)

    def _work_out(self, name: str) -> None:
        """A derived fact after those that it rests on, so that a long chain of them is no deep recursion."""
        for definition in self.plan.leading_to[name]:
            given = definition.fallback and definition.fact.name in self.facts
            if not given and definition.fact.name not in self._derived:
                self._derived[definition.fact.name] = self._derive(definition)

    def _derive(self, definition: DefinitionPlan) -> Any:
        """What is worked out from something that is none is not known, unless the fact itself may be none."""
        value = of_kind(self._define(self, definition), definition.fact.type.kind)
        declared = self.plan.facts[definition.fact.name]
        if value is NONE and declared.absence != "none":
            return unknown("fact_missing", definition.fact.name)
        if value is not NONE and not isinstance(value, Unknown) and not declared.admits(value):
            return unknown("out_of_bounds", definition.fact.name)
        return value

    def field(self, records: str, name: str, record: Record) -> Any:
        """A record's own value, else none or unknown as the catalogue says."""
        value = record.get(name)
        if value is not None:
            return value
        declared = self.plan.facts[records].type.fields[name]
        return NONE if declared.absent_is_none else unknown("fact_missing", f"{records}.{name}")

    def _parameter(self, parameter: ParameterValue) -> Any:
        """The value in force on the event date; without an event date the only one there is."""
        steps = self.plan.parameters[parameter.id].steps
        if parameter.on is None:
            return steps[-1][1] if steps else unknown("parameter_missing", parameter.id)
        day = self.value(parameter.on)
        if steps and isinstance(day, Unknown):
            return day
        in_force = (
            [] if isinstance(day, Unknown) or day is NONE else [v for start, v in steps if start <= day]
        )
        return in_force[-1] if in_force else unknown("parameter_missing", parameter.id)

    def _computed(self, expression: Expression, record: Record | None, outputs: Record | None) -> Any:
        """Anything that needs all its operands: none if one is none, unknown if one is unknown."""
        operands = [self.value(child, record, outputs) for child in children(expression)]
        if any(operand is NONE for operand in operands):
            return NONE
        missing = [operand for operand in operands if isinstance(operand, Unknown)]
        return together(missing) if missing else self._worked_out(expression, operands)

    def _worked_out(self, expression: Expression, operands: list[Any]) -> Any:
        match expression:
            case Arithmetic(operator=operator):
                return arithmetic(operator, *operands)
            case Quotient():
                return Fraction(operands[0]) / Fraction(operands[1])
            case Rounding(mode=mode, digits=digits, type=kind):
                return of_kind(rounded(mode, operands[0], digits), kind.kind)
            case Extreme(kind="min"):
                return min(operands, key=on_the_line)
            case Extreme(kind="max"):
                return max(operands, key=on_the_line)
            case Absolute():
                return abs(operands[0])
            case DateFunction():
                return reckoned(expression, operands, self.zone, self.plan.calendars)
            case _:
                raise TypeError(f"{type(expression).__name__} has no operands to work with")

    def _over_records(self, expression: Quantifier | Count | Picked) -> Any:
        records = self.value(expression.list)
        if isinstance(records, Unknown):
            return records
        records = () if records is NONE else records
        match expression:
            case Quantifier(kind="some", condition=condition):
                return disjunction(self.value(condition, record) for record in records)
            case Quantifier(kind="every", condition=condition):
                return conjunction(self.value(condition, record) for record in records)
            case Quantifier(condition=condition):
                return negation(disjunction(self.value(condition, record) for record in records))
            case Count(condition=condition):
                return _counted([self.value(condition, record) for record in records])
            case Picked():
                return self._picked(expression, records)

    def _picked(self, picked: Picked, records: tuple[Record, ...]) -> Any:
        for record in records if picked.which == "first" else reversed(records):
            meets = self.value(picked.where, record)
            if meets is not False:
                return self.value(picked.has, record) if meets is True else meets
        return False


def conjunction(values: Iterable[Any]) -> Any:
    """Kleene's and: false if one is false, else unknown for all the unknown ones together."""
    missing = []
    for value in values:
        if value is False:
            return False
        if isinstance(value, Unknown):
            missing.append(value)
    return together(missing) if missing else True


def disjunction(values: Iterable[Any]) -> Any:
    """Kleene's or: true if one is true, else unknown for all the unknown ones together."""
    missing = []
    for value in values:
        if value is True:
            return True
        if isinstance(value, Unknown):
            missing.append(value)
    return together(missing) if missing else False


def negation(value: Any) -> Any:
    return value if isinstance(value, Unknown) else not value


def _compared(operator: Operator, left: Any, right: Any) -> Any:
    """What is none compares with nothing; what is unknown leaves the comparison unknown."""
    if left is NONE or right is NONE:
        return False
    missing = [side for side in (left, right) if isinstance(side, Unknown)]
    if missing:
        return together(missing)
    left, right = on_the_line(left), on_the_line(right)
    match operator:
        case "=":
            return bool(left == right)
        case "!=":
            return bool(left != right)
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
        case ">=":
            return bool(left >= right)
        case _:
            assert_never(operator)


def on_the_line(value: Any) -> Any:
    """An instant on the UTC line: Python compares two of one zone by their wall clocks, which go back."""
    return value.astimezone(UTC) if isinstance(value, datetime) else value


def _counted(conditions: list[Any]) -> Any:
    missing = [condition for condition in conditions if isinstance(condition, Unknown)]
    return together(missing) if missing else sum(condition is True for condition in conditions)


def arithmetic(operator: str, left: Any, right: Any) -> Any:
    """Exact on integers, decimals and (under a rounding) fractions."""
    if isinstance(left, Fraction) or isinstance(right, Fraction):
        left, right = Fraction(left), Fraction(right)
        return {"+": left + right, "-": left - right, "*": left * right}[operator]
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        pair = Decimal(left), Decimal(right)
        return reduce(
            {"+": exact.EXACT.add, "-": exact.EXACT.subtract, "*": exact.EXACT.multiply}[operator], pair
        )
    return {"+": left + right, "-": left - right, "*": left * right}[operator]


def reckoned(
    function: DateFunction, operands: Sequence[Any], zone: ZoneInfo, calendars: Mapping[str, Calendar]
) -> Any:
    """A day or an instant; one that lies outside the calendar is none."""
    try:
        return _reckoned(function, operands, zone, calendars)
    except (OverflowError, ValueError):
        return NONE


def _reckoned(
    function: DateFunction, operands: Sequence[Any], zone: ZoneInfo, calendars: Mapping[str, Calendar]
) -> Any:
    match function.name:
        case "date of":
            return reckoning.day_of(operands[0], zone)
        case "days between":
            return reckoning.days_between(operands[0], operands[1])
        case "add days":
            return date.fromordinal(operands[0].toordinal() + operands[1])
        case "add months":
            return reckoning.add_months(operands[0], operands[1])
        case "add years":
            return reckoning.add_years(operands[0], operands[1])
        case "add minutes":
            return reckoning.add_minutes(operands[0], operands[1])
        case "at":
            return reckoning.at(operands[0], operands[1], zone)
        case "add working days":
            name = function.calendar or ""
            found = reckoning.add_working_days(calendars[name], operands[0], operands[1])
            return unknown("calendar_missing", name) if found is None else found
        case _:
            assert_never(function.name)


def rounded(mode: str, value: Any, digits: int) -> Decimal:
    """To that many digits after the point."""
    match mode:
        case "half up":
            return exact.round_half_up(value, digits)
        case "floor":
            return exact.floor(value, digits)
        case _:
            return exact.ceiling(value, digits)


def of_kind(value: Any, kind: Kind) -> Any:
    """Whole numbers are `int`, other numbers `Decimal`, whatever formula they come from."""
    if isinstance(value, Unknown | bool) or value is NONE:
        return value
    if kind is Kind.INTEGER and isinstance(value, Decimal):
        return int(value)
    if kind in (Kind.DECIMAL, Kind.MONEY) and isinstance(value, int):
        return Decimal(value)
    return value
