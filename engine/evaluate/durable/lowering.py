"""The plan as rules of durable-rules: what each item, row and exception needs to hold, and to maybe hold.

Every question has two rules, for *holds* and for *may hold*; it is undecided where only the second fires.
Derived facts that conditions decide are found by rules of earlier layers (forward chaining), whose actions
set the fields that later layers test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias, assert_never

from engine.evaluate.durable.fields import TRUE_OF_ALL, Fields, FlatFact, Rails
from engine.evaluate.durable.native import (
    ALWAYS,
    NEVER,
    Native,
    TooLarge,
    all_true,
    any_true,
    atoms_of,
    exclusive,
    negated,
    pending,
    split,
    widest,
)
from engine.plan.nodes import (
    ClockPlan,
    DefinitionPlan,
    Exemption,
    ItemPlan,
    Plan,
    RowPlan,
    RulePlan,
    TablePlan,
)
from engine.rulebook.expressions import (
    All,
    AnyOf,
    Comparison,
    Constant,
    Expression,
    FactValue,
    Not,
    Picked,
    Present,
    Quantifier,
    Test,
    all_of,
    facts_in,
)
from engine.rulebook.types import Scalar

MOST_RULES = 100
"""In one ruleset: a node of the library is torn by 128 `$or` branches that end at it."""
MOST_TESTS = 450
"""Distinct ones in one ruleset: the library breaks at 512 distinct tests at one node."""
MOST_FIELDS = 200
"""Of one asserted fact: the library takes 255."""
MOST_PENDING = 60
"""Tests that wait while a fact is matched: the library gives up a fact at the 65th (error 303)."""

Rail: TypeAlias = Literal["holds", "may hold"]


class Question(NamedTuple):
    """A rule's meaning: an item, row or exception (by id) holds or may hold."""

    id: str
    rail: Rail


class Raiser(NamedTuple):
    """A test that raises an item, and the facts of which one must be there, if it speaks of any."""

    condition: Expression
    speaks_of: tuple[FactValue, ...]


class Finds(NamedTuple):
    """A rule's meaning: a derived fact has this value."""

    fact: str
    value: Scalar


Meaning: TypeAlias = Question | Finds


@dataclass(frozen=True, slots=True)
class LoweredRule:
    """`sets`: what its action asserts for later layers."""

    name: str
    meaning: Meaning
    condition: Native
    sets: FlatFact = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lowered:
    """The rules by layer and ruleset; `found` are the derived facts that rules find."""

    fields: Fields
    layers: tuple[tuple[tuple[LoweredRule, ...], ...], ...]
    found: frozenset[str]

    @property
    def meanings(self) -> dict[str, Meaning]:
        return {rule.name: rule.meaning for rule in self.rules()}

    def rules(self) -> Iterator[LoweredRule]:
        for layer in self.layers:
            for ruleset in layer:
                yield from ruleset


def lower(plan: Plan) -> Lowered:
    """The plan's conditions as rules over flat facts."""
    lowering = _Lowering(Fields(plan))
    depth: dict[str, int] = {}
    by_layer: dict[int, list[LoweredRule]] = {}
    for definition in plan.definitions:
        rules = lowering.finding(definition)
        if rules:
            layer = 1 + max((depth.get(fact.name, -1) for fact in _read_by(definition)), default=-1)
            depth[definition.fact.name] = layer
            by_layer.setdefault(layer, []).extend(rules)
    items = [rule for item in plan.items for rule in lowering.asking(item)]
    by_layer[max(by_layer, default=-1) + 1] = items
    _set_fields(lowering.fields, by_layer)
    layers = tuple(_rulesets(by_layer[layer]) for layer in sorted(by_layer))
    return Lowered(lowering.fields, layers, frozenset(depth))


def _read_by(definition: DefinitionPlan) -> tuple[FactValue, ...]:
    body = definition.body
    match body:
        case TablePlan():
            return facts_in(body.own, *(row.condition for row in body.rows))
        case ClockPlan():
            return ()
        case formula:
            return facts_in(formula)


def _set_fields(fields: Fields, by_layer: dict[int, list[LoweredRule]]) -> None:
    """Once every condition is lowered it is known which fields a found fact has."""
    for rule in (rule for rules in by_layer.values() for rule in rules):
        if isinstance(rule.meaning, Finds):
            rule.sets.update(fields.flat_value(*rule.meaning))


