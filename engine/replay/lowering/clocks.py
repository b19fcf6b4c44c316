"""Clocks in SQL: when a limit ends, and whether it was kept; the twin of `engine.evaluate.clocks`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from engine.plan.nodes import ClockPlan
from engine.replay.lowering.beginnings import AS_OF, Beginning, beginning
from engine.replay.lowering.causes import Mask, together, where
from engine.replay.lowering.concluded import concluded, undecided
from engine.replay.lowering.due import DueMoment, Moment, is_kept, latest
from engine.replay.lowering.values import Cell
from engine.replay.lowering.worth import NULL, Worth
from engine.replay.lowering.writer import Writer
from engine.replay.sql.logic import (
    Truth,
    case,
    conjunction,
    disjunction,
    is_false,
    is_null,
    is_there,
    is_true,
    is_unknown,
    negation,
    sql,
)
from engine.replay.sql.slots import Held, Path, Slot, Sql
from engine.rulebook.expressions import All, Expression, all_of, facts_in, type_of
from engine.rulebook.types import BOOLEAN, INSTANT, Kind, Type


@dataclass(frozen=True)
class Face:
    """What a clock shows: on every ticket exactly one of the five states holds, and none of them is NULL.

    `due` is NULL before the clock has started. `stopped` are the moments at which it may have stopped, one a
    kind of moment, of which at most one is there. `mask` says why the state is unknown, where it is.
    """

    not_started: Truth
    running: Truth
    met: Truth
    breached: Truth
    unknown: Truth
    due: DueMoment
    started: Worth | None
    stopped: tuple[tuple[Sql, Type], ...]
    mask: Mask


def read_clock(writer: Writer, clock: ClockPlan) -> Face:
    """The state of a clock whose conditions hold, or why it cannot be told."""
    started = None if clock.starts is None else writer.worth(clock.starts)
    begun = beginning(writer, clock, started)
    return _face(writer, clock, started, begun)


# --- what it shows ------------------------------------------------------------------------------------


def _face(writer: Writer, clock: ClockPlan, started: Worth | None, begun: Beginning) -> Face:
    stops = [(writer.fact(stop.name), stop.type) for stop in clock.stops]
    ticking, due = begun.ticking, begun.due
    doubtful = disjunction(cell.worth.unknown for cell, _ in stops)
    is_open = disjunction(cell.worth.none for cell, _ in stops) if stops else True
    late = [_late(due, Moment(cell.worth.value, type_.kind), writer) for cell, type_ in stops]
    overdue = conjunction([is_open, _late(due, Moment(AS_OF, Kind.INSTANT), writer)])
    breached = writer.columns.truth("breached", conjunction([ticking, disjunction([overdue, *late])]))
    kept = conjunction([ticking, negation(breached), negation(doubtful)])
    state_open = conjunction([ticking, negation(breached), doubtful])
    no_as_of = conjunction([kept, is_open, is_null(AS_OF)])
    lacking = together(where(conjunction([state_open, c.worth.unknown]), c.mask) for c, _ in stops)
    undue = disjunction([begun.never, ticking])
    return Face(
        not_started=begun.never,
        running=conjunction([kept, is_open, is_there(AS_OF)]),
        met=conjunction([kept, negation(is_open)]),
        breached=breached,
        unknown=disjunction([negation(undue), state_open, no_as_of]),
        due=due,
        started=started,
        stopped=_stopped(stops, is_open, writer),
        mask=together([begun.mask, lacking, where(no_as_of, writer.bits.mask("fact_missing", "as_of"))]),
    )


def _late(due: DueMoment, moment: Moment, writer: Writer) -> Truth:
    """Whether it is known that it happened, and after the limit."""
    return False if isinstance(moment.sql, exp.Null) else is_false(is_kept(due, moment, writer.zone))


def _stopped(
    stops: Sequence[tuple[Cell, Type]], is_open: Truth, writer: Writer
) -> tuple[tuple[Sql, Type], ...]:
    """The latest of what has happened, where nothing is still waited for."""
    moments = [
        (cell.worth.value, type_) for cell, type_ in stops if not isinstance(cell.worth.value, exp.Null)
    ]
    if is_open is True or not moments:
        return ()
    return tuple(
        (case([(is_open, NULL)], value), type_)
        for value, type_ in latest(
            [(Moment(value, type_.kind), type_) for value, type_ in moments], writer.zone
        )
    )


# --- what a clock says --------------------------------------------------------------------------------


def in_time(writer: Writer, clock: ClockPlan) -> Cell:
    """The fact that a clock defines: met is true, breached is false, a running clock is not known yet."""
    applies, face = writer.truth(clock.own), read_clock(writer, clock)
    holds = is_true(applies)
    shown = case([(face.met, exp.true()), (face.breached, exp.false())], NULL)
    waiting = conjunction([holds, disjunction([face.not_started, face.running])])
    mask = together(
        [
            where(is_false(applies), writer.bits.mask("no_row_applies", clock.origin.id)),
            where(is_unknown(applies), writer.mask(clock.own)),
            where(conjunction([holds, face.unknown]), face.mask),
            where(waiting, _waited_for(writer, clock)),
        ]
    )
    return Cell(Worth(case([(holds, shown)], NULL)), mask)


def _waited_for(writer: Writer, clock: ClockPlan) -> Mask:
    """The events that have not happened yet, else those that begin the clock."""
    stops = [(writer.fact(stop.name).worth.none, stop.name) for stop in clock.stops]
    waited = [where(none, writer.bits.mask("clock_running", name)) for none, name in stops]
    begun = [
        fact.name for fact in facts_in(*(part for part in (clock.starts, clock.due) if part is not None))
    ]
    others = together(writer.bits.mask("clock_running", name) for name in begun or [clock.origin.id])
    nothing_waited_for = negation(disjunction(none for none, _ in stops))
    return together([*waited, where(nothing_waited_for, others)])


def clock_slots(writer: Writer, clock: ClockPlan) -> list[Slot]:
    """The deadline of a clock that applies, what its breach leads to, and what is undecided about it."""
    condition = All((clock.guard, clock.own))
    applies = writer.columns.truth("applies", writer.truth(condition))
    if applies is False:
        return []
    face = read_clock(writer, clock)
    holds = is_true(applies)
    late = conjunction([holds, face.breached])
    return [
        *_deadlines(clock, face, holds),
        *_on_breach(writer, clock, late),
        *_left_open(writer, clock, face, applies, writer.mask(condition)),
    ]


def _deadlines(clock: ClockPlan, face: Face, holds: Truth) -> Iterator[Slot]:
    """A slot a state, and a kind of moment at which the clock stopped; of these one holds at most."""
    states = (("running", face.running), ("met", face.met), ("breached", face.breached))
    every = [
        (state, conjunction([holds, shown]), stopped)
        for state, truth in states
        for shown, stopped in _by_kind(truth, face, state)
    ]
    for number, (state, present, stopped) in enumerate(every):
        if present is not False:
            slot = _deadline(clock, face, state, present, stopped)
            yield replace(slot, choice=(f"{clock.origin.id} deadline", number))


def _on_breach(writer: Writer, clock: ClockPlan, late: Truth) -> list[Slot]:
    """All the outcomes, or none of them where an amount is not known."""
    if not clock.on_breach or late is False:
        return []
    said, rule = concluded(writer, clock.on_breach, {}), clock.origin.id
    known = sql(conjunction([late, said.known]))
    stated = [
        Slot("outcomes", rule, fixed, known, held, premise=_premise(clock)) for fixed, held in said.outcomes
    ]
    return [*stated, *undecided(writer, rule, conjunction([late, negation(said.known)]), said.mask)]


def _left_open(writer: Writer, clock: ClockPlan, face: Face, applies: Truth, mask: Mask) -> list[Slot]:
    """Where it is not known whether the clock applies or what it shows, and something points to it."""
    doubt = is_unknown(applies)
    open_ = disjunction(
        [conjunction([doubt, negation(face.not_started)]), conjunction([is_true(applies), face.unknown])]
    )
    present = conjunction([open_, _is_raised(writer, clock)])
    causes = together([where(doubt, mask), where(face.unknown, face.mask)])
    return undecided(writer, clock.origin.id, present, causes)


def _is_raised(writer: Writer, clock: ClockPlan) -> Truth:
    """A test of its own holds of something; where all of them hold, the event that starts it will do."""
    begins = clock.starts if clock.starts is not None else clock.due
    begun: Truth = False if begins is None else negation(writer.worth(begins).unknown)
    return disjunction([writer.points_to(clock.own), conjunction([begun, is_true(writer.truth(clock.own))])])


def _by_kind(state: Truth, face: Face, name: str) -> list[tuple[Truth, tuple[Sql, Type] | None]]:
    """The state with each kind of moment at which the clock may have stopped, and without one."""
    if name == "running" or not face.stopped:
        return [(state, None)]
    if len(face.stopped) == 1:
        return [(state, face.stopped[0])]
    none = conjunction(is_null(value) for value, _ in face.stopped)
    kinds: list[tuple[Truth, tuple[Sql, Type] | None]] = [
        (conjunction([state, is_there(value)]), (value, type_)) for value, type_ in face.stopped
    ]
    return [*kinds, (conjunction([state, none]), None)]


def _deadline(
    clock: ClockPlan, face: Face, state: str, present: Truth, stopped: tuple[Sql, Type] | None
) -> Slot:
    """`due` and `inclusive` are what `engine.evaluate.clocks.shown_due` makes a text of."""
    fixed = {
        "kind": "deadline",
        "state": state,
        "started": None,
        "due": None,
        "inclusive": None,
        "stopped": None,
    }
    held: dict[Path, Held] = {
        ("due",): Held(face.due.instant, INSTANT),
        ("inclusive",): Held(sql(face.due.inclusive), BOOLEAN),
    }
    if face.started is not None and clock.starts is not None:
        held["started",] = Held(face.started.value, type_of(clock.starts))
    if stopped is not None:
        held["stopped",] = Held(*stopped)
    return Slot("outcomes", clock.origin.id, fixed, sql(present), held, premise=_premise(clock))


def _premise(clock: ClockPlan) -> Expression:
    return all_of(clock.guard, clock.own)
