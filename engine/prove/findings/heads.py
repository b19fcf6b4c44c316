"""The items of a plan as their rulebooks have them: what they promise, their periods, their sections."""

from __future__ import annotations

from collections.abc import Mapping

from engine.plan.from_rulebooks import holds
from engine.plan.nodes import ItemPlan
from engine.prove.findings.context import Context
from engine.rulebook.model import Head


def heads_of(context: Context) -> Mapping[str, Head]:
    """The heads of the items that exist under the plan's readings, by id."""
    return {
        item.head.id: item.head
        for book in context.library.rulebooks
        for item in book.items
        if holds(item.head.reading, context.plan.readings)
    }


def section_of(item: ItemPlan) -> str:
    return item.origin.id.rpartition("/")[0]


def rulebook_of(item: ItemPlan) -> str:
    return item.origin.id.partition("/")[0]
