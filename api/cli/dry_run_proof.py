"""What is proved of two editions, as zones for a dry run to count in; neither knows the other."""

from __future__ import annotations

from dataclasses import replace

from api.present.region_words import region_text
from engine.base.findings import Language
from engine.plan.nodes import Plan
from engine.prove.change import EditionChange, ItemChange
from engine.prove.difference.meaning import expressions_in, parts_of, rests_on
from engine.prove.region import Region, Side
from engine.replay.dry_run.zones import Condition, Extent, Zone
from engine.rulebook.expressions import facts_in

LANGUAGES: tuple[Language, ...] = ("zh", "en")


def extents_of(change: EditionChange, plans: tuple[Plan, Plan]) -> tuple[Extent, ...]:
    """Every item with the zones in which it changes, but for those that only have another id.

    A region of which nothing can be said, as it may be any ticket, is left out; its item is not complete.
    """
    return tuple(_extent(item, plans) for item in change.items if item.status != "renamed")


def _extent(item: ItemChange, plans: tuple[Plan, Plan]) -> Extent:
    before, after = (None if origin is None else origin.id for origin in (item.before, item.after))
    regions = dict.fromkeys(change.region for change in item.regions)
    telling = [region for region in regions if region.sides or region.exact]
    complete = item.complete and len(telling) == len(regions)
    read = _facts_of(plans[0], before)
    return Extent(before, after, tuple(_zone(region, read, plans) for region in telling), complete)


def _zone(region: Region, read: frozenset[str], plans: tuple[Plan, Plan]) -> Zone:
    """A condition is about derived facts as the base works them out, if its item reads them there."""
    known = {**plans[0].facts, **plans[1].facts}
    whole = replace(region, exact=True)
    return Zone(
        {language: region_text(whole, language, known) for language in LANGUAGES},
        tuple(Condition(s.condition, "before" if _reads(s, read) else "after") for s in region.sides),
        region.exact,
    )


def _reads(side: Side, read: frozenset[str]) -> bool:
    return all(fact.name in read for fact in facts_in(side.condition))


def _facts_of(plan: Plan, item: str | None) -> frozenset[str]:
    """The facts that an item of an edition rests on, directly or through others."""
    part = None if item is None else parts_of(plan).get(item)
    if part is None:
        return frozenset()
    expressions = (e for whole in (part, *rests_on(plan, part)) for e in expressions_in(whole))
    return frozenset(fact.name for fact in facts_in(*expressions))
