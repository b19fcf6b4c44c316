"""The counterfactuals of a verdict, each confirmed by two evaluators before anyone sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.evaluate.evaluators import Evaluator, evaluator
from engine.evaluate.facts import Facts
from engine.evaluate.verdict import Outcome, Verdict
from engine.plan.nodes import Plan
from engine.prove.answer import Proved
from engine.prove.asking.trial import Trial
from engine.prove.counter.asks import Inquiry
from engine.prove.counter.avoid import Search
from engine.prove.counter.counterfactual import Alternative, Counter, Counterfactual, Status
from engine.prove.counter.further import further
from engine.prove.counter.reach import Reach
from engine.prove.counter.sought import Sought, burdens, name_of

MOST = 5
"""So many alternatives are told."""


@dataclass(frozen=True)
class Confirmation:
    """Both evaluators judge a changed ticket alike, and neither finds the outcome."""

    reference: Evaluator
    compiled: Evaluator
    before: Verdict

    def of(self, search: Search, found: Alternative) -> Alternative | None:
        """The alternative with what comes instead; None where an evaluator does not agree."""
        ticket = search.changed({change.fact: change.after for change in found.changes})
        verdict = self.reference.decide(ticket.facts, ticket.as_of)
        agreed = verdict == self.compiled.decide(ticket.facts, ticket.as_of)
        if not agreed or any(map(search.sought.is_it, verdict["outcomes"])):
            return None
        return replace(found, instead=tuple(_new(verdict, self.before)))


def _new(verdict: Verdict, before: Verdict) -> Iterator[Outcome]:
    """What weighs on somebody in a verdict and did not before."""
    known = [_said(outcome) for outcome in before["outcomes"]]
    return (outcome for outcome in burdens(verdict) if _said(outcome) not in known)


def _said(outcome: Outcome) -> Outcome:
    return {key: value for key, value in outcome.items() if key not in ("because", "row")}


def counter(plan: Plan, facts: Facts, as_of: datetime | None) -> Counter:
    """What would have avoided the verdict on a ticket, and what to ask where it is undecided."""
    trial, reference = Trial(plan, facts, as_of), evaluator("reference", plan)
    inquiry = Inquiry(trial, reference.decide(facts, as_of)["undecided"])
    told = counterfactuals(trial, reference, evaluator("compiled", plan))
    return Counter(told, inquiry.asks(), inquiry.apart())


def counterfactuals(trial: Trial, reference: Evaluator, compiled: Evaluator) -> tuple[Counterfactual, ...]:
    """For each payment, breach and refusal in the verdict on a ticket what would have avoided it."""
    verdict = reference.decide(trial.facts, trial.as_of)
    confirmation = Confirmation(reference, compiled, verdict)
    items = {item.origin.id: item for item in trial.plan.items}
    told: dict[tuple[str, str, str], Counterfactual] = {}
    for outcome in burdens(verdict):
        key = outcome["rule"], outcome["kind"], name_of(outcome)
        if key not in told:
            sought = Sought(items[outcome["rule"]], *key[1:])
            search = Search(trial, sought, Reach(trial.plan, sought.item))
            told[key] = _Explained(search, confirmation, outcome).counterfactual()
    return tuple(told.values())


@dataclass(frozen=True)
class _Explained:
    """One outcome, from what is nearest to what is farthest."""

    search: Search
    confirmation: Confirmation
    outcome: Outcome

    def counterfactual(self) -> Counterfactual:
        reach = self.search.reach
        names = [name for name in reach.by_matter if name not in reach.fixed]
        found = self._told("avoidable", self.search.singles(names))
        found = found or self._told("avoidable", self.search.pairs(names))
        return found or self._by_proof(names) or Counterfactual(self.outcome, "not_known")

    def _by_proof(self, names: Sequence[str]) -> Counterfactual | None:
        """More than two facts, or only such as are fixed, or none at all: as the solver says."""
        reach = self.search.reach
        farther = further(self.search, names)
        if isinstance(farther, Alternative):
            found = self._told("avoidable", [farther])
            if found:
                return found
        fixed = [name for name in reach.by_matter if name in reach.fixed]
        status: Status = "only_by_what_is_fixed" if isinstance(farther, Proved) else "not_known"
        found = self._told(status, self.search.singles(fixed))
        if found or not isinstance(farther, Proved):
            return found
        is_proved = isinstance(further(self.search, reach.facts), Proved)
        return Counterfactual(self.outcome, "unavoidable") if is_proved else None

    def _told(self, status: Status, found: Iterable[Alternative]) -> Counterfactual | None:
        """The first few that both evaluators confirm."""
        everything = list(found)
        told = [c for one in everything[:MOST] if (c := self.confirmation.of(self.search, one))]
        more = len(everything) - len(everything[:MOST])
        return Counterfactual(self.outcome, status, tuple(told), more) if told else None
