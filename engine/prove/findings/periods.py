"""R309: days between the periods of a family on which none of its rules is in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from engine.plan.nodes import ItemPlan
from engine.prove.answer import Refuted
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.findings.context import Asked, Context, finding, unsettled
from engine.prove.findings.families import families
from engine.prove.findings.heads import heads_of
from engine.prove.solver import both, conjunction
from engine.rulebook.expressions import Comparison, Constant, DateFunction, Expression, FactValue, all_of
from engine.rulebook.model import Head
from engine.rulebook.types import DATE, Kind


@dataclass(frozen=True, slots=True)
class Hole:
    """Days `[start, until)` after one item and before the other."""

    before: ItemPlan
    after: ItemPlan
    start: date
    until: date


def claims(context: Context) -> Iterator[Claim]:
    """One for each hole into which a ticket can fall that the rules on both sides are about."""
    heads = heads_of(context)
    for family in families(context):
        dated = [item for item in family if heads[item.origin.id].event_date is not None]
        for hole in _holes(dated, heads):
            yield from _hole(context, family, hole, heads)


def _holes(items: list[ItemPlan], heads: Mapping[str, Head]) -> Iterator[Hole]:
    """Gaps between periods, by one event date."""
    by_date: dict[FactValue | None, list[ItemPlan]] = {}
    for item in items:
        by_date.setdefault(heads[item.origin.id].event_date, []).append(item)
    for dated in by_date.values():
        yield from _between([(heads[item.origin.id], item) for item in dated])


def _between(items: list[tuple[Head, ItemPlan]]) -> Iterator[Hole]:
    in_order = sorted(items, key=lambda found: found[0].period.start or date.min)
    last, until = in_order[0][1], in_order[0][0].period.until
    for head, item in in_order[1:]:
        if until is None:
            return
        start = head.period.start or date.min
        if start > until:
            yield Hole(last, item, until, start)
        if head.period.until is None or head.period.until > until:
            last, until = item, head.period.until


def _hole(
    context: Context, family: tuple[ItemPlan, ...], hole: Hole, heads: Mapping[str, Head]
) -> Iterator[Claim]:
    first, second = heads[hole.before.origin.id], heads[hole.after.origin.id]
    assert first.event_date is not None, "a hole is one of days"
    day = _day(first.event_date)
    about = all_of(first.scope, hole.before.own, second.scope, hole.after.own)
    inside = all_of(
        Comparison(">=", day, Constant(hole.start, DATE)), Comparison("<", day, Constant(hole.until, DATE))
    )
    encoding = context.encoding
    nobody = conjunction(encoding.applies(item).false for item in family)
    condition = both(encoding.condition(about).must, encoding.condition(inside).must, nobody)
    asked = Asked(
        first.id, condition, lambda trial: _is_left_out(trial, all_of(about, inside), family), (about, day)
    )
    answer = context.ask(asked)
    yield from unsettled(context, answer, "R309", first.id, first.span)
    if isinstance(answer, Refuted):
        ids = ", ".join(item.origin.id for item in family)
        values = {"ids": ids, "start": hole.start.isoformat(), "until": hole.until.isoformat()}
        regions = context.regions(
            both(encoding.condition(about).must, nobody), encoding.condition(inside).must, (about,)
        )
        yield Claim(finding("R309", values, first.span, (second.span, "H010")), answer, regions)


def _day(fact: FactValue) -> Expression:
    return fact if fact.type.kind is Kind.DATE else DateFunction("date of", (fact,), None, DATE)


def _is_left_out(trial: Trial, about: Expression, family: tuple[ItemPlan, ...]) -> bool:
    return trial.case.value(about) is True and all(trial.case.applies(item) is False for item in family)
