"""R311: an amount that falls when a fact rises with which the item declares that it never falls."""

from __future__ import annotations

from collections.abc import Iterator

from engine.plan.nodes import expressions_of
from engine.prove.answer import Answer, Refuted, Witness
from engine.prove.asking import Question, Trials, ask
from engine.prove.claim import Claim
from engine.prove.findings.context import Context, finding, unsettled
from engine.prove.findings.heads import heads_of
from engine.prove.findings.moved import Moves, Moving, text
from engine.prove.findings.prices import as_sums, has_more, more, sums_text
from engine.prove.solver import both, compared
from engine.prove.trial import Trial
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
        found = moving.moves(Trial(moving.whole, answer.witness.facts, answer.witness.as_of))
        assert found is not None, "what was confirmed is settled"
        values = {"id": head.id, "fact": moving.fact.name, **words(moving, found)}
        own = Refuted(Witness(moving.told(answer.witness.facts), answer.witness.as_of))
        at = head.promised_at.get(moving.fact.name, head.span)
        yield Claim(finding("R311", values, at), own)


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


def words(moving: Moving, found: Moves) -> dict[str, str]:
    """Both values of the fact, and what the item comes to there."""
    kind, currency = moving.fact.type, moving.whole.currency
    return {
        "low": text(found.low, kind),
        "high": text(found.high, kind),
        "before": sums_text(as_sums(found.before), moving.item, currency),
        "after": sums_text(as_sums(found.after), moving.item, currency),
    }
