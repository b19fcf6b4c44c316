"""Programs: the items of a plan for one owner of rules, chosen by what tells them apart.

The fact that most guards test (whose tickets these are: the owner of the rules) chooses the program.
Inside it, neighbouring items that ask for different values of one fact stand in a table by that value,
so that the cost grows with the rules that can apply and not with the rules there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import Any, TypeAlias

from engine.evaluate.compiled.conditions import asked, settle
from engine.evaluate.compiled.expressions import Compiler
from engine.evaluate.compiled.items import ItemWriter
from engine.evaluate.compiled.source import Function, Module
from engine.plan.nodes import ItemPlan, Plan
from engine.rulebook.expressions import FALSE, All, Expression
from engine.rulebook.types import Kind

Program: TypeAlias = Callable[[Any, dict[str, Any], Any, list[Any], Any], None]
"""Takes the facts, the derived facts worked out so far, the reference walk, and where the outcomes go."""

MOST_COPIES = 64
"""A group of at most this many items also has source for the case that its fact is unknown."""

ARGUMENTS = "(f, m, L, out, J)"


def owners(plan: Plan) -> tuple[str, dict[Any, Any]]:
    """The given fact whose values most guards ask for, and those values; no values where there is none."""
    demands = [demand for item in plan.items for demand in asked(item.guard) if demand[0] not in plan.defined]
    counted = Counter(name for name, _ in demands)
    if not counted:
        return "", {}
    owner = counted.most_common(1)[0][0]
    return owner, {value: value for name, values in demands if name == owner for value in values}


def run(module: Module) -> None:
    """Makes functions of what has been written."""
    exec(compile("\n".join(module.text), "<plan>", "exec"), module.namespace)  # noqa: S102  # our own source
    module.text.clear()


def write_program(shared: Module, settled: Mapping[str, Any], *, bare: bool) -> Program:
    """The program for tickets whose facts in `settled` have these values."""
    module = Module(shared.plan, dict(shared.namespace))
    items = [item for item in shared.plan.items if settle(item.guard, settled) != FALSE]
    writer = _ProgramWriter(module, settled, _frequency(items, settled), bare=bare)
    program = Function(module, f"program{ARGUMENTS}")
    program.line("g = f.get")
    for fact, group in groupby(items, key=writer.discriminator):
        writer.write_group(program, fact, list(group))
    program.write()
    run(module)
    finished: Program = module.namespace["program"]
    return finished


def _frequency(items: Iterable[ItemPlan], settled: Mapping[str, Any]) -> Counter[str]:
    """How many items ask for values of each fact that is not settled."""
    return Counter(
        name for item in items for name in {n for n, _ in asked(_condition(item)) if n not in settled}
    )


def _condition(item: ItemPlan) -> Expression:
    return All((item.guard, item.own))


class _ProgramWriter:
    def __init__(
        self, module: Module, settled: Mapping[str, Any], frequency: Counter[str], *, bare: bool
    ) -> None:
        self.module = module
        self.plan = module.plan
        self.settled = settled
        self.frequency = frequency
        self.bare = bare

    def discriminator(self, item: ItemPlan) -> str | None:
        """The fact by which most items of the program can be told apart, of those that this one asks for."""
        given = [
            name
            for name, _ in asked(_condition(item))
            if name in self.frequency
            and name not in self.plan.defined
            and self.plan.facts[name].type.kind is not Kind.BOOLEAN
        ]
        return max(given, key=lambda name: (self.frequency[name], name), default=None)

    def write_group(self, program: Function, fact: str | None, group: list[ItemPlan]) -> None:
        """Neighbouring items: written out, or chosen among by the value of a discriminating fact."""
        if fact is None:
            self._write_into(program, group, self.settled)
            return
        by_value: dict[Any, list[ItemPlan]] = {}
        for item in group:
            for value in _values(item, fact):
                by_value.setdefault(value, []).append(item)
        names = {
            value: self._write_items(items, {**self.settled, fact: value})
            for value, items in by_value.items()
        }
        self._write_choice(program, fact, names, group)

    def _write_choice(
        self, program: Function, fact: str, names: Mapping[Any, str], group: list[ItemPlan]
    ) -> None:
        table, chosen = self.module.fresh("by"), self.module.fresh("chosen")
        entries = ", ".join(f"{self.module.constant(value)}: {function}" for value, function in names.items())
        self.module.text.append(f"{table} = {{{entries}}}\n")
        variable = Compiler(program).fact(fact)
        program.line(f"{chosen} = {table}.get({variable.name})")
        program.line(f"if {chosen} is not None: {chosen}{ARGUMENTS}")
        if variable.may_be_unknown:
            program.line(f"elif {variable.name} is None: {self._write_unknown(group)}{ARGUMENTS}")

    def _write_unknown(self, group: list[ItemPlan]) -> str:
        """For a ticket that does not say: every item of the group may still apply."""
        if len(group) <= MOST_COPIES:
            return self._write_items(group, self.settled)
        items, name = self.module.constant(tuple(group), "items"), self.module.fresh("each")
        function = Function(self.module, f"{name}{ARGUMENTS}")
        judged = "walk_judge_bare(L, item, out)" if self.bare else "walk_judge(L, item, J)"
        function.line(f"for item in {items}: {judged}")
        function.write()
        return name

    def _write_items(self, items: Iterable[ItemPlan], settled: Mapping[str, Any]) -> str:
        name = self.module.fresh("items")
        function = Function(self.module, f"{name}{ARGUMENTS}")
        function.line("g = f.get")
        self._write_into(function, items, settled)
        function.write()
        return name

    def _write_into(self, function: Function, items: Iterable[ItemPlan], settled: Mapping[str, Any]) -> None:
        writer = ItemWriter(Compiler(function), settled, bare=self.bare)
        for item in items:
            writer.write(item)


def _values(item: ItemPlan, fact: str) -> frozenset[Any]:
    """The values of the fact for which the item may apply."""
    return frozenset.intersection(*(values for name, values in asked(_condition(item)) if name == fact))
