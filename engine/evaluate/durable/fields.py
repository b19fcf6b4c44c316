"""The flat fact of integers that a ticket becomes, and the conditions over it that are three-valued.

A field says 1 for unknown, 2 for none, 3 and more for a value. Enums, booleans and texts are numbered in
one field; quantities and times have a field for their state and one for their value. Conditions that the
library cannot test are worked out by the plan's own walk and stand as 1 unknown, 2 false, 3 true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from engine.base.exact import digits_after_point
from engine.evaluate.case import Case
from engine.evaluate.durable.native import (
    Atom,
    Native,
    NativeOperator,
    all_true,
    any_true,
    negated,
)
from engine.evaluate.values import NONE, Unknown
from engine.plan.nodes import Plan
from engine.rulebook.expressions import Comparison, Constant, Expression, FactValue, Present
from engine.rulebook.types import NUMBERS, Kind, Type

UNKNOWN, NO_VALUE, KNOWN = 1, 2, 3
NOT_TRUE = NO_VALUE
"""For a computed condition 2 means false, as `none` does in a comparison."""

FARTHEST = 2**62
"""The library's integers saturate at 2**63; order against constants nearer than this is kept."""

PRIME = "p"
"""The field that the child sets to run one action of every ruleset; 0 in every ticket."""
TRUE_OF_ALL = Atom(PRIME, "=", 0)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FINITE = frozenset({Kind.BOOLEAN, Kind.ENUM, Kind.TEXT})
_DATES = frozenset({Kind.DATE, Kind.MONTH})
_FLIPPED: Mapping[NativeOperator, NativeOperator] = {
    "=": "=",
    "!=": "!=",
    "<": ">",
    ">": "<",
    "<=": ">=",
    ">=": "<=",
}

FlatFact: TypeAlias = dict[str, int]


@dataclass(frozen=True, slots=True)
class Rails:
    """When a condition holds, and when it may hold; it is undecided between the two."""

    holds: Native
    may_hold: Native

    def __invert__(self) -> Rails:
        return Rails(negated(self.may_hold), negated(self.holds))


@dataclass(frozen=True, slots=True)
class Numbered:
    """A fact of few values in one field: each value that rules name has a number."""

    field: str
    numbers: Mapping[Any, int]

    def flat(self, value: Any) -> FlatFact:
        """A text that no rule names is just another value."""
        return {self.field: _state(value) or self.numbers.get(value, KNOWN)}


@dataclass(frozen=True, slots=True)
class Measured:
    """A quantity or a time: its state, and its value in half steps of the last digit."""

    state: str
    field: str
    scale: int

    def flat(self, value: Any) -> FlatFact:
        state = _state(value)
        return {
            self.state: state or KNOWN,
            self.field: 0 if state else max(-FARTHEST, min(FARTHEST, steps(value, self.scale))),
        }


@dataclass(frozen=True, slots=True)
class Stated:
    """Only whether there is a value."""

    field: str

    def flat(self, value: Any) -> FlatFact:
        return {self.field: _state(value) or KNOWN}


Place: TypeAlias = Numbered | Measured | Stated


def _state(value: Any) -> int:
    """Zero where there is a value."""
    if isinstance(value, Unknown):
        return UNKNOWN
    return NO_VALUE if value is NONE else 0


def steps(value: Any, scale: int) -> int:
    """A value as an integer in which order and equality are exact.

    Numbers count half steps of 10**-scale, so that what lies between two steps stays between them; days
    are ordinals and instants microseconds since 1970.
    """
    match value:
        case datetime():
            return (value - _EPOCH) // timedelta(microseconds=1)
        case date():
            return int(value.toordinal())
        case _:
            numerator, denominator = Decimal(value).as_integer_ratio()
            whole, rest = divmod(numerator * 10**scale, denominator)
            return int(2 * whole) + (1 if rest else 0)


