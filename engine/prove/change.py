"""What two editions do differently: item by item, proved or shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from engine.base.spans import Span
from engine.plan.nodes import Origin
from engine.prove.answer import NotKnown, Witness
from engine.prove.region import Region, Side

Said: TypeAlias = Mapping[str, Any]
"""What one edition concludes on a ticket, in the words of an example's `expect` (`fine: 50.00`)."""

Status: TypeAlias = Literal["same_text", "proved_same", "renamed", "changed", "added", "removed", "not_known"]


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where a region ends: beyond `side` lies `outside`, a ticket that both editions judge alike."""

    side: Side
    outside: Witness


@dataclass(frozen=True, slots=True)
class RegionChange:
    """In this region the item says something else; `inside` is a ticket of it, and what each edition says."""

    region: Region
    inside: Witness
    before: Said
    after: Said
    boundaries: tuple[Boundary, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One rule, table, clock or derived fact of the two editions (None: that edition does not have it).

    `same_text`: it and all that it rests on are the same. `proved_same`: written otherwise, no ticket tells
    them apart. `renamed`: another id, proved the same. `complete`: the regions are all there is.
    """

    status: Status
    before: Origin | None
    after: Origin | None
    regions: tuple[RegionChange, ...] = ()
    complete: bool = True
    doubt: NotKnown | None = None

    @property
    def id(self) -> str:
        named = self.after or self.before
        assert named is not None, "an item stands in one edition at least"
        return named.id

    @property
    def span(self) -> Span | None:
        named = self.after or self.before
        return named.span if named else None


@dataclass(frozen=True, slots=True)
class CatalogueChange:
    """A fact that only one edition knows, or that takes other values: `fact`, and what each says of it."""

    fact: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class EditionChange:
    """Everything that two editions do differently. `before` and `after` are the editions."""

    before: str
    after: str
    items: tuple[ItemChange, ...]
    catalogue: tuple[CatalogueChange, ...] = ()

    @property
    def is_proved_same(self) -> bool:
        quiet = {"same_text", "proved_same", "renamed"}
        return not self.catalogue and all(item.status in quiet for item in self.items)
