"""The functions of formulas: their arguments, their types, and arithmetic's rule of digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from engine.base.suggest import closest
from engine.read.chinese.words import keywords, unquoted
from engine.read.syntax import Call, Formula, Name, Number
from engine.rulebook.expressions import (
    TRUE,
    Absolute,
    Arithmetic,
    Count,
    DateFunction,
    DateFunctionName,
    Expression,
    Extreme,
    Rounding,
    RoundingMode,
    type_of,
)
from engine.rulebook.names import Names
from engine.rulebook.surface.vocabulary import Vocabulary
from engine.rulebook.types import DATE, INSTANT, INTEGER, TIME, Kind, Type, mismatch

Resolve: TypeAlias = Callable[[Formula, Names, Type | None], Expression]

ROUNDINGS: dict[str, RoundingMode] = {"round half up": "half up", "floor": "floor", "ceiling": "ceiling"}


@dataclass(frozen=True, slots=True)
class Signature:
    """A date function: the types that it takes and gives."""

    name: DateFunctionName
    takes: tuple[Type, ...]
    gives: Type


DATE_FUNCTIONS: dict[str, Signature] = {
    signature.name: signature
    for signature in (
        Signature("date of", (INSTANT,), DATE),
        Signature("days between", (DATE, DATE), INTEGER),
        Signature("add days", (DATE, INTEGER), DATE),
        Signature("add months", (DATE, INTEGER), DATE),
        Signature("add years", (DATE, INTEGER), DATE),
        Signature("add working days", (DATE, INTEGER), DATE),
        Signature("add minutes", (INSTANT, INTEGER), INSTANT),
        Signature("at", (DATE, TIME), INSTANT),
    )
}
FUNCTIONS = (*ROUNDINGS, *DATE_FUNCTIONS, "min", "max", "abs", "sum", "count")


def resolve_call(call: Call, names: Names, hint: Type | None, resolve: Resolve) -> Expression:
    """The typed call, or a finding for an unknown function or arguments that do not fit."""
    match call.function:
        case "min" | "max" as kind:
            operands = _numbers_or_moments(call, names, hint, resolve)
            return Extreme(kind, operands, _widest(call, names, operands))
        case "sum":
            return _sum(call, names, resolve)
        case "abs":
            (operand,) = _arguments(call, names, hint, resolve, 1)
            _need_number(operand, call, names)
            return Absolute(operand, type_of(operand))
        case "count":
            return _count(call, names)
        case function if function in ROUNDINGS:
            return _rounding(call, names, hint, resolve)
        case function if function in DATE_FUNCTIONS:
            return _date_function(DATE_FUNCTIONS[function], call, names, resolve)
        case function:
            near = closest(function, keywords("function"))
            raise names.fail("R241", call.name_span, suggestion=near, written=call.name_span.text)


def arithmetic_type(operator: str, left: Type, right: Type) -> Type | None:
    """The type of `left operator right`, or None where units or kinds do not go together."""
    if operator in ("+", "-"):
        return _sum_type(left, right) if left.meets(right) else None
    if Kind.MONEY is left.kind is right.kind:
        return Type(Kind.DECIMAL, scale=None) if operator == "/" else None
    if operator == "/" and right.kind is Kind.MONEY:
        return None
    money = left if left.kind is Kind.MONEY else right
    scale = _product_scale(left, right) if operator == "*" else None
    if money.kind is Kind.MONEY:
        return replace(money, scale=scale)
    return Type(Kind.INTEGER if scale == 0 else Kind.DECIMAL, scale=scale)


def _product_scale(left: Type, right: Type) -> int | None:
    return None if left.scale is None or right.scale is None else left.scale + right.scale


def _sum_type(left: Type, right: Type) -> Type:
    scale = None if left.scale is None or right.scale is None else max(left.scale, right.scale)
    kind = left.kind if left.kind is right.kind else Kind.DECIMAL
    return Type(kind, unit=left.unit or right.unit, scale=scale)


def _arguments(
    call: Call, names: Names, hint: Type | None, resolve: Resolve, count: int | None = None
) -> tuple[Expression, ...]:
    if (count is not None and len(call.arguments) != count) or not call.arguments:
        expected = "1 …" if count is None else str(count)
        values = {"written": call.span.text, "expected": expected, "found": str(len(call.arguments))}
        raise names.fail("R242", call.span, **values)
    return tuple(resolve(argument, names, hint) for argument in call.arguments)


def _numbers_or_moments(
    call: Call, names: Names, hint: Type | None, resolve: Resolve
) -> tuple[Expression, ...]:
    operands = _arguments(call, names, hint, resolve)
    for operand in operands:
        if not type_of(operand).meets(type_of(operands[0])):
            values = {"left": str(type_of(operands[0])), "right": str(type_of(operand))}
            code = mismatch(type_of(operands[0]), type_of(operand))
            raise names.fail(code, call.span, written=call.span.text, **values)
    return operands


def _widest(call: Call, names: Names, operands: tuple[Expression, ...]) -> Type:
    first = type_of(operands[0])
    if not first.is_number:
        if first.kind not in (Kind.DATE, Kind.INSTANT, Kind.MONTH):
            raise names.fail("R233", call.span, written=call.span.text, type=str(first))
        return first
    widest = first
    for operand in operands[1:]:
        widest = _sum_type(widest, type_of(operand))
    return widest


def _need_number(operand: Expression, call: Call, names: Names) -> None:
    if not type_of(operand).is_number:
        raise names.fail("R233", call.span, written=call.span.text, type=str(type_of(operand)))


def _sum(call: Call, names: Names, resolve: Resolve) -> Expression:
    operands = _numbers_or_moments(call, names, None, resolve)
    for operand in operands:
        _need_number(operand, call, names)
    total = operands[0]
    for operand in operands[1:]:
        total = Arithmetic("+", total, operand, _sum_type(type_of(total), type_of(operand)))
    return total


def _count(call: Call, names: Names) -> Expression:
    if len(call.arguments) != 1 or not isinstance(call.arguments[0], Name):
        raise names.fail("R243", call.span, written=call.span.text)
    records = names.fact(call.arguments[0].text, call.arguments[0].span)
    if records.type.kind is not Kind.LIST:
        raise names.fail("R243", call.span, written=call.span.text)
    return Count(records, TRUE, INTEGER)


def _rounding(call: Call, names: Names, hint: Type | None, resolve: Resolve) -> Expression:
    digits = 0
    if len(call.arguments) == 2:
        digits = _digits(call.arguments[1], names)
    elif len(call.arguments) != 1:
        values = {"written": call.span.text, "expected": "1–2", "found": str(len(call.arguments))}
        raise names.fail("R242", call.span, **values)
    operand = resolve(call.arguments[0], names, hint)
    _need_number(operand, call, names)
    inner = type_of(operand)
    kind = Kind.INTEGER if digits == 0 and inner.kind is not Kind.MONEY else inner.kind
    kind = Kind.DECIMAL if kind is Kind.INTEGER and digits else kind
    return Rounding(ROUNDINGS[call.function], operand, digits, Type(kind, unit=inner.unit, scale=digits))


def _digits(argument: Formula, names: Names) -> int:
    most = 12
    if isinstance(argument, Number) and 0 <= argument.value <= most and argument.value == int(argument.value):
        return int(argument.value)
    raise names.fail("R244", argument.span, written=argument.span.text)


def _date_function(signature: Signature, call: Call, names: Names, resolve: Resolve) -> Expression:
    arguments = call.arguments
    calendar = None
    if signature.name == "add working days":
        calendar = _calendar(call, names)
        arguments = arguments[:2]
    if len(arguments) != len(signature.takes):
        values = {
            "written": call.span.text,
            "expected": str(len(signature.takes)),
            "found": str(len(arguments)),
        }
        raise names.fail("R242", call.span, **values)
    operands = tuple(
        _fitting(resolve(argument, names, wanted), wanted, argument, names)
        for argument, wanted in zip(arguments, signature.takes, strict=True)
    )
    return DateFunction(signature.name, operands, calendar, signature.gives)


def _calendar(call: Call, names: Names) -> str:
    last = call.arguments[-1] if call.arguments else None
    if isinstance(last, Name) and last.text in names.catalogue.calendars:
        return last.text
    written = last.span.text if last is not None else call.span.text
    near = closest(unquoted(written), Vocabulary(names.catalogue).calendars)
    raise names.fail("R245", last.span if last is not None else call.span, suggestion=near, written=written)


def _fitting(found: Expression, wanted: Type, argument: Formula, names: Names) -> Expression:
    kind = type_of(found).kind
    if kind is wanted.kind:
        return found
    values = {"written": argument.span.text, "left": str(wanted), "right": str(type_of(found))}
    raise names.fail(mismatch(wanted, type_of(found)), argument.span, **values)
