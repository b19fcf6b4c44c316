"""Formulas with values put in place of their symbols, worked out all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import z3

from engine.prove.solver import FALSE, TRUE, Bool, Term, identity


def pair_of(pin: Bool) -> list[tuple[Term, Term]]:
    """The symbol and the value that a pin says it has: `x`, `not x`, `x = 3`, or several of these."""
    return list(_pairs(pin))


def _pairs(pin: Bool) -> Iterator[tuple[Term, Term]]:
    if z3.is_and(pin):
        for part in pin.children():
            yield from _pairs(part)
    elif z3.is_not(pin):
        yield pin.arg(0), FALSE
    elif z3.is_eq(pin):
        left, right = pin.children()
        yield _scaled(left, right)
    elif not pin.eq(TRUE):
        yield pin, TRUE


def _scaled(left: Term, right: Term) -> tuple[Term, Term]:
    """`as_of * 1000000 = value` is about `as_of`."""
    if z3.is_mul(left):
        return left.arg(0), z3.IntVal(right.as_long() // left.arg(1).as_long())
    return (right, left) if z3.is_int_value(left) else (left, right)


def evaluated(terms: Sequence[Term], pairs: Sequence[tuple[Term, Term]]) -> list[Term]:
    """The terms as values, as far as the pairs say."""
    if not terms:
        return []
    whole = z3.Function("all of them", *(term.sort() for term in terms), z3.BoolSort())(*terms)
    found: list[Term] = z3.simplify(z3.substitute(whole, *pairs)).children()
    return found


def as_number(term: Term) -> int:
    """A whole number; 0 for what no fact decides, of which nobody reads the value."""
    return int(term.as_long()) if z3.is_int_value(term) else 0


class Evaluated:
    """What terms are worth for one ticket; asked as a model is."""

    def __init__(self, terms: Sequence[Term], values: Sequence[Term]) -> None:
        self._values: dict[int, Any] = {identity(t): v for t, v in zip(terms, values, strict=True)}

    def truth(self, term: Bool) -> bool:
        value = self._value(term)
        assert z3.is_true(value) or z3.is_false(value), f"not decided: {value}"
        return bool(z3.is_true(value))

    def number(self, term: Term) -> int:
        value = self._value(term)
        assert z3.is_int_value(value), f"not a number: {value}"
        return int(value.as_long())

    def _value(self, term: Term) -> Any:
        return self._values[identity(term)] if identity(term) in self._values else z3.simplify(term)
