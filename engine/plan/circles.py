"""Derived facts that go round in a circle under a reading that is not the preferred one.

A dry run may choose any reading, so a library is only whole if its definitions can be put in order under
every choice. Only definitions that need one another can close a circle, and hardly any do: the choices
are tried for those alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product

from engine.base.findings import Finding
from engine.plan.from_rulebooks import definitions_under
from engine.plan.order import in_order_of_need
from engine.rulebook.checks import defined_by, expressions_in, parts_of
from engine.rulebook.expressions import facts_in
from engine.rulebook.model import Catalogue, Item, Reading, Rulebook

MOST_CHOICES = 1_024


def circles(catalogue: Catalogue, rulebooks: Sequence[Rulebook]) -> list[Finding]:
    """A finding for the first choice of readings that closes a circle; the preferred one is tried first."""
    readings = {name: reading for book in rulebooks for name, reading in book.readings.items()}
    suspects = _suspects([item for book in rulebooks for item in book.items])
    for choice in islice(_choices(suspects, readings), MOST_CHOICES):
        findings: list[Finding] = []
        in_order_of_need(definitions_under(suspects, catalogue, choice), findings)
        if findings:
            return findings
    return []


def _suspects(items: Sequence[Item]) -> list[Item]:
    """The definitions that are left when those that need none, or that none needs, are taken off in turn."""
    left = [(fact.name, _needs(item), item) for item in items if (fact := defined_by(item))]
    while True:
        defined = {name for name, _, _ in left}
        needed = {need for _, needs, _ in left for need in needs}
        kept = [part for part in left if part[0] in needed and part[1] & defined]
        if len(kept) == len(left):
            return [item for _, _, item in kept]
        left = kept


def _needs(item: Item) -> frozenset[str]:
    return frozenset(fact.name for fact in facts_in(*expressions_in(item)))


def _choices(items: Sequence[Item], readings: Mapping[str, Reading]) -> Iterator[dict[str, str]]:
    """Every choice between the options that these items name; all other readings as preferred."""
    guards = [guard for item in items for guard in (item.head.reading, *(p.reading for p in parts_of(item)))]
    named = sorted({name for guard in guards for name, _ in guard if name in readings})
    preferred = {name: reading.preferred for name, reading in readings.items()}
    for chosen in product(*(_options(readings[name]) for name in named)):
        yield preferred | dict(zip(named, chosen, strict=True))


def _options(reading: Reading) -> list[str]:
    return sorted(reading.options, key=lambda option: option != reading.preferred)
