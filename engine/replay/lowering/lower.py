"""A plan as SQL over the relation `tickets`: columns to work out, and slots for all that may be said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from engine.base.findings import Finding
from engine.plan.nodes import Origin, Plan
from engine.replay.lowering.causes import Bits, NoCauses
from engine.replay.lowering.definitions import define
from engine.replay.lowering.items import slots_of
from engine.replay.lowering.values import Given
from engine.replay.lowering.writer import Writer
from engine.replay.sql.columns import Columns
from engine.replay.sql.deep import room_for_deep_trees
from engine.replay.sql.logic import sql
from engine.replay.sql.refused import NotSayable
from engine.replay.sql.slots import Held, Lowered, Slot, Sql
from engine.rulebook.expressions import Expression, facts_in

T = TypeVar("T")

OWN_COLUMNS = ("source_file", "source_row", "as_of")
"""What the relation `tickets` has beside the facts."""


@room_for_deep_trees()
def lower(
    plan: Plan,
    given: Given | None = None,
    bits: Bits | None = None,
    *,
    undecided: bool = True,
    asked: Sequence[Expression] = (),
) -> Lowered:
    """Every item and derived fact of the plan; raises NotSayable with all that SQL cannot say.

    `given` are the facts that the tickets have columns for (None: every fact of the catalogue), of numbers
    with their width where it is known. Editions of one query share their `bits`, so that their columns are
    the same where they mean the same. Without `undecided` only what applies and what is defeated is told,
    which is cheaper. `asked` are further conditions, judged as the plan's own are.
    """
    _require_free_names(plan)
    columns = Columns()
    told = (bits or Bits()) if undecided else NoCauses()
    writer = Writer(plan, given, columns, told, tells_undecided=undecided)
    refused: list[Finding] = []
    derived: dict[str, Held] = {}
    for definition in plan.definitions:
        held = _said(definition.origin, refused, lambda d=definition: define(writer, d))  # type: ignore[misc]  # bound now
        if held is not None:
            derived[definition.fact.name] = held
    slots: list[Slot] = []
    for item in plan.items:
        slots += _said(item.origin, refused, lambda i=item: slots_of(writer, i)) or []  # type: ignore[misc]  # bound now
    if refused:
        raise NotSayable(refused)
    answers = tuple(_answer(writer, condition) for condition in asked)
    return Lowered(plan, columns.all(), tuple(slots), dict(sorted(derived.items())), answers)


def _answer(writer: Writer, condition: Expression) -> Sql | None:
    """The truth of a condition, NULL where it is unknown; None where SQL, or the plan, cannot say it."""
    if not {fact.name for fact in facts_in(condition)} <= {*writer.plan.facts, *writer.derived}:
        return None
    try:
        return sql(writer.columns.truth("asked", writer.truth(condition)))
    except NotSayable:
        return None


def _require_free_names(plan: Plan) -> None:
    """Raises NotSayable for facts that are named as the relation's own columns are."""
    taken = [Finding("Q007", {"name": name}) for name in OWN_COLUMNS if name in plan.facts]
    if taken:
        raise NotSayable(taken)


def _said(origin: Origin, refused: list[Finding], write: Callable[[], T]) -> T | None:
    try:
        return write()
    except NotSayable as reason:
        refused.extend(reason.of(origin).findings)
    return None
