"""Literals of tests and formulas to typed constants, exact and in the catalogue's zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TypeAlias
from zoneinfo import ZoneInfo

from engine.base.calendar import Limit
from engine.base.exact import digits_after_point
from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.read.formulas import parse_formula
from engine.read.limits import parse_limit
from engine.read.nodes import Node, ScalarNode
from engine.read.syntax import (
    Day,
    Formula,
    Instant,
    MonthLiteral,
    Name,
    Negative,
    Number,
    Text,
    TimeOfDay,
    Truth,
)
from engine.rulebook.expressions import Constant
from engine.rulebook.fields import Unreadable
from engine.rulebook.model import Catalogue
from engine.rulebook.surface.vocabulary import Vocabulary
from engine.rulebook.types import (
    BOOLEAN,
    DATE,
    INSTANT,
    MONEY_DIGITS,
    MONTH,
    TEXT,
    TIME,
    Kind,
    Scalar,
    Type,
)

Literal: TypeAlias = Number | Text | Truth | Day | MonthLiteral | Instant | TimeOfDay
CURRENCY_CODE_LENGTH = 3


def constant(literal: Literal, zone: str) -> Constant:
    """The literal with the type that it has by itself."""
    match literal:
        case Number():
            return _number(literal)
        case Text(value=value):
            return Constant(value, TEXT)
        case Truth(value=value):
            return Constant(value, BOOLEAN)
        case Day(value=value):
            return Constant(value, DATE)
        case MonthLiteral(year=year, month=month):
            return Constant(date(year, month, 1), MONTH)
        case Instant():
            return Constant(instant(literal, zone), INSTANT)
        case TimeOfDay(value=value, end_of_day=end_of_day):
            return Constant(24 * 60 if end_of_day else value.hour * 60 + value.minute, TIME)


def _number(literal: Number) -> Constant:
    digits = digits_after_point(literal.value)
    unit = literal.unit
    if unit is not None and len(unit) == CURRENCY_CODE_LENGTH and unit.isupper():
        return Constant(literal.value, Type(Kind.MONEY, unit=unit, scale=digits))
    if digits == 0 and literal.value == literal.value.to_integral_value():
        return Constant(int(literal.value), Type(Kind.INTEGER, unit=unit))
    return Constant(literal.value, Type(Kind.DECIMAL, unit=unit, scale=digits))


def instant(literal: Instant, zone: str) -> datetime:
    """An aware instant; without a written offset it is read in `zone`."""
    midnight = datetime(literal.day.year, literal.day.month, literal.day.day, tzinfo=ZoneInfo(zone))
    if literal.offset_minutes is not None:
        midnight = midnight.replace(tzinfo=timezone(timedelta(minutes=literal.offset_minutes)))
    local = midnight.replace(tzinfo=None) + timedelta(minutes=literal.minutes, seconds=literal.seconds)
    return local.replace(tzinfo=midnight.tzinfo)


def in_unit(number: Constant, target: Type) -> Constant:
    """A bare number tested against a fact takes that fact's unit and kind."""
    if not number.type.is_number or number.type.unit is not None or not target.is_number:
        return number
    scale = number.type.scale or 0
    if target.kind is Kind.MONEY:
        return Constant(_decimal(number.value), Type(Kind.MONEY, unit=target.unit, scale=scale))
    return Constant(number.value, Type(number.type.kind, unit=target.unit, scale=scale))


def _decimal(value: Scalar) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def scalar_of_type(node: Node, type_: Type, zone: str, findings: list[Finding]) -> Scalar:
    """A value written in the rulebook (a parameter's, a bound) of a declared type, else a finding."""
    if not isinstance(node, ScalarNode):
        raise Unreadable
    if type_.kind is Kind.DURATION:
        return _duration(node, findings)
    if type_.kind is Kind.TEXT:
        return node.text
    formula = parse_formula(node)
    if isinstance(formula, Finding):
        findings.append(formula)
        raise Unreadable
    found = _constant_of(formula, type_, zone)
    if found is None or not found.type.meets(type_) or _has_a_unit_too_many(found, type_):
        values = {"written": node.span.text, "type": str(type_)}
        suggestion = closest(node.text, type_.members) if type_.members else None
        findings.append(Finding("R220", values, node.span, suggestion=suggestion))
        raise Unreadable
    check_digits(found, node, type_, findings)
    if type_.is_number and type_.kind is not Kind.INTEGER:
        return _decimal(found.value)
    return found.value


def _has_a_unit_too_many(found: Constant, type_: Type) -> bool:
    """A word behind a number of a type that has no unit: `3以上` is not plainly 3."""
    return type_.is_number and type_.unit is None and found.type.unit is not None


def _constant_of(formula: Formula, type_: Type, zone: str) -> Constant | None:
    match formula:
        case Name(text=name) if type_.kind is Kind.ENUM and name in type_.members:
            return Constant(name, type_)
        case Negative(operand=Number() as number):
            positive = _number(number)
            return in_unit(Constant(-_decimal(positive.value), positive.type), type_)
        case Number() | Text() | Truth() | Day() | MonthLiteral() | Instant() | TimeOfDay():
            return in_unit(constant(formula, zone), type_)
        case _:
            return None


def check_digits(found: Constant, node: ScalarNode, type_: Type, findings: list[Finding]) -> None:
    """Money with three decimals, a fraction for a whole number: more digits than the type carries."""
    if not type_.is_number or type_.scale is None or found.type.scale is None:
        return
    if found.type.scale > type_.scale:
        digits = MONEY_DIGITS if type_.kind is Kind.MONEY else type_.scale
        values = {"written": node.span.text, "type": str(type_), "digits": str(digits)}
        findings.append(Finding("R221", values, node.span))


def _duration(node: ScalarNode, findings: list[Finding]) -> Limit:
    written = parse_limit(node)
    if isinstance(written, Finding):
        findings.append(written)
        raise Unreadable
    return written


def on_known_calendar(limit: Limit, node: Node, catalogue: Catalogue, findings: list[Finding]) -> None:
    """Working time is counted on a calendar of the catalogue."""
    if limit.calendar is not None and limit.calendar not in catalogue.calendars:
        near = closest(limit.calendar, Vocabulary(catalogue).calendars)
        findings.append(Finding("R245", {"written": limit.calendar}, node.span, suggestion=near))
        raise Unreadable
