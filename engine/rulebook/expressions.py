"""The typed expressions that conditions, cells and amounts become: a small closed set.

Every consumer is an exhaustive `match`, so a new node is found by the type checker. Logic over them is
Kleene's: true, false, unknown. A fact that is *known to be none* makes every comparison false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from engine.base.spans import Span
from engine.rulebook.types import BOOLEAN, Kind, Scalar, Type

Operator: TypeAlias = Literal["<", "<=", ">", ">=", "=", "!="]
RoundingMode: TypeAlias = Literal["half up", "floor", "ceiling"]
DateFunctionName: TypeAlias = Literal[
    "date of", "days between", "add days", "add months", "add years", "add minutes", "at", "add working days"
]


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal of the rulebook."""

    value: Scalar
    type: Type


@dataclass(frozen=True, slots=True)
class FactValue:
    """A fact of the ticket, given or derived."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A field of the record that the nearest quantifier looks at; `of` is the list."""

    name: str
    of: str
    type: Type


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """A dated parameter (`id` is `rulebook/name`), read on the day of `on` (None: no event date is set)."""

    id: str
    on: Expression | None
    type: Type


@dataclass(frozen=True, slots=True)
class OutputValue:
    """A table's output column, in the outcomes that the table builds."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Arithmetic:
    operator: Literal["+", "-", "*"]
    left: Expression
    right: Expression
    type: Type


@dataclass(frozen=True, slots=True)
class Quotient:
    """A division; always under a `Rounding`, so that no backend has to invent digits."""

    left: Expression
    right: Expression
    type: Type


@dataclass(frozen=True, slots=True)
class Rounding:
    mode: RoundingMode
    operand: Expression
    digits: int
    type: Type


@dataclass(frozen=True, slots=True)
class Extreme:
    kind: Literal["min", "max"]
    operands: tuple[Expression, ...]
    type: Type


@dataclass(frozen=True, slots=True)
class Absolute:
    operand: Expression
    type: Type


@dataclass(frozen=True, slots=True)
class DateFunction:
    name: DateFunctionName
    operands: tuple[Expression, ...]
    calendar: str | None
    type: Type


@dataclass(frozen=True, slots=True)
class Comparison:
    operator: Operator
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class All:
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    item: Expression


@dataclass(frozen=True, slots=True)
class Present:
    """There is a value: false for a fact that is known to be none."""

    operand: FactValue | FieldValue


@dataclass(frozen=True, slots=True)
class Quantifier:
    """Over the records of a list, in their order."""

    kind: Literal["some", "every", "none"]
    list: FactValue
    condition: Expression


@dataclass(frozen=True, slots=True)
class Count:
    list: FactValue
    condition: Expression
    type: Type


@dataclass(frozen=True, slots=True)
class Picked:
    """The first or last record that meets `where` also meets `has`; false where there is none."""

    which: Literal["first", "last"]
    list: FactValue
    where: Expression
    has: Expression


@dataclass(frozen=True, slots=True)
class Test:
    """One condition as the officer wrote it: the unit in which verdicts are explained."""

    subjects: tuple[FactValue, ...]
    text: str
    condition: Expression
    span: Span | None = field(compare=False, default=None)


Expression: TypeAlias = (
    Constant
    | FactValue
    | FieldValue
    | ParameterValue
    | OutputValue
    | Arithmetic
    | Quotient
    | Rounding
    | Extreme
    | Absolute
    | DateFunction
    | Comparison
    | All
    | AnyOf
    | Not
    | Present
    | Quantifier
    | Count
    | Picked
    | Test
)

TRUE = All(())
FALSE = AnyOf(())


def type_of(expression: Expression) -> Type:
    """The type of an expression's value; conditions are boolean."""
    match expression:
        case Comparison() | All() | AnyOf() | Not() | Present() | Quantifier() | Picked() | Test():
            return BOOLEAN
        case _:
            return expression.type


def children(expression: Expression) -> tuple[Expression, ...]:
    """The direct parts of an expression, in the order in which they are read."""
    match expression:
        case Constant() | FactValue() | FieldValue() | OutputValue():
            return ()
        case ParameterValue(on=on):
            return () if on is None else (on,)
        case Arithmetic(left=left, right=right) | Quotient(left=left, right=right):
            return left, right
        case Comparison(left=left, right=right):
            return left, right
        case Rounding(operand=operand) | Absolute(operand=operand) | Present(operand=operand):
            return (operand,)
        case Extreme(operands=operands) | DateFunction(operands=operands):
            return operands
        case All(items=items) | AnyOf(items=items):
            return items
        case Not(item=item):
            return (item,)
        case Quantifier(list=records, condition=condition) | Count(list=records, condition=condition):
            return records, condition
        case Picked(list=records, where=where, has=has):
            return records, where, has
        case Test(condition=condition):
            return (condition,)


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and every part of it, outermost first."""
    yield expression
    for child in children(expression):
        yield from walk(child)


def facts_in(*expressions: Expression) -> tuple[FactValue, ...]:
    """Every fact that is read, each once, in the order of reading."""
    found = {part.name: part for whole in expressions for part in walk(whole) if isinstance(part, FactValue)}
    return tuple(found.values())


def rebuild(expression: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """The expression with `change` applied to every part, innermost first; what stays as it was is shared."""
    parts = children(expression)
    made = tuple(rebuild(part, change) for part in parts)
    unchanged = all(new is old for new, old in zip(made, parts, strict=True))
    return change(expression if unchanged else _with_children(expression, made))


def _with_children(expression: Expression, parts: tuple[Expression, ...]) -> Expression:
    match expression:
        case Constant() | FactValue() | FieldValue() | OutputValue():
            return expression
        case ParameterValue():
            return replace(expression, on=parts[0] if parts else None)
        case Arithmetic() | Quotient() | Comparison():
            return replace(expression, left=parts[0], right=parts[1])
        case Rounding() | Absolute():
            return replace(expression, operand=parts[0])
        case Present():
            return expression
        case Extreme() | DateFunction():
            return replace(expression, operands=parts)
        case All() | AnyOf():
            return replace(expression, items=parts)
        case Not():
            return replace(expression, item=parts[0])
        case Quantifier() | Count():
            return replace(expression, condition=parts[1])
        case Picked():
            return replace(expression, where=parts[1], has=parts[2])
        case Test():
            return replace(expression, condition=parts[0])


def all_of(*items: Expression) -> Expression:
    """The conjunction, flattened."""
    flat = [part for item in items for part in (item.items if isinstance(item, All) else (item,))]
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def is_ratio(expression: Expression) -> bool:
    """Whether the digits of the value are not settled yet (a division that is not rounded)."""
    kind = type_of(expression)
    return kind.kind in (Kind.DECIMAL, Kind.MONEY) and kind.scale is None
