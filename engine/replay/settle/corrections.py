"""What became of a settled month's lines when it is settled again: outlet by outlet, in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import TypeAlias

from engine.replay.settle.settlement import Change, Line, Statement
from engine.replay.settle.totals import totals_of

Settled: TypeAlias = tuple[str | None, Line]
"""A line of the settled month, and the outlet in whose statement it stands."""

_Key: TypeAlias = tuple[str, str, str, str, str | None]


def corrected(statements: Iterable[Statement], settled: Iterable[Settled]) -> Iterator[Statement]:
    """The statements with their changes since the month was settled.

    Both come sorted by outlet, no outlet last. An outlet that has no statement any more gets an empty one. A
    ticket is known by its number, and by its place in a file where it has none.
    """
    before = groupby(settled, key=lambda entry: entry[0])
    waiting = next(before, None)
    for statement in statements:
        while waiting is not None and _place(waiting[0]) < _place(statement.outlet):
            yield _gone(waiting[0], [line for _, line in waiting[1]])
            waiting = next(before, None)
        if waiting is not None and waiting[0] == statement.outlet:
            yield _with_changes(statement, [line for _, line in waiting[1]])
            waiting = next(before, None)
        else:
            yield _with_changes(statement, [])
    while waiting is not None:
        yield _gone(waiting[0], [line for _, line in waiting[1]])
        waiting = next(before, None)


def _place(outlet: str | None) -> tuple[bool, str]:
    return outlet is None, outlet or ""


def _gone(outlet: str | None, before: Sequence[Line]) -> Statement:
    return _with_changes(Statement(outlet, 0, {}, (), (), {}), before)


def _with_changes(statement: Statement, before: Sequence[Line]) -> Statement:
    return replace(statement, changes=tuple(changes(before, statement.lines)), before=totals_of(before))


def changes(before: Sequence[Line], after: Sequence[Line]) -> Iterator[Change]:
    """What was added or changed, in the order of the new lines; then what was taken away."""
    left: dict[_Key, list[Line]] = defaultdict(list)
    for line in before:
        left[_key(line)].append(line)
    for line in after:
        same = left.get(_key(line))
        old = same.pop(0) if same else None
        if old is None:
            yield Change("added", None, line)
        elif (old.amount, old.table_row) != (line.amount, line.table_row):
            yield Change("changed", old, line)
    for line in before:
        if any(line is kept for kept in left[_key(line)]):
            yield Change("taken_away", line, None)


def _key(line: Line) -> _Key:
    return line.ticket, line.rule, line.kind, line.unit, line.payer
