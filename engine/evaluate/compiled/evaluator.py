"""The compiled evaluator: one program for each owner of rules, made when it is first needed.

Items are dispatched by what tells them apart. The fact that most guards test (whose tickets: the owner
of the rules) chooses the program; inside it, neighbouring items that ask for different values of one
fact stand in a table by that value, so that the cost grows with the rules that can apply and not with
the rules there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any, TypeAlias

from engine.evaluate.compiled.definitions import write_definition
from engine.evaluate.compiled.expressions import Compiler, equality
from engine.evaluate.compiled.items import ItemWriter
from engine.evaluate.compiled.runtime import NAMESPACE, Walk, shown_plain
from engine.evaluate.compiled.shares import shares_of
from engine.evaluate.compiled.source import Function, Module
from engine.evaluate.conclude import totals
from engine.evaluate.facts import Facts
from engine.evaluate.judge import Judgement
from engine.evaluate.reference import ReferenceEvaluator
from engine.evaluate.values import NONE
from engine.evaluate.verdict import Verdict
from engine.plan.nodes import ItemPlan, Plan
from engine.rulebook.expressions import FALSE, TRUE, All, AnyOf, Expression, Test, facts_in
from engine.rulebook.types import Kind

Program: TypeAlias = Callable[[Facts, dict[str, Any], Walk, list[Any], Judgement], None]
MOST_COPIES = 64
"""A group of at most this many items also has source for the case that its fact is unknown."""


class CompiledEvaluator:
    """Judges tickets by generated source. Safe to share between threads."""

    name = "compiled"

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._owner = _owner_fact(plan)
        self._reference = ReferenceEvaluator(plan)
        self._module = _module(plan)
        self._full: dict[Any, Program] = {}
        self._bare: dict[Any, Program] = {}
        self._definitions = [
            (d.fact.name, d.fallback, self._module.namespace[f"D_{d.fact.name}"], shown_plain(d.fact.type))
            for d in sorted(plan.definitions, key=lambda d: d.fact.name)
        ]

    def decide(self, facts: Facts, as_of: datetime | None) -> Verdict:
        """The verdict on validated facts, the same as the reference evaluator's."""
        owner = facts.get(self._owner) if self._owner is not None else NONE
        if owner is None:
            return self._reference.decide(facts, as_of)
        program = self._full.get(owner) or self._program(owner, bare=False)
        walk = Walk(self.plan, facts, as_of)
        worked_out: dict[str, Any] = {}
        so_far = Judgement()
        program(facts, worked_out, walk, so_far.outcomes, so_far)
        return {
            "edition": self.plan.edition,
            "as_of": None if as_of is None else as_of.isoformat(timespec="seconds"),
            "outcomes": so_far.outcomes,
            "defeated": so_far.defeated,
            "undecided": so_far.undecided,
            "derived": self._derived(facts, worked_out, walk),
            "totals": totals(so_far.outcomes),
        }

    def outcomes(self, facts: Facts, as_of: datetime | None = None) -> list[tuple[Any, ...]]:
        """Only what applies, as `(rule, kind, amount)` in the order of the plan, without explanations."""
        owner = facts.get(self._owner) if self._owner is not None else NONE
        if owner is None:
            return bare_outcomes(self._reference.decide(facts, as_of))
        program = self._bare.get(owner) or self._program(owner, bare=True)
        out: list[tuple[Any, ...]] = []
        program(facts, {}, BareWalk(self.plan, facts, as_of, out), out, Judgement())
        return out

    def close(self) -> None:
        """Nothing is held."""

    def _derived(self, facts: Facts, worked_out: dict[str, Any], walk: Walk) -> dict[str, Any]:
        derived = {}
        for name, fallback, define, show in self._definitions:
            if fallback and name in facts:
                continue
            value = worked_out[name] if name in worked_out else define(facts, worked_out, walk)
            if value is not None and value is not NONE:
                derived[name] = value if show is None else show(value)
        return derived

    def _program(self, owner: Any, *, bare: bool) -> Program:
        """Writes and keeps the program for one owner; two threads may do it twice, to the same end."""
        settled = {} if self._owner is None else {self._owner: owner}
        program = _write_program(self.plan, self._module.namespace, settled, bare=bare)
        (self._bare if bare else self._full)[owner] = program
        return program


class BareWalk(Walk):
    """For bare source: what the reference walk concludes joins the list in its place."""

    __slots__ = ("_out",)

    def __init__(self, plan: Plan, facts: Facts, as_of: datetime | None, out: list[Any]) -> None:
        super().__init__(plan, facts, as_of)
        self._out = out

    def judge(self, item: ItemPlan, so_far: Judgement) -> None:
        before = len(so_far.outcomes)
        super().judge(item, so_far)
        self._out.extend(map(_bare, so_far.outcomes[before:]))


def bare_outcomes(verdict: Verdict) -> list[tuple[Any, ...]]:
    return [_bare(outcome) for outcome in verdict["outcomes"]]


def _bare(outcome: dict[str, Any]) -> tuple[Any, ...]:
    amount = outcome.get("amount") if outcome["kind"] in ("fine", "fee") else None
    return outcome["rule"], outcome["kind"], None if amount is None else Decimal(amount)


def _module(plan: Plan) -> Module:
    """The shared part: constants and the functions of derived facts."""
    namespace = {**NAMESPACE, "shares_of": shares_of, "defined": plan.defined, "shared": {}}
    module = Module(plan, namespace)
    for definition in plan.definitions:
        write_definition(module, definition)
    _run(module)
    return module


