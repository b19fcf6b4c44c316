"""The smallest changes of facts that take an outcome away, sought on the reference evaluator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice, product
from typing import Any

from engine.evaluate.facts import Facts
from engine.evaluate.values import NONE
from engine.plan.nodes import Plan
from engine.prove.asking.trial import Trial
from engine.prove.counter.counterfactual import Alternative, Change, Worth
from engine.prove.counter.nearest import nearest
from engine.prove.counter.reach import Reach
from engine.prove.counter.sought import Sought
from engine.prove.counter.values import Values
from engine.rulebook.expressions import (
    Comparison,
    Count,
    Expression,
    FactValue,
    Picked,
    Present,
    Quantifier,
    children,
)
from engine.rulebook.types import Kind, Type

MOST_PAIRS = 20_000
"""So many pairs of changes are tried at the most."""


@dataclass(frozen=True)
class Search:
    """One ticket, one outcome that it has, and what the outcome's item rests on."""

    trial: Trial
    sought: Sought
    reach: Reach

    @property
    def plan(self) -> Plan:
        return self.trial.plan

    @cached_property
    def _values(self) -> Values:
        return Values(self.trial, (self.reach,))

    @cached_property
    def _tests(self) -> tuple[Expression, ...]:
        """Every test that stands by itself, and what is worked out."""
        tests = (test for whole in self.reach.expressions for test in _tests_in(whole))
        return tuple(dict.fromkeys((*tests, *(d.fact for d in self.reach.definitions))))

    def changed(self, changes: Mapping[str, Worth]) -> Trial:
        """The ticket with some facts otherwise, or (None) left out."""
        return Trial(self.plan, changed(self.trial.facts, changes), self.trial.as_of)

    def is_gone(self, changes: Mapping[str, Worth]) -> bool:
        return self.sought.is_gone(self.changed(changes))

    def singles(self, names: Iterable[str]) -> Iterator[Alternative]:
        """Each fact that takes the outcome away by itself, with the nearest values that do."""
        for name in names:
            found = self._enough(name, {}) if self._says_something(name) else []
            if found:
                before = self.trial.facts.get(name)
                yield Alternative((Change(name, before, found[0], tuple(found[1:])),))

    def _enough(self, name: str, others: Mapping[str, Worth]) -> list[Worth]:
        """The values of a fact that do, beside other changes; to leave it out goes last."""
        now, declared = self.trial.facts.get(name), self.plan.facts[name]

        def will_do(value: Worth) -> bool:
            return self.is_gone({**others, name: value})

        found = nearest(self._values.of(name), now, self._values.around(name), declared.type, will_do)
        if now is not None and declared.absence == "none" and will_do(None):
            found.append(None)
        return found

    def _says_something(self, name: str) -> bool:
        """Whether it is given, or known to be none: learning what is not known takes no outcome away."""
        return name in self.trial.facts or (self.can_be_given(name) and self.trial.worth(name) is NONE)

    def pairs(self, names: Sequence[str]) -> Iterator[Alternative]:
        """Each two facts that take it away together, where none does by itself; as far as the tries go."""
        choices = {name: self._different(name) for name in names if self.can_be_given(name)}
        tries = (
            (one, other, values)
            for one, other in combinations(choices, 2)
            for values in product(choices[one], choices[other])
        )
        found: set[tuple[str, str]] = set()
        for one, other, (first, second) in islice(tries, MOST_PAIRS):
            if (one, other) not in found and self.is_gone({one: first, other: second}):
                found.add((one, other))
                yield self._pair(one, other, second)

    def _pair(self, one: str, other: str, second: Worth) -> Alternative:
        """Brings both values as near to the ticket's as they will go."""
        first = self._enough(one, {other: second})[0]
        second = self._enough(other, {one: first})[0]
        given = self.trial.facts.get
        return Alternative((Change(one, given(one), first), Change(other, given(other), second)))

    def least(self, changes: Mapping[str, Worth]) -> Alternative:
        """What is needed of changes that take it away together, with values as near as they will go."""
        kept = dict(changes)
        for name in changes:
            rest = {other: value for other, value in kept.items() if other != name}
            kept = rest if self.is_gone(rest) else kept
        for name in kept:
            rest = {other: value for other, value in kept.items() if other != name}
            kept[name] = next(iter(self._enough(name, rest)), kept[name])
        given = self.trial.facts.get
        return Alternative(tuple(Change(name, given(name), value) for name, value in kept.items()))

    def can_be_given(self, name: str) -> bool:
        """Whether it stands in the ticket or could: not what is worked out where it is not given."""
        return name in self.trial.facts or name not in self.plan.defined

    def _different(self, name: str) -> list[Worth]:
        """Values of a fact that differ in some test; for those that do not stand the first and the last."""
        now, declared = self.trial.facts.get(name), self.plan.facts[name]
        by_signs: dict[tuple[Any, ...], list[Worth]] = {}
        absent = [None] if now is not None and declared.absence == "none" else []
        for value in [*self._values.of(name), *absent]:
            if value != now:
                by_signs.setdefault(self._signs({name: value}), []).append(value)
        return [value for group in by_signs.values() for value in _ends(group)]

    def _signs(self, changes: Mapping[str, Worth]) -> tuple[Any, ...]:
        case = self.changed(changes).case
        return tuple(case.value(test) for test in self._tests)


def _ends(values: Sequence[Worth]) -> Sequence[Worth]:
    return values[:1] if len(values) == 1 else (values[0], values[-1])


def _tests_in(expression: Expression) -> Iterator[Expression]:
    match expression:
        case Comparison() | Present() | Quantifier() | Count() | Picked():
            yield expression
        case FactValue(type=Type(kind=Kind.BOOLEAN)):
            yield expression
        case _:
            for child in children(expression):
                yield from _tests_in(child)


def changed(facts: Facts, changes: Mapping[str, Worth]) -> Facts:
    """The facts with some otherwise, or (None) left out."""
    found = {**facts, **changes}
    return {name: value for name, value in found.items() if value is not None}
