"""R303: two rows that hold of one ticket where the hit policy forbids it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from engine.evaluate.tables import selection
from engine.plan.nodes import RowPlan, TablePlan
from engine.prove.answer import Refuted
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.encoding.worth import apart
from engine.prove.findings.boxes import pairs_that_may_meet
from engine.prove.findings.context import Asked, Context, finding, unsettled
from engine.prove.solver import FALSE, TRUE, Bool, Model, both, conjunction, disjunction, implies, same
from engine.rulebook.expressions import Comparison, Constant, Expression

MOST_CLAIMS = 10
"""So many pairs of one table; where there are more, something is wrong with the table as a whole."""


def claims(context: Context) -> Iterator[Claim]:
    """Of tables in which one row may hold at most, or several only if they agree."""
    for table in context.tables():
        if table.policy in ("unique", "any"):
            yield from islice(_of_table(context, table), MOST_CLAIMS)


def _of_table(context: Context, table: TablePlan) -> Iterator[Claim]:
    pairs = [
        (one, other, differ)
        for one, other in pairs_that_may_meet(context.encoding, table)
        if not same(differ := _differ(context, table, one, other), FALSE)
    ]
    if not pairs:
        return
    given, known = context.applies(table), _all_known(context, table)
    rows = {id(row): context.row(row) for one, other, _ in pairs for row in (one, other)}
    solver = context.solver(given, about=[known, *rows.values(), *(d for _, _, d in pairs)])
    for one, other, differ in pairs:
        condition = both(rows[id(one)], rows[id(other)], differ, known)
        found = solver.find(condition)
        if isinstance(found, Model) or found == "not_known":
            yield from _overlap(context, table, (one, other), condition)


def _overlap(
    context: Context, table: TablePlan, pair: tuple[RowPlan, RowPlan], condition: Bool
) -> Iterator[Claim]:
    one, other = pair
    given = context.applies(table)
    cells = one.condition, other.condition
    asked = Asked(table.origin.id, both(given, condition), lambda trial: _clash(trial, table, pair), cells)
    answer = context.ask(asked)
    span = one.origin.span
    yield from unsettled(context, answer, "R303", one.origin.id, span)
    if isinstance(answer, Refuted):
        values = {"first": one.origin.id, "second": other.origin.id, "policy": table.policy}
        found = context.regions(condition, given, (*cells, *_unlike(one, other)))
        yield Claim(finding("R303", values, span, (other.origin.span, "H010")), answer, found)


def _differ(context: Context, table: TablePlan, one: RowPlan, other: RowPlan) -> Bool:
    """Whether two rows that hold together clash: with `any` only if they conclude different things."""
    if table.policy == "unique":
        return TRUE
    left, right = one.conclusion, other.conclusion
    if left == right:
        return FALSE
    if not isinstance(left, tuple) or not isinstance(right, tuple):
        return TRUE
    cells = list(zip(left, right, strict=True))
    if all(isinstance(a, Constant) and isinstance(b, Constant) for a, b in cells):
        return TRUE if any(a != b and _value(a) != _value(b) for a, b in cells) else FALSE
    return disjunction(apart(context.encoding.worth(a), context.encoding.worth(b)) for a, b in cells)


def _all_known(context: Context, table: TablePlan) -> Bool:
    """That all that the rows conclude is known: where it is not, `any` leaves that open, sees no overlap."""
    if table.policy == "unique":
        return TRUE
    cells = ((row, row.conclusion) for row in table.rows if isinstance(row.conclusion, tuple))
    known = ((row, conjunction(context.encoding.worth(c).known for c in found)) for row, found in cells)
    return conjunction(
        implies(context.row(row), is_known) for row, is_known in known if not same(is_known, TRUE)
    )


def _unlike(one: RowPlan, other: RowPlan) -> list[Expression]:
    """What two rows conclude that is not the same as it stands, as conditions."""
    if not isinstance(one.conclusion, tuple) or not isinstance(other.conclusion, tuple):
        return []
    cells = zip(one.conclusion, other.conclusion, strict=True)
    return [
        Comparison("!=", a, b) for a, b in cells if not (isinstance(a, Constant) and isinstance(b, Constant))
    ]


def _value(cell: object) -> object:
    return cell.value if isinstance(cell, Constant) else cell


def _clash(trial: Trial, table: TablePlan, pair: tuple[RowPlan, RowPlan]) -> bool:
    if trial.case.applies(table) is not True or any(trial.case.holds(row) is not True for row in pair):
        return False
    return any(cause.reason == "rows_overlap" for cause in selection(trial.case, table).causes)
