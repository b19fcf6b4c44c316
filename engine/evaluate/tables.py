"""Decision tables in a case: rows to hits, and the value of a fact that a table defines."""

from __future__ import annotations

from functools import partial
from typing import Any

from engine.evaluate.case import Case
from engine.evaluate.conclude import settled
from engine.evaluate.hit_policy import Hit, Outputs, Selection, select
from engine.evaluate.values import Unknown, unknown
from engine.plan.nodes import RowPlan, TablePlan
from engine.rulebook.model import AGGREGATING, Undefined


def selection(case: Case, table: TablePlan) -> Selection:
    """The rows that count, once the table's own condition holds."""
    truths = [case.holds(row) for row in table.rows]
    return select(table, truths, lambda row: outputs_of(case, table, row))


def outputs_of(case: Case, table: TablePlan, row: RowPlan) -> Outputs:
    """What a row concludes, worked out; what is none cannot be added to anything."""
    if row.conclusion is None or isinstance(row.conclusion, Undefined):
        return row.conclusion
    names = [output.name for output in table.outputs]
    worth = partial(settled, case) if table.policy in AGGREGATING else case.value
    return {name: worth(cell) for name, cell in zip(names, row.conclusion, strict=True)}


def defined_value(case: Case, table: TablePlan) -> Any:
    """The value of the fact that a table defines; unknown where no row decides it."""
    applies = case.value(table.own)
    if applies is not True:
        return applies if isinstance(applies, Unknown) else unknown("no_row_applies", table.origin.id)
    chosen = selection(case, table)
    if chosen.causes:
        return Unknown(chosen.causes)
    return _value_of(chosen.hits[0], table)


def _value_of(hit: Hit, table: TablePlan) -> Any:
    if hit.outputs is None or isinstance(hit.outputs, Undefined):
        return unknown("undefined_by_source", table.origin.id)
    return hit.outputs[table.outputs[0].name]
