"""What items promise for the proof: amounts that never fall, clauses than which they are nowhere laxer.

Whether a promise is kept is for the proof to find; here is only found what nobody could prove, because it
makes no sense.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, assert_never

from engine.base.findings import Finding, Label
from engine.base.suggest import closest
from engine.rulebook.model import Aggregate, Clock, Definition, Item, Rule, Rulebook, Table
from engine.rulebook.outcomes import (
    Breach,
    Compensation,
    Fee,
    Fine,
    Gate,
    Obligation,
    Outcome,
    Review,
    Route,
    Score,
    Share,
)


class Said(NamedTuple):
    """What an item says, as far as another can be measured by it: `fine`, or `breach` with its code."""

    kind: str
    code: str = ""

    def __str__(self) -> str:
        return f"`{self.kind}: {self.code}`" if self.code else f"`{self.kind}`"


MEASURED = frozenset({"clock", "fine", "fee", "compensation", "score", "breach", "obligation", "gate"})
"""Of the rest there is no stricter and no laxer."""


def check_promises(rulebooks: Sequence[Rulebook]) -> Iterator[Finding]:
    """Findings about `rises_with` without an amount, and `implements` of what cannot be implemented.

    Two items may share an id where no reading lets both exist; what implements that id must be comparable
    with each of them.
    """
    items: dict[str, list[Item]] = {}
    for item in (item for book in rulebooks for item in book.items):
        items.setdefault(item.head.id, []).append(item)
    unreadable = frozenset(name for book in rulebooks for name in book.unreadable)
    for item in (item for book in rulebooks for item in book.items):
        if item.head.rises_with and not _has_amount(item):
            fact = item.head.rises_with[0].name
            yield Finding("R266", {"id": item.head.id, "written": fact}, item.head.promised_at[fact])
        for named in item.head.implements:
            if named not in unreadable:
                yield from _implemented(item, named, items)


def _has_amount(item: Item) -> bool:
    outcomes = item.outcomes if isinstance(item, Rule | Table) else ()
    return any(
        isinstance(outcome, Fine | Fee | Score)
        or (isinstance(outcome, Compensation) and outcome.amount is not None)
        for outcome in outcomes
    )


def _implemented(item: Item, named: str, items: Mapping[str, Sequence[Item]]) -> Iterator[Finding]:
    span = item.head.promised_at[named]
    if named == item.head.id:
        yield Finding("R269", {"written": named}, span)
        return
    others = items.get(named, ())
    if not others:
        near = closest(named, [known for known in items if known != item.head.id])
        yield Finding("R268", {"written": named}, span, suggestion=near)
    for other in others:
        own, theirs = said_by(item), said_by(other)
        if not any(said.kind in MEASURED for said in set(own) & set(theirs)):
            values = {"written": named, "own": _listed(own), "other": _listed(theirs)}
            yield Finding("R277", values, span, labels=(Label(other.head.span, "H012"),))


def _listed(said: Sequence[Said]) -> str:
    return ", ".join(map(str, said))


def said_by(item: Item) -> tuple[Said, ...]:
    """What an item can be compared by, in the order in which it is written."""
    match item:
        case Rule(outcomes=outcomes):
            return tuple(said for outcome in outcomes for said in _said(outcome))
        case Table(defines=None, outcomes=outcomes):
            return tuple(said for outcome in outcomes for said in _said(outcome))
        case Table() | Definition():
            return (Said("define"),)
        case Clock():
            return (Said("clock"),)
        case Aggregate():
            return (Said("aggregate"),)
        case _:
            assert_never(item)


def _said(outcome: Outcome) -> tuple[Said, ...]:
    match outcome:
        case Breach(code=code):
            return (Said("breach", code),)
        case Obligation(acts=acts):
            return tuple(Said("obligation", act) for act in acts)
        case Gate(action=action):
            return (Said("gate", action),)
        case Fine() | Fee() | Compensation() | Score() | Share() | Route() | Review():
            return (Said(type(outcome).__name__.lower()),)
        case _:
            assert_never(outcome)
