"""Amounts added up exactly."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from engine.base.exact import EXACT
from engine.replay.settle.settlement import Line


def totals_of(lines: Iterable[Line]) -> dict[tuple[str, str], Decimal]:
    """The amounts added up by kind and unit, in the order of their names."""
    found: dict[tuple[str, str], Decimal] = {}
    for line in lines:
        key = line.kind, line.unit
        found[key] = EXACT.add(found.get(key, Decimal(0)), line.amount)
    return dict(sorted(found.items()))
