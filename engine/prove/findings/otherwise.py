"""When what holds where no row does is reached."""

from __future__ import annotations

from engine.plan.nodes import TablePlan
from engine.prove.findings.context import Context
from engine.prove.solver import FALSE, Bool, conjunction, negation
from engine.rulebook.model import AGGREGATING


def is_left_over(context: Context, table: TablePlan) -> Bool:
    """No row holds; of those that are added up, none that concludes something. A count there always is."""
    if table.policy == "collect count":
        return FALSE
    rows = [row for row in table.rows if table.policy not in AGGREGATING or row.conclusion is not None]
    return conjunction(negation(context.encoding.condition(row.condition).may) for row in rows)
