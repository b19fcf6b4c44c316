"""Slots of which a ticket shows one at most, so that a query asks for them one after the other."""

from __future__ import annotations

from collections.abc import Iterable

from engine.evaluate.compiled.conditions import exclude_one_another
from engine.replay.sql.slots import Slot


def runs(slots: Iterable[Slot]) -> list[list[Slot]]:
    """The slots in their order, neighbours together of which no two are ever present on one ticket."""
    found: list[list[Slot]] = []
    for slot in slots:
        if found and all(exclude(slot, other) for other in found[-1]):
            found[-1].append(slot)
        else:
            found.append([slot])
    return found


def exclude(one: Slot, other: Slot) -> bool:
    """Whether it is plain to see that no ticket shows both."""
    if one.choice and other.choice and one.choice[0] == other.choice[0]:
        return one.choice[1] != other.choice[1]
    return exclude_one_another((one.premise, other.premise))
