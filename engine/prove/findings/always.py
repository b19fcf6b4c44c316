"""R308: conditions that are true of every ticket within the item's scope and period."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from engine.plan.nodes import ClockPlan, ItemPlan, Origin, RulePlan, TablePlan
from engine.prove.answer import Proved
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.findings.context import Asked, Context, finding, is_possible, unsettled
from engine.rulebook.expressions import All, AnyOf, Expression, Not, Present, Test


def claims(context: Context) -> Iterator[Claim]:
    """Of rules, clocks and tables with their rows and exceptions; not of scope and period themselves."""
    for item in context.plan.items:
        yield from _of_item(context, item)
    for definition in context.plan.definitions:
        if isinstance(definition.body, TablePlan):
            yield from _of_item(context, definition.body)


def _of_item(context: Context, item: ItemPlan) -> Iterator[Claim]:
    tests = [(origin, test) for origin, whole in _conditions(item) for test in _tests(whole)]
    given = context.encoding.condition(item.guard).must
    falsehoods = [context.encoding.condition(test).false for _, test in tests]
    solver = context.solver(given, about=falsehoods)
    for (origin, test), falsehood in zip(tests, falsehoods, strict=True):
        asked = Asked(item.origin.id, falsehood, partial(_fails, item=item, test=test))
        answer = context.reached(solver, asked, given)
        span = test.span or origin.span
        if isinstance(answer, Proved):
            values = {"id": origin.id, "text": test.text}
            yield Claim(finding("R308", values, span), answer)
        elif not is_possible(answer):
            yield from unsettled(context, answer, "R308", origin.id, span)


def _fails(trial: Trial, item: ItemPlan, test: Test) -> bool:
    return trial.case.value(item.guard) is True and trial.case.value(test) is False


def _conditions(item: ItemPlan) -> Iterator[tuple[Origin, Expression]]:
    yield item.origin, item.own
    match item:
        case RulePlan(exemptions=exemptions):
            yield from ((e.origin, e.condition) for e in exemptions)
        case TablePlan(exemptions=exemptions, rows=rows):
            yield from ((e.origin, e.condition) for e in exemptions)
            yield from ((row.origin, row.condition) for row in rows)
        case ClockPlan():
            return


def _tests(condition: Expression) -> Iterator[Test]:
    """The units in which a condition is written; `present` alone asks for a fact, and is true by intent."""
    match condition:
        case Test(condition=Present()):
            return
        case Test():
            yield condition
        case All(items=items) | AnyOf(items=items):
            for item in items:
                yield from _tests(item)
        case Not(item=item):
            yield from _tests(item)
        case _:
            return
