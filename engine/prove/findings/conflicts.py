"""R304: two items that give one act different outcomes of a kind, and neither says which prevails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from engine.plan.nodes import ClockPlan, ItemPlan, RulePlan, TablePlan, expressions_of
from engine.prove.answer import NotKnown, Refuted
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.encoding import clocks
from engine.prove.findings.acts import (
    IN_ONE_SECTION,
    Act,
    Said,
    act_of,
    differ,
    effects_of,
    said_of,
    said_text,
    unlike,
)
from engine.prove.findings.context import Asked, Context, finding, unsettled
from engine.prove.findings.prices import outcomes_of
from engine.prove.solver import FALSE, TRUE, Bool, Solver, both, disjunction, negation, same
from engine.rulebook.expressions import facts_in


def claims(context: Context) -> Iterator[Claim]:
    """One for every two items. Amounts of a section add up unless one item is a special case of the other."""
    for act, items in _by_act(context.plan.items).items():
        for one, other in combinations(items, 2):
            if one.origin.id != other.origin.id:
                yield from _conflict(context, act, one, other)


def _by_act(items: Sequence[ItemPlan]) -> dict[Act, list[ItemPlan]]:
    """The items that speak of an act, in the order of the plan."""
    found: dict[Act, list[ItemPlan]] = {}
    for item in items:
        acts = (act for outcome in outcomes_of(item) if (act := act_of(outcome, item)) is not None)
        for act in dict.fromkeys(acts):
            found.setdefault(act, []).append(item)
    return found


def _conflict(context: Context, act: Act, one: ItemPlan, other: ItemPlan) -> Iterator[Claim]:
    condition = _clashes(context, act, one, other)
    if same(condition, FALSE):
        return
    special = _is_special(context, one, other) if act[0] in IN_ONE_SECTION else True
    if special is None:
        yield from unsettled(context, NotKnown("time_limit"), "R304", one.origin.id, one.origin.span)
    if not special:
        return
    whole = (*expressions_of(one), *expressions_of(other))
    asked = Asked(one.origin.id, condition, lambda trial: bool(_clash(trial, act, one, other)), whole)
    answer = context.ask(asked)
    yield from unsettled(context, answer, "R304", one.origin.id, one.origin.span)
    if isinstance(answer, Refuted):
        regions = context.regions(condition, TRUE, (one.guard, one.own, other.guard, other.own))
        cited = dict.fromkeys((*one.origin.citations, *other.origin.citations))
        values = _values(context, answer, act, one, other)
        found = finding("R304", values, one.origin.span, (other.origin.span, "H010"))
        yield Claim(found, answer, regions, tuple(cited))


def _clashes(context: Context, act: Act, one: ItemPlan, other: ItemPlan) -> Bool:
    left, right = (effects_of(context, item, act) for item in (one, other))
    pairs = ((a, b, differ(a, b)) for a in left for b in right)
    return disjunction(both(a.when, b.when, apart) for a, b, apart in pairs if not same(apart, FALSE))


def _values(context: Context, answer: Refuted, act: Act, one: ItemPlan, other: ItemPlan) -> dict[str, str]:
    clash = _clash(Trial(context.plan, answer.witness.facts, answer.witness.as_of), act, one, other)
    assert clash is not None, "what was confirmed clashes"
    texts = [said_text(said, context.plan.currency) for said in clash]
    ids = {"first": one.origin.id, "second": other.origin.id}
    return {**ids, "kind": act[0], "one": texts[0], "other": texts[1]}


def _clash(trial: Trial, act: Act, one: ItemPlan, other: ItemPlan) -> tuple[Said, Said] | None:
    """Two outcomes of a ticket that differ."""
    left, right = (said_of(trial, item, act) for item in (one, other))
    return next(((a, b) for a in left for b in right if unlike(a, b)), None)


def _is_special(context: Context, one: ItemPlan, other: ItemPlan) -> bool | None:
    """Whether one of the two is a special case of the other, and does not say so; None: not known."""
    premises = [_premise(context, item) for item in (one, other)]
    guards = [context.encoding.condition(item.guard).must for item in (one, other)]
    solver = Solver([*context.encoding.axioms(*guards, *premises), *guards], context.steps)
    if solver.find(*premises) == "none":
        return False
    both_ways = (one, other, *premises), (other, one, *reversed(premises))
    found = [_is_case_of(solver, *way) for way in both_ways]
    return True if True in found else None if None in found else False


def _is_case_of(solver: Solver, one: ItemPlan, other: ItemPlan, special: Bool, general: Bool) -> bool | None:
    """It looks at the same facts and perhaps at more, and holds only where the general one does.

    What holds of every ticket is no general rule: whoever is fined by it is fined for the rest besides.
    """
    if not _facts(other) <= _facts(one) or solver.find(negation(general)) == "none":
        return False
    beyond = solver.find(special, negation(general))
    return None if beyond == "not_known" else beyond == "none"


def _facts(item: ItemPlan) -> frozenset[str]:
    rows = (row.condition for row in item.rows) if isinstance(item, TablePlan) else ()
    return frozenset(fact.name for fact in facts_in(item.own, *rows))


def _premise(context: Context, item: ItemPlan) -> Bool:
    """That an item's own conditions hold, exceptions apart."""
    own = context.encoding.condition(item.own).must
    match item:
        case RulePlan():
            return own
        case TablePlan():
            hits = context.encoding.table(item).hits
            return both(own, disjunction(hit.when for hit in hits if isinstance(hit.outputs, tuple)))
        case ClockPlan():
            return both(own, clocks.form(context.encoding, item).breached)
