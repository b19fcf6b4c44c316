"""R314: cliffs: what one more day, one more cent or one more parcel costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

from engine.evaluate.facts import value_from
from engine.plan.nodes import ClockPlan, ItemPlan, Plan, TablePlan, expressions_of
from engine.prove.answer import Answer, NotKnown, Refuted, Witness
from engine.prove.asking.question import Question, Trials, ask
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.findings.context import Context, finding, unsettled
from engine.prove.findings.moved import Moves, Moving, words
from engine.prove.findings.prices import Sums, as_sums, has_price, is_worth, sums, unlike
from engine.prove.findings.thresholds import Threshold, facts_of, points, thresholds, values
from engine.prove.solver import FALSE, Bool, both, conjunction, constant, equal, negation, same, substituted
from engine.rulebook.expressions import All, Comparison, Constant, Expression, FactValue, facts_in

MOST_THRESHOLDS = 60
"""Along a fact that is compared with more, nothing is asked."""
MOST_ROWS = 200
"""Of longer tables nothing is asked."""
MOST_CLIFFS = 12
"""So many are shown along one fact; that there are more is said."""
MOST_AMOUNTS = 8
"""So many changes of the amount are said of one step of a fact."""


def claims(context: Context) -> Iterator[Claim]:
    """One for an item, a step of a fact over what it is compared with, and a change of the amount there."""
    for item in context.plan.items:
        if has_price(item):
            for fact in facts_of(_thresholds(context.plan, item)):
                yield from _along(context, cliffs_of(context, Moving(context.plan, item, fact)))


def _along(context: Context, cliffs: Cliffs) -> Iterator[Claim]:
    """Everything along one fact. That something was not settled is said once, and only where nothing is shown
    or the list is cut.
    """
    origin = cliffs.moving.item.origin
    if len(cliffs.thresholds) > MOST_THRESHOLDS or _is_long(cliffs.moving.item):
        yield from unsettled(context, NotKnown("time_limit"), "R314", origin.id, origin.span)
        return
    shown = (cliffs.claim(*change) for step in cliffs.steps() for change in cliffs.changes(step))
    found = list(islice(shown, MOST_CLIFFS))
    yield from found
    is_cut = next(shown, None) is not None
    doubts = [NotKnown("time_limit")] if is_cut else [] if found else cliffs.doubts
    for doubt in doubts[:1]:
        yield from unsettled(context, doubt, "R314", origin.id, origin.span)


def _is_long(item: ItemPlan) -> bool:
    return isinstance(item, TablePlan) and len(item.rows) > MOST_ROWS


def cliffs_of(context: Context, moving: Moving) -> Cliffs:
    """Those of one item along one fact."""
    found = _thresholds(context.plan, moving.item)
    return Cliffs(context, moving, [threshold for threshold in found if threshold.fact == moving.fact])


def _thresholds(plan: Plan, item: ItemPlan) -> list[Threshold]:
    return [*thresholds(*_conditions(plan, item)), *_deadlines(plan, item)]


def _conditions(plan: Plan, item: ItemPlan) -> Iterator[Expression]:
    """What an item asks besides its scope and period, and what the facts ask that it rests on."""
    yield item.own
    if not isinstance(item, ClockPlan):
        yield from (exemption.condition for exemption in item.exemptions)
    if isinstance(item, TablePlan):
        yield from (row.condition for row in item.rows)
    for body in _beneath(plan, item):
        yield from expressions_of(body) if isinstance(body, TablePlan | ClockPlan) else (body,)


def _beneath(plan: Plan, item: ItemPlan) -> list[TablePlan | ClockPlan | Expression]:
    names = [fact.name for fact in facts_in(*expressions_of(item))]
    return list({d.fact.name: d.body for n in names for d in plan.leading_to.get(n, ())}.values())


def _deadlines(plan: Plan, item: ItemPlan) -> Iterator[Threshold]:
    """What is finished at a given moment at the latest."""
    for clock in (part for part in (item, *_beneath(plan, item)) if isinstance(part, ClockPlan)):
        for stop in clock.stops:
            if isinstance(clock.due, FactValue) and clock.due.type.kind is stop.type.kind:
                yield Threshold(stop, "<=", clock.due)


@dataclass(frozen=True, slots=True)
class Step:
    """From the value at one threshold to that at another, each one below it, at it or above it (0, 1, 2).

    Between the two every one of `open` is left open.
    """

    low: tuple[Threshold, int]
    high: tuple[Threshold, int]
    open: tuple[tuple[Threshold, int], ...] = ()


@dataclass(frozen=True)
class Cliffs:
    """The cliffs of one item along one fact."""

    context: Context
    moving: Moving
    thresholds: Sequence[Threshold]
    doubts: list[NotKnown] = field(default_factory=list)

    def steps(self) -> Iterator[Step]:
        """Onto and off each threshold, and over what lies open between two of them."""
        seen: set[object] = set()
        for threshold in self.thresholds:
            for at in (0, 1):
                step = Step((threshold, at), (threshold, at + 1))
                value = self._constant(step.low)
                if value is None or value not in seen:
                    seen.add(value)
                    yield step
        yield from self._leaps()

    def _leaps(self) -> Iterator[Step]:
        """Over a gap that the source leaves: its two sides, which other amounts lie beside."""
        by_value = {
            value: (threshold, at)
            for threshold in self.thresholds
            for at in (0, 1, 2)
            if (value := self._constant((threshold, at))) is not None
        }
        order = [by_value[value] for value in sorted(by_value)]
        may_be_open = [not same(self._are_open((point,)), FALSE) for point in order]
        for low in range(len(order)):
            for high in range(low + 2, len(order)):
                if not may_be_open[high - 1]:
                    break
                yield Step(order[low], order[high], tuple(order[low + 1 : high]))

    def _constant(self, point: tuple[Threshold, int]) -> int | None:
        return constant(self._point(point))

    def _point(self, point: tuple[Threshold, int]) -> Any:
        threshold, at = point
        return points(self.moving.at, threshold)[at][1]

    def _are_open(self, inside: Sequence[tuple[Threshold, int]]) -> Bool:
        symbol, is_open = self.moving.high.term, self.moving.prices[1].open
        return conjunction(substituted(is_open, {symbol: self._point(point)}) for point in inside)

    def changes(self, step: Step) -> Iterator[tuple[Witness, Moves]]:
        """Each change of the amount on that step, as long as tickets show another one."""
        known: list[tuple[Sums, Sums]] = []
        while len(known) < MOST_AMOUNTS:
            witness = self._shown(step, known)
            if witness is None:
                return
            found = self.moving.moves(Trial(self.moving.whole, witness.facts, witness.as_of))
            assert found is not None, "what was confirmed is settled"
            known.append((as_sums(found.before), as_sums(found.after)))
            yield witness, found

    def claim(self, witness: Witness, found: Moves) -> Claim:
        origin = self.moving.item.origin
        values = {"id": origin.id, "fact": self.moving.fact.name, **words(self.moving, found)}
        own = Witness(self.moving.told(witness.facts), witness.as_of)
        return Claim(finding("R314", values, origin.span), Refuted(own), (), origin.citations)

    def _shown(self, step: Step, known: Sequence[tuple[Sums, Sums]]) -> Witness | None:
        """A ticket on which what it is compared with is as in the catalogue's example, or else any."""
        anchor = self._anchor(step.low[0])
        answers = []
        for given in [anchor, None] if anchor else [None]:
            answers.append(self._answer(step, known, given))
            if isinstance(answers[-1], Refuted):
                return answers[-1].witness
        self.doubts.extend(answer for answer in answers if isinstance(answer, NotKnown))
        return None

    def _anchor(self, threshold: Threshold) -> Comparison | None:
        other = threshold.other
        if not isinstance(other, FactValue):
            return None
        declared = self.moving.whole.facts[other.name]
        example = value_from(declared.example, declared, self.moving.whole.zone)
        if example is None or isinstance(example, tuple):
            return None
        return Comparison("=", other, Constant(example, other.type))

    def _answer(self, step: Step, known: Sequence[tuple[Sums, Sums]], anchor: Comparison | None) -> Answer:
        given = All(()) if anchor is None else anchor

        def holds(trials: Trials) -> bool:
            return trials[0].case.value(given) is True and self._is_new(trials[0], step, known)

        def agrees(trials: Trials) -> bool:
            own = self.moving.told(trials[0].facts)
            return self.context.agrees(Trial(self.context.plan, own, trials[0].as_of))

        condition = both(self.moving.at.condition(given).must, self._condition(step, known))
        encodings = self.moving.at, self.moving.beyond
        return ask(Question(encodings, condition, holds, self._keep, agrees), self.context.steps)

    @cached_property
    def _keep(self) -> tuple[str, ...]:
        return tuple(fact.name for fact in facts_in(*expressions_of(self.moving.item)))

    def _condition(self, step: Step, known: Sequence[tuple[Sums, Sums]]) -> Bool:
        before, after = self.moving.prices
        usable = (points(self.moving.at, threshold)[at][0].usable for threshold, at in (step.low, step.high))
        return both(
            *usable,
            self.moving.low.usable,
            equal(self.moving.low.term, self._point(step.low)),
            equal(self.moving.high.term, self._point(step.high)),
            self._are_open(step.open),
            unlike(before, after),
            *(negation(both(is_worth(before, low), is_worth(after, high))) for low, high in known),
        )

    def _is_new(self, trial: Trial, step: Step, known: Sequence[tuple[Sums, Sums]]) -> bool:
        found = self.moving.moves(trial)
        if found is None:
            return False
        change = as_sums(found.before), as_sums(found.after)
        own = Trial(self.moving.whole, self.moving.told(trial.facts), trial.as_of)
        if change[0] == change[1] or change in known or found.low != _value(own, step.low):
            return False
        inside = (self.moving.trial_at(own, _value(own, point)) for point in step.open)
        return found.high == _value(own, step.high) and all(sums(t, self.moving.item) is None for t in inside)


def _value(trial: Trial, point: tuple[Threshold, int]) -> Any:
    threshold, at = point
    found = values(trial, threshold)
    return found[at] if found else None
