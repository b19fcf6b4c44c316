"""R312: one act that two rulebooks fine: both fines stand, to be known rather than to be mended."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from engine.plan.nodes import ItemPlan, expressions_of
from engine.prove.answer import Refuted
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.findings.acts import Act, Said, effects_of, said_of, said_text
from engine.prove.findings.context import Asked, Context, finding, unsettled
from engine.prove.findings.heads import rulebook_of
from engine.prove.findings.prices import outcomes_of
from engine.prove.solver import Bool, both, disjunction
from engine.rulebook.outcomes import Fine


def claims(context: Context) -> Iterator[Claim]:
    """One for every two items that can fine the same payer on one ticket."""
    fining = [(item, payer) for item in context.plan.items for payer in _payers(item)]
    for (one, payer), (other, also) in combinations(fining, 2):
        if payer == also and rulebook_of(one) != rulebook_of(other):
            yield from _both(context, ("fine", payer), one, other)


def _payers(item: ItemPlan) -> list[str]:
    return list(dict.fromkeys(outcome.payer for outcome in outcomes_of(item) if isinstance(outcome, Fine)))


def _both(context: Context, act: Act, one: ItemPlan, other: ItemPlan) -> Iterator[Claim]:
    condition = both(_fines(context, one, act), _fines(context, other, act))
    whole = (*expressions_of(one), *expressions_of(other))
    asked = Asked(one.origin.id, condition, lambda trial: bool(_said(trial, act, one, other)), whole)
    answer = context.ask(asked)
    yield from unsettled(context, answer, "R312", one.origin.id, one.origin.span)
    if isinstance(answer, Refuted):
        said = _said(Trial(context.plan, answer.witness.facts, answer.witness.as_of), act, one, other)
        assert said is not None, "what was confirmed is fined"
        texts = [said_text(fine, context.plan.currency) for fine in said]
        ids = {"first": one.origin.id, "second": other.origin.id}
        values = {**ids, "one": texts[0], "other": texts[1]}
        cited = tuple(dict.fromkeys((*one.origin.citations, *other.origin.citations)))
        yield Claim(finding("R312", values, one.origin.span, (other.origin.span, "H010")), answer, (), cited)


def _fines(context: Context, item: ItemPlan, act: Act) -> Bool:
    return disjunction(effect.when for effect in effects_of(context, item, act))


def _said(trial: Trial, act: Act, one: ItemPlan, other: ItemPlan) -> tuple[Said, Said] | None:
    left, right = (said_of(trial, item, act) for item in (one, other))
    return (left[0], right[0]) if left and right else None
