"""The third evaluator: decides by durable-rules, in a child process that is restarted when it fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from types import TracebackType
from typing import Any, Self, TypeAlias

from engine.evaluate.case import Case
from engine.evaluate.durable import Disagreement, DurableFailure
from engine.evaluate.durable.fields import FlatFact
from engine.evaluate.durable.lowering import Lowered, LoweredRule, lower
from engine.evaluate.durable.native import atoms_of, definition
from engine.evaluate.durable.process import Child, Limits, require_library
from engine.evaluate.durable.ruled_case import RuledCase
from engine.evaluate.facts import Facts
from engine.evaluate.judge import Judgement, judge
from engine.evaluate.reference import new_case, verdict
from engine.evaluate.verdict import Verdict
from engine.plan.nodes import Plan

Ticket: TypeAlias = tuple[Facts, datetime | None]
Opinion: TypeAlias = Verdict | DurableFailure | Disagreement
BATCH = 500


class DurableEvaluator:
    """Judges tickets by the plan's rules in durable-rules.

    Raises `Unavailable` where the library cannot be used. The child starts with the first ticket.
    """

    name = "durable"

    def __init__(self, plan: Plan, limits: Limits | None = None) -> None:
        require_library()
        self.plan = plan
        self.lowered = lower(plan)
        self._limits = limits or Limits()
        self._meanings = self.lowered.meanings
        self._rulesets = rulesets(self.lowered)
        self._child: Child | None = None

    def decide(self, facts: Facts, as_of: datetime | None) -> Verdict:
        """The verdict on validated facts.

        Raises DurableFailure where the child crashes, hangs or refuses (the next ticket gets a new one)
        and Disagreement where the rules and the plan's own walk differ on what is known.
        """
        (opinion,) = self.decide_many([(facts, as_of)])
        if isinstance(opinion, Exception):
            raise opinion
        return opinion

    def decide_many(self, tickets: Iterable[Ticket]) -> Iterator[Opinion]:
        """For each ticket in turn its verdict, or the exception that `decide` would raise."""
        remaining = iter(tickets)
        while batch := list(islice(remaining, BATCH)):
            cases = [new_case(self.plan, facts, as_of) for facts, as_of in batch]
            for case, fired in zip(cases, self._fired(cases), strict=True):
                yield fired if isinstance(fired, DurableFailure) else self._judged(case, fired)

    def _fired(self, cases: list[Case]) -> Iterator[list[str] | DurableFailure]:
        """The rules that fire for each case; after a failure the rest goes to a new child."""
        flat = [self.lowered.fields.flat(case, self.lowered.found) for case in cases]
        done = 0
        while done < len(flat):
            try:
                for fired in self._running().answers(flat[done:]):
                    done += 1
                    yield fired
            except DurableFailure as failure:
                self._child = None
                done += 1
                yield failure

    def _running(self) -> Child:
        if self._child is None:
            self._child = Child(self._rulesets, self._limits)
        return self._child

    def _judged(self, walk: Case, fired: list[str]) -> Verdict | Disagreement:
        case = RuledCase(walk, self.lowered.found, [self._meanings[name] for name in fired])
        judgement = Judgement()
        try:
            for item in self.plan.items:
                judge(case, item, judgement)
            return verdict(case, judgement)
        except Disagreement as disagreement:
            return disagreement

    @property
    def child_pid(self) -> int | None:
        """The process that the rules run in, while there is one."""
        return None if self._child is None else self._child.pid

    def close(self) -> None:
        """Ends the child process; a further ticket would start another."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def rulesets(lowered: Lowered) -> dict[str, Any]:
    """What the child loads: conditions by rule, by ruleset, by layer; what actions set; an empty ticket."""
    layers = [[_ruleset(rules) for rules in layer] for layer in lowered.layers]
    sets = {rule.name: rule.sets for rule in lowered.rules() if rule.sets}
    return {"layers": layers, "sets": sets, "blank": blank(lowered)}


def _ruleset(rules: tuple[LoweredRule, ...]) -> dict[str, Any]:
    return {
        "rules": {rule.name: definition(rule.condition) for rule in rules},
        "fields": sorted({atom.field for rule in rules for atom in atoms_of(rule.condition)}),
    }


def blank(lowered: Lowered) -> FlatFact:
    """Every field that a rule tests, at zero, which is the state of nothing."""
    return dict.fromkeys(lowered.fields.names(), 0)
