"""Promises that a search through tickets sees broken: amounts that fall while a fact rises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from engine.evaluate.tables import selection
from engine.library import Library
from engine.plan.nodes import ItemPlan, Plan, TablePlan
from engine.prove.asking.trial import Trial
from tests.prove.searched import Ticket, Tickets

AMOUNTS = {"fine": "amount", "fee": "amount", "compensation": "amount", "score": "points"}
MOST = 40
"""So many tickets are taken up and down."""


def broken(library: Library, plan: Plan, tickets: Tickets, given: Sequence[Ticket]) -> Iterator[str]:
    """`item fact` for each promise that a pair of tickets breaks which are the same but for the fact."""
    for item in plan.items:
        for fact in _promised(library, item):
            if any(_falls(plan, item, ladder) for ladder in _ladders(tickets, fact, given)):
                yield f"{item.origin.id} {fact}"


def _promised(library: Library, item: ItemPlan) -> list[str]:
    heads = [made.head for book in library.rulebooks for made in book.items]
    return [fact.name for head in heads if head.id == item.origin.id for fact in head.rises_with]


def _ladders(tickets: Tickets, fact: str, given: Sequence[Ticket]) -> Iterator[list[Ticket]]:
    """A ticket with one value of the fact after the other, the least first."""
    steps = sorted(tickets.known.get(fact, ()))
    for ticket in [ticket for ticket in given if fact in ticket.facts][:MOST]:
        yield [Ticket({**ticket.facts, fact: step}, ticket.as_of) for step in steps]


def _falls(plan: Plan, item: ItemPlan, ladder: Sequence[Ticket]) -> bool:
    highest: Counter[str] = Counter()
    for ticket in ladder:
        found = _amounts(Trial(plan, ticket.facts, ticket.as_of), item)
        if found is None:
            continue
        if any(highest[kind] > found.get(kind, 0) for kind in highest):
            return True
        highest |= Counter(found)
    return False


def _amounts(trial: Trial, item: ItemPlan) -> Mapping[str, int] | None:
    """What an item comes to of each kind, in tenths of a cent; None where something about it is left open."""
    applies = trial.case.applies(item)
    said = trial.said(item.origin.id)
    if not isinstance(applies, bool) or said.undecided:
        return None
    if isinstance(item, TablePlan) and applies and selection(trial.case, item).causes:
        return None
    if any(outcome.get("reason") == "undefined_by_source" for outcome in said.outcomes):
        return None
    found: Counter[str] = Counter()
    for outcome in said.outcomes:
        amount = outcome.get(AMOUNTS.get(outcome["kind"], ""))
        if amount is not None:
            found[outcome["kind"]] += int(Decimal(str(amount)) * 1000)
    return found
