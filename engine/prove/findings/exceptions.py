"""R307: exceptions that never matter, as what they except never applies or is defeated already."""

from __future__ import annotations

from collections.abc import Iterator

from engine.plan.nodes import Exemption, RulePlan, TablePlan
from engine.prove.answer import Proved
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.findings.context import Asked, Context, finding, is_possible, unsettled
from engine.prove.solver import TRUE, Bool, both, disjunction, negation


def claims(context: Context) -> Iterator[Claim]:
    """Exceptions that an example shows at work are not asked about."""
    for item in context.plan.items:
        if isinstance(item, RulePlan | TablePlan):
            for exemption in item.exemptions:
                if exemption.origin.id not in context.shown:
                    yield from _never(context, item, exemption)


def _never(context: Context, item: RulePlan | TablePlan, exemption: Exemption) -> Iterator[Claim]:
    condition = both(
        context.applies(item),
        _concludes(context, item),
        context.encoding.condition(exemption.condition).must,
        *(negation(context.encoding.condition(e.condition).may) for e in _rivals(item, exemption)),
    )
    solver = context.solver(about=(condition,))
    asked = Asked(item.origin.id, condition, lambda trial: _matters(trial, item, exemption))
    answer = context.reached(solver, asked, TRUE)
    origin = exemption.origin
    if isinstance(answer, Proved):
        values = {"id": origin.id, "of": item.origin.id}
        yield Claim(finding("R307", values, origin.span), answer)
    elif not is_possible(answer):
        yield from unsettled(context, answer, "R307", origin.id, origin.span)


def _rivals(item: RulePlan | TablePlan, exemption: Exemption) -> list[Exemption]:
    """Others that take the outcome away."""
    return [e for e in item.exemptions if e.effect == "defeats" and e is not exemption]


def _concludes(context: Context, item: RulePlan | TablePlan) -> Bool:
    if isinstance(item, RulePlan):
        return TRUE
    return disjunction(hit.when for hit in context.encoding.table(item).hits if hit.outputs is not None)


def _matters(trial: Trial, item: RulePlan | TablePlan, exemption: Exemption) -> bool:
    """It holds of something that is concluded, and no other exception takes that away."""
    case = trial.case
    if case.applies(item) is not True or case.holds(exemption) is not True:
        return False
    if any(case.holds(rival) is not False for rival in _rivals(item, exemption)):
        return False
    said = trial.said(item.origin.id)
    return bool(said.defeated) or any(o["kind"] == "review" for o in said.outcomes)
