"""What expressions are worth as terms: known or not, there or none, and a whole number of their unit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine.prove.encoding.rails import Rails
from engine.prove.solver import (
    FALSE,
    TRUE,
    Bool,
    Int,
    Term,
    both,
    choice,
    compared,
    conjunction,
    constant,
    either,
    equal,
    floor_quotient,
    minus,
    negation,
    number,
    plus,
    times,
)
from engine.rulebook.expressions import Operator


@dataclass(frozen=True, slots=True)
class Worth:
    """`known`: a value, or known to be none; `there`: where known, a value.

    `term`: money and decimals in units of `10**-scale`, days as ordinals, months as `12 * year + month - 1`,
    instants as microseconds since 1970 on the UTC line, words by their number; truth values are booleans.
    With `over` the number is divided by it, which is never 0.
    """

    known: Bool
    there: Bool
    term: Term
    scale: int = 0
    over: Int | None = None

    @property
    def usable(self) -> Bool:
        return both(self.known, self.there)

    @property
    def none(self) -> Bool:
        return both(self.known, negation(self.there))


def value(term: Term, scale: int = 0) -> Worth:
    return Worth(TRUE, TRUE, term, scale)


def not_known(like: Term) -> Worth:
    """Not known whatever the ticket says; the term says of which sort it would be."""
    return Worth(FALSE, TRUE, like)


def chosen(condition: Bool, yes: Worth, no: Worth) -> Worth:
    yes, no = aligned(yes, no)
    return Worth(
        choice(condition, yes.known, no.known),
        choice(condition, yes.there, no.there),
        choice(condition, yes.term, no.term),
        yes.scale,
        None if yes.over is None or no.over is None else choice(condition, yes.over, no.over),
    )


def aligned(left: Worth, right: Worth) -> tuple[Worth, Worth]:
    """Both in the smaller unit of the two, and both divided or neither."""
    scale = max(left.scale, right.scale)
    left, right = in_units(left, scale), in_units(right, scale)
    if left.over is None and right.over is not None:
        left = replace(left, over=number(1))
    if right.over is None and left.over is not None:
        right = replace(right, over=number(1))
    return left, right


def in_units(worth: Worth, scale: int) -> Worth:
    """The same number in smaller units."""
    if worth.scale == scale:
        return worth
    return replace(worth, term=times(worth.term, number(10 ** (scale - worth.scale))), scale=scale)


def together(operands: Sequence[Worth]) -> tuple[Bool, Bool]:
    """`known` and `there` of what needs all of them: none where one is none, else unknown where one is."""
    none = [operand.none for operand in operands]
    known = either(*none, conjunction(operand.known for operand in operands))
    return known, negation(either(*none))


def compare(operator: Operator, left: Worth, right: Worth) -> Rails:
    """What is none compares with nothing; what is unknown leaves the comparison unknown."""
    left, right = aligned(left, right)
    truth = _truth(operator, _cross(left, right), _cross(right, left))
    possible = both(negation(left.none), negation(right.none))
    known = both(left.known, right.known)
    return Rails(both(possible, known, truth), both(possible, either(negation(known), truth)))


def _cross(one: Worth, other: Worth) -> Term:
    """The numerator over a common denominator, which is positive where quotients are compared."""
    return one.term if other.over is None else times(one.term, other.over)


def _truth(operator: Operator, left: Term, right: Term) -> Bool:
    match operator:
        case "=":
            return equal(left, right)
        case "!=":
            return negation(equal(left, right))
        case _:
            return compared(operator, left, right)


def arithmetic(operator: Literal["+", "-", "*"], left: Worth, right: Worth) -> Worth:
    known, there = together((left, right))
    if operator == "*":
        over = _product(left.over, right.over)
        return Worth(known, there, times(left.term, right.term), left.scale + right.scale, over)
    left, right = aligned(left, right)
    over = _product(left.over, right.over)
    join = plus if operator == "+" else minus
    term = join(_cross(left, right), _cross(right, left))
    return Worth(known, there, term, left.scale, over)


def _product(one: Int | None, other: Int | None) -> Int | None:
    if one is None or other is None:
        return other if one is None else one
    return times(one, other)


def quotient(left: Worth, right: Worth) -> Worth:
    known, there = together((left, right))
    left, right = in_units(left, max(left.scale, right.scale)), in_units(right, max(left.scale, right.scale))
    term = left.term if right.over is None else times(left.term, right.over)
    over = right.term if left.over is None else times(left.over, right.term)
    return Worth(known, there, term, 0, over)


def extreme(kind: Literal["min", "max"], operands: Sequence[Worth]) -> Worth:
    known, there = together(operands)
    best, *others = operands
    for other in others:
        one, two = map(_over_positive, aligned(best, other))
        first = compared("<=" if kind == "min" else ">=", _cross(one, two), _cross(two, one))
        best = chosen(first, one, two)
    return replace(best, known=known, there=there)


def _over_positive(worth: Worth) -> Worth:
    """The same quotient with a positive divisor."""
    if worth.over is None:
        return worth
    negative = compared("<", worth.over, number(0))
    term, over = (choice(negative, minus(number(0), part), part) for part in (worth.term, worth.over))
    return replace(worth, term=term, over=over)


def absolute(operand: Worth) -> Worth:
    operand = _over_positive(operand)
    negative = compared("<", operand.term, number(0))
    return replace(operand, term=choice(negative, minus(number(0), operand.term), operand.term))


def rounded(mode: str, top: Int, divisor: int) -> Int:
    """`top / divisor` to a whole number; the divisor is positive."""
    match mode:
        case "floor":
            return floor_quotient(top, divisor)
        case "ceiling":
            return minus(number(0), floor_quotient(minus(number(0), top), divisor))
        case _:
            negative = compared("<", top, number(0))
            size = choice(negative, minus(number(0), top), top)
            nearest = floor_quotient(plus(times(number(2), size), number(divisor)), 2 * divisor)
            return choice(negative, minus(number(0), nearest), nearest)


def round_number(mode: str, top: int, divisor: int) -> int:
    """The same of numbers; the divisor is not 0."""
    if divisor < 0:
        top, divisor = -top, -divisor
    found = constant(rounded(mode, number(top), divisor))
    assert found is not None, "constants round to a constant"
    return found


def same_number(left: Worth, right: Worth) -> Bool:
    """The two are worth the same, where both are there."""
    left, right = aligned(left, right)
    return equal(_cross(left, right), _cross(right, left))


def apart(left: Worth, right: Worth) -> Bool:
    """The two are not alike: one is known or none where the other is not, or their values differ."""
    left, right = aligned(left, right)
    alike = [
        equal(left.known, right.known),
        either(negation(left.known), equal(left.there, right.there)),
        either(negation(left.usable), same_number(left, right)),
    ]
    return negation(conjunction(alike))


def first_of(cases: Iterable[tuple[Bool, Worth]], otherwise: Worth) -> Worth:
    """The worth of the first case whose condition holds."""
    found = otherwise
    for condition, worth in reversed(list(cases)):
        found = chosen(condition, worth, found)
    return found
