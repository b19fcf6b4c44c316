"""Whether another plan judges some ticket otherwise, whatever its rules are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from engine.evaluate.facts import Facts
from engine.plan.nodes import ItemPlan, Plan, expressions_of
from engine.prove.answer import Answer, NotKnown, Proved, Refuted, Witness
from engine.prove.asking.question import Question, Trials, ask
from engine.prove.asking.shrink import shrunk
from engine.prove.asking.trial import Trial
from engine.prove.encoding.apart import forms_apart
from engine.prove.encoding.encoding import Encoding
from engine.prove.encoding.items import Effect, ItemForm, item_form
from engine.prove.encoding.symbols import Symbols
from engine.prove.findings.context import Context
from engine.prove.findings.prices import IS_LEFT_OPEN
from engine.prove.solver import Bool, both, disjunction, negation
from engine.rulebook.expressions import facts_in

UNSAID = frozenset({"rule", "row", "title", "citations", "because", "by", "started", "stopped"})
"""What an outcome says beside what it is; other rules may say the same."""
WHEN_DUE = frozenset({"due", "inclusive"})


@dataclass(frozen=True, slots=True)
class Level:
    """How much of a difference is asked for: only of what is `decided`, also of what is decided to be a `gap`
    of the source, and of when something is `due`.
    """

    decided: bool
    gap: bool
    due: bool


LEVELS = (
    Level(decided=True, gap=False, due=False),
    Level(decided=True, gap=True, due=False),
    Level(decided=True, gap=True, due=True),
    Level(decided=False, gap=True, due=True),
)
"""The plainest difference first: another outcome, another due moment, something that only one leaves open."""


@dataclass(frozen=True)
class TwoPlans:
    """The context's plan and another one, and their items that are not the same."""

    context: Context
    other: Plan

    @cached_property
    def touched(self) -> tuple[list[ItemPlan], list[ItemPlan]]:
        chosen = self.context.plan
        return _unlike(chosen, self.other), _unlike(self.other, chosen)

    @property
    def ids(self) -> list[str]:
        """Of the items that are judged by; where there is none, of those that would be."""
        before, after = self.touched
        return [item.origin.id for item in before or after]

    @cached_property
    def encodings(self) -> tuple[Encoding, Encoding]:
        symbols = Symbols()
        return Encoding(self.context.plan, symbols), Encoding(self.other, symbols)

    def answer(self) -> Answer:
        """The plainest ticket that the two judge otherwise."""
        doubt: Answer = Proved()
        for level in LEVELS:
            found = self._answer(level)
            if isinstance(found, Refuted):
                return found
            doubt = found if isinstance(found, NotKnown) else doubt
        return doubt

    def _answer(self, level: Level) -> Answer:
        differ = partial(self._differ, level)
        confirm = partial(_agree, self.context)
        answer = ask(
            Question(self.encodings, self._condition(level), differ, self._keep, confirm), self.context.steps
        )
        return self._by_example(level) or answer if isinstance(answer, NotKnown) else answer

    def _condition(self, level: Level) -> Bool:
        forms = [_form(e, items, level) for e, items in zip(self.encodings, self.touched, strict=True)]
        apart = forms_apart(*forms)
        return both(negation(disjunction(form.open for form in forms)), apart) if level.decided else apart

    @cached_property
    def _keep(self) -> tuple[str, ...]:
        parts = (part for items in self.touched for item in items for part in expressions_of(item))
        return tuple(fact.name for fact in facts_in(*parts))

    def _differ(self, level: Level, trials: Trials) -> bool:
        one, other = (_said(t, items, level) for t, items in zip(trials, self.touched, strict=True))
        return one != other and (not level.decided or None not in (one, other))

    def _by_example(self, level: Level) -> Refuted | None:
        """What the solver cannot say, an example of the items may show."""
        plan, context = self.context.plan, self.context

        def trials(facts: Facts, as_of: datetime | None) -> Trials:
            return Trial(plan, facts, as_of), Trial(self.other, facts, as_of)

        def holds(facts: Facts, as_of: datetime | None) -> bool:
            return self._differ(level, trials(facts, as_of))

        ids = dict.fromkeys(item.origin.id for items in self.touched for item in items)
        for trial in (trial for name in ids for trial in context.examples(name)):
            if holds(trial.facts, trial.as_of):
                small = shrunk(trial.facts, trial.as_of, holds, plan.facts, self._keep)
                if _agree(context, trials(*small)):
                    return Refuted(Witness(*small))
        return None


def _agree(context: Context, trials: Trials) -> bool:
    """The compiled evaluator says the same of the ticket, under the plan that is chosen."""
    return context.agrees(trials[0])


def _unlike(plan: Plan, other: Plan) -> list[ItemPlan]:
    """The items of a plan that the other does not have, or that rest on what it does not have."""
    known = {item.origin.id: item for item in other.items}
    moved = {d.fact.name for d in plan.definitions if other.defined.get(d.fact.name) != d}
    return [
        item for item in plan.items if known.get(item.origin.id) != item or moved & set(_derived(plan, item))
    ]


def _derived(plan: Plan, item: ItemPlan) -> Iterator[str]:
    """The derived facts that an item rests on, also by way of others."""
    for fact in facts_in(*expressions_of(item)):
        yield from (needed.fact.name for needed in plan.leading_to.get(fact.name, ()))


def _form(encoding: Encoding, items: list[ItemPlan], level: Level) -> ItemForm:
    """All that the items conclude together; `open`: any of them is among the undecided."""
    forms = [item_form(encoding, item) for item in items]
    effects = tuple(_effect(effect, level) for form in forms for effect in form.effects)
    gaps = [] if level.gap else [effect.when for effect in effects if IS_LEFT_OPEN in effect.fixed]
    return ItemForm(effects, (), disjunction((*(form.open for form in forms), *gaps)))


def _effect(effect: Effect, level: Level) -> Effect:
    return effect if level.due or effect.kind != "deadline" else replace(effect, amounts=())


def _said(trial: Trial, items: list[ItemPlan], level: Level) -> list[str] | None:
    """What they conclude on the reference evaluator; None where something is not decided."""
    found = [trial.said(item.origin.id) for item in items]
    outcomes = [outcome for said in found for outcome in said.outcomes]
    gap = any(outcome.get("reason") == IS_LEFT_OPEN[1] for outcome in outcomes)
    if any(said.undecided for said in found) or (gap and not level.gap):
        return None
    unsaid = UNSAID if level.due else UNSAID | WHEN_DUE
    return sorted(repr(_bare(outcome, unsaid)) for outcome in outcomes)


def _bare(outcome: Mapping[str, Any], unsaid: frozenset[str]) -> list[tuple[str, Any]]:
    return sorted((name, part) for name, part in outcome.items() if name not in unsaid)
