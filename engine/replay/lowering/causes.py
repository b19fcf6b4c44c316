"""Why something is unknown, as bits: a mask has a whole number for each word, 0 where nothing is unknown.

One `Bits` serves all the editions of a query, so that the same cause is the same bit in each of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from sqlglot import exp

from engine.evaluate.values import Cause
from engine.evaluate.verdict import Reason
from engine.replay.sql.logic import Truth, case, whole
from engine.replay.sql.slots import Causes, Sql

Mask: TypeAlias = Mapping[int, Sql]
"""Whole numbers by word; a word that is not there is 0 on every ticket."""

BITS_A_WORD = 62
NOTHING: Mask = {}
ZERO = whole(0)


class Bits:
    """Which bit of which word stands for which cause."""

    def __init__(self) -> None:
        self._places: dict[Cause, int] = {}

    def mask(self, reason: Reason, name: str) -> Mask:
        """The mask of one cause."""
        place = self._places.setdefault(Cause(reason, name), len(self._places))
        word, bit = divmod(place, BITS_A_WORD)
        return {word: whole(1 << bit)}

    def causes(self, mask: Mask) -> Causes:
        """The mask with the names of all its bits."""
        names = tuple(self._places)
        return Causes(
            tuple(
                (sql, names[word * BITS_A_WORD : (word + 1) * BITS_A_WORD])
                for word, sql in sorted(mask.items())
            )
        )


class NoCauses(Bits):
    """Where nobody asks why anything is unknown: every mask is empty, and costs nothing."""

    def mask(self, reason: Reason, name: str) -> Mask:
        del reason, name
        return NOTHING


def together(masks: Iterable[Mask]) -> Mask:
    """All the causes of all of them."""
    found: dict[int, list[Sql]] = {}
    for mask in masks:
        for word, sql in mask.items():
            parts = found.setdefault(word, [])
            if sql not in parts:
                parts.append(sql)
    return {word: _or(parts) for word, parts in found.items()}


def _or(parts: list[Sql]) -> Sql:
    bits = [int(part.this) for part in parts if isinstance(part, exp.Literal)]
    others = [part for part in parts if not isinstance(part, exp.Literal)]
    if bits:
        united = 0
        for bit in bits:
            united |= bit
        others.append(whole(united))
    joined = others[0]
    for part in others[1:]:
        joined = exp.BitwiseOr(this=joined, expression=part)
    return exp.Paren(this=joined) if len(others) > 1 else joined


def where(condition: Truth, mask: Mask) -> Mask:
    """The mask where the condition holds, nothing elsewhere."""
    if condition is True:
        return mask
    if condition is False or condition is None:
        return NOTHING
    return {word: case([(condition, sql)], ZERO) for word, sql in mask.items()}
