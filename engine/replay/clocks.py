"""Clocks in SQL: when a limit ends, and whether it was kept; the twin of `engine.evaluate.clocks`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from engine.base.calendar import EARLIEST, LATEST, MINUTES_IN_A_DAY, Limit
from engine.plan.nodes import ClockPlan, Plan
from engine.replay import days, lists
from engine.replay.causes import NOTHING, Mask, together, where
from engine.replay.concluded import concluded, undecided
from engine.replay.due import (
    ANY_YEARS,
    DueMoment,
    Moment,
    Years,
    due_after,
    due_by,
    extended,
    instant_of,
    is_kept,
    latest,
    stretch,
)
from engine.replay.expressions import RECORD, Cell, Writer
from engine.replay.logic import (
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
from engine.replay.slots import Held, Slot, Sql
from engine.replay.worth import NULL, Worth
from engine.rulebook.expressions import (
    All,
    DateFunction,
    Expression,
    FactValue,
    ParameterValue,
    facts_in,
    type_of,
)
from engine.rulebook.model import Pauses
from engine.rulebook.types import BOOLEAN, INSTANT, Kind, Type

AS_OF = exp.column("as_of")
BEGIN_MISSING, END_MISSING = 1, 2


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


@dataclass(frozen=True)
class _Beginning:
    """When a clock is due: `ticking` where that is known, `never` where it does not start, else unknown."""

    ticking: Truth
    never: Truth
    due: DueMoment
    mask: Mask


def read_clock(writer: Writer, clock: ClockPlan) -> Face:
    """The state of a clock whose conditions hold, or why it cannot be told."""
    started = None if clock.starts is None else writer.worth(clock.starts)
    begun = _beginning(writer, clock, started)
    return _face(writer, clock, started, begun)


# --- when it is due -----------------------------------------------------------------------------------


def _beginning(writer: Writer, clock: ClockPlan, started: Worth | None) -> _Beginning:
    there = True if started is None else started.there
    never = False if started is None else started.none
    mask = NOTHING if clock.starts is None else writer.mask(clock.starts)
    if there is False:
        return _Beginning(False, never, DueMoment(NULL, inclusive=True), mask)
    found = _due_as_given(writer, clock.due) if clock.due else _due_after_start(writer, clock, started)
    column = writer.columns.add("due", case([(there, found.due.instant)], NULL))
    due = DueMoment(column, found.due.inclusive, found.due.last_day)
    return _Beginning(
        conjunction([there, _there(column)]),
        disjunction([never, conjunction([there, found.never])]),
        due,
        together([mask, where(there, found.mask)]),
    )


def _due_as_given(writer: Writer, moment: Expression) -> _Beginning:
    """A day is kept until its end; an instant is itself in time."""
    worth = writer.worth(moment)
    if isinstance(worth.value, exp.Null):
        due = DueMoment(NULL, inclusive=True)
    else:
        due = due_by(Moment(worth.value, type_of(moment).kind), writer.zone)
    return _Beginning(worth.there, worth.none, due, writer.mask(moment))


def _due_after_start(writer: Writer, clock: ClockPlan, started: Worth | None) -> _Beginning:
    assert started is not None, "a limit has a start"
    assert clock.starts is not None, "a limit has a start"
    start = Moment(started.value, type_of(clock.starts).kind, _years(writer.plan, clock.starts))
    limits, mask = _limits(writer, clock.limit)
    dues = [(now, due_after(limit, start, writer.zone, writer.plan.calendars)) for now, limit in limits]
    due = _one_of(dues)
    due = replace(due, instant=writer.columns.add("due", due.instant))
    lost = [
        where(conjunction([now, is_null(due.instant)]), _calendar_missing(writer, clock, limit))
        for now, limit in _exclusive(limits)
        if _may_lead_nowhere(limit, start)
    ]
    found = _Beginning(True, False, due, together([mask, *lost]))
    return found if clock.pauses is None else _paused(writer, clock.pauses, start, found)


def _years(plan: Plan, moment: Expression) -> Years:
    """Those within which a moment lies: a ticket's own facts are within the catalogue's."""
    match moment:
        case FactValue(name=name) if name not in plan.defined:
            return EARLIEST.year, LATEST.year
        case DateFunction(name="date of" | "at", operands=(day, *_)):
            return _years(plan, day)
        case _:
            return ANY_YEARS


def _may_lead_nowhere(limit: Limit, start: Moment) -> bool:
    """Whether no calendar may know where the limit ends, or it may end outside of all calendars."""
    if start.years == ANY_YEARS or limit.kind in ("working_days", "working_minutes"):
        return True
    years = {"years": 1, "months": 12, "calendar_days": 365, "minutes": 365 * MINUTES_IN_A_DAY}.get(
        limit.kind, 1
    )
    return start.years[1] + limit.amount // years >= ANY_YEARS[1] - 1


def _calendar_missing(writer: Writer, clock: ClockPlan, limit: Limit) -> Mask:
    return writer.bits.mask("calendar_missing", limit.calendar or clock.origin.id)


def _exclusive(limits: Sequence[tuple[Truth, Limit]]) -> Iterator[tuple[Truth, Limit]]:
    """The limits with tests of which one holds at most, and none is NULL."""
    before: list[Truth] = []
    for now, limit in limits:
        holds = is_true(now)
        yield conjunction([holds, *map(negation, before)]), limit
        before.append(holds)


def _limits(writer: Writer, limit: Limit | Expression | None) -> tuple[list[tuple[Truth, Limit]], Mask]:
    """The limits that may be in force, with the tests of which the first that holds decides."""
    if isinstance(limit, Limit):
        return [(True, limit)], NOTHING
    assert isinstance(limit, ParameterValue), "a limit is written out, or a parameter"
    steps = writer.plan.parameters[limit.id].steps
    mask = writer.mask(limit)
    if limit.on is None:
        return [(True, step) for _, step in steps[-1:] if isinstance(step, Limit)], mask
    day = writer.worth(limit.on).value
    if isinstance(day, exp.Null):
        return [], mask
    return [
        (exp.GTE(this=day, expression=days.date(start)), step)
        for start, step in reversed(steps)
        if isinstance(step, Limit)
    ], mask


def _one_of(dues: Sequence[tuple[Truth, DueMoment]]) -> DueMoment:
    """The first whose test holds."""
    instant = case([(now, due.instant) for now, due in dues], NULL)
    kinds = {due.inclusive for _, due in dues}
    if len(kinds) < 2:
        inclusive: Truth = kinds.pop() if kinds else True
    else:
        inclusive = case([(now, sql(due.inclusive)) for now, due in dues], exp.false())
    last_days = [(now, due.last_day) for now, due in dues if due.last_day is not None]
    last_day = case(last_days, NULL) if last_days and len(last_days) == len(dues) else None
    return DueMoment(instant, inclusive, last_day)


# --- pauses -------------------------------------------------------------------------------------------


def _paused(writer: Writer, pauses: Pauses, start: Moment, found: _Beginning) -> _Beginning:
    """The due moment put off, where it is known when every pause began and ended."""
    records = writer.fact(pauses.list.name)
    if records.worth.none is True:
        return found
    base = writer.columns.add("due", found.due.instant)
    own = where(conjunction([_there(base), records.worth.unknown]), records.mask)
    if isinstance(records.worth.value, exp.Null):
        due = DueMoment(NULL, found.due.inclusive)
        return _Beginning(True, False, due, together([found.mask, own]))
    pause = _Pause(writer, pauses, records.worth.value)
    faulty = writer.columns.add("faulty", pause.first_faulty())
    put_off = extended(base, instant_of(start, writer.zone), pause.stretches())
    known = conjunction([records.worth.there, is_null(faulty)])
    due = DueMoment(case([(records.worth.none, base), (known, put_off)], NULL), found.due.inclusive)
    faults = where(conjunction([_there(base), is_there(faulty)]), pause.mask(faulty))
    return replace(found, due=due, mask=together([found.mask, own, faults]))


@dataclass(frozen=True)
class _Pause:
    """The records of pauses: one without a beginning or an end cannot be counted."""

    writer: Writer
    pauses: Pauses
    records: Sql

    def stretches(self) -> Sql:
        return lists.mapped(self.records, RECORD, stretch(self._begin(), self._end()))

    def first_faulty(self) -> Sql:
        """The place of the first that cannot be counted."""
        faulty = disjunction([is_null(self._begin()), is_null(self._end())])
        return lists.first_index(self.records, RECORD, sql(faulty))

    def mask(self, place: Sql) -> Mask:
        """Why the record at the place cannot be counted: its beginning is missing, else its end."""
        no_begin, no_end = (
            self.writer.bits.mask("fact_missing", f"{self.pauses.list.name}.{field}")
            for field in (self.pauses.start, self.pauses.until)
        )
        without_begin = is_null(self._begin())
        either = together([where(without_begin, no_begin), where(negation(without_begin), no_end)])
        return {
            word: lists.element(lists.mapped(self.records, RECORD, part), place)
            for word, part in either.items()
        }

    def _begin(self) -> Sql:
        return lists.field(lists.record(RECORD), self.pauses.start)

    def _end(self) -> Sql:
        """One that is known to be open lasts until the instant of judging."""
        end = lists.field(lists.record(RECORD), self.pauses.until)
        declared = self.pauses.list.type.fields[self.pauses.until]
        return exp.Coalesce(this=end, expressions=[AS_OF]) if declared.absent_is_none else end


# --- what it shows ------------------------------------------------------------------------------------


def _face(writer: Writer, clock: ClockPlan, started: Worth | None, begun: _Beginning) -> Face:
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


def _there(value: Sql) -> Truth:
    return not isinstance(value, exp.Null) and is_there(value)


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
    """A slot a state, and a kind of moment at which the clock stopped."""
    for state, truth in (("running", face.running), ("met", face.met), ("breached", face.breached)):
        for shown, stopped in _by_kind(truth, face, state):
            present = conjunction([holds, shown])
            if present is not False:
                yield _deadline(clock, face, state, present, stopped)


def _on_breach(writer: Writer, clock: ClockPlan, late: Truth) -> list[Slot]:
    """All the outcomes, or none of them where an amount is not known."""
    if not clock.on_breach or late is False:
        return []
    said, rule = concluded(writer, clock.on_breach, {}), clock.origin.id
    known = sql(conjunction([late, said.known]))
    stated = [Slot("outcomes", rule, fixed, known, held) for fixed, held in said.outcomes]
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
    held = {("due",): Held(face.due.instant, INSTANT), ("inclusive",): Held(sql(face.due.inclusive), BOOLEAN)}
    if face.started is not None and clock.starts is not None:
        held["started",] = Held(face.started.value, type_of(clock.starts))
    if stopped is not None:
        held["stopped",] = Held(*stopped)
    return Slot("outcomes", clock.origin.id, fixed, sql(present), held)
