"""A list of records as symbols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.prove.encoding.worth import Worth
from engine.prove.solver import Bool, Int

MOST_RECORDS = 3
"""So many records of a list are written out; of a longer one nothing is said."""


@dataclass(frozen=True, slots=True)
class Records:
    """A list: `records` up to `length` are there, unless the list is `longer`. One that is known to be none
    (not `there`) has none of them; so may one that is.
    """

    known: Bool
    there: Bool
    length: Int
    longer: Bool
    records: tuple[Mapping[str, Worth], ...]
