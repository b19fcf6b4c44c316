"""Days and instants that expressions reckon with, and what calendars do not know."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import assert_never
from zoneinfo import ZoneInfo

from sqlglot import exp

from engine.base.calendar import EARLIEST, LATEST
from engine.plan.nodes import Plan
from engine.replay.lowering.values import Scope, known_number
from engine.replay.lowering.worth import Worth, without_value, worked_out
from engine.replay.sql import days, working_time
from engine.replay.sql.columns import Columns
from engine.replay.sql.logic import (
    Truth,
    conjunction,
    disjunction,
    is_true,
    negation,
)
from engine.replay.sql.numbers import Digits, Quantity
from engine.replay.sql.slots import Sql
from engine.rulebook.expressions import (
    DateFunction,
    Expression,
    FactValue,
    FieldValue,
    type_of,
)
from engine.rulebook.types import Kind

OWN_YEARS = (EARLIEST.year, LATEST.year)
DAYS = Digits(-4_000_000, 4_000_000)
"""How many days can lie between two."""


@dataclass(frozen=True)
class Moments:
    """Reckons for one plan; `derived` are the facts that are worked out, whose years are not known."""

    plan: Plan
    zone: ZoneInfo
    columns: Columns
    derived: Collection[str]

    def worth(self, function: DateFunction, operands: list[Worth], scope: Scope) -> Worth:
        """A day or an instant; one outside the calendar is none."""
        if any(isinstance(operand.value, exp.Null) for operand in operands):
            return without_value(operands)
        if not scope.in_record:  # the offsets of a zone ask for their day or instant again and again
            first = self.columns.add("moment", operands[0].value)
            operands = [replace(operands[0], value=first), *operands[1:]]
        value = self._sql(function, operands, scope)
        if not scope.in_record:
            value = self.columns.add(function.name.replace(" ", "_"), value)
        worth = worked_out(value, operands)
        if function.name == "days between":
            return worked_out(value, operands, Quantity(value, DAYS))
        if function.name in ("date of", "at"):
            return worth
        there = conjunction(operand.there for operand in operands)
        lacking = self.calendar_lacks(function, operands, scope)
        outside = conjunction([there, exp.Is(this=value, expression=exp.Null()), negation(lacking)])
        return Worth(value, disjunction([worth.none, outside]), may_be_unknown=True)

    def _sql(self, function: DateFunction, operands: list[Worth], scope: Scope) -> Sql:
        first = operands[0].value
        years = self._years(function.operands[0])
        match function.name:
            case "date of":
                kind = type_of(function.operands[0]).kind
                return first if kind is Kind.DATE else days.day_of(first, self.zone)
            case "days between":
                return days.days_between(first, operands[1].value)
            case "add days":
                return days.add_days(first, known_number(operands[1]), years)
            case "add months":
                return days.add_months(first, known_number(operands[1]), years)
            case "add years":
                return days.add_years(first, known_number(operands[1]), years)
            case "add minutes":
                return days.add_minutes(first, known_number(operands[1]), years, self.zone)
            case "at":
                return days.at(first, operands[1].value, self.zone)
            case "add working days":
                return self._working_days(function, operands, scope).value
            case _:
                assert_never(function.name)

    def _years(self, moment: Expression) -> days.Years:
        """The years in which a day or an instant may lie: a ticket's own are within reason."""
        match moment:
            case FactValue(name=name) if name not in self.derived:
                return OWN_YEARS
            case FieldValue():
                return OWN_YEARS
            case DateFunction(name="date of", operands=(inner,)):
                return self._years(inner)
            case _:
                return days.ANY_YEARS

    def _working_days(
        self, function: DateFunction, operands: list[Worth], scope: Scope
    ) -> working_time.Worked:
        calendar = self.plan.calendars[function.calendar or ""]
        day, count = operands[0].value, known_number(operands[1])
        years = self._years(function.operands[0])
        if scope.in_record:
            return working_time.add_working_days(calendar, day, count, years)
        return working_time.add_working_days(calendar, day, count, years, self.columns.add)

    def calendar_lacks(self, function: DateFunction, operands: list[Worth], scope: Scope) -> Truth:
        """Whether the calendar does not know a day on the way; never NULL."""
        if function.name != "add working days" or any(
            isinstance(operand.value, exp.Null) for operand in operands
        ):
            return False
        return is_true(self._working_days(function, operands, scope).calendar_missing)
