"""R311: an amount that falls when a fact rises with which the item declares that it never falls."""

from __future__ import annotations

from collections.abc import Iterator

from engine.plan.nodes import expressions_of
from engine.prove.answer import Answer, Refuted, Witness
from engine.prove.asking.question import Question, Trials, ask
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.findings.cliffs import cliffs_of
from engine.prove.findings.context import Context, finding, unsettled
from engine.prove.findings.heads import heads_of
from engine.prove.findings.moved import Moves, Moving, words
from engine.prove.findings.prices import has_more, more
from engine.prove.solver import both, compared
from engine.rulebook.expressions import facts_in
from engine.rulebook.model import Head


def claims(context: Context) -> Iterator[Claim]:
    """One for each promise that is broken."""
    heads = heads_of(context)
    for item in context.plan.items:
        head = heads[item.origin.id]
        for fact in head.rises_with:
            yield from _falls(context, Moving(context.plan, item, fact), head)


def _falls(context: Context, moving: Moving, head: Head) -> Iterator[Claim]:
    answer = _answer(context, moving)
    yield from unsettled(context, answer, "R311", head.id, head.span)
    if isinstance(answer, Refuted):
        witness, found = _at_a_step(context, moving) or _shown(moving, answer.witness)
        values = {"id": head.id, "fact": moving.fact.name, **words(moving, found)}
        own = Refuted(Witness(moving.told(witness.facts), witness.as_of))
        at = head.promised_at.get(moving.fact.name, head.span)
        yield Claim(finding("R311", values, at), own)


def _shown(moving: Moving, witness: Witness) -> tuple[Witness, Moves]:
    found = moving.moves(Trial(moving.whole, witness.facts, witness.as_of))
    assert found is not None, "what was confirmed is settled"
    return witness, found


def _at_a_step(context: Context, moving: Moving) -> tuple[Witness, Moves] | None:
    """The two values rather lie side by side."""
    cliffs = cliffs_of(context, moving)
    shown = (change for step in cliffs.steps() for change in cliffs.changes(step))
    return next(((w, found) for w, found in shown if has_more(found.before, found.after)), None)


def _answer(context: Context, moving: Moving) -> Answer:
    low, high = moving.low, moving.high
    rises = both(low.usable, high.usable, compared("<", low.term, high.term))
    keep = tuple(fact.name for fact in facts_in(*expressions_of(moving.item)))

    def holds(trials: Trials) -> bool:
        found = moving.moves(trials[0])
        return found is not None and found.low < found.high and has_more(found.before, found.after)

    def agrees(trials: Trials) -> bool:
        own = moving.told(trials[0].facts)
        return context.agrees(Trial(context.plan, own, trials[0].as_of))

    question = Question((moving.at, moving.beyond), both(rises, more(*moving.prices)), holds, keep, agrees)
    return ask(question, context.steps)