def _run(module: Module) -> None:
    exec(compile("\n".join(module.text), "<plan>", "exec"), module.namespace)  # noqa: S102  # our own source
    module.text.clear()


def _owner_fact(plan: Plan) -> str | None:
    """The fact whose values most guards ask for."""
    counted = Counter(name for item in plan.items for name in {n for n, _ in _asked(item.guard)})
    return counted.most_common(1)[0][0] if counted else None


def _asked(condition: Expression) -> Iterator[tuple[str, frozenset[Any]]]:
    """What a condition asks of single facts: `fact` is one of these values."""
    match condition:
        case Test(condition=inner):
            yield from _asked(inner)
        case All(items=items):
            for item in items:
                yield from _asked(item)
        case AnyOf(items=items) if items:
            pairs = [equality(item) for item in items]
            names = {pair[0] for pair in pairs if pair is not None}
            if None not in pairs and len(names) == 1:
                yield names.pop(), frozenset(pair[1] for pair in pairs if pair is not None)
        case _:
            pair = equality(condition)
            if pair is not None:
                yield pair[0], frozenset({pair[1]})


def settle(condition: Expression, settled: dict[str, Any]) -> Expression:
    """The condition with what is known about single facts put in."""
    match condition:
        case All(items=items):
            parts = tuple(part for item in items if (part := settle(item, settled)) != TRUE)
            return FALSE if FALSE in parts else All(parts)
        case Test() if {fact.name for fact in facts_in(condition)} <= settled.keys():
            asked = list(_asked(condition))
            if len(asked) == 1:
                name, values = asked[0]
                return TRUE if settled[name] in values else FALSE
            return condition
        case _:
            return condition


def _write_program(plan: Plan, namespace: dict[str, Any], settled: dict[str, Any], *, bare: bool) -> Program:
    module = Module(plan, dict(namespace))
    kept = [(item, guard) for item in plan.items if (guard := settle(item.guard, settled)) != FALSE]
    frequency = Counter(
        name for item, guard in kept for name in {n for n, _ in _asked(All((guard, item.own)))}
    )
    calls: list[str] = []
    for fact, group in groupby(kept, key=lambda pair: _discriminator(pair, frequency, plan)):
        calls.append(_write_group(module, fact, list(group), bare=bare))
    module.text.append(
        "\n".join(
            ["def program(f, m, L, out, J):", *(f"    {c}(f, m, L, out, J)" for c in calls), "    return", ""]
        )
    )
    _run(module)
    program: Program = module.namespace["program"]
    return program


Pair: TypeAlias = tuple[ItemPlan, Expression]


def _discriminator(pair: Pair, frequency: Counter[str], plan: Plan) -> str | None:
    """The fact by which most items of the program can be told apart, of those that this one asks for."""
    item, guard = pair
    asked = {name for name, _ in _asked(All((guard, item.own)))}
    given = [n for n in asked if n not in plan.defined and plan.facts[n].type.kind is not Kind.BOOLEAN]
    return max(given, key=lambda name: (frequency[name], name), default=None)


def _write_group(module: Module, fact: str | None, group: list[Pair], *, bare: bool) -> str:
    """A function for neighbouring items; with a discriminating fact it only chooses among functions."""
    if fact is None or len(group) == 1:
        return _write_items(module, group, bare=bare)
    by_value: dict[Any, list[Pair]] = {}
    for pair in group:
        for value in _values(pair, fact):
            by_value.setdefault(value, []).append(pair)
    names = {value: _write_items(module, pairs, bare=bare) for value, pairs in by_value.items()}
    table = module.fresh("by")
    module.text.append(f"{table} = {{{', '.join(f'{module.constant(v)}: {n}' for v, n in names.items())}}}\n")
    function = Function(module, f"{(name := module.fresh('choose'))}(f, m, L, out, J)")
    function.load("g = f.get")
    variable = Compiler(function).fact(fact)
    if variable.may_be_unknown:
        with function.block(f"if {variable.name} is None:"):
            function.line(f"{_write_unknown(module, group, bare=bare)}(f, m, L, out, J)")
            function.line("return")
    function.line(f"chosen = {table}.get({variable.name})")
    function.line("if chosen is not None: chosen(f, m, L, out, J)")
    function.write()
    return name


def _values(pair: Pair, fact: str) -> frozenset[Any]:
    item, guard = pair
    asked = [values for name, values in _asked(All((guard, item.own))) if name == fact]
    return frozenset.intersection(*asked)


def _write_unknown(module: Module, group: list[Pair], *, bare: bool) -> str:
    """For a ticket that does not say: every item of the group may still apply."""
    if len(group) <= MOST_COPIES:
        return _write_items(module, group, bare=bare)
    items = module.constant([item for item, _ in group], "items")
    function = Function(module, f"{(name := module.fresh('each'))}(f, m, L, out, J)")
    function.line(f"for item in {items}: L.judge(item, J)")
    function.write()
    return name


def _write_items(module: Module, pairs: Iterable[Pair], *, bare: bool) -> str:
    name = module.fresh("items")
    function = Function(module, f"{name}(f, m, L, out, J)")
    function.load("g = f.get")
    writer = ItemWriter(Compiler(function), bare=bare)
    for item, guard in pairs:
        writer.write(item, guard)
    function.write()
    return name
