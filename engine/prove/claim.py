"""A finding that was proved, with what shows it."""

from __future__ import annotations

from dataclasses import dataclass

from engine.base.findings import Finding
from engine.prove.answer import Answer
from engine.prove.region import Region
from engine.rulebook.model import Citation


@dataclass(frozen=True, slots=True)
class Claim:
    """A finding R3xx at its place. `answer` is Refuted with the ticket that shows it, Proved for what no
    ticket can do ("never applies"), NotKnown for what could not be settled. `regions`: for which tickets.
    `citations`: the sentences that leave it open, where a source does.
    """

    finding: Finding
    answer: Answer
    regions: tuple[Region, ...] = ()
    citations: tuple[Citation, ...] = ()
