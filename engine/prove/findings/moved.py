"""One ticket twice: as it is, and with one ordered fact moved while all that is given besides stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from engine.evaluate.facts import Facts
from engine.evaluate.values import NONE, Unknown
from engine.plan.nodes import ItemPlan, Plan
from engine.prove.asking.trial import Trial
from engine.prove.encoding.encoding import Encoding
from engine.prove.encoding.symbols import Symbols
from engine.prove.encoding.worth import Worth
from engine.prove.findings.prices import Priced, Sums, as_sums, priced, sums, sums_text
from engine.prove.regions.wording import value_text
from engine.rulebook.expressions import Constant, FactValue
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import Kind, Type

MOVED = "{} moved"
"""The name of the second value; no fact of a catalogue has a space in its name."""


class MovedEncoding(Encoding):
    """The plan on the same ticket with another value of one fact; what is derived from it follows."""

    def __init__(self, plan: Plan, symbols: Symbols, fact: str, other: FactDeclaration) -> None:
        super().__init__(plan, symbols)
        self._fact, self._other = fact, other

    def fact(self, name: str) -> Worth:
        return self.symbols.fact(self._other) if name == self._fact else super().fact(name)


@dataclass(frozen=True, slots=True)
class Moves:
    """A ticket before and after the move: the two values of the fact, and what an item comes to."""

    low: Any
    high: Any
    before: Sums
    after: Sums


@dataclass(frozen=True)
class Moving:
    """An item and an ordered fact. Tickets of `plan` have the fact's other value as a fact of its own.

    A fact that only rules work out is moved by itself: whatever it is worked out from stays.
    """

    whole: Plan
    item: ItemPlan
    fact: FactValue

    @property
    def other(self) -> FactDeclaration:
        declared = self.whole.facts[self.fact.name]
        return replace(declared, name=MOVED.format(declared.name), derived=None, absence="unknown")

    @cached_property
    def plan(self) -> Plan:
        return replace(self.whole, facts={**self.whole.facts, self.other.name: self.other})

    @cached_property
    def freed(self) -> Plan:
        """Without a definition that would have the last word on the fact."""
        kept = tuple(d for d in self.whole.definitions if d.fact.name != self.fact.name or d.fallback)
        return (
            self.whole if len(kept) == len(self.whole.definitions) else replace(self.whole, definitions=kept)
        )

    @cached_property
    def at(self) -> Encoding:
        return Encoding(self.plan, Symbols())

    @cached_property
    def beyond(self) -> Encoding:
        return MovedEncoding(self.plan, self.at.symbols, self.fact.name, self.other)

    @cached_property
    def prices(self) -> tuple[Priced, Priced]:
        """What the item comes to before and after the move."""
        return priced(self.at, self.item), priced(self.beyond, self.item)

    @property
    def low(self) -> Worth:
        return self.at.fact(self.fact.name)

    @property
    def high(self) -> Worth:
        return self.beyond.fact(self.fact.name)

    def told(self, facts: Facts) -> Facts:
        """The ticket's own facts."""
        return {name: given for name, given in facts.items() if name != self.other.name}

    def trial_at(self, trial: Trial, found: Any) -> Trial:
        """The same ticket with another value of the fact."""
        return Trial(self.freed, {**self.told(trial.facts), self.fact.name: found}, trial.as_of)

    def moves(self, trial: Trial) -> Moves | None:
        """What the reference evaluator says of both; None where the fact is not there or something open."""
        own = Trial(self.whole, self.told(trial.facts), trial.as_of)
        low, high = own.worth(self.fact.name), trial.facts.get(self.other.name)
        if low is NONE or isinstance(low, Unknown) or high is None:
            return None
        before, after = sums(own, self.item), sums(self.trial_at(trial, high), self.item)
        return None if before is None or after is None else Moves(low, high, before, after)


def text(found: Any, type_: Type) -> str:
    """A value as the rulebook writes it."""
    return value_text(Constant(found, type_))


def words(moving: Moving, found: Moves) -> dict[str, str]:
    """Both values of the fact, and what the item comes to there."""
    kind, currency = moving.fact.type, moving.whole.currency
    return {
        "low": text(found.low, kind),
        "high": text(found.high, kind),
        "before": sums_text(as_sums(found.before), moving.item, currency),
        "after": sums_text(as_sums(found.after), moving.item, currency),
    }


def step(type_: Type) -> Decimal | timedelta | int:
    """The smallest step from one value to the next, as rulebooks reckon: a day, a minute, a cent."""
    match type_.kind:
        case Kind.DECIMAL | Kind.MONEY:
            return Decimal((0, (1,), -(type_.scale or 0)))
        case Kind.DATE:
            return timedelta(days=1)
        case Kind.INSTANT:
            return timedelta(minutes=1)
        case _:
            return 1


def beside(found: Any, type_: Type, steps: int) -> Any:
    """The value so many steps further."""
    if type_.kind is Kind.MONTH:
        months = found.year * 12 + found.month - 1 + steps
        return date(months // 12, months % 12 + 1, 1)
    by = step(type_)
    if isinstance(found, date | datetime):
        assert isinstance(by, timedelta), "days and instants are apart by a time"
        return found + steps * by
    return found + steps * by
