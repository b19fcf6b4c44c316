"""Where conditions compare an ordered fact: the values on both sides of what it is compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.base.exact import floor
from engine.evaluate.values import NONE, Unknown
from engine.prove.asking.trial import Trial
from engine.prove.encoding.encoding import Encoding
from engine.prove.encoding.worth import Worth, in_units
from engine.prove.findings.moved import beside
from engine.prove.regions.atoms import MIRRORED
from engine.prove.solver import Int, floor_quotient, number, plus
from engine.rulebook.expressions import Comparison, Expression, FactValue, Operator, facts_in, type_of, walk
from engine.rulebook.types import ORDERED, Kind, Type

MINUTE = 60_000_000
"""Instants are counted in microseconds, and reckoned with in minutes."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A fact, and what it is compared with, which does not read it."""

    fact: FactValue
    operator: Operator
    other: Expression


def thresholds(*conditions: Expression) -> tuple[Threshold, ...]:
    """Every comparison of an ordered fact, each once, said of the fact on its left where there are two."""
    found: dict[tuple[str, Expression], Threshold] = {}
    for part in (part for whole in conditions for part in walk(whole)):
        if isinstance(part, Comparison):
            for threshold in _of(part):
                found.setdefault((threshold.fact.name, threshold.other), threshold)
    return tuple(found.values())


def _of(comparison: Comparison) -> Iterator[Threshold]:
    sides = (comparison.left, comparison.operator, comparison.right)
    turned = (comparison.right, MIRRORED[comparison.operator], comparison.left)
    for fact, operator, other in (sides, turned):
        if isinstance(fact, FactValue) and fact.type.kind in ORDERED and _is_apart(fact, other):
            yield Threshold(fact, operator, other)
            return


def _is_apart(fact: FactValue, other: Expression) -> bool:
    """Both are read of the ticket, not of a record, and neither of the other."""
    fields = any(type(part).__name__ == "FieldValue" for part in walk(other))
    return not fields and type_of(other).scale is not None and fact not in facts_in(other)


def points(encoding: Encoding, threshold: Threshold) -> tuple[tuple[Worth, Int], ...]:
    """The last value below it, itself, the next one above it, in units of the fact; each with its worth."""
    worth = encoding.worth(threshold.other)
    scale = encoding.fact(threshold.fact.name).scale
    at = in_units(worth, scale).term if worth.scale <= scale else _down(worth, scale)
    by = MINUTE if threshold.fact.type.kind is Kind.INSTANT else 1
    return tuple((worth, plus(at, number(steps * by))) for steps in (-1, 0, 1))


def _down(worth: Worth, scale: int) -> Int:
    return floor_quotient(worth.term, 10 ** (worth.scale - scale))


def values(trial: Trial, threshold: Threshold) -> tuple[Any, ...]:
    """The same on the reference evaluator; nothing where what it is compared with is not there."""
    found = trial.case.value(threshold.other)
    if found is NONE or isinstance(found, Unknown):
        return ()
    at = fitted(found, threshold.fact.type)
    return tuple(beside(at, threshold.fact.type, steps) for steps in (-1, 0, 1))


def fitted(found: Any, type_: Type) -> Any:
    """A number with the digits of the fact, rounded down."""
    if type_.kind is Kind.INTEGER:
        return int(floor(Decimal(found)))
    return floor(Decimal(found), type_.scale or 0) if type_.is_number else found


def facts_of(found: Sequence[Threshold]) -> tuple[FactValue, ...]:
    """The facts that are compared, each once."""
    return tuple(dict.fromkeys(threshold.fact for threshold in found))
