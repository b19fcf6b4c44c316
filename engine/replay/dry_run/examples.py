"""Past tickets with both verdicts in full, judged by the compiled evaluator, which must see what SQL saw."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias

from engine.base.findings import Finding
from engine.evaluate.differences import PARTS, WORDING
from engine.evaluate.evaluators import Evaluator, evaluator
from engine.evaluate.facts import as_of_from
from engine.evaluate.values import shown
from engine.evaluate.verdict import Verdict
from engine.plan.nodes import Plan
from engine.replay.dry_run.impact import Example, RuleChange
from engine.replay.engines.engine import Engine
from engine.replay.tickets.table import Place, RawTicket, TicketTable, facts_under

Masking: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def as_given(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Nothing is masked."""
    return facts


class Disagreement(Exception):
    """The compiled evaluator does not see what SQL saw: a mistake of Caiding's own."""


@dataclass(frozen=True)
class Bench:
    """Reads single tickets again and judges them by both plans, base first."""

    engine: Engine
    table: TicketTable
    plans: tuple[Plan, Plan]
    as_of: datetime
    masked: Masking = as_given

    def examples(self, wanted: Mapping[Place, Sequence[RuleChange]]) -> Mapping[Place, Example]:
        """The tickets at these places; raises Disagreement where other rules change than SQL said."""
        if not wanted:
            return {}
        found = self.table.raw(self.engine, list(wanted))
        judges = [evaluator("compiled", plan) for plan in self.plans]
        return {
            place: self._example(place, found[place], judges, changes) for place, changes in wanted.items()
        }

    def _example(
        self, place: Place, ticket: RawTicket, judges: Sequence[Evaluator], changes: Sequence[RuleChange]
    ) -> Example:
        ticket = replace(ticket, facts=self.masked(ticket.facts))
        as_of = self._as_of(ticket)
        before, after = (judge.decide(facts_under(ticket, judge.plan), as_of) for judge in judges)
        _require_agreement(place, before, after, changes)
        facts = _shown(ticket, self.plans)
        number = facts.get("ticket_no")
        return Example(*place, None if number is None else str(number), facts, before, after)

    def _as_of(self, ticket: RawTicket) -> datetime:
        told = as_of_from(ticket.as_of, self.plans[0].zone) if ticket.as_of else self.as_of
        assert not isinstance(told, Finding), "a ticket with a bad instant is not judged"
        return told


def _shown(ticket: RawTicket, plans: Sequence[Plan]) -> dict[str, Any]:
    """The facts as a verdict would show them, in the order of the catalogue."""
    values: dict[str, Any] = {}
    for plan in plans:
        facts = facts_under(ticket, plan)
        values |= {name: shown(facts[name], plan.facts[name].type) for name in plan.facts if name in facts}
    return values


def _require_agreement(place: Place, before: Verdict, after: Verdict, changes: Sequence[RuleChange]) -> None:
    old, new = _concluded(before), _concluded(after)
    differ = {rule for rule in old.keys() | new.keys() if old.get(rule) != new.get(rule)}
    if differ != {change.rule for change in changes}:
        said = sorted(change.rule for change in changes)
        raise Disagreement(f"{place}: {said} differ by SQL, {sorted(differ)} by the compiled evaluator")
    for change in changes:
        for entries, side in ((old, change.before), (new, change.after)):
            parts = Counter(part for part, _ in entries.get(change.rule, ()))
            if parts != Counter(said.part for said in side):
                raise Disagreement(f"{place}: {change.rule} is {side} by SQL, {dict(parts)} by the evaluator")


def _concluded(verdict: Verdict) -> dict[str, list[tuple[str, str]]]:
    """What the verdict says of each rule, without words, in one order."""
    found: dict[str, list[tuple[str, str]]] = {}
    for part in PARTS:
        for entry in verdict[part]:
            said = {name: value for name, value in entry.items() if name not in WORDING}
            text = json.dumps(said, sort_keys=True, ensure_ascii=False)
            found.setdefault(str(entry["rule"]), []).append((part, text))
    return {rule: sorted(entries) for rule, entries in found.items()}
