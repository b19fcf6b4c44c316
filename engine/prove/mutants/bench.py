"""The examples of a library on a changed plan, and whether one of them notices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.evaluate.examples import compare, hit_rows, table_named
from engine.evaluate.facts import Facts, facts_from, instant_from
from engine.evaluate.reference import new_case, verdict_on
from engine.library import Library
from engine.plan.nodes import Plan
from engine.prove.mutants.mutant import Mutant, World, other_readings
from engine.rulebook.checks import defined_by
from engine.rulebook.model import Aggregate, Example, Item, Table


@dataclass(frozen=True)
class Ticket:
    """Typed facts and the instant of judging."""

    facts: Facts
    as_of: datetime | None


@dataclass(frozen=True)
class Trying:
    """An example whose ticket has been read."""

    item: Item
    example: Example
    ticket: Ticket


@dataclass
class Bench:
    """The examples that pass, by the world that they belong to and the item."""

    library: Library
    worlds: tuple[World, ...]
    _tryings: dict[tuple[int, str], list[Trying]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for item in (item for book in self.library.rulebooks for item in book.items):
            for example in () if isinstance(item, Aggregate) else item.head.examples:
                self._take(item, example)

    def _take(self, item: Item, example: Example) -> None:
        readings = other_readings(self.library, example.readings)
        number = next(n for n, world in enumerate(self.worlds) if world.readings == readings)
        trying = read_example(self.worlds[number].plan, item, example)
        if trying is not None and passes(self.worlds[number].plan, trying):
            self._tryings.setdefault((number, item.head.id), []).append(trying)

    def examples_of(self, world: World, item: str) -> list[Trying]:
        return self._tryings.get((self._number(world), item), [])

    def _number(self, world: World) -> int:
        return next(n for n, known in enumerate(self.worlds) if known is world)

    def noticing(self, mutant: Mutant) -> Trying | None:
        """The first example that passes on the plan as it is and fails on the mutant."""
        changed = mutant.plan()
        number = self._number(mutant.world)
        for name in mutant.reach:
            for trying in self._tryings.get((number, name), ()):
                if not passes(changed, trying):
                    return trying
        return None


def read_example(plan: Plan, item: Item, example: Example) -> Trying | None:
    """The example with its ticket; None where the catalogue does not take it."""
    facts, findings = facts_from(example.given, plan, pointer="")
    written = example.as_of
    as_of = (
        None
        if written is None
        else instant_from(written if "T" in written else f"{written}T00:00", plan.zone)
    )
    if findings or (written is not None and as_of is None):
        return None
    return Trying(item, example, Ticket(facts, as_of))


def passes(plan: Plan, trying: Trying) -> bool:
    """Whether the reference evaluator gives what the example expects."""
    case = new_case(plan, trying.ticket.facts, trying.ticket.as_of)
    item = trying.item
    verdict = verdict_on(case, item.head.id, defined_by(item))
    table = table_named(plan, item.head.id) if isinstance(item, Table) else None
    rows = [] if table is None else hit_rows(case, table)
    return compare(item, trying.example, verdict, rows).passed


def items_by_id(library: Library, world: World) -> Mapping[str, Item]:
    """The items that exist in a world (under other readings another item may have the same id)."""
    there = {place.id for place in world.bodies.all}
    plan = world.plan
    spans: Iterable[int] = [
        *(id(item.origin.span) for item in plan.items),
        *(id(definition.origin.span) for definition in plan.definitions),
    ]
    known = set(spans)
    items = (item for book in library.rulebooks for item in book.items)
    return {i.head.id: i for i in items if i.head.id in there and id(i.head.span) in known}
