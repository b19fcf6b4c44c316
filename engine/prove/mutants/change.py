"""What was changed, in words, and the smallest step of a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from engine.base.calendar import MINUTES_IN_A_DAY, Limit, add_months
from engine.base.exact import EXACT
from engine.prove.regions.wording import value_text
from engine.rulebook.expressions import (
    Absolute,
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
    Present,
    Quotient,
    Rounding,
    Test,
)
from engine.rulebook.types import Kind, Scalar, Type


@dataclass(frozen=True, slots=True)
class Change:
    """The code of the finding that tells of it (`engine/base/messages/mutants.toml`), and its values."""

    code: str
    values: Mapping[str, str]


def turned(before: str, after: str) -> Change:
    return Change("M001", {"before": before, "after": after})


def left_out(written: str) -> Change:
    return Change("M002", {"written": written})


def put_in(written: str) -> Change:
    return Change("M003", {"written": written})


def exchanged(first: str, second: str) -> Change:
    return Change("M004", {"first": first, "second": second})


def neighbours(value: Scalar, type_: Type) -> Iterator[Scalar]:
    """The next value below and above: by one, a cent, a day, a minute; nothing for words.

    >>> list(neighbours(3, Type(Kind.INTEGER)))
    [2, 4]
    """
    match value:
        case bool() | str():
            return
        case int() if type_.kind is Kind.TIME:
            yield from (m for m in (value - 1, value + 1) if 0 <= m <= MINUTES_IN_A_DAY)
        case int():
            yield from (value - 1, value + 1)
        case Decimal():
            step = Decimal(1).scaleb(-(type_.scale or 0))
            yield from (EXACT.subtract(value, step), EXACT.add(value, step))
        case datetime():
            yield from (value - timedelta(minutes=1), value + timedelta(minutes=1))
        case date() if type_.kind is Kind.MONTH:
            yield from (add_months(value, -1), add_months(value, 1))
        case date():
            yield from (value - timedelta(days=1), value + timedelta(days=1))
        case Limit() | _:
            return


def spelled(value: Scalar, type_: Type) -> str:
    """A value as a rulebook writes it.

    >>> spelled(Decimal("50.00"), Type(Kind.MONEY)), spelled(750, Type(Kind.TIME))
    ('50', '12:30')
    """
    return value_text(Constant(value, type_))


def text_of(expression: Expression) -> str:
    """An expression in few words, for what was changed."""
    match expression:
        case Test(text=text):
            return text
        case Constant(value=value, type=type_):
            return spelled(value, type_)
        case FactValue(name=name) | FieldValue(name=name) | OutputValue(name=name):
            return name
        case ParameterValue(id=identifier):
            return identifier.rpartition("/")[2]
        case Arithmetic(operator=operator, left=left, right=right):
            return f"{text_of(left)} {operator} {text_of(right)}"
        case Comparison(operator=operator, left=left, right=right):
            return f"{text_of(left)} {operator} {text_of(right)}"
        case Quotient(left=left, right=right):
            return f"{text_of(left)} / {text_of(right)}"
        case Rounding(mode=mode, operand=operand):
            return f"{mode if mode != 'half up' else 'round half up'}({text_of(operand)})"
        case Extreme(kind=kind, operands=operands):
            return f"{kind}({', '.join(map(text_of, operands))})"
        case DateFunction(name=name, operands=operands):
            return f"{name}({', '.join(map(text_of, operands))})"
        case Absolute(operand=operand):
            return f"abs({text_of(operand)})"
        case Present(operand=operand):
            return f"{operand.name}: present"
        case Not(item=item):
            return f"not({text_of(item)})"
        case Count(list=records):
            return f"count({records.name})"
        case _:
            return "…"