def _rulesets(rules: list[LoweredRule]) -> tuple[tuple[LoweredRule, ...], ...]:
    """As few as the library's limits allow."""
    made: list[list[LoweredRule]] = [[]]
    for rule in rules:
        if not _fits([*made[-1], rule]):
            made.append([])
        made[-1].append(rule)
    return tuple(tuple(ruleset) for ruleset in made if ruleset)


def _fits(rules: list[LoweredRule]) -> bool:
    tests = {atom for rule in rules for atom in atoms_of(rule.condition)}
    beside = sum(widest(rule.condition) for rule in rules)
    followed = max(pending(rule.condition) for rule in rules)
    return (
        len(rules) <= MOST_RULES
        and len(tests) <= MOST_TESTS
        and len({test.field for test in tests}) <= MOST_FIELDS
        and beside + followed <= MOST_PENDING
    )


@dataclass
class _Lowering:
    """Rules so far are counted, for their names."""

    fields: Fields
    count: int = 0

    def rails(self, condition: Expression) -> Rails:
        """When a condition holds and may hold, by Kleene's rules."""
        match condition:
            case Test(condition=inner):
                return self.rails(inner)
            case Not(item=item):
                return ~self.rails(item)
            case All(items=items):
                parts = [self.rails(item) for item in items]
                return Rails(all_true(p.holds for p in parts), all_true(p.may_hold for p in parts))
            case AnyOf(items=items):
                parts = [self.rails(item) for item in items]
                return Rails(any_true(p.holds for p in parts), any_true(p.may_hold for p in parts))
            case _:
                return self.fields.condition(condition)

    def asking(self, item: ItemPlan) -> list[LoweredRule]:
        """The rules for an item, its rows and its exceptions."""
        condition = all_of(item.guard, item.own)
        try:
            return list(self._asking(item, self._exclusive(condition)))
        except TooLarge:
            return list(self._asking(item, self.fields.worked_out(condition)))

    def _asking(self, item: ItemPlan, applies: Rails) -> Iterator[LoweredRule]:
        yield from self._rule(Question(item.origin.id, "holds"), applies.holds)
        match item:
            case ClockPlan():
                yield from self._rule(Question(item.origin.id, "may hold"), applies.may_hold)
            case RulePlan():
                yield from self._open(item, applies)
                yield from self._exemptions(item.exemptions, applies)
            case TablePlan():
                yield from self._open(item, applies)
                yield from self._exemptions(item.exemptions, applies)
                for row in item.rows:
                    yield from self._part(row, applies.may_hold, applies.may_hold)
            case _:
                assert_never(item)

    def _open(self, item: RulePlan | TablePlan, applies: Rails) -> list[LoweredRule]:
        """An item that may apply matters only where something in the ticket raises it."""
        meaning = Question(item.origin.id, "may hold")
        raisers = self._raisers(item)
        try:
            raised = exclusive(any_true(self._points(raiser) for raiser in raisers))
            return list(self._rule(meaning, all_true((applies.may_hold, raised))))
        except TooLarge:
            return [rule for raiser in raisers for rule in self._raised_by(raiser, meaning, applies)]

    def _raised_by(self, raiser: Raiser, meaning: Meaning, applies: Rails) -> list[LoweredRule]:
        """The rule for one test that raises an item; a test of too many branches is worked out."""
        try:
            return list(self._rule(meaning, all_true((applies.may_hold, self._points(raiser)))))
        except TooLarge:
            whole = self._points(raiser, self.fields.worked_out(raiser.condition))
            return list(self._rule(meaning, all_true((applies.may_hold, whole))))

    def _exemptions(self, exemptions: tuple[Exemption, ...], applies: Rails) -> Iterator[LoweredRule]:
        """An exception that may hold matters only where its item applies."""
        for exemption in exemptions:
            yield from self._part(exemption, applies.may_hold, applies.holds)

    def _part(self, part: RowPlan | Exemption, holding: Native, open_: Native) -> Iterator[LoweredRule]:
        own = self._exclusive(part.condition)
        yield from self._rule(Question(part.origin.id, "holds"), all_true((holding, own.holds)))
        yield from self._rule(Question(part.origin.id, "may hold"), all_true((open_, own.may_hold)))

    def _raisers(self, item: RulePlan | TablePlan) -> list[Raiser]:
        """The tests of the item's own; the guard of a rule that has none."""
        if isinstance(item, RulePlan) and item.own == All(()):
            return [Raiser(item.guard, ())]
        rows = item.rows if isinstance(item, TablePlan) else ()
        own = (item.own, *(row.condition for row in rows))
        return [Raiser(leaf, facts_in(leaf)) for condition in own for leaf in _leaves(condition)]

    def _points(self, raiser: Raiser, rails: Rails | None = None) -> Native:
        """The test holds of something that is there."""
        holds = (rails or self._exclusive(raiser.condition)).holds
        if not raiser.speaks_of:
            return holds
        there = any_true(self.fields.condition(Present(fact)).holds for fact in raiser.speaks_of)
        return all_true((holds, exclusive(there)))

    def _exclusive(self, condition: Expression) -> Rails:
        """Rails that fire once; a condition of too many branches is worked out as a whole."""
        rails = self.rails(condition)
        try:
            small = Rails(exclusive(rails.holds), exclusive(rails.may_hold))
            split(small.holds)
            split(small.may_hold)
        except TooLarge:
            return self.fields.worked_out(condition)
        return small

    def _rule(self, meaning: Meaning, condition: Native) -> Iterator[LoweredRule]:
        """One rule, or a few where one cannot hold the whole condition; none for what is never true."""
        for case in split(TRUE_OF_ALL if condition == ALWAYS else condition):
            if case != NEVER:
                self.count += 1
                yield LoweredRule(f"r{self.count}", meaning, case)

    def finding(self, definition: DefinitionPlan) -> list[LoweredRule]:
        """The rules that find a derived fact; none where conditions alone do not decide it."""
        match definition.body:
            case TablePlan() as table:
                found = self._values_by_table(table)
            case ClockPlan():
                return []
            case formula if _is_condition(formula):
                found = self._values_by_condition(formula)
            case _:
                return []
        wanted = self._not_given(definition)
        try:
            return [
                rule
                for value, condition in found
                for rule in self._rule(Finds(definition.fact.name, value), all_true((wanted, condition)))
            ]
        except TooLarge:
            return []

    def _not_given(self, definition: DefinitionPlan) -> Native:
        """The ticket's own value of a fallback fact wins; what is to be found is asserted as unknown."""
        if not definition.fallback:
            return ALWAYS
        present = self.fields.condition(Present(definition.fact))
        return all_true((present.may_hold, negated(present.holds)))

    def _values_by_condition(self, condition: Expression) -> Iterator[tuple[Scalar, Native]]:
        yield True, self._exclusive(condition).holds
        yield False, self._exclusive(Not(condition)).holds

    def _values_by_table(self, table: TablePlan) -> Iterator[tuple[Scalar, Native]]:
        """A row decides where it holds and no other row that counts may hold."""
        if table.policy not in ("unique", "first") or not _is_constant(table):
            return
        own = self._exclusive(table.own).holds
        holding = [self._exclusive(row.condition).holds for row in table.rows]
        failing = [self._exclusive(Not(row.condition)).holds for row in table.rows]
        for i, row in enumerate(table.rows):
            rivals = failing[:i] if table.policy == "first" else [*failing[:i], *failing[i + 1 :]]
            yield from self._deciding(table, row, all_true((own, holding[i], *rivals)))
        if table.otherwise is not None:
            yield from self._deciding(table, table.otherwise, all_true((own, *failing)))

    def _deciding(self, table: TablePlan, row: RowPlan, condition: Native) -> Iterator[tuple[Scalar, Native]]:
        """The value of a row, unless it lies beyond the bounds of the fact, which is then unknown."""
        match row.conclusion:
            case (Constant(value=value),) if self.fields.plan.facts[table.outputs[0].name].admits(value):
                yield value, condition
            case _:
                return


def _leaves(condition: Expression) -> Iterator[Expression]:
    if isinstance(condition, All | AnyOf):
        for item in condition.items:
            yield from _leaves(item)
    else:
        yield condition


def _is_condition(formula: Expression) -> bool:
    conditions = (Comparison, All, AnyOf, Not, Present, Quantifier, Picked, Test)
    return isinstance(formula, conditions)


def _is_constant(table: TablePlan) -> bool:
    """Whether every row that concludes a value concludes a constant."""
    rows = (*table.rows, table.otherwise) if table.otherwise else table.rows
    cells = [cell for row in rows if isinstance(row.conclusion, tuple) for cell in row.conclusion]
    return all(isinstance(cell, Constant) for cell in cells)
