"""R306: rows that hold of some tickets and never count, as others come before them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.evaluate.tables import selection
from engine.plan.nodes import RowPlan, TablePlan
from engine.prove.answer import Proved
from engine.prove.claim import Claim
from engine.prove.findings.context import Asked, Context, finding, is_possible, unsettled
from engine.prove.solver import Bool, Model, Solver, conjunction, negation
from engine.prove.trial import Trial

MOST_RANKED = 60
"""Rows of a table with the hit policy `priority`: which is the stronger one is asked of every two."""


def claims(context: Context) -> Iterator[Claim]:
    """Rows that count in some example are not asked about."""
    for table in context.tables():
        rows = [row for row in table.rows if row.origin.id not in context.shown]
        if table.policy == "first" or (table.policy == "priority" and len(table.rows) <= MOST_RANKED):
            yield from _shadowed(context, table, rows)
        if table.otherwise is not None and table.otherwise.origin.id not in context.shown:
            yield from _otherwise(context, table, table.otherwise)


def _shadowed(context: Context, table: TablePlan, rows: Sequence[RowPlan]) -> Iterator[Claim]:
    given = context.applies(table)
    solver = context.solver(given, about=[context.row(row) for row in table.rows])
    for row in rows:
        if isinstance(solver.find(context.row(row)), Model):
            yield from _is_shadowed(context, table, row, solver)


def _is_shadowed(context: Context, table: TablePlan, row: RowPlan, solver: Solver) -> Iterator[Claim]:
    """A row that can hold: whether it ever counts."""
    counts = _counts(context, table, row)
    asked = Asked(table.origin.id, counts, lambda trial: _does_count(trial, table, row))
    answer = context.reached(solver, asked, context.applies(table))
    origin = row.origin
    if isinstance(answer, Proved):
        before = _before(context, table, row, solver)
        values = {"id": origin.id, "by": ", ".join(other.origin.id for other in before)}
        labels = [(other.origin.span, "H011") for other in before]
        yield Claim(finding("R306", values, origin.span, *labels), answer)
    elif not is_possible(answer):
        yield from unsettled(context, answer, "R306", origin.id, origin.span)


def _counts(context: Context, table: TablePlan, row: RowPlan) -> Bool:
    if table.policy == "first":
        before = table.rows[: table.rows.index(row)]
        return conjunction(
            [context.row(row), *(context.encoding.condition(other.condition).false for other in before)]
        )
    return next(hit.when for hit in context.encoding.table(table).hits if hit.row is row)


def _does_count(trial: Trial, table: TablePlan, row: RowPlan) -> bool:
    if trial.case.applies(table) is not True:
        return False
    return any(hit.row is row for hit in selection(trial.case, table).hits)


def _before(context: Context, table: TablePlan, row: RowPlan, solver: Solver) -> list[RowPlan]:
    """As few of the others as are needed: one of them holds whenever the row does."""
    others = [other for other in table.rows if other is not row]
    if table.policy == "first":
        others = list(table.rows[: table.rows.index(row)])
    for other in reversed(others):
        fewer = [kept for kept in others if kept is not other]
        spared = (negation(context.row(kept)) for kept in fewer)
        if not isinstance(solver.find(context.row(row), *spared), Model):
            others = fewer
    return others


def _otherwise(context: Context, table: TablePlan, otherwise: RowPlan) -> Iterator[Claim]:
    """What holds where no row does, in a table whose rows leave nothing over."""
    given = context.applies(table)
    nothing = conjunction(negation(context.encoding.condition(row.condition).may) for row in table.rows)
    solver = context.solver(given, about=(nothing,))
    asked = Asked(table.origin.id, nothing, lambda trial: _does_count(trial, table, otherwise))
    answer = context.reached(solver, asked, given)
    origin = otherwise.origin
    if isinstance(answer, Proved):
        yield Claim(finding("R305", {"id": origin.id}, origin.span), answer)
    elif not is_possible(answer):
        yield from unsettled(context, answer, "R305", origin.id, origin.span)
