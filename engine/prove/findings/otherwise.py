"""When what holds where no row does is reached."""

from __future__ import annotations

from engine.plan.nodes import RowPlan, TablePlan
from engine.prove.findings.context import Context
from engine.prove.solver import FALSE, Bool, conjunction, negation
from engine.rulebook.model import AGGREGATING


def is_left_over(context: Context, table: TablePlan) -> Bool:
    """No row holds; of those that are added up, none that concludes something. A count there always is."""
    if table.policy == "collect count":
        return FALSE
    rails = [(row, context.encoding.condition(row.condition)) for row in table.rows]
    return conjunction(
        negation(truth.unknown if _adds_nothing(table, row) else truth.may) for row, truth in rails
    )


def _adds_nothing(table: TablePlan, row: RowPlan) -> bool:
    return table.policy in AGGREGATING and row.conclusion is None
