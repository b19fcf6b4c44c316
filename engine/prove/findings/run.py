"""Everything that can be found out about a library by proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from engine.base.findings import in_order
from engine.evaluate.examples import ExampleResult
from engine.library import Library
from engine.prove.claim import Claim
from engine.prove.findings import (
    always,
    applies,
    cliffs,
    conflicts,
    exceptions,
    gaps,
    holes,
    laxer,
    overlaps,
    parameters,
    periods,
    readings,
    rising,
    shadowed,
    twofold,
)
from engine.prove.findings.context import Context

Claims: TypeAlias = Callable[[Context], Iterator[Claim]]

QUICK: tuple[Claims, ...] = (
    gaps.claims,
    overlaps.claims,
    applies.claims,
    shadowed.claims,
    exceptions.claims,
    conflicts.claims,
    periods.claims,
)
"""Quick enough for every `check`."""
SLOW: tuple[Claims, ...] = (
    gaps.declared,
    always.claims,
    holes.claims,
    rising.claims,
    twofold.claims,
    laxer.claims,
    cliffs.claims,
    parameters.claims,
    readings.claims,
)


def prove(
    library: Library,
    told: Callable[[str, int, int], None],
    quick: bool = False,
    results: Sequence[ExampleResult] | None = None,
) -> list[Claim]:
    """All claims about a library without errors, sorted by place, each made once.

    `told` hears of each part of the work: what, its number, of how many. `quick`: only what is found at once,
    and of that nothing that could not be settled. `results`: its examples, where they have been run.
    """
    if library.plan is None:
        raise ValueError("a library with errors has no plan to prove anything of")
    context = Context(library, library.plan, quick, results)
    parts = QUICK if quick else QUICK + SLOW
    found: list[Claim] = []
    for number, part in enumerate(parts, 1):
        told(part.__module__.rpartition(".")[2], number, len(parts))
        found += part(context)
    return sorted_claims(found)


def sorted_claims(claims: Sequence[Claim]) -> list[Claim]:
    """In the order of their findings; what is said twice is said once."""
    by_finding = {id(claim.finding): claim for claim in claims}
    return [by_finding[id(finding)] for finding in in_order(claim.finding for claim in claims)]
