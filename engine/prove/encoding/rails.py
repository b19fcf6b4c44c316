"""Kleene's logic on two rails: what surely holds, and what may hold; between them lies unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.prove.solver import (
    FALSE,
    TRUE,
    Bool,
    both,
    choice,
    conjunction,
    disjunction,
    either,
    equal,
    negation,
)


@dataclass(frozen=True, slots=True)
class Rails:
    """True where `must` holds, false where `may` does not, else unknown; `must` implies `may`."""

    must: Bool
    may: Bool

    @property
    def false(self) -> Bool:
        return negation(self.may)

    @property
    def unknown(self) -> Bool:
        return both(self.may, negation(self.must))


def certain(truth: Bool) -> Rails:
    return Rails(truth, truth)


YES, NO, UNKNOWN = certain(TRUE), certain(FALSE), Rails(FALSE, TRUE)


def all_of(parts: Iterable[Rails]) -> Rails:
    known = list(parts)
    return Rails(conjunction(p.must for p in known), conjunction(p.may for p in known))


def any_of(parts: Iterable[Rails]) -> Rails:
    known = list(parts)
    return Rails(disjunction(p.must for p in known), disjunction(p.may for p in known))


def opposite(part: Rails) -> Rails:
    return Rails(negation(part.may), negation(part.must))


def chosen(condition: Bool, yes: Rails, no: Rails) -> Rails:
    return Rails(choice(condition, yes.must, no.must), choice(condition, yes.may, no.may))


def when_known(known: Bool, truth: Bool) -> Rails:
    """The truth where it is known, else unknown."""
    return Rails(both(known, truth), either(negation(known), truth))


def apart(left: Rails, right: Rails) -> Bool:
    """The two are not the same of true, false and unknown."""
    return negation(both(equal(left.must, right.must), equal(left.may, right.may)))
