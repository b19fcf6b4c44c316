"""Expressions of a plan in the words of the rulebook language, for what no rulebook has written."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from engine.base.calendar import Limit
from engine.base.exact import digits_after_point, plain
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
    OutputValue,
    ParameterValue,
    Picked,
    Present,
    Quantifier,
    Quotient,
    Rounding,
    Test,
)
from engine.rulebook.types import TIME, Kind


def value_text(constant: Constant) -> str:
    """A value as a test writes it beside the fact that it is compared with: numbers without their unit.

    >>> from engine.rulebook.types import Type
    >>> value_text(Constant(Decimal("50.00"), Type(Kind.MONEY, unit="CNY", scale=2)))
    '50'
    """
    value, kind = constant.value, constant.type.kind
    match value:
        case bool():
            return str(value).lower()
        case int() if kind is Kind.TIME:
            return f"{value // 60:02}:{value % 60:02}"
        case int():
            return str(value)
        case Decimal():
            return plain(value, digits_after_point(value))
        case str():
            return value if kind is Kind.ENUM else f'"{value}"'
        case datetime():
            return value.replace(tzinfo=None).isoformat(timespec="seconds" if value.second else "minutes")
        case date():
            return value.isoformat()[:7] if kind is Kind.MONTH else value.isoformat()
        case Limit():
            return limit_words(value)
        case _:
            return str(value)


_COUNTED = {
    "minutes": ("minute", 60, "hour"),
    "working_minutes": ("working minute", 60, "working hour"),
}


def limit_words(limit: Limit) -> str:
    """A limit as a rulebook writes it.

    >>> limit_words(Limit("minutes", 120)), limit_words(Limit("calendar_days", 1))
    ('2 hours', '1 calendar day')
    """
    if limit.kind == "time_of_day":
        word = "by" if limit.inclusive else "before"
        clock = value_text(Constant(limit.minute_of_day or 0, TIME))
        return f"{word} {clock}{' next day' if limit.days_later else ''}"
    if limit.kind == "day_of_next_month":
        return f"{'by' if limit.inclusive else 'before'} day {limit.amount} of next month"
    amount, unit = limit.amount, limit.kind.replace("_", " ").removesuffix("s")
    if limit.kind in _COUNTED:
        unit, factor, larger = _COUNTED[limit.kind]
        if amount and amount % factor == 0:
            amount, unit = amount // factor, larger
    calendar = f" on {limit.calendar}" if limit.calendar else ""
    return f"{amount} {unit}{'' if amount == 1 else 's'}{calendar}"


def formula_text(expression: Expression) -> str:
    """A formula or a condition on one line.

    >>> from engine.rulebook.types import INTEGER
    >>> three = Constant(3, INTEGER)
    >>> six = Arithmetic("+", three, three, INTEGER)
    >>> formula_text(Comparison(">", Arithmetic("*", six, three, INTEGER), three))
    '(3 + 3) * 3 > 3'
    """
    match expression:
        case Constant():
            return _literal(expression)
        case FactValue(name=name) | FieldValue(name=name) | OutputValue(name=name):
            return name
        case ParameterValue(id=parameter):
            return parameter.rpartition("/")[2]
        case Arithmetic(operator=operator, left=left, right=right):
            return f"{_operand(left)} {operator} {_operand(right)}"
        case Quotient(left=left, right=right):
            return f"{_operand(left)} / {_operand(right)}"
        case Rounding(mode=mode, operand=operand, digits=digits):
            name = "round half up" if mode == "half up" else mode
            return _call(name, formula_text(operand), *([str(digits)] if digits else []))
        case Extreme(kind=kind, operands=operands):
            return _call(kind, *map(formula_text, operands))
        case Absolute(operand=operand):
            return _call("abs", formula_text(operand))
        case DateFunction(name=name, operands=operands, calendar=calendar):
            return _call(name, *map(formula_text, operands), *([calendar] if calendar else []))
        case _:
            return _condition_text(expression)


def _condition_text(expression: Expression) -> str:
    match expression:
        case Test(condition=condition):
            return formula_text(condition)
        case Comparison(operator=operator, left=left, right=right):
            return f"{formula_text(left)} {operator} {formula_text(right)}"
        case All(items=items):
            return " and ".join(map(_part, items)) or "true"
        case AnyOf(items=items):
            return " or ".join(map(_part, items)) or "false"
        case Not(item=item):
            return _call("not", formula_text(item))
        case Present(operand=operand):
            return f"{operand.name} present"
        case Quantifier(kind=kind, list=records, condition=condition):
            return f"{records.name}: {{{kind}: {{{formula_text(condition)}}}}}"
        case Count(list=records, condition=condition):
            where = "" if condition == All(()) else f" where {formula_text(condition)}"
            return _call("count", f"{records.name}{where}")
        case Picked(which=which, list=records, where=where, has=has):
            inner = f"where: {{{formula_text(where)}}}, has: {{{formula_text(has)}}}"
            return f"{records.name}: {{{which}: {{{inner}}}}}"
        case _:
            return formula_text(expression)


def _literal(constant: Constant) -> str:
    """By itself, money needs its currency; other units are taken from what stands beside a number."""
    text = value_text(constant)
    return f"{text} {constant.type.unit}" if constant.type.kind is Kind.MONEY else text


def _operand(expression: Expression) -> str:
    text = formula_text(expression)
    return f"({text})" if isinstance(expression, Arithmetic | Quotient) else text


def _part(expression: Expression) -> str:
    inner = expression.condition if isinstance(expression, Test) else expression
    text = formula_text(inner)
    return f"({text})" if isinstance(inner, All | AnyOf) and len(inner.items) > 1 else text


def _call(name: str, *arguments: str) -> str:
    return f"{name}({', '.join(arguments)})"
