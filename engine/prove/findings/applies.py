"""R305: rules, rows and clocks that never apply, whatever the ticket.

What only waits for a value that the source does not give would apply with it: that is told as R315.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from engine.evaluate.clocks import read_clock
from engine.evaluate.values import Unknown
from engine.plan.nodes import ClockPlan, ItemPlan, Origin, RowPlan, RulePlan, TablePlan
from engine.prove.answer import Answer, Proved
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.encoding import clocks
from engine.prove.findings import parameters
from engine.prove.findings.context import Asked, Context, finding, is_possible, unsettled
from engine.prove.solver import TRUE, Bool, both, conjunction, either, negation


def claims(context: Context) -> Iterator[Claim]:
    """Items that an example shows at work are not asked about."""
    for item in context.plan.items:
        if item.origin.id not in context.shown:
            answer = _item(context, item)
            if not (isinstance(answer, Proved) and parameters.waits(context, item)):
                yield from _never(context, item.origin, answer)
    for table in context.tables():
        yield from _rows(context, table)


def _never(context: Context, origin: Origin, answer: Answer) -> Iterator[Claim]:
    if isinstance(answer, Proved):
        yield Claim(finding("R305", {"id": origin.id}, origin.span), answer)
    elif not is_possible(answer):
        yield from unsettled(context, answer, "R305", origin.id, origin.span)


def _item(context: Context, item: ItemPlan) -> Answer:
    condition = both(context.applies(item), _begins(context, item))
    asked = Asked(item.origin.id, condition, lambda trial: _does(trial, item))
    return context.reached(context.solver(about=(condition,)), asked, TRUE)


def _begins(context: Context, item: ItemPlan) -> Bool:
    """What an item needs besides its conditions: a clock its start, a rule that some exception spares it."""
    match item:
        case ClockPlan():
            face = clocks.form(context.encoding, item)
            return either(*(when for _, when in clocks.states(face)))
        case RulePlan(exemptions=exemptions):
            defeating = (e for e in exemptions if e.effect == "defeats")
            return conjunction(negation(context.encoding.condition(e.condition).may) for e in defeating)
        case TablePlan():
            return TRUE


def _does(trial: Trial, item: ItemPlan) -> bool:
    if trial.case.applies(item) is not True:
        return False
    match item:
        case ClockPlan():
            face = read_clock(trial.case, item)
            return not isinstance(face, Unknown) and face.state != "not_started"
        case RulePlan(exemptions=exemptions):
            return not any(e.effect == "defeats" and trial.case.holds(e) is not False for e in exemptions)
        case TablePlan():
            return True


def _rows(context: Context, table: TablePlan) -> Iterator[Claim]:
    rows = [row for row in table.rows if row.origin.id not in context.shown]
    if not rows:
        return
    given = context.applies(table)
    solver = context.solver(given, about=[context.row(row) for row in rows])
    for row in rows:
        asked = Asked(table.origin.id, context.row(row), partial(_row_holds, table=table, row=row))
        yield from _never(context, row.origin, context.reached(solver, asked, given))


def _row_holds(trial: Trial, table: TablePlan, row: RowPlan) -> bool:
    return trial.case.applies(table) is True and trial.case.holds(row) is True
