"""When clocks are due, in SQL: their start or due moment, the limit in force, and pauses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from engine.base.calendar import EARLIEST, LATEST, MINUTES_IN_A_DAY, Limit
from engine.plan.nodes import ClockPlan, Plan
from engine.replay.lowering.causes import NOTHING, Mask, together, where
from engine.replay.lowering.due import (
    ANY_YEARS,
    DueMoment,
    Moment,
    Years,
    due_after,
    due_by,
    extended,
    instant_of,
    stretch,
)
from engine.replay.lowering.values import RECORD
from engine.replay.lowering.worth import NULL, Worth
from engine.replay.lowering.writer import Writer
from engine.replay.sql import days, lists
from engine.replay.sql.logic import (
    Truth,
    case,
    conjunction,
    disjunction,
    is_null,
    is_there,
    is_true,
    negation,
    sql,
)
from engine.replay.sql.slots import Sql
from engine.rulebook.expressions import DateFunction, Expression, FactValue, ParameterValue, type_of
from engine.rulebook.model import Pauses

AS_OF = exp.column("as_of")


@dataclass(frozen=True)
class Beginning:
    """When a clock is due: `ticking` where that is known, `never` where it does not start, else unknown."""

    ticking: Truth
    never: Truth
    due: DueMoment
    mask: Mask


def is_known(value: Sql) -> Truth:
    return not isinstance(value, exp.Null) and is_there(value)


# --- when it is due -----------------------------------------------------------------------------------


def beginning(writer: Writer, clock: ClockPlan, started: Worth | None) -> Beginning:
    there = True if started is None else started.there
    never = False if started is None else started.none
    mask = NOTHING if clock.starts is None else writer.mask(clock.starts)
    if there is False:
        return Beginning(False, never, DueMoment(NULL, inclusive=True), mask)
    found = _due_as_given(writer, clock.due) if clock.due else _due_after_start(writer, clock, started)
    column = writer.columns.add("due", case([(there, found.due.instant)], NULL))
    due = DueMoment(column, found.due.inclusive, found.due.last_day)
    return Beginning(
        conjunction([there, is_known(column)]),
        disjunction([never, conjunction([there, found.never])]),
        due,
        together([mask, where(there, found.mask)]),
    )


def _due_as_given(writer: Writer, moment: Expression) -> Beginning:
    """A day is kept until its end; an instant is itself in time."""
    worth = writer.worth(moment)
    if isinstance(worth.value, exp.Null):
        due = DueMoment(NULL, inclusive=True)
    else:
        due = due_by(Moment(worth.value, type_of(moment).kind), writer.zone)
    return Beginning(worth.there, worth.none, due, writer.mask(moment))


def _due_after_start(writer: Writer, clock: ClockPlan, started: Worth | None) -> Beginning:
    assert started is not None, "a limit has a start"
    assert clock.starts is not None, "a limit has a start"
    start = Moment(started.value, type_of(clock.starts).kind, _years(writer.plan, clock.starts))
    limits, mask = _limits(writer, clock.limit)
    known = writer.plan.calendars
    dues = [(now, due_after(limit, start, writer.zone, known, writer.columns.add)) for now, limit in limits]
    due = _one_of(dues)
    due = replace(due, instant=writer.columns.add("due", due.instant))
    lost = [
        where(conjunction([now, is_null(due.instant)]), _calendar_missing(writer, clock, limit))
        for now, limit in _exclusive(limits)
        if _may_lead_nowhere(limit, start)
    ]
    found = Beginning(True, False, due, together([mask, *lost]))
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


def _paused(writer: Writer, pauses: Pauses, start: Moment, found: Beginning) -> Beginning:
    """The due moment put off, where it is known when every pause began and ended."""
    records = writer.fact(pauses.list.name)
    if records.worth.none is True:
        return found
    base = writer.columns.add("due", found.due.instant)
    own = where(conjunction([is_known(base), records.worth.unknown]), records.mask)
    if isinstance(records.worth.value, exp.Null):
        due = DueMoment(NULL, found.due.inclusive)
        return Beginning(True, False, due, together([found.mask, own]))
    pause = _Pause(writer, pauses, records.worth.value)
    faulty = writer.columns.add("faulty", pause.first_faulty())
    put_off = extended(base, instant_of(start, writer.zone), pause.stretches())
    known = conjunction([records.worth.there, is_null(faulty)])
    due = DueMoment(case([(records.worth.none, base), (known, put_off)], NULL), found.due.inclusive)
    faults = where(conjunction([is_known(base), is_there(faulty)]), pause.mask(faulty))
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
