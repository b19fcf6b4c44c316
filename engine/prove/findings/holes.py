"""R310: values of an ordered fact between those of two rules of a family that no rule covers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Any

from engine.evaluate.values import NONE, Unknown
from engine.plan.nodes import ItemPlan, TablePlan
from engine.prove.answer import Refuted
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.findings.context import Asked, Context, finding, unsettled
from engine.prove.findings.families import families
from engine.prove.findings.moved import MovedEncoding, Moving
from engine.prove.findings.thresholds import Threshold, facts_of, points, thresholds, values
from engine.prove.solver import TRUE, Bool, both, compared, conjunction, disjunction, negation, substituted
from engine.rulebook.expressions import FactValue


def claims(context: Context) -> Iterator[Claim]:
    """One for a family and a fact that all of its rules compare."""
    for family in families(context):
        if isinstance(family[0], TablePlan):
            continue
        compared_by = [facts_of(thresholds(item.own)) for item in family]
        for fact in compared_by[0]:
            if all(fact in facts for facts in compared_by[1:]):
                yield from _hole(context, _Hole(context, family, fact))


def _hole(context: Context, hole: _Hole) -> Iterator[Claim]:
    first, *others = hole.family
    owns = tuple(item.own for item in hole.family)
    answer = context.ask(Asked(first.origin.id, hole.condition, hole.holds, owns))
    yield from unsettled(context, answer, "R310", first.origin.id, first.origin.span)
    if isinstance(answer, Refuted):
        ids = ", ".join(item.origin.id for item in hole.family)
        labels = [(other.origin.span, "H010") for other in others]
        found = finding("R310", {"ids": ids, "fact": hole.fact.name}, first.origin.span, *labels)
        yield Claim(found, answer, context.regions(hole.condition, TRUE, owns))


@dataclass(frozen=True)
class _Hole:
    """A value that no rule covers, while with all else the same one rule covers a smaller and another one
    a larger value, and none covers both.
    """

    context: Context
    family: tuple[ItemPlan, ...]
    fact: FactValue

    @cached_property
    def bounds(self) -> tuple[Threshold, ...]:
        own = thresholds(*(item.own for item in self.family))
        return tuple(threshold for threshold in own if threshold.fact == self.fact)

    @cached_property
    def condition(self) -> Bool:
        encoding = self.context.encoding
        nobody = conjunction(encoding.applies(item).false for item in self.family)
        here = encoding.fact(self.fact.name)
        below, above = (self._covers(operator) for operator in ("<", ">"))
        single = disjunction(map(both, below, above))
        two = disjunction(both(one, other) for one, other in _pairs(below, above))
        return both(here.usable, nobody, two, negation(single))

    def _covers(self, operator: Any) -> list[Bool]:
        """For each rule whether it covers a value on that side."""
        encoding = self.context.encoding
        moving = Moving(self.context.plan, self.family[0], self.fact)
        moved = MovedEncoding(encoding.plan, encoding.symbols, self.fact.name, moving.other)
        symbol, here = moved.fact(self.fact.name).term, encoding.fact(self.fact.name)
        tried = [point for threshold in self.bounds for point in points(encoding, threshold)]
        return [
            disjunction(
                both(
                    worth.usable,
                    compared(operator, point, here.term),
                    substituted(moved.applies(item).must, {symbol: point}),
                )
                for worth, point in tried
            )
            for item in self.family
        ]

    def holds(self, trial: Trial) -> bool:
        here = trial.worth(self.fact.name)
        if here is NONE or isinstance(here, Unknown):
            return False
        if any(trial.case.applies(item) is not False for item in self.family):
            return False
        tried = [found for threshold in self.bounds for found in values(trial, threshold)]
        below = self._covering(trial, [found for found in tried if found < here])
        above = self._covering(trial, [found for found in tried if found > here])
        return any(map(_and, *zip(*_pairs(below, above), strict=True))) and not any(map(_and, below, above))

    def _covering(self, trial: Trial, tried: Sequence[Any]) -> list[bool]:
        return [any(self._covered(trial, item, found) for found in tried) for item in self.family]

    def _covered(self, trial: Trial, item: ItemPlan, found: Any) -> bool:
        moved = Moving(self.context.plan, item, self.fact).trial_at(trial, found)
        return moved.case.applies(item) is True


def _pairs(below: Sequence[Any], above: Sequence[Any]) -> list[tuple[Any, Any]]:
    """One rule below and another one above."""
    return [(below[n], above[m]) for n, m in permutations(range(len(below)), 2)]


def _and(one: bool, other: bool) -> bool:
    return one and other
