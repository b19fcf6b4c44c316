"""Which rows of a decision table count, when their conditions are true, false or unknown.

The policies are those of DMN 1.5, section 8.2.8. A choice is made only if no unknown row could change it,
so that learning a further fact never overturns what was decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, assert_never

from engine.base.exact import EXACT
from engine.evaluate.values import Cause, Unknown, together, unknown
from engine.plan.nodes import RowPlan, TablePlan
from engine.rulebook.model import SINGLE_HIT, Undefined
from engine.rulebook.types import Kind

Outputs: TypeAlias = Mapping[str, Any] | Undefined | None
"""What a row concludes: output values by name, a gap of the source's own, or nothing."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that counts, and what it concludes; an aggregate has no `row`, it has `added_up` several."""

    row: RowPlan | None
    outputs: Outputs
    added_up: tuple[RowPlan, ...] = ()

    @property
    def rows(self) -> tuple[RowPlan, ...]:
        """The rows that it rests on."""
        return self.added_up if self.row is None else (self.row,)


@dataclass(frozen=True, slots=True)
class Selection:
    """The hits, and the causes for which there may be others."""

    hits: tuple[Hit, ...]
    causes: frozenset[Cause] = frozenset()


class _Table:
    """A table whose rows' conditions have been worked out."""

    def __init__(
        self, table: TablePlan, truths: Sequence[Any], outputs_of: Callable[[RowPlan], Outputs]
    ) -> None:
        self.table = table
        self.true = [row for row, truth in zip(table.rows, truths, strict=True) if truth is True]
        self.unknown = [
            (row, truth) for row, truth in zip(table.rows, truths, strict=True) if isinstance(truth, Unknown)
        ]
        self.outputs_of = outputs_of
        self.truths = truths

    def hit(self, row: RowPlan) -> Hit:
        return Hit(row, self.outputs_of(row))

    def rank(self, row: RowPlan) -> tuple[int, ...]:
        """Lower is stronger: by the place of each ranked output in its order; a gap is strongest.

        A value that is not known might be the strongest, so it counts as such.
        """
        outputs = self.outputs_of(row)
        ranked = [output for output in self.table.outputs if output.order]
        if outputs is None:
            return (len(ranked[0].order) + 1,) * len(ranked)
        if isinstance(outputs, Undefined):
            return (-1,) * len(ranked)
        return tuple(_place(outputs[output.name], output.order) for output in ranked)

    def ranked(self, row: RowPlan) -> Outputs:
        """What a row concludes, as far as it counts for its rank."""
        outputs = self.outputs_of(row)
        if not isinstance(outputs, Mapping):
            return outputs
        return {output.name: outputs[output.name] for output in self.table.outputs if output.order}


def _place(value: Any, order: tuple[Any, ...]) -> int:
    if isinstance(value, Unknown):
        return -1
    return order.index(value) if value in order else len(order)


def select(table: TablePlan, truths: Sequence[Any], outputs_of: Callable[[RowPlan], Outputs]) -> Selection:
    """The table's hits; `truths` are the rows' conditions: True, False or `Unknown`."""
    state = _Table(table, truths, outputs_of)
    match table.policy:
        case "unique":
            chosen = _unique(state)
        case "any":
            chosen = _any(state)
        case "first":
            chosen = _first(state)
        case "priority":
            chosen = _priority(state)
        case "rule order" | "collect":
            chosen = _all(state, state.true)
        case "output order":
            chosen = _all(state, sorted(state.true, key=state.rank))
        case "collect sum" | "collect min" | "collect max" | "collect count":
            chosen = _aggregate(state)
        case policy:
            assert_never(policy)
    return chosen if chosen.hits or chosen.causes else _without_hit(state)


def _without_hit(state: _Table) -> Selection:
    if state.table.otherwise is not None:
        return Selection((state.hit(state.table.otherwise),))
    single = state.table.policy in SINGLE_HIT or state.table.defines is not None
    return Selection((), unknown("no_row_applies", state.table.origin.id).causes if single else frozenset())


def _overlap(state: _Table) -> Selection:
    return Selection((), unknown("rows_overlap", state.table.origin.id).causes)


