"""The outcomes that somebody would rather not have had, and whether a ticket surely does without one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from engine.evaluate.case import Case
from engine.evaluate.clocks import read_clock
from engine.evaluate.judge import Judgement
from engine.evaluate.tables import selection
from engine.evaluate.values import Unknown
from engine.evaluate.verdict import Outcome, Verdict
from engine.plan.nodes import ClockPlan, ItemPlan, RulePlan, TablePlan
from engine.prove.asking.trial import Trial


@dataclass(frozen=True)
class Sought:
    """An outcome that is to fall away: whatever the item concludes of this kind and name."""

    item: ItemPlan
    kind: str
    name: str
    """The breach's code or the act refused; nothing where money is to be paid."""

    def applies(self, judgement: Judgement) -> bool:
        return any(self.is_it(outcome) for outcome in judgement.outcomes)

    def is_it(self, outcome: Outcome) -> bool:
        own = (self.item.origin.id, self.kind, self.name)
        return is_burden(outcome) and (outcome["rule"], outcome["kind"], name_of(outcome)) == own

    def is_gone(self, trial: Trial) -> bool:
        """Whether the item surely does not conclude it of this ticket: not where anything is left open."""
        judgement = trial.said(self.item.origin.id)
        if judgement.undecided or self.applies(judgement) or any(map(_is_gap, judgement.outcomes)):
            return False
        return is_settled(trial.case, self.item)


def is_burden(outcome: Outcome) -> bool:
    """A payment of anything, a breach, or a refusal."""
    match outcome["kind"]:
        case "fine" | "fee" | "compensation":
            return bool(outcome["amount"] is None or outcome["amount"].strip("0.") != "")
        case "gate":
            return not outcome["allowed"]
        case kind:
            return bool(kind == "breach")


def name_of(outcome: Outcome) -> str:
    return str(outcome.get("code") or outcome.get("action") or "")


def burdens(verdict: Verdict) -> Iterator[Outcome]:
    return filter(is_burden, verdict["outcomes"])


def _is_gap(outcome: Outcome) -> bool:
    """What the source leaves open goes to a person, who may still conclude it."""
    return bool(outcome["kind"] == "review" and outcome["reason"] == "undefined_by_source")


def is_settled(case: Case, item: ItemPlan) -> bool:
    """Whether nothing unknown could make the item conclude more: undecided things are not always told."""
    applies = case.applies(item)
    if applies is False:
        return True
    match item:
        case RulePlan():
            return applies is True or _is_exempt(case, item)
        case TablePlan():
            is_known = applies is True and not selection(case, item).causes
            return is_known or _is_exempt(case, item)
        case ClockPlan():
            face = read_clock(case, item)
            if isinstance(face, Unknown):
                return False
            return applies is True or face.state == "not_started"
        case _:
            assert_never(item)


def _is_exempt(case: Case, item: RulePlan | TablePlan) -> bool:
    return any(e.effect == "defeats" and case.holds(e) is True for e in item.exemptions)
