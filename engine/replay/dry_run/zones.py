"""Where a change can reach, as somebody has proved it, and what the scan keeps of each ticket to count it.

An extent is an item with its zones: sets of tickets in which the editions may conclude different things by
it. Their conditions are lowered with the plans, so that one scan judges and counts. That a ticket outside
of all zones is concluded differently by a `complete` extent would refute the proof; `touched` tells it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from engine.plan.nodes import Plan
from engine.replay.dry_run.compare import SIDES, SideName
from engine.replay.dry_run.said import Entry, differently_said
from engine.replay.sql.logic import Truth, conjunction, disjunction, is_there, negation, sql
from engine.replay.sql.slots import Held, Lowered, Part, Sql
from engine.rulebook.expressions import Expression

CONCLUDED: tuple[Part, ...] = ("outcomes", "defeated")
NAMES_OF_PARTS = frozenset({"row", "by", "by_exception"})
"""What a row or an exception is called, which decides nothing."""
BOOLEAN = exp.DataType.build("BOOLEAN")


@dataclass(frozen=True, slots=True)
class Condition:
    """`side`: the edition by whose derived facts it is judged."""

    expression: Expression
    side: SideName = "before"


@dataclass(frozen=True, slots=True)
class Zone:
    """The tickets on which all conditions hold; `words` say it in both languages.

    Not `exact`: the item says something else in some of it only.
    """

    words: Mapping[str, str]
    conditions: tuple[Condition, ...]
    exact: bool = True


@dataclass(frozen=True, slots=True)
class Extent:
    """An item by its ids before and after (one of them None: that edition does not have it), and its zones.

    `complete`: outside of the zones both editions conclude the same of every ticket that they can judge.
    """

    before: str | None
    after: str | None
    zones: tuple[Zone, ...] = ()
    complete: bool = True

    @property
    def id(self) -> str:
        found = self.after or self.before
        assert found is not None, "an item stands in one edition at least"
        return found

    def owns(self, rule: str) -> bool:
        """Whether what a verdict names so is the item or an exception of it."""
        return any(rule == name or rule.startswith(f"{name}/") for name in (self.before, self.after) if name)


def asked_of(side: SideName, extents: Sequence[Extent]) -> tuple[Expression, ...]:
    """The conditions that one edition is to judge, in an order that `Marks` relies on."""
    conditions = (c for extent in extents for zone in extent.zones for c in zone.conditions)
    return tuple(condition.expression for condition in conditions if condition.side == side)


@dataclass(frozen=True)
class Mark:
    """The kept columns of an extent: one a zone, None for a zone that cannot be said.

    `valued`: that a derived fact has another value; `touched`: that something else is concluded. Each of
    them only where there is something to ask.
    """

    extent: Extent
    zones: tuple[str | None, ...]
    valued: str | None
    touched: str | None


@dataclass(frozen=True)
class Marks:
    """The marks of all extents, and the columns to be kept, by name."""

    marks: tuple[Mark, ...]
    columns: Mapping[str, Sql]


def marks_of(extents: Sequence[Extent], base: Lowered, candidate: Lowered) -> Marks:
    """Both plans must have been lowered with what `asked_of` gives for them."""
    columns: dict[str, Sql] = {}
    answers = {side: iter(lowered.asked) for side, lowered in zip(SIDES, (base, candidate), strict=True)}
    marks = []
    for number, extent in enumerate(extents):
        truths = [_all_hold(zone, answers) for zone in extent.zones]
        zones = [f"zone_{number}_{place}" for place in range(len(truths))]
        columns |= {name: t for name, t in zip(zones, truths, strict=True) if t is not None}
        told = {
            f"valued_{number}": _valued(extent, base, candidate),
            f"touched_{number}": _touched(extent, base, candidate) if extent.complete else False,
        }
        columns |= {name: sql(truth) for name, truth in told.items() if truth is not False}
        valued, touched = (name if name in columns else None for name in told)
        known = tuple(name if name in columns else None for name in zones)
        marks.append(Mark(extent, known, valued, touched))
    return Marks(tuple(marks), columns)


def _all_hold(zone: Zone, answers: Mapping[SideName, Iterator[Sql | None]]) -> Sql | None:
    """Takes the zone's answers; NULL where it is unknown whether a ticket lies in it."""
    truths = [next(answers[condition.side]) for condition in zone.conditions]
    said = [truth for truth in truths if truth is not None]
    if len(said) < len(truths):
        return None
    return exp.cast(sql(conjunction(map(_truth, said))), BOOLEAN)


def _truth(answer: Sql) -> Truth:
    match answer:
        case exp.Null():
            return None
        case exp.Boolean():
            return bool(answer.this)
        case _:
            return answer


def _touched(extent: Extent, base: Lowered, candidate: Lowered) -> Truth:
    """Whether both editions decide by the item, and conclude different things; never NULL."""
    slots = [[slot for slot in side.slots if extent.owns(slot.rule)] for side in (base, candidate)]
    if not any(slots):
        return _both_worked_out(extent, base, candidate)
    before, after = (
        [
            Entry(replace(slot, fixed={k: v for k, v in slot.fixed.items() if k not in NAMES_OF_PARTS}))
            for slot in side
            if slot.part in CONCLUDED
        ]
        for side in slots
    )
    differ = differently_said(before, after)
    open_ = disjunction(Entry(s).present for side in slots for s in side if s.part == "undecided")
    return conjunction([differ, negation(open_)])


# --- derived facts --------------------------------------------------------------------------------------


def _valued(extent: Extent, base: Lowered, candidate: Lowered) -> Truth:
    """Whether a derived fact is worked out to be something else; never NULL."""
    values = _values(extent, base, candidate)
    if not values or values[0] == values[1]:
        return False
    return exp.NullSafeNEQ(this=values[0], expression=values[1])


def _both_worked_out(extent: Extent, base: Lowered, candidate: Lowered) -> Truth:
    """The same of tickets for which both editions have a value."""
    values = _values(extent, base, candidate)
    if not values or values[0] == values[1]:
        return False
    there = [is_there(value) for value in values]
    return conjunction([*there, exp.NullSafeNEQ(this=values[0], expression=values[1])])


def _values(extent: Extent, base: Lowered, candidate: Lowered) -> tuple[Sql, Sql] | None:
    """The derived fact of an item by both editions, where both work it out as the same kind of value."""
    before, after = _defined(base, extent.before), _defined(candidate, extent.after)
    if before is None or after is None or before.type.kind is not after.type.kind:
        return None
    return before.expression, after.expression


def _defined(lowered: Lowered, item: str | None) -> Held | None:
    return next((lowered.derived[name] for name in _facts(lowered.plan, item)), None)


def _facts(plan: Plan, item: str | None) -> Iterator[str]:
    return (definition.fact.name for definition in plan.definitions if definition.origin.id == item)