def _undecided(unknowns: Sequence[Unknown]) -> Selection:
    return Selection((), together(unknowns).causes)


def _unique(state: _Table) -> Selection:
    if len(state.true) > 1:
        return _overlap(state)
    if state.unknown:
        return _undecided([truth for _, truth in state.unknown])
    return Selection(tuple(state.hit(row) for row in state.true))


def _any(state: _Table) -> Selection:
    """The first row that applies, if every other one concludes the same, and surely so."""
    if not state.true:
        return _undecided([truth for _, truth in state.unknown]) if state.unknown else Selection(())
    first, *others = state.true
    if not all(_agree(state, first, row) for row in others):
        open_outputs = [value for row in state.true for value in _unknown_in(state.outputs_of(row))]
        return _undecided(open_outputs) if open_outputs else _overlap(state)
    rivals = [truth for row, truth in state.unknown if not _agree(state, first, row)]
    return _undecided(rivals) if rivals else Selection((state.hit(first),))


def _agree(state: _Table, one: RowPlan, other: RowPlan) -> bool:
    """Whether two rows conclude the same: their cells are the same, or known to come to the same."""
    if one.conclusion == other.conclusion:
        return True
    outputs = state.outputs_of(one)
    return outputs == state.outputs_of(other) and not _unknown_in(outputs)


def _unknown_in(outputs: Outputs) -> list[Unknown]:
    values = outputs.values() if isinstance(outputs, Mapping) else ()
    return [value for value in values if isinstance(value, Unknown)]


def _first(state: _Table) -> Selection:
    for row, truth in zip(state.table.rows, state.truths, strict=True):
        if isinstance(truth, Unknown):
            return _undecided([truth])
        if truth is True:
            return Selection((state.hit(row),))
    return Selection(())


def _priority(state: _Table) -> Selection:
    """The row that ranks highest; of several, the first. A rank that is not known decides nothing."""
    best = min(state.true, key=state.rank, default=None)
    rivals = [truth for row, truth in state.unknown if best is None or _may_outrank(state, row, best)]
    if best is not None and len(state.true) + len(state.unknown) > 1:
        rivals += _unknown_in(state.ranked(best))
    if rivals:
        return _undecided(rivals)
    return Selection(() if best is None else (state.hit(best),))


def _may_outrank(state: _Table, row: RowPlan, best: RowPlan) -> bool:
    """Whether a row would be taken before the best one, to another end, if it applied."""
    if state.rank(row) != state.rank(best):
        return state.rank(row) < state.rank(best)
    before = state.table.rows.index(row) < state.table.rows.index(best)
    return before and not _agree(state, row, best)


def _all(state: _Table, rows: Sequence[RowPlan]) -> Selection:
    causes = together([truth for _, truth in state.unknown]).causes
    return Selection(tuple(state.hit(row) for row in rows), causes)


def _aggregate(state: _Table) -> Selection:
    """One number from all the rows that apply; a gap among them leaves it undefined."""
    if state.unknown:
        return _undecided([truth for _, truth in state.unknown])
    hits = [hit for row in state.true if (hit := state.hit(row)).outputs is not None]
    if any(isinstance(hit.outputs, Undefined) for hit in hits):
        return Selection((), unknown("undefined_by_source", state.table.origin.id).causes)
    name = state.table.outputs[0].name
    values = [hit.outputs[name] for hit in hits if isinstance(hit.outputs, Mapping)]
    missing = [value for value in values if isinstance(value, Unknown)]
    if missing:
        return _undecided(missing)
    number = _aggregated(state, values)
    added_up = tuple(row for hit in hits for row in hit.rows)
    return Selection(() if number is None else (Hit(None, {name: number}, added_up),))


def _aggregated(state: _Table, values: list[Any]) -> Any:
    match state.table.policy:
        case "collect count":
            return len(values)
        case "collect min":
            return min(values, default=None)
        case "collect max":
            return max(values, default=None)
        case _:
            return _sum(values, state.table.outputs[0].type.kind) if values else None


def _sum(values: list[Any], kind: Kind) -> Any:
    if kind is Kind.INTEGER:
        return sum(values)
    total = values[0]
    for value in values[1:]:
        total = EXACT.add(total, value)
    return total
