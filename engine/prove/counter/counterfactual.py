"""What is said of an outcome that might not have been, and of a fact that might be asked."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from engine.evaluate.verdict import Outcome
from engine.rulebook.types import Value

Worth: TypeAlias = Value | None
"""A fact's value; None where the ticket does not give it."""


@dataclass(frozen=True, slots=True)
class Change:
    """One fact otherwise. `also` are other values that would do as well, the nearest of each side."""

    fact: str
    before: Worth
    after: Worth
    also: tuple[Worth, ...] = ()


@dataclass(frozen=True, slots=True)
class Alternative:
    """Changes under which the outcome falls away together, and none of them can be left out. `instead`:
    what other fines, fees, compensation, breaches and refusals the changed ticket has.
    """

    changes: tuple[Change, ...]
    instead: tuple[Outcome, ...] = ()


Status: TypeAlias = Literal["avoidable", "only_by_what_is_fixed", "unavoidable", "not_known"]
"""Whether other facts would do; only such as say whose rules apply and on what day; no facts at all
(which was proved); or none were found and none were ruled out.
"""


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """One outcome of a verdict, and the smallest changes that take it away; `more` are not shown."""

    outcome: Outcome
    status: Status
    alternatives: tuple[Alternative, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """Values of a fact that come to the same: of an ordered fact those from `low` up to below `below` (None:
    as far as it goes), of another the `members`. `left`: how many entries stay undecided; `gains`: what then
    applies, without an amount where it varies.
    """

    members: tuple[Value, ...]
    left: int
    gains: tuple[Outcome, ...]
    low: Worth = None
    below: Worth = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A fact that nobody has given (`list.field`: in each record that lacks it), and what it would decide.

    `worst` and `average` are how many entries stay undecided of the `waiting` and all others.
    """

    fact: str
    waiting: tuple[str, ...]
    worst: int
    average: Fraction
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Apart:
    """What no fact decides: `as_of`, a clock that runs, a parameter that no source gives."""

    reason: str
    names: tuple[str, ...]
    waiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counter:
    """All that is said of one verdict: what would have avoided it, what to ask, and what nobody can say."""

    avoided: tuple[Counterfactual, ...]
    asks: tuple[Ask, ...]
    apart: tuple[Apart, ...]
