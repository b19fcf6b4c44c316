"""What a rule can conclude: a closed, typed set. Amounts are money expressions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from engine.rulebook.expressions import Expression


@dataclass(frozen=True, slots=True)
class Fine:
    amount: Expression
    payer: str
    per: str


@dataclass(frozen=True, slots=True)
class Fee:
    amount: Expression
    payer: str


@dataclass(frozen=True, slots=True)
class Compensation:
    """Without an amount: due, the amount is not fixed here."""

    amount: Expression | None
    payee: str | None
    payer: str | None


@dataclass(frozen=True, slots=True)
class SharePart:
    """`up_to`: the source gives a ceiling, not a fixed share."""

    party: str
    amount: Expression
    up_to: bool


@dataclass(frozen=True, slots=True)
class Share:
    """Who bears how much of `of`; parts are capped at what is left, `remainder` bears the rest."""

    of: Expression
    parts: tuple[SharePart, ...]
    remainder: str


@dataclass(frozen=True, slots=True)
class Breach:
    code: str
    by: str | None


@dataclass(frozen=True, slots=True)
class Obligation:
    """All the acts are required."""

    acts: tuple[str, ...]
    by: str | None


@dataclass(frozen=True, slots=True)
class Gate:
    action: str
    allowed: bool
    requires: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    to: str


@dataclass(frozen=True, slots=True)
class Score:
    name: str
    points: Expression


@dataclass(frozen=True, slots=True)
class Review:
    """A person must look: the reason is a code of the catalogue."""

    reason: str


Outcome: TypeAlias = Fine | Fee | Compensation | Share | Breach | Obligation | Gate | Route | Score | Review


def amounts(outcome: Outcome) -> tuple[Expression, ...]:
    """The expressions whose values the outcome needs."""
    match outcome:
        case Fine(amount=amount) | Fee(amount=amount):
            return (amount,)
        case Compensation(amount=amount):
            return () if amount is None else (amount,)
        case Share(of=of, parts=parts):
            return (of, *(part.amount for part in parts))
        case Score(points=points):
            return (points,)
        case Breach() | Obligation() | Gate() | Route() | Review():
            return ()


def change_amounts(outcome: Outcome, change: Callable[[Expression], Expression]) -> Outcome:
    """A copy whose amounts have gone through `change`."""
    match outcome:
        case Fine() | Fee():
            return replace(outcome, amount=change(outcome.amount))
        case Compensation(amount=amount):
            return outcome if amount is None else replace(outcome, amount=change(amount))
        case Share():
            parts = tuple(replace(part, amount=change(part.amount)) for part in outcome.parts)
            return replace(outcome, of=change(outcome.of), parts=parts)
        case Score():
            return replace(outcome, points=change(outcome.points))
        case Breach() | Obligation() | Gate() | Route() | Review():
            return outcome
