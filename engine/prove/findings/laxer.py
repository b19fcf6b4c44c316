"""R313: an item that is laxer somewhere than what it declares to implement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from engine.evaluate.clocks import read_clock
from engine.evaluate.values import Unknown
from engine.plan.nodes import ClockPlan, ItemPlan, expressions_of
from engine.prove.answer import Refuted
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.encoding import clocks
from engine.prove.encoding.items import Effect, item_form
from engine.prove.encoding.worth import aligned
from engine.prove.findings.context import Asked, Context, finding, unsettled
from engine.prove.findings.heads import heads_of
from engine.prove.findings.prices import NOTHING, all_sums, has_more, priced, sums
from engine.prove.solver import Bool, both, compared, conjunction, disjunction, either, equal, negation
from engine.rulebook.model import Head

Said: TypeAlias = Mapping[str, Any]
"""An outcome as a verdict has it."""
Need: TypeAlias = tuple[str, str]


def claims(context: Context) -> Iterator[Claim]:
    """One for each item that it declares to implement, where both exist under the plan's readings."""
    heads = heads_of(context)
    items = {item.origin.id: item for item in context.plan.items}
    for item in context.plan.items:
        head = heads[item.origin.id]
        for named in head.implements:
            if named in items:
                yield from _laxer(context, item, items[named], head)


def _laxer(context: Context, item: ItemPlan, of: ItemPlan, head: Head) -> Iterator[Claim]:
    encoding = context.encoding
    given = both(encoding.condition(item.guard).must, encoding.condition(of.guard).must)
    laxer = _clock_laxer(context, item, of) if _are_clocks(item, of) else _says_less(context, item, of)
    whole = (*expressions_of(item), *expressions_of(of))
    asked = Asked(head.id, both(given, laxer), lambda trial: _is_laxer(trial, item, of), whole)
    answer = context.ask(asked)
    at = head.promised_at.get(of.origin.id, head.span)
    yield from unsettled(context, answer, "R313", head.id, at)
    if isinstance(answer, Refuted):
        values = {"id": head.id, "of": of.origin.id}
        regions = tuple(r for r in context.regions(laxer, given, whole) if r.sides or r.exact)
        cited = tuple(of.origin.citations)
        yield Claim(finding("R313", values, at, (of.origin.span, "H012")), answer, regions, cited)


def _are_clocks(item: ItemPlan, of: ItemPlan) -> bool:
    return isinstance(item, ClockPlan) and isinstance(of, ClockPlan)


# --- clocks -----------------------------------------------------------------------------------------------


def _clock_laxer(context: Context, item: ItemPlan, of: ItemPlan) -> Bool:
    """Both have started, and the item's is due later."""
    assert isinstance(item, ClockPlan), "asked of clocks"
    assert isinstance(of, ClockPlan), "asked of clocks"
    encoding = context.encoding
    own, theirs = clocks.form(encoding, item), clocks.form(encoding, of)
    run = conjunction(
        both(encoding.applies(clock).must, disjunction(when for _, when in clocks.states(form)))
        for clock, form in ((item, own), (of, theirs))
    )
    one, other = own.due, theirs.due
    later = compared(">", one.moment.term, other.moment.term)
    longer = both(equal(one.moment.term, other.moment.term), one.inclusive, negation(other.inclusive))
    return both(run, either(later, longer))


def _is_due_later(trial: Trial, item: ClockPlan, of: ClockPlan) -> bool:
    own, theirs = _face(trial, item), _face(trial, of)
    return own is not None and theirs is not None and own > theirs


def _face(trial: Trial, clock: ClockPlan) -> tuple[datetime, bool] | None:
    """The due moment, and whether it is itself in time."""
    if trial.case.applies(clock) is not True:
        return None
    face = read_clock(trial.case, clock)
    if isinstance(face, Unknown) or face.state == "not_started" or face.due is None:
        return None
    return face.due.instant, face.due.inclusive


# --- what is said -----------------------------------------------------------------------------------------


def _says_less(context: Context, item: ItemPlan, of: ItemPlan) -> Bool:
    """The item is decided, and does not say what the other one says, or says less."""
    encoding = context.encoding
    mine, theirs = item_form(encoding, item), item_form(encoding, of)
    missing = [
        both(effect.when, negation(disjunction(own.when for own in mine.effects if need in _met(own))))
        for effect in theirs.effects
        for need in _needs(effect)
    ]
    own, other = priced(encoding, item), priced(encoding, of)
    totals = {price.kind: price.total for price in own.prices}
    pairs = [aligned(totals.get(price.kind, NOTHING), price.total) for price in other.prices]
    less = [compared("<", one.term, two.term) for one, two in pairs]
    return both(negation(own.open), disjunction((*missing, *less)))


def _is_laxer(trial: Trial, item: ItemPlan, of: ItemPlan) -> bool:
    if any(trial.case.value(each.guard) is not True for each in (item, of)):
        return False
    if isinstance(item, ClockPlan) and isinstance(of, ClockPlan):
        return _is_due_later(trial, item, of)
    own = sums(trial, item)
    if own is None:
        return False
    mine, theirs = (trial.said(each.origin.id).outcomes for each in (item, of))
    met = {said for outcome in mine for said in fulfilled(outcome)}
    missing = any(need not in met for outcome in theirs for need in needed(outcome))
    return missing or has_more(all_sums(trial, of), own)


def _needs(effect: Effect) -> list[Need]:
    return needed(_as_said(effect))


def _met(effect: Effect) -> list[Need]:
    return fulfilled(_as_said(effect))


def _as_said(effect: Effect) -> Said:
    fixed = dict(effect.fixed)
    acts, allowed = fixed.get("acts", "").split(), fixed.get("allowed") == "true"
    return {**fixed, "kind": effect.kind, "acts": acts, "allowed": allowed}


def needed(said: Said) -> list[Need]:
    """What must be concluded too: a breach by its code, an obligation act by act, a gate by its action."""
    match said["kind"]:
        case "breach":
            return [("breach", said["code"])]
        case "obligation":
            return [("obligation", act) for act in said["acts"]]
        case "gate":
            return [("gate" if said["allowed"] else "shut gate", said["action"])]
        case _:
            return []


def fulfilled(said: Said) -> list[Need]:
    """What is concluded with it: who shuts a gate is stricter than who leaves it open."""
    shut = said["kind"] == "gate" and not said["allowed"]
    return [*needed(said), *([("gate", said["action"])] if shut else [])]
