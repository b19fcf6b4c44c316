"""The reference evaluator: every item of the plan in turn. It defines what a verdict is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from engine.evaluate import clocks, tables
from engine.evaluate.case import Case
from engine.evaluate.conclude import totals
from engine.evaluate.facts import Facts
from engine.evaluate.judge import Judgement, judge
from engine.evaluate.values import NONE, Unknown, shown
from engine.evaluate.verdict import Verdict
from engine.plan.nodes import ClockPlan, DefinitionPlan, Plan, TablePlan
from engine.rulebook.expressions import FactValue


class ReferenceEvaluator:
    """Judges tickets by walking the plan."""

    name = "reference"

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def decide(self, facts: Facts, as_of: datetime | None) -> Verdict:
        """The verdict on validated facts at the instant of judging."""
        case = new_case(self.plan, facts, as_of)
        judgement = Judgement()
        for item in self.plan.items:
            judge(case, item, judgement)
        return verdict(case, judgement)

    def close(self) -> None:
        """Nothing is held."""


def new_case(plan: Plan, facts: Facts, as_of: datetime | None) -> Case:
    return Case(plan, facts, as_of, define)


def define(case: Case, definition: DefinitionPlan) -> Any:
    """The value of a derived fact by its formula, table or clock."""
    match definition.body:
        case TablePlan() as table:
            return tables.defined_value(case, table)
        case ClockPlan() as clock:
            return clocks.in_time(case, clock)
        case formula:
            return case.value(formula)


def verdict(case: Case, judgement: Judgement) -> Verdict:
    """The verdict in its fixed order of keys."""
    return Verdict(
        edition=case.plan.edition,
        as_of=None if case.as_of is None else case.as_of.isoformat(timespec="seconds"),
        outcomes=judgement.outcomes,
        defeated=judgement.defeated,
        undecided=judgement.undecided,
        derived=derived(case, case.plan.definitions),
        totals=totals(judgement.outcomes),
    )


def verdict_on(case: Case, item_id: str, defines: FactValue | None) -> Verdict:
    """What the verdict would say of one item and of the fact that it defines; without an edition."""
    judgement = Judgement()
    for item in case.plan.items:
        if item.origin.id == item_id:
            judge(case, item, judgement)
    return part_of_verdict(case, judgement, defines)


def part_of_verdict(case: Case, judgement: Judgement, defines: FactValue | None) -> Verdict:
    """What has been judged and the fact that is defined, as a verdict says them; without an edition."""
    defined = [d for d in case.plan.definitions if defines is not None and d.fact.name == defines.name]
    return Verdict(
        edition="",
        as_of=None,
        outcomes=judgement.outcomes,
        defeated=judgement.defeated,
        undecided=judgement.undecided,
        derived=derived(case, defined),
        totals=totals(judgement.outcomes),
    )


def derived(case: Case, definitions: Iterable[DefinitionPlan]) -> dict[str, Any]:
    """Every fact that the rules worked out and could settle, by name."""
    values = {}
    for definition in sorted(definitions, key=lambda d: d.fact.name):
        given = definition.fallback and definition.fact.name in case.facts
        value = case.fact(definition.fact.name)
        if not given and value is not NONE and not isinstance(value, Unknown):
            values[definition.fact.name] = shown(value, definition.fact.type)
    return values
