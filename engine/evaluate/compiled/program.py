"""Programs: the items of a plan for one owner of rules, chosen by what tells them apart.

The fact that most guards test (whose tickets these are: the owner of the rules) chooses the program. A
program is a row of steps in the order of the plan. Which of them have anything to say of a ticket is seen
from the facts that it carries, and kept for the next ticket that carries the same ones. Neighbouring items
that ask for different values of one fact share a step, a table by that value. So the cost grows with the
rules that can apply to what a ticket mentions, and not with the rules there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeAlias

from engine.evaluate.compiled.conditions import asked, settle
from engine.evaluate.compiled.definitions import shows
from engine.evaluate.compiled.expressions import Compiler
from engine.evaluate.compiled.items import ItemWriter
from engine.evaluate.compiled.silence import Wakes, wakes_definition, wakes_item
from engine.evaluate.compiled.source import Function, Module, Variable
from engine.plan.nodes import ItemPlan, Plan
from engine.rulebook.expressions import FALSE, All, Expression
from engine.rulebook.types import Kind

Call: TypeAlias = Callable[[Any, dict[str, Any], Any, list[Any], Any], None]
"""Takes the facts, the derived facts worked out so far, the reference walk, and where the outcomes go."""

Calls: TypeAlias = tuple[Callable[..., None], ...]
"""Those of the items take what `Call` takes; those of the derived facts, for the last two, what is shown."""

Written: TypeAlias = tuple[str, Wakes, str | None, str | None]
"""A step whose function has a name, but has not been made yet."""

MOST_COPIES = 64
"""A group of at most this many items also has source for the case that its fact is unknown."""

MOST_SHAPES = 1024
"""Of so many different sets of facts it is remembered what they wake; tickets come in few of them."""

ARGUMENTS = "(f, m, L, out, J)"


@dataclass(frozen=True, slots=True)
class Step:
    """One call for an item, a group of items or a derived fact.

    It is called for tickets that carry one of `wakes`; of these only where `given` is there and `lacking`
    is not.
    """

    call: Callable[..., None]
    wakes: Wakes
    given: str | None = None
    lacking: str | None = None

    def is_awake(self, carried: frozenset[str]) -> bool:
        """Whether a ticket that carries these facts may hear of it."""
        if (self.given is not None and self.given not in carried) or self.lacking in carried:
            return False
        return self.wakes is None or not self.wakes.isdisjoint(carried)


@dataclass(frozen=True, slots=True)
class Program:
    """What is done for the tickets of one owner: the items in their order, and the derived facts to show."""

    items: tuple[Step, ...]
    derived: tuple[Step, ...]
    seen: dict[frozenset[str], tuple[Calls, Calls]] = field(default_factory=dict)

    def calls(self, carried: frozenset[str]) -> tuple[Calls, Calls]:
        """What to call for a ticket that carries these facts; found out once, or twice by two threads."""
        if len(self.seen) >= MOST_SHAPES:
            self.seen.clear()
        awake = _awake(self.items, carried), _awake(self.derived, carried)
        self.seen[carried] = awake
        return awake


def _awake(steps: Iterable[Step], carried: frozenset[str]) -> Calls:
    return tuple(step.call for step in steps if step.is_awake(carried))


def owners(plan: Plan) -> tuple[str, dict[Any, Any]]:
    """The given fact whose values most guards ask for, and those values; no values where there is none."""
    demands = [demand for item in plan.items for demand in asked(item.guard) if demand[0] not in plan.defined]
    counted = Counter(name for name, _ in demands)
    if not counted:
        return "", {}
    owner = counted.most_common(1)[0][0]
    return owner, {value: value for name, values in demands if name == owner for value in values}


def derived_steps(module: Module) -> tuple[Step, ...]:
    """The calls that show the derived facts, in the order of their names; the module has been run."""
    definitions = sorted(module.plan.definitions, key=lambda definition: definition.fact.name)
    return tuple(
        Step(module.namespace[shows(definition)], wakes_definition(module.plan, definition))
        for definition in definitions
    )


def write_program(shared: Module, settled: Mapping[str, Any], derived: tuple[Step, ...]) -> Program:
    """The program for tickets whose facts in `settled` have these values, with reasons and citations."""
    writer = _ProgramWriter(shared, settled, bare=False)
    written = [step for fact, group in writer.groups() for step in writer.steps(fact, group)]
    writer.module.run()
    names = writer.module.namespace
    items = (Step(names[name], wakes, given, lacking) for name, wakes, given, lacking in written)
    return Program(tuple(items), derived)


def write_bare_program(shared: Module, settled: Mapping[str, Any]) -> Call:
    """The program that only lists what applies: one function, as its tests are few and short."""
    writer = _ProgramWriter(shared, settled, bare=True)
    program = Function(writer.module, f"program{ARGUMENTS}")
    program.line("g = f.get")
    for fact, group in writer.groups():
        writer.write_group(program, fact, group)
    program.write()
    writer.module.run()
    finished: Call = writer.module.namespace["program"]
    return finished


def _frequency(items: Iterable[ItemPlan], settled: Mapping[str, Any]) -> Counter[str]:
    """How many items ask for values of each fact that is not settled."""
    return Counter(
        name for item in items for name in {n for n, _ in asked(_condition(item)) if n not in settled}
    )


def _condition(item: ItemPlan) -> Expression:
    return All((item.guard, item.own))


class _ProgramWriter:
    def __init__(self, shared: Module, settled: Mapping[str, Any], *, bare: bool) -> None:
        self.plan = shared.plan
        self.module = Module(shared.plan, dict(shared.namespace))
        self.settled = settled
        self.items = [item for item in self.plan.items if settle(item.guard, settled) != FALSE]
        self.frequency = _frequency(self.items, settled)
        self.bare = bare

    def groups(self) -> Iterator[tuple[str | None, list[ItemPlan]]]:
        """Neighbouring items with the fact by which they can be told apart, if there is one."""
        for fact, group in groupby(self.items, key=self.discriminator):
            yield fact, list(group)

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

    def steps(self, fact: str | None, group: list[ItemPlan]) -> Iterator[Written]:
        """One step for all where the fact that tells them apart is there, else each item its own."""
        wakes = [wakes_item(self.plan, item, self.settled) for item in group]
        if fact is not None:
            function = Function(self.module, f"{self.module.fresh('group')}{ARGUMENTS}")
            function.line("g = f.get")
            self._write_choice(function, fact, group)
            function.write()
            yield function.name, _any_of(wakes), fact, None
            if self.plan.facts[fact].absence == "none":
                return
        if len(group) > MOST_COPIES and fact is not None:
            yield self._write_walk(group), _any_of(wakes), None, fact
            return
        for item, waking in zip(group, wakes, strict=True):
            yield self._write_items([item], self.settled), waking, None, fact

    def write_group(self, program: Function, fact: str | None, group: list[ItemPlan]) -> None:
        """Neighbouring items: written out, or chosen among by the value of a discriminating fact."""
        if fact is None:
            self._write_into(program, group, self.settled)
            return
        variable = self._write_choice(program, fact, group)
        if variable.may_be_unknown:
            few = len(group) <= MOST_COPIES
            every = self._write_items(group, self.settled) if few else self._write_walk(group)
            program.line(f"elif {variable.name} is None: {every}{ARGUMENTS}")

    def _write_choice(self, function: Function, fact: str, group: list[ItemPlan]) -> Variable:
        """A look-up by the value of the fact, and the call of what it finds."""
        by_value: dict[Any, list[ItemPlan]] = {}
        for item in group:
            for value in _values(item, fact):
                by_value.setdefault(value, []).append(item)
        table, chosen = self.module.fresh("by"), self.module.fresh("chosen")
        entries = ", ".join(
            f"{self.module.constant(value)}: {self._write_items(items, {**self.settled, fact: value})}"
            for value, items in by_value.items()
        )
        self.module.text.append(f"{table} = {{{entries}}}\n")
        variable = Compiler(function).fact(fact)
        function.line(f"{chosen} = {table}.get({variable.name})")
        function.line(f"if {chosen} is not None: {chosen}{ARGUMENTS}")
        return variable

    def _write_walk(self, group: list[ItemPlan]) -> str:
        """A function that leaves every item to the reference walk: too many for source of their own."""
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


def _any_of(each: Sequence[Wakes]) -> Wakes:
    """What wakes any of several items."""
    known = [wakes for wakes in each if wakes is not None]
    return frozenset().union(*known) if len(known) == len(each) else None


def _values(item: ItemPlan, fact: str) -> frozenset[Any]:
    """The values of the fact for which the item may apply."""
    return frozenset.intersection(*(values for name, values in asked(_condition(item)) if name == fact))
