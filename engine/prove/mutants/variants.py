"""An expression with one thing in it changed: a threshold, an operator, a member, a part left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TypeAlias

from engine.prove.mutants.change import Change, left_out, neighbours, put_in, spelled, text_of, turned
from engine.rulebook.expressions import (
    FALSE,
    TRUE,
    Absolute,
    All,
    AnyOf,
    Arithmetic,
    Comparison,
    Constant,
    Expression,
    Extreme,
    Not,
    Operator,
    Picked,
    Present,
    Quantifier,
    Rounding,
    RoundingMode,
    Test,
    children,
    rebuild,
    type_of,
)
from engine.rulebook.types import ORDERED, Kind, Type

Variant: TypeAlias = tuple[Expression, Change]

OTHER_OPERATORS: Mapping[Operator, tuple[Operator, ...]] = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "=": ("!=", "<=", ">="),
    "!=": ("=",),
}
OTHER_ROUNDINGS: Mapping[RoundingMode, tuple[RoundingMode, ...]] = {
    "half up": ("floor", "ceiling"),
    "floor": ("half up", "ceiling"),
    "ceiling": ("half up", "floor"),
}


def variants(expression: Expression) -> Iterator[Variant]:
    """Copies in each of which one thing is changed; tests inside with a place of their own are left alone."""
    for position, (part, parent, is_own) in enumerate(_parts(expression)):
        if is_own:
            for new, change in _changed(part, parent):
                yield _with(expression, position, new), change


def _with(expression: Expression, position: int, new: Expression) -> Expression:
    """The part that `rebuild` reaches as the `position`-th, replaced."""
    reached = -1

    def change(part: Expression) -> Expression:
        nonlocal reached
        reached += 1
        return new if reached == position else part

    return rebuild(expression, change)


def _parts(expression: Expression) -> list[tuple[Expression, Expression | None, bool]]:
    """Every part in the order of `rebuild`, what it stands in, and whether it has no place of its own."""
    found: list[tuple[Expression, Expression | None, bool]] = []

    def collect(part: Expression, parent: Expression | None, is_own: bool) -> None:
        for child in children(part):
            collect(child, part, is_own and not isinstance(child, Test))
        found.append((part, parent, is_own))

    collect(expression, None, not isinstance(expression, Test))
    return found


def _changed(part: Expression, parent: Expression | None) -> Iterator[Variant]:
    match part:
        case Comparison():
            if not (isinstance(parent, AnyOf) and _members(parent)):
                yield from _compared(part)
        case AnyOf():
            yield from _any_of(part)
        case Present():
            yield Not(part), turned("present", "absent")
        case Constant() if not isinstance(parent, Comparison):
            yield from _constant(part)
        case Arithmetic(operator="+"):
            yield replace(part, operator="-"), turned("+", "-")
        case Arithmetic(operator="-"):
            yield replace(part, operator="+"), turned("-", "+")
        case Extreme(kind="min"):
            yield replace(part, kind="max"), turned("min", "max")
        case Extreme():
            yield replace(part, kind="min"), turned("max", "min")
        case Rounding(mode=mode):
            for rounding in OTHER_ROUNDINGS[mode]:
                yield replace(part, mode=rounding), turned(mode, rounding)
        case Absolute(operand=operand):
            yield operand, left_out("abs")
        case Quantifier(kind="some"):
            yield replace(part, kind="every"), turned("some", "every")
        case Quantifier(kind=kind):
            yield replace(part, kind="some"), turned(kind, "some")
        case Picked(which="first"):
            yield replace(part, which="last"), turned("first", "last")
        case Picked():
            yield replace(part, which="first"), turned("last", "first")
        case _:
            return


def _compared(part: Comparison) -> Iterator[Variant]:
    kind = type_of(part.left).kind
    if kind is Kind.ENUM and isinstance(part.right, Constant):
        yield from _one_member(part, part.right)
        return
    if kind is Kind.BOOLEAN and isinstance(part.right, Constant):
        flipped = Constant(not part.right.value, part.right.type)
        yield replace(part, right=flipped), turned(text_of(part.right), text_of(flipped))
        return
    yield from _moved(part)
    for operator in OTHER_OPERATORS[part.operator]:
        if operator in ("=", "!=") or kind in ORDERED:
            yield replace(part, operator=operator), turned(*_operator_words(part, operator))


def _operator_words(part: Comparison, operator: Operator) -> tuple[str, str]:
    """`> 3` and `>= 3`, or `= 3`: as a test is written."""
    side = text_of(part.right)
    return f"{part.operator} {side}", f"{operator} {side}"


def _moved(part: Comparison) -> Iterator[Variant]:
    """The threshold one step to either side; the step is that of what it is compared with."""
    if isinstance(part.right, Constant):
        for value, words in _steps(part.right, type_of(part.left)):
            yield replace(part, right=value), words
    elif isinstance(part.left, Constant):
        for value, words in _steps(part.left, type_of(part.right)):
            yield replace(part, left=value), words


def _steps(constant: Constant, beside: Type) -> Iterator[tuple[Constant, Change]]:
    finest = max(constant.type.scale or 0, beside.scale or 0)
    type_ = replace(constant.type, scale=finest) if constant.type.is_number else constant.type
    value = constant.value
    if beside.kind in (Kind.DECIMAL, Kind.MONEY) and type(value) is int:
        value = Decimal(value)
    for moved in neighbours(value, type_):
        new = Constant(moved, type_)
        yield new, turned(text_of(constant), text_of(new))


def _one_member(part: Comparison, wanted: Constant) -> Iterator[Variant]:
    """One word that a fact must be: another in its place, and another besides."""
    if part.operator == "!=":
        yield replace(part, operator="="), turned(*_operator_words(part, "="))
        return
    other = _another_member(part, {str(wanted.value)})
    if other is not None:
        yield other, turned(text_of(wanted), text_of(other.right))
        yield AnyOf((part, other)), put_in(text_of(other.right))


def _another_member(part: Comparison, listed: set[str]) -> Comparison | None:
    """The next member of the catalogue after the one listed here that is not listed itself."""
    members = type_of(part.left).members
    right = part.right
    if not isinstance(right, Constant) or right.value not in members:
        return None
    start = members.index(str(right.value)) + 1
    others = [m for m in (*members[start:], *members[:start]) if m not in listed]
    return replace(part, right=Constant(others[0], right.type)) if others else None


def _any_of(part: AnyOf) -> Iterator[Variant]:
    """Members of one fact: each left out, another put in. Tests among them have their own place."""
    members = _members(part)
    for position, item in enumerate(part.items):
        if not isinstance(item, Test):
            rest = part.items[:position] + part.items[position + 1 :]
            said = text_of(item.right) if members and isinstance(item, Comparison) else text_of(item)
            yield AnyOf(rest), left_out(said)
    if members:
        listed = {str(item.right.value) for item in members if isinstance(item.right, Constant)}
        other = _another_member(members[-1], listed)
        if other is not None:
            yield AnyOf((*part.items, other)), put_in(text_of(other.right))


def _members(part: AnyOf) -> tuple[Comparison, ...]:
    """The alternatives, where all of them are words that one fact may be."""
    found = tuple(
        item
        for item in part.items
        if isinstance(item, Comparison)
        and item.operator == "="
        and isinstance(item.right, Constant)
        and item.right.type.kind is Kind.ENUM
    )
    alike = len(found) == len(part.items) and all(item.left == found[0].left for item in found)
    return found if alike else ()


def _constant(part: Constant) -> Iterator[Variant]:
    """A number, a day or a time inside a formula, an amount or a cell."""
    if isinstance(part.value, bool):
        flipped = Constant(not part.value, part.type)
        yield flipped, turned(text_of(part), text_of(flipped))
    elif part.type.kind is Kind.ENUM:
        members = part.type.members
        if len(members) > 1:
            other = Constant(members[(members.index(str(part.value)) + 1) % len(members)], part.type)
            yield other, turned(text_of(part), text_of(other))
    else:
        for value in neighbours(part.value, part.type):
            new = Constant(value, part.type)
            yield new, turned(spelled(part.value, part.type), text_of(new))


def removals(condition: Expression, *, in_any: bool = False) -> Iterator[tuple[Test, Expression]]:
    """Every test of a condition with what stands in its place when it is left out.

    What is joined by *and* is then true, what is joined by *or* false. A test inside the records of a list
    is one too.
    """
    match condition:
        case Test():
            yield condition, FALSE if in_any else TRUE
            yield from _inside(condition.condition)
        case All(items=items):
            for item in items:
                yield from removals(item)
        case AnyOf(items=items):
            for item in items:
                yield from removals(item, in_any=True)
        case Not(item=item):
            yield from removals(item, in_any=True)
        case _:
            yield from _inside(condition)


def _inside(condition: Expression) -> Iterator[tuple[Test, Expression]]:
    for part in children(condition):
        if isinstance(part, Test | All | AnyOf | Not):
            yield from removals(part, in_any=isinstance(condition, AnyOf | Not))
        else:
            yield from _inside(part)
