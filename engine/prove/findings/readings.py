"""R316: doubtful passages of which the reading that is chosen decides what some ticket gets."""

from __future__ import annotations

from collections.abc import Iterator

from engine.plan.from_rulebooks import holds
from engine.prove.answer import Refuted
from engine.prove.claim import Claim
from engine.prove.findings.context import Context, finding, unsettled
from engine.prove.findings.other_plan import TwoPlans
from engine.rulebook.model import Citation, Item, Reading, ReadingGuard, Rule, Rulebook, Table


def claims(context: Context) -> Iterator[Claim]:
    """One for each passage, with the first ticket that another reading of it judges otherwise."""
    for book in context.library.rulebooks:
        for reading in book.readings.values():
            yield from _reading(context, book, reading)


def _reading(context: Context, book: Rulebook, reading: Reading) -> Iterator[Claim]:
    chosen = context.plan.readings[reading.id]
    library, readings = context.library, context.plan.readings
    others = {
        option: TwoPlans(context, library.under({**readings, reading.id: option}))
        for option in reading.options
        if option != chosen
    }
    touching = {option: plans for option, plans in others.items() if plans.ids}
    answers = {option: plans.answer() for option, plans in touching.items()}
    for option, answer in answers.items():
        yield from unsettled(context, answer, "R316", touching[option].ids[0], reading.span)
    differing = {option: answer for option, answer in answers.items() if isinstance(answer, Refuted)}
    if differing:
        ids = dict.fromkeys(name for option in differing for name in touching[option].ids)
        values = {"id": ", ".join(ids), "reading": reading.id, "option": chosen}
        values["others"] = ", ".join(differing)
        found = finding("R316", values, reading.span)
        yield Claim(found, next(iter(differing.values())), (), _cited(context, book, reading.id))


def _cited(context: Context, book: Rulebook, reading: str) -> tuple[Citation, ...]:
    """The sentences of what exists only under some reading of the passage, first of what exists now."""
    guarded = [found for item in book.items for found in _guarded(item, reading)]
    now = [cited for guard, cited in guarded if holds(guard, context.plan.readings)]
    return tuple(dict.fromkeys(c for cited in now or [cited for _, cited in guarded] for c in cited))


def _guarded(item: Item, reading: str) -> Iterator[tuple[ReadingGuard, tuple[Citation, ...]]]:
    if reading in dict(item.head.reading):
        yield item.head.reading, item.head.citations
    parts = item.exceptions if isinstance(item, Rule | Table) else ()
    yield from ((part.reading, part.citations) for part in parts if reading in dict(part.reading))
    for row in item.rows if isinstance(item, Table) else ():
        if reading in dict(row.reading):
            yield row.reading, row.citations or item.head.citations
