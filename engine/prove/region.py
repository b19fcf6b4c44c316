"""Sets of tickets that an officer can read: what some facts must be."""

from __future__ import annotations

from dataclasses import dataclass

from engine.rulebook.expressions import Expression

APPLIES = "applies"
"""The text of a side that says: the item applies, and no exception takes its outcomes away."""


@dataclass(frozen=True, slots=True)
class Side:
    """One condition of a region, on one fact where `fact` is given (`delay_days` and `> 3`); `text` in the
    words of the rulebook language, `condition` as plans carry it.
    """

    fact: str | None
    text: str
    condition: Expression

    def __str__(self) -> str:
        return self.text if self.fact is None else f"{self.fact}: {self.text}"


@dataclass(frozen=True, slots=True)
class Region:
    """All of the sides hold; without sides it is every ticket. `exact`: all of its tickets are meant, else
    each of those that are meant lies in it, and some of it may not be meant.
    """

    sides: tuple[Side, ...]
    condition: Expression
    exact: bool = True
