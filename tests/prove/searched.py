"""What is true of a library over the few values of its facts, by trying tickets on the reference evaluator.

This knows nothing of solvers, formulas or regions: what proofs say is held against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, product
from math import prod
from random import Random
from typing import Any, TypeAlias

from engine.evaluate.clocks import read_clock
from engine.evaluate.facts import Facts, instant_from, value_from
from engine.evaluate.tables import outputs_of, selection
from engine.evaluate.values import Unknown
from engine.plan.nodes import ClockPlan, Exemption, ItemPlan, Plan, RowPlan, RulePlan, TablePlan
from engine.prove.asking.trial import Trial
from engine.rulebook.expressions import All, AnyOf, Expression, Not, Present, Test
from engine.rulebook.model import FactDeclaration, Undefined
from tests.generators import pools_of
from tests.prove.made_up_tables import DOMAINS, LACKING, MOMENTS, MadeUp

Key: TypeAlias = tuple[Any, ...]
"""Something that a ticket shows: the code of what a proof would say about it, and of what."""


@dataclass(frozen=True)
class Ticket:
    """Typed facts, and the instant of judging."""

    facts: Facts
    as_of: datetime | None

    def __str__(self) -> str:
        facts = ", ".join(f"{name}: {value}" for name, value in self.facts.items())
        return f"{{{facts}}} as of {self.as_of}"


class Tickets:
    """The tickets of a made-up library, as far as its rules read them."""

    def __init__(self, made: MadeUp, plan: Plan) -> None:
        self.plan = plan
        read = [plan.facts[fact.name] for fact in pools_of(plan).facts]
        self.known = {fact.name: _values(fact, DOMAINS[made.sorts[fact.name]], plan.zone) for fact in read}
        lacking = [(fact, LACKING.get(made.sorts[fact.name], ())) for fact in read]
        self._lacking = {fact.name: _values(fact, more, plan.zone) for fact, more in lacking if more}
        self._may_lack = {f.name for f in read if f.absence == "none" or f.derived == "fallback"}
        moments = [instant_from(moment, plan.zone) for moment in MOMENTS]
        self._moments = moments if any(isinstance(item, ClockPlan) for item in _bodies(plan)) else moments[:1]

    def complete(self, random: Random, most: int) -> list[Ticket]:
        """Every fact is known: all tickets where they are no more than `most`, else as many by chance."""
        domains = {
            name: [*values, None] if name in self._may_lack else values for name, values in self.known.items()
        }
        axes: list[Sequence[Any]] = [*domains.values(), self._moments]
        if prod(map(len, axes)) <= most:
            return [self._ticket(values) for values in product(*axes)]
        return [self._ticket([random.choice(axis) for axis in axes]) for _ in range(most)]

    def partial(self, random: Random, most: int) -> list[Ticket]:
        """Any fact may be missing, the instant of judging too."""
        lists = {name: values + self._lacking.get(name, []) for name, values in self.known.items()}
        axes: list[Sequence[Any]] = [*lists.values(), self._moments]
        often = (0.1, 0.3, 0.6)
        return [
            self._ticket([None if random.random() < lacks else random.choice(axis) for axis in axes])
            for lacks in (random.choice(often) for _ in range(most))
        ]

    def _ticket(self, values: Sequence[Any]) -> Ticket:
        *given, as_of = values
        facts = {name: v for name, v in zip(self.known, given, strict=True) if v is not None}
        return Ticket(facts, as_of)


def _values(fact: FactDeclaration, domain: Sequence[Any], zone: str) -> list[Any]:
    values = [value_from(raw, fact, zone) for raw in fact.type.members or domain]
    assert None not in values, f"some of {domain} is no value of {fact.name}"
    return values


def _bodies(plan: Plan) -> Iterator[Any]:
    yield from plan.items
    yield from (definition.body for definition in plan.definitions)


def tables_of(plan: Plan) -> list[TablePlan]:
    """All tables, those that define facts too."""
    return [body for body in _bodies(plan) if isinstance(body, TablePlan)]


# --- what one ticket shows --------------------------------------------------------------------------


def shown_by(trial: Trial) -> frozenset[Key]:
    """Everything that the ticket shows of the items, tables, rows and exceptions of the plan."""
    return frozenset(_shown(trial))


def _shown(trial: Trial) -> Iterator[Key]:
    for item in trial.plan.items:
        yield from _of_item(trial, item)
    for body in _bodies(trial.plan):
        if isinstance(body, RulePlan | TablePlan | ClockPlan):
            yield from _failing(trial, body)
    for table in tables_of(trial.plan):
        if trial.case.applies(table) is True:
            yield ("applies", table.origin.id)
            yield from _of_table(trial, table)


def _of_item(trial: Trial, item: ItemPlan) -> Iterator[Key]:
    case, name = trial.case, item.origin.id
    if case.applies(item) is not True:
        return
    match item:
        case ClockPlan():
            face = read_clock(case, item)
            if not isinstance(face, Unknown) and face.state != "not_started":
                yield "does", name
        case RulePlan(exemptions=exemptions):
            if all(case.holds(e) is False for e in exemptions if e.effect == "defeats"):
                yield "does", name
            yield from _mattering(trial, item)
        case TablePlan():
            yield "does", name
            yield from _mattering(trial, item)


def _mattering(trial: Trial, item: RulePlan | TablePlan) -> Iterator[Key]:
    """Exceptions that take away what nothing else takes away, or that mark what stands."""
    said = trial.said(item.origin.id)
    by = {outcome.get("by") for outcome in said.outcomes if outcome["kind"] == "review"}
    for exemption in item.exemptions:
        alone = all(trial.case.holds(other) is False for other in _others_defeating(item, exemption))
        if alone and (exemption.origin.id in by or (said.defeated and exemption.effect == "defeats")):
            yield "matters", exemption.origin.id


def _others_defeating(item: RulePlan | TablePlan, exemption: Exemption) -> list[Exemption]:
    return [other for other in item.exemptions if other.effect == "defeats" and other is not exemption]


def _of_table(trial: Trial, table: TablePlan) -> Iterator[Key]:
    chosen = selection(trial.case, table)
    reasons = {cause.reason for cause in chosen.causes if cause.name == table.origin.id}
    holding = [row for row in table.rows if trial.case.holds(row) is True]
    yield from (("holds", row.origin.id) for row in holding)
    for hit in chosen.hits:
        yield from (("counts", row.origin.id) for row in hit.rows)
        yield from _left_open(hit.rows)
    if chosen.hits and chosen.hits[0].row is table.otherwise and table.otherwise is not None:
        yield "holds", table.otherwise.origin.id
    if "no_row_applies" in reasons:
        yield "gap", table.origin.id
    if "undefined_by_source" in reasons:
        yield from _left_open(holding)
    yield from _meeting(trial, table, holding, "rows_overlap" in reasons)


def _left_open(rows: Sequence[RowPlan]) -> Iterator[Key]:
    yield from (("left open", row.origin.id) for row in rows if isinstance(row.conclusion, Undefined))


def _meeting(trial: Trial, table: TablePlan, holding: Sequence[RowPlan], clash: bool) -> Iterator[Key]:
    """Pairs of rows that hold together and, where they may agree, conclude what is known to be different."""
    if table.policy not in ("unique", "any"):
        return
    for one, other in combinations(holding, 2):
        if table.policy == "unique" or _differ(
            outputs_of(trial.case, table, one), outputs_of(trial.case, table, other)
        ):
            yield "meet", one.origin.id, other.origin.id
            if clash:
                yield "overlap", one.origin.id, other.origin.id


def _differ(one: Any, other: Any) -> bool:
    unknown = [
        v for o in (one, other) if isinstance(o, Mapping) for v in o.values() if isinstance(v, Unknown)
    ]
    return bool(one != other and not unknown)


def _failing(trial: Trial, item: ItemPlan) -> Iterator[Key]:
    """Tests that are false of a ticket in the item's scope and period."""
    if trial.case.value(item.guard) is True:
        for name, condition in _conditions(item):
            for test in _tests(condition):
                if trial.case.value(test) is False:
                    yield "fails", name, test.text, test.span


def _conditions(item: ItemPlan) -> Iterator[tuple[str, Expression]]:
    yield item.origin.id, item.own
    if isinstance(item, TablePlan):
        yield from ((row.origin.id, row.condition) for row in item.rows)
    if isinstance(item, RulePlan | TablePlan):
        yield from ((e.origin.id, e.condition) for e in item.exemptions)


def _tests(condition: Expression) -> Iterator[Test]:
    match condition:
        case Test(condition=Present()):
            return
        case Test():
            yield condition
        case All(items=items) | AnyOf(items=items):
            yield from (test for item in items for test in _tests(item))
        case Not(item=item):
            yield from _tests(item)
        case _:
            return
