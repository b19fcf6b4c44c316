"""A library's examples against its mutants, and examples for those that survive."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from engine.library import Library
from engine.plan.nodes import Plan
from engine.prove.answer import Answer, NotKnown, Refuted
from engine.prove.mutants.bench import Bench, Ticket, items_by_id
from engine.prove.mutants.mutant import Mutant, World, mutants, other_readings, worlds_of
from engine.prove.mutants.names import language_of
from engine.prove.mutants.nodes import Nodes
from engine.prove.mutants.offers import Candidate, Offer, Setting, candidate, chosen, offer
from engine.prove.mutants.search import FAR, Search, nearer
from engine.rulebook.model import Item

Apart: TypeAlias = Callable[[Plan, Plan, str], Answer]
"""Whether a ticket tells two plans apart by what they say of one item: Proved where none does."""
Told: TypeAlias = Callable[[str, int, int], None]
"""Is told how far it has come: what is being looked at, its number, and how many there are."""
MOST_ITEMS = 3
"""Of the items that share a changed place, how many are searched; the solver is asked about all."""


@dataclass(frozen=True)
class Survivor:
    """A mutant that no example notices. `doubt`: it is not known whether any ticket could."""

    mutant: Mutant
    doubt: NotKnown | None = None


@dataclass(frozen=True)
class Tally:
    """How many mutants there are, and how many are noticed or cannot be told from the original."""

    all: int = 0
    noticed: int = 0
    equivalent: int = 0

    @property
    def survived(self) -> int:
        return self.all - self.noticed - self.equivalent

    def more(self, *, noticed: bool = False, equivalent: bool = False) -> Tally:
        return Tally(self.all + 1, self.noticed + noticed, self.equivalent + equivalent)


@dataclass(frozen=True)
class Report:
    """What came of it: the tally of each rulebook, the survivors, and examples that would notice them."""

    tallies: Mapping[str, Tally]
    survivors: tuple[Survivor, ...]
    offers: tuple[Offer, ...]

    @property
    def tally(self) -> Tally:
        tallies = self.tallies.values()
        return Tally(
            sum(t.all for t in tallies), sum(t.noticed for t in tallies), sum(t.equivalent for t in tallies)
        )

    @property
    def settled(self) -> tuple[Survivor, ...]:
        return tuple(survivor for survivor in self.survivors if survivor.doubt is None)

    @property
    def unsettled(self) -> tuple[Survivor, ...]:
        return tuple(survivor for survivor in self.survivors if survivor.doubt is not None)

    def offer_for(self, mutant: Mutant) -> Offer | None:
        """The example that would notice it."""
        return next((offer for offer in self.offers if any(m is mutant for m in offer.mutants)), None)


@dataclass
class _Run:
    library: Library
    apart: Apart | None
    told: Told
    worlds: tuple[World, ...] = ()
    tallies: dict[str, Tally] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.worlds = worlds_of(self.library)
        self.tallies = {book.name: Tally() for book in self.library.rulebooks}

    @cached_property
    def nodes(self) -> Nodes:
        return Nodes(self.library)

    @cached_property
    def bench(self) -> Bench:
        return Bench(self.library, self.worlds)

    @cached_property
    def items(self) -> Mapping[int, Mapping[str, Item]]:
        """The items of each world, by the world's identity and the item's id."""
        return {id(world): items_by_id(self.library, world) for world in self.worlds}

    @cached_property
    def searches(self) -> Mapping[int, Search]:
        return {id(world): Search(world.plan, self._tickets(world)) for world in self.worlds}

    def _tickets(self, world: World) -> dict[str, list[Ticket]]:
        ids = {place.id for place in world.bodies.all}
        return {name: [t.ticket for t in self.bench.examples_of(world, name)] for name in ids}

    def report(self) -> Report:
        every = list(mutants(self.library, self.worlds, self.nodes))
        survivors: list[Survivor] = []
        witnesses: dict[int, list[tuple[str, Ticket]]] = {}
        for number, mutant in enumerate(every):
            self.told(mutant.item, number, len(every))
            if self.bench.noticing(mutant) is not None:
                self._count(mutant, noticed=True)
                continue
            found, doubt = self._apart(mutant)
            self._count(mutant, equivalent=not found and doubt is None)
            if found or doubt is not None:
                witnesses[len(survivors)] = found
                survivors.append(Survivor(mutant, None if found else doubt))
        return Report(self.tallies, tuple(survivors), tuple(self._offers(survivors, witnesses)))

    def _count(self, mutant: Mutant, *, noticed: bool = False, equivalent: bool = False) -> None:
        book = mutant.item.partition("/")[0]
        self.tallies[book] = self.tallies[book].more(noticed=noticed, equivalent=equivalent)

    def _apart(self, mutant: Mutant) -> tuple[list[tuple[str, Ticket]], NotKnown | None]:
        """Tickets that tell the mutant from the original, by item; none and no doubt: there are none."""
        search = self.searches[id(mutant.world)]
        found = self._searched(search, mutant)
        if found:
            return found, None
        found, doubt = self._asked(search, mutant)
        if found or doubt is None:
            return found, None
        return self._searched(search, mutant, FAR), doubt

    def _searched(self, search: Search, mutant: Mutant, most: int | None = None) -> list[tuple[str, Ticket]]:
        above = [name for name in mutant.reach if name not in mutant.own]
        for name in (*mutant.own[:MOST_ITEMS], *above[:MOST_ITEMS]):
            found = search.witnesses(mutant, name) if most is None else search.witnesses(mutant, name, most)
            if found:
                return [(name, ticket) for ticket in found]
        return []

    def _asked(self, search: Search, mutant: Mutant) -> tuple[list[tuple[str, Ticket]], NotKnown | None]:
        if self.apart is None:
            return [], NotKnown("out_of_reach")
        doubt: NotKnown | None = None
        changed = mutant.plan()
        for name in mutant.own:
            match self.apart(mutant.world.plan, changed, name):
                case Refuted(witness=witness):
                    ticket = nearer(search, changed, name, Ticket(witness.facts, witness.as_of))
                    found = Search(search.plan, {name: [ticket]}).witnesses(mutant, name)
                    if found:
                        return [(name, one) for one in found], None
                    doubt = NotKnown("out_of_reach")  # told apart by what no example can expect
                case NotKnown() as answer:
                    doubt = answer
                case _:
                    continue
        return [], doubt

    def _offers(
        self, survivors: Sequence[Survivor], witnesses: Mapping[int, list[tuple[str, Ticket]]]
    ) -> Iterator[Offer]:
        """Few examples for all of the survivors, in the order of the rulebooks."""
        every = [survivor.mutant for survivor in survivors]
        candidates = [
            found
            for world in self.worlds
            for found in self._candidates(world, every, witnesses)
            if found.notices
        ]
        taken = chosen(candidates, range(len(every)))
        books = {book.name: language_of(book) for book in self.library.rulebooks}
        names: dict[tuple[int, str], set[str]] = {}
        for one in sorted(taken, key=lambda c: c.item.head.span.order):
            world = every[min(one.notices)].world
            book = one.item.head.id.partition("/")[0]
            node = self.nodes.items[id(one.item.head)]
            known = names.setdefault((id(one.item), repr(world.readings)), self._names(one.item, world))
            yield offer(Setting(world.plan, node, known, books[book]), one, every)

    def _names(self, item: Item, world: World) -> set[str]:
        """What the item's examples in a world are called."""
        examples = item.head.examples
        return {e.name for e in examples if other_readings(self.library, e.readings) == world.readings}

    def _candidates(
        self, world: World, every: Sequence[Mutant], witnesses: Mapping[int, list[tuple[str, Ticket]]]
    ) -> Iterator[Candidate]:
        plans = {n: mutant.plan() for n, mutant in enumerate(every) if mutant.world is world}
        tickets = {(name, repr(ticket)): ticket for n in plans for name, ticket in witnesses.get(n, ())}
        for (name, _), ticket in tickets.items():
            found = candidate(world.plan, self.items[id(world)][name], ticket, every, plans)
            if found is not None:
                yield found


def nothing_told(_: str, __: int, ___: int) -> None:
    """Nobody wants to know how far it has come."""


def mutate(library: Library, apart: Apart | None, told: Told = nothing_told) -> Report:
    """Every mutant of a library without errors, whose examples pass.

    Mutants that only differ under other readings than the preferred ones are made where an example names
    those readings. `apart` settles what no example notices and no ticket near the examples shows.
    """
    return _Run(library, apart, told).report()
