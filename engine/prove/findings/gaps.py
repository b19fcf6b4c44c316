"""R301: tickets that no row of a table covers. R302: those that it leaves open because its source does."""

from __future__ import annotations

from collections.abc import Iterator

from engine.evaluate.tables import selection
from engine.plan.nodes import RowPlan, TablePlan
from engine.prove.answer import Refuted
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.findings.context import Asked, Context, finding, unsettled
from engine.prove.findings.otherwise import is_left_over
from engine.prove.solver import FALSE, Bool, both, conjunction, negation
from engine.rulebook.expressions import Expression
from engine.rulebook.model import AGGREGATING, SINGLE_HIT, Undefined

MOST_ROWS = 200
"""Of longer tables a declared gap is said as its row is written, not by what other rows leave of it."""


def claims(context: Context) -> Iterator[Claim]:
    """Gaps that nobody declared."""
    for table in context.tables():
        yield from _gap(context, table)


def _gap(context: Context, table: TablePlan) -> Iterator[Claim]:
    nothing = _no_row(context, table)
    given = context.applies(table)
    cells = tuple(row.condition for row in table.rows)
    origin = table.origin
    asked = Asked(origin.id, both(given, nothing), lambda trial: _is_left_out(trial, table), cells)
    answer = context.ask(asked)
    yield from unsettled(context, answer, "R301", origin.id, origin.span)
    if isinstance(answer, Refuted):
        found = context.regions(nothing, given, cells)
        yield Claim(finding("R301", {"id": origin.id}, origin.span), answer, found)


def _no_row(context: Context, table: TablePlan) -> Bool:
    """No row holds and one should; an aggregate that defines a fact may have another reason."""
    if table.otherwise is not None or (table.defines is None and table.policy not in SINGLE_HIT):
        return FALSE
    if table.policy in SINGLE_HIT:
        return conjunction(negation(context.encoding.condition(row.condition).may) for row in table.rows)
    return context.encoding.table(table).no_row


def _is_left_out(trial: Trial, table: TablePlan) -> bool:
    if trial.case.applies(table) is not True:
        return False
    causes = selection(trial.case, table).causes
    return any(cause.reason == "no_row_applies" and cause.name == table.origin.id for cause in causes)


def declared(context: Context) -> Iterator[Claim]:
    """Gaps that the source leaves, each with the sentence that leaves it."""
    for table in context.tables():
        rows = table.rows if table.otherwise is None else (*table.rows, table.otherwise)
        for row in rows:
            if isinstance(row.conclusion, Undefined):
                yield from _declared(context, table, row)


def _declared(context: Context, table: TablePlan, row: RowPlan) -> Iterator[Claim]:
    given, when = context.applies(table), _counts(context, table, row)
    cells = _read_for(table, row)
    asked = Asked(table.origin.id, both(given, when), lambda trial: _is_open(trial, table, row), cells)
    answer = context.ask(asked)
    origin = row.origin
    yield from unsettled(context, answer, "R302", origin.id, origin.span)
    if isinstance(answer, Refuted):
        found = context.regions(when, given, cells)
        yield Claim(finding("R302", {"id": origin.id}, origin.span), answer, found, origin.citations)


def _counts(context: Context, table: TablePlan, row: RowPlan) -> Bool:
    if row is table.otherwise:
        return is_left_over(context, table)
    if len(table.rows) > MOST_ROWS:
        return context.row(row)
    if table.policy in AGGREGATING:
        open_rows = (context.encoding.condition(other.condition).unknown for other in table.rows)
        return both(context.row(row), *map(negation, open_rows))
    return next(hit.when for hit in context.encoding.table(table).hits if hit.row is row)


def _read_for(table: TablePlan, row: RowPlan) -> tuple[Expression, ...]:
    """The conditions in whose words it is said: the row's own first."""
    others = (other.condition for other in table.rows if other is not row)
    return (row.condition, *others)


def _is_open(trial: Trial, table: TablePlan, row: RowPlan) -> bool:
    if trial.case.applies(table) is not True:
        return False
    chosen = selection(trial.case, table)
    if table.policy in AGGREGATING and row is not table.otherwise:
        causes = (cause for cause in chosen.causes if cause.reason == "undefined_by_source")
        return trial.case.holds(row) is True and any(cause.name == table.origin.id for cause in causes)
    return any(hit.row is row for hit in chosen.hits)