@dataclass
class Fields:
    """The fields that conditions read, made while they are lowered."""

    plan: Plan
    places: dict[tuple[str, int | None], Place] = field(default_factory=dict)
    computed: dict[Expression, str] = field(default_factory=dict)

    def condition(self, leaf: Expression) -> Rails:
        """The rails of a condition without connectives."""
        match leaf:
            case Present(operand=FactValue() as fact):
                name = self._state_field(fact)
                return Rails(Atom(name, ">=", KNOWN), Atom(name, "!=", NO_VALUE))
            case Comparison(operator=operator, left=FactValue() as fact, right=Constant(value=value)):
                return self._comparison(fact, operator, value) or self.worked_out(leaf)
            case Comparison(operator=operator, left=Constant(value=value), right=FactValue() as fact):
                return self._comparison(fact, _FLIPPED[operator], value) or self.worked_out(leaf)
            case FactValue(type=Type(kind=Kind.BOOLEAN)):
                return self._comparison(leaf, "=", True) or self.worked_out(leaf)
            case _:
                return self.worked_out(leaf)

    def worked_out(self, condition: Expression) -> Rails:
        """A condition outside the fragment: the plan's own walk says what it is."""
        name = self.computed.setdefault(condition, f"c{len(self.computed)}")
        return Rails(Atom(name, "=", KNOWN), Atom(name, "!=", NOT_TRUE))

    def _comparison(self, fact: FactValue, operator: NativeOperator, value: Any) -> Rails | None:
        place = self.place(fact, value)
        match place:
            case Numbered(field=name) if operator in ("=", "!=") and value in place.numbers:
                return _of_number(name, place.numbers[value], equal=operator == "=")
            case Measured(state=state, field=name, scale=scale) if abs(steps(value, scale)) < FARTHEST:
                met = all_true((Atom(state, "=", KNOWN), Atom(name, operator, steps(value, scale))))
                return Rails(met, any_true((Atom(state, "=", UNKNOWN), met)))
            case _:
                return None

    def place(self, fact: FactValue, value: Any) -> Place | None:
        """Where a fact stands that is compared with such a value; None outside the fragment."""
        kind = fact.type.kind
        if kind in _FINITE:
            place = self._numbered(fact)
            if kind is Kind.TEXT and isinstance(value, str) and isinstance(place.numbers, dict):
                place.numbers.setdefault(value, KNOWN + 1 + len(place.numbers))
            return place
        if kind in NUMBERS and not isinstance(value, bool) and isinstance(value, int | Decimal):
            return self._measured(fact, max(fact.type.scale or 0, digits_after_point(Decimal(value))))
        is_instant = isinstance(value, datetime)
        if (kind is Kind.INSTANT and is_instant) or (
            kind in _DATES and isinstance(value, date) and not is_instant
        ):
            return self._measured(fact, 0)
        return None

    def _numbered(self, fact: FactValue) -> Numbered:
        members = fact.type.members if fact.type.kind is Kind.ENUM else (True, False)
        numbers = {} if fact.type.kind is Kind.TEXT else {m: KNOWN + i for i, m in enumerate(members)}
        place = self.places.setdefault((fact.name, None), Numbered(self._next(), numbers))
        assert isinstance(place, Numbered), "a fact has one kind"
        return place

    def _measured(self, fact: FactValue, scale: int) -> Measured:
        state, name = self._state_field(fact), self._next()
        place = self.places.setdefault((fact.name, scale), Measured(state, name, scale))
        assert isinstance(place, Measured), "a fact has one kind"
        return place

    def _state_field(self, fact: FactValue) -> str:
        if fact.type.kind in _FINITE:
            return self._numbered(fact).field
        place = self.places.setdefault((fact.name, None), Stated(self._next()))
        return place.state if isinstance(place, Measured) else place.field

    def _next(self) -> str:
        return f"f{len(self.places)}"

    def names(self) -> list[str]:
        """Every field of a flat fact."""
        asked = [name for place in self.places.values() for name in place.flat(_TO_BE_FOUND)]
        return [PRIME, *asked, *self.computed.values()]

    def flat(self, case: Case, withheld: frozenset[str]) -> FlatFact:
        """A case as one flat fact; facts that the rules themselves are to find start as unknown."""
        found: FlatFact = {PRIME: 0}
        for (name, _), place in self.places.items():
            asked = name in withheld and name not in case.facts
            found |= place.flat(_TO_BE_FOUND if asked else case.fact(name))
        for condition, name in self.computed.items():
            value = case.value(condition)
            found[name] = UNKNOWN if isinstance(value, Unknown) else KNOWN if value is True else NOT_TRUE
        return found

    def flat_value(self, fact: str, value: Any) -> FlatFact:
        """The fields that say that a fact has this value."""
        found: FlatFact = {}
        for (name, _), place in self.places.items():
            if name == fact:
                found |= place.flat(value)
        return found


_TO_BE_FOUND = Unknown(frozenset())


def _of_number(name: str, number: int, *, equal: bool) -> Rails:
    """Equality with one value, or the inequality that neither none nor that value meets."""
    if equal:
        same = Atom(name, "=", number)
        return Rails(same, any_true((Atom(name, "=", UNKNOWN), same)))
    other = all_true((Atom(name, "!=", number), Atom(name, "!=", NO_VALUE)))
    return Rails(all_true((Atom(name, "!=", UNKNOWN), other)), other)
