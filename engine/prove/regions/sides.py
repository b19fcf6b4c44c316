"""What a region holds of a fact as a test of the rulebook language: `[4..7]`, `not(damage)`, `present`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.prove.region import Side
from engine.prove.regions.wording import formula_text, value_text
from engine.rulebook.expressions import (
    AnyOf,
    Comparison,
    Constant,
    Expression,
    FactValue,
    Not,
    Operator,
    Present,
    Test,
    all_of,
    facts_in,
)
from engine.rulebook.types import Kind

OPPOSITE: dict[Operator, Operator] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
Part = tuple[str, Expression]
"""A test as written, and its condition."""


@dataclass(frozen=True, slots=True)
class Ends:
    """A stretch of an ordered fact: above `low` (`>` or `>=`), and below where `high` would hold."""

    low: tuple[Operator, Constant] | None
    high: tuple[Operator, Constant] | None


def ordered_side(
    subject: Expression, inside: Sequence[Ends], outside: Sequence[Ends], gone: bool, may_be_gone: bool
) -> Side:
    """The stretches that are held, or all but single values."""
    if gone or not may_be_gone:
        singles = [_stretch(subject, ends) for ends in outside if _is_single(ends)]
        if singles and len(singles) == len(outside):
            return _but(subject, singles)
    if gone and inside and not isinstance(subject, FactValue):
        return _but(subject, [_stretch(subject, ends) for ends in outside])
    parts = [_stretch(subject, ends) for ends in inside if ends.low or ends.high]
    if not parts:
        return _presence(subject, gone)
    return _one_of(subject, parts, gone)


def choice_side(
    subject: Expression,
    inside: Sequence[Constant] | None,
    outside: Sequence[Constant] | None,
    gone: bool,
    may_be_gone: bool,
) -> Side:
    """The values that are held, or all but those that are not; None where nobody can list them."""
    if inside is not None and not inside:
        return _presence(subject, gone=True)
    if outside is not None and not outside:
        return _presence(subject, gone)
    within = [_value(subject, constant) for constant in inside or ()]
    without = [_value(subject, constant) for constant in outside or ()]
    listed = inside is not None and (
        outside is None or len(inside) <= len(outside) or (may_be_gone and not gone)
    )
    if gone and without and not isinstance(subject, FactValue):
        return _but(subject, without)
    if listed:
        return _one_of(subject, within, gone)
    if gone or not may_be_gone:
        return _but(subject, without)
    unlike = [_compared(subject, "!=", constant) for constant in outside or ()]
    if len(unlike) == 1:
        return _side(subject, *unlike[0])
    whole = all_of(*(condition for _, condition in unlike))
    return _formula_side(" and ".join(f"{formula_text(subject)} {text}" for text, _ in unlike), whole)


def leaf_side(leaf: Expression, holds: bool) -> Side:
    """A condition that is no comparison with a value, or its opposite."""
    inner = leaf.condition if isinstance(leaf, Test) else leaf
    match inner:
        case Comparison(operator=operator, left=FactValue() as fact, right=right):
            part = f"{operator} {formula_text(right)}", inner
            return _side(fact, *(part if holds else (f"not({part[0]})", Not(inner))))
        case Present(operand=FactValue() as fact):
            return _presence(fact, gone=not holds)
        case FactValue() as fact:
            return _side(fact, "true" if holds else "false", inner if holds else Not(inner))
        case _:
            text = _text_of(leaf)
            return _formula_side(text if holds else f"not({text})", leaf if holds else Not(leaf))


def _text_of(leaf: Expression) -> str:
    if not isinstance(leaf, Test):
        return formula_text(leaf)
    names = [fact.name for fact in leaf.subjects if fact.type.kind is Kind.LIST]
    is_bare = len(names) == 1 and not leaf.text.startswith(f"{names[0]}:")
    return f"{names[0]}: {leaf.text}" if is_bare else leaf.text


def _presence(subject: Expression, gone: bool) -> Side:
    if isinstance(subject, FactValue):
        there = Present(subject)
        return _side(subject, "absent" if gone else "present", Not(there) if gone else there)
    # Only what there is equals itself.
    there_at_all, text = Comparison("=", subject, subject), formula_text(subject)
    text = f"{text} = {text}"
    return _formula_side(*((f"not({text})", Not(there_at_all)) if gone else (text, there_at_all)))


def _one_of(subject: Expression, parts: Sequence[Part], gone: bool) -> Side:
    if gone and isinstance(subject, FactValue):
        parts = [("absent", Not(Present(subject))), *parts]
    if len(parts) == 1:
        return _side(subject, *parts[0])
    text = ", ".join(text for text, _ in parts)
    return _side(subject, text, AnyOf(tuple(condition for _, condition in parts)))


def _but(subject: Expression, parts: Sequence[Part]) -> Side:
    whole = parts[0][1] if len(parts) == 1 else AnyOf(tuple(condition for _, condition in parts))
    return _side(subject, f"not({', '.join(text for text, _ in parts)})", Not(whole))


def _is_single(ends: Ends) -> bool:
    return bool(ends.low and ends.high and ends.low[0] == ">=" and ends.high[0] == ">") and (
        ends.low is not None and ends.high is not None and ends.low[1].value == ends.high[1].value
    )


def _stretch(subject: Expression, ends: Ends) -> Part:
    if ends.low and ends.high:
        if _is_single(ends):
            return _value(subject, ends.low[1])
        return _interval(subject, ends.low, ends.high)
    if ends.low:
        return _compared(subject, *ends.low)
    assert ends.high is not None, "a stretch without ends is all that is there"
    return _compared(subject, OPPOSITE[ends.high[0]], ends.high[1])


def _interval(subject: Expression, low: tuple[Operator, Constant], high: tuple[Operator, Constant]) -> Part:
    opened = "[" if low[0] == ">=" else "("
    closed = "]" if high[0] == ">" else ")"
    text = f"{opened}{value_text(low[1])}..{value_text(high[1])}{closed}"
    above = Comparison(low[0], subject, low[1])
    return text, all_of(above, Comparison(OPPOSITE[high[0]], subject, high[1]))


def _value(subject: Expression, constant: Constant) -> Part:
    return value_text(constant), Comparison("=", subject, constant)


def _compared(subject: Expression, operator: Operator, constant: Constant) -> Part:
    return f"{operator} {value_text(constant)}", Comparison(operator, subject, constant)


def _side(subject: Expression, text: str, condition: Expression) -> Side:
    if isinstance(subject, FactValue):
        return Side(subject.name, text, Test((subject,), text, condition))
    return _formula_side(_of_formula(subject, text), condition)


def _formula_side(text: str, condition: Expression) -> Side:
    if isinstance(condition, Test):
        return Side(None, text, condition)
    return Side(None, text, Test(facts_in(condition), text, condition))


def _of_formula(subject: Expression, text: str) -> str:
    """`a - b > 3`, `a - b in [4..7]`, `a - b in (1, > 3)`."""
    left = formula_text(subject)
    is_one = ", " not in text
    if is_one and text[:1] in ("<", ">", "!"):
        return f"{left} {text}"
    if text.startswith("not("):
        return f"{left} in {text}"
    if is_one and ".." in text:
        return f"{left} in {text}"
    return f"{left} = {text}" if is_one else f"{left} in ({text})"
