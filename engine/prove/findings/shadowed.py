"""R306: rows that hold of some tickets and never count, as others come before them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.evaluate.tables import selection
from engine.plan.nodes import RowPlan, TablePlan
from engine.prove.answer import Proved
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.findings.boxes import pairs_that_may_meet
from engine.prove.findings.context import Asked, Context, finding, is_possible, unsettled
from engine.prove.findings.otherwise import is_left_over
from engine.prove.solver import Bool, Solver, conjunction, negation
from engine.rulebook.expressions import Constant, Expression
from engine.rulebook.model import Undefined
from engine.rulebook.types import Scalar


def claims(context: Context) -> Iterator[Claim]:
    """Rows that count in some example are not asked about."""
    for table in context.tables():
        rows = [row for row in table.rows if row.origin.id not in context.shown]
        if table.policy == "first" or _is_ranked(table):
            yield from _shadowed(context, table, rows)
        if table.otherwise is not None and table.otherwise.origin.id not in context.shown:
            yield from _otherwise(context, table, table.otherwise)


def _shadowed(context: Context, table: TablePlan, rows: Sequence[RowPlan]) -> Iterator[Claim]:
    before = _before(context, table)
    rows = [row for row in rows if before[row.origin.id]]
    if not rows:
        return
    given = context.applies(table)
    solver = context.solver(given, about=[context.row(row) for row in table.rows])
    for row in rows:
        if solver.find(context.row(row)) != "none":
            yield from _is_shadowed(context, table, row, before[row.origin.id], solver)


def _before(context: Context, table: TablePlan) -> dict[str, list[RowPlan]]:
    """For each row those that may hold together with it and would count in its place."""
    found: dict[str, list[RowPlan]] = {row.origin.id: [] for row in table.rows}
    for one, other in pairs_that_may_meet(context.encoding, table):
        if table.policy == "first" or _ranks(table, one) <= _ranks(table, other):
            found[other.origin.id].append(one)
        else:
            found[one.origin.id].append(other)
    return found


def _ranks(table: TablePlan, row: RowPlan) -> tuple[int, ...]:
    """Lower is stronger, as the hit policy has it."""
    ranked = [(n, output.order) for n, output in enumerate(table.outputs) if output.order]
    if isinstance(row.conclusion, Undefined):
        return (-1,) * len(ranked)
    if row.conclusion is None:
        return (len(ranked[0][1]) + 1,) * len(ranked)
    return tuple(_place(row.conclusion[n], order) for n, order in ranked)


def _is_ranked(table: TablePlan) -> bool:
    """A table of the hit policy `priority` whose ranks can be seen, as no value of them is worked out."""
    ranked = [n for n, output in enumerate(table.outputs) if output.order]
    concluded = [row.conclusion for row in table.rows if isinstance(row.conclusion, tuple)]
    seen = all(isinstance(cells[n], Constant) for cells in concluded for n in ranked)
    return table.policy == "priority" and seen


def _place(cell: Expression, order: Sequence[Scalar]) -> int:
    assert isinstance(cell, Constant), "only tables whose ranks can be seen are asked about"
    return order.index(cell.value) if cell.value in order else len(order)


def _is_shadowed(
    context: Context, table: TablePlan, row: RowPlan, before: Sequence[RowPlan], solver: Solver
) -> Iterator[Claim]:
    """A row that can hold, as far as is known: whether it ever counts."""
    spared = (_spares(context, table, row, other) for other in before)
    counts = conjunction([context.row(row), *spared])
    asked = Asked(table.origin.id, counts, lambda trial: _does_count(trial, table, row))
    answer = context.reached(solver, asked, context.applies(table))
    origin = row.origin
    if isinstance(answer, Proved):
        needed = _needed(context, table, row, before, solver)
        values = {"id": origin.id, "by": ", ".join(other.origin.id for other in needed)}
        labels = [(other.origin.span, "H011") for other in needed]
        yield Claim(finding("R306", values, origin.span, *labels), answer)
    elif not is_possible(answer):
        yield from unsettled(context, answer, "R306", origin.id, origin.span)


def _does_count(trial: Trial, table: TablePlan, row: RowPlan) -> bool:
    if trial.case.applies(table) is not True:
        return False
    return any(hit.row is row for hit in selection(trial.case, table).hits)


def _spares(context: Context, table: TablePlan, row: RowPlan, other: RowPlan) -> Bool:
    """Another row does not count in place of this one; one of the same rank may be unknown if they agree."""
    truth = context.encoding.condition(other.condition)
    is_equal = table.policy == "priority" and _ranks(table, row) == _ranks(table, other)
    return negation(truth.must) if is_equal else truth.false


def _needed(
    context: Context, table: TablePlan, row: RowPlan, before: Sequence[RowPlan], solver: Solver
) -> Sequence[RowPlan]:
    """As few as suffice: one of them holds whenever the row does."""
    for other in reversed(before):
        fewer = [kept for kept in before if kept is not other]
        spared = (_spares(context, table, row, kept) for kept in fewer)
        if solver.find(context.row(row), *spared) == "none":
            before = fewer
    return before


def _otherwise(context: Context, table: TablePlan, otherwise: RowPlan) -> Iterator[Claim]:
    """What holds where no row does, in a table whose rows leave nothing over."""
    given = context.applies(table)
    nothing = is_left_over(context, table)
    solver = context.solver(given, about=(nothing,))
    asked = Asked(table.origin.id, nothing, lambda trial: _does_count(trial, table, otherwise))
    answer = context.reached(solver, asked, given)
    origin = otherwise.origin
    if isinstance(answer, Proved):
        yield Claim(finding("R305", {"id": origin.id}, origin.span), answer)
    elif not is_possible(answer):
        yield from unsettled(context, answer, "R305", origin.id, origin.span)
