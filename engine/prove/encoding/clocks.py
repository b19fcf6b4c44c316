"""Clocks as formulas: the twin of `engine.evaluate.clocks`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.plan.nodes import ClockPlan
from engine.prove.encoding.encoder import Encoder
from engine.prove.encoding.free import Free
from engine.prove.encoding.rails import Rails
from engine.prove.encoding.times import DueWorth
from engine.prove.encoding.worth import Worth, chosen, not_known, value
from engine.prove.solver import (
    FALSE,
    TRUE,
    Bool,
    Int,
    bool_symbol,
    both,
    choice,
    compared,
    disjunction,
    either,
    equal,
    identity,
    int_symbol,
    negation,
    number,
)
from engine.rulebook.expressions import type_of
from engine.rulebook.types import Kind


@dataclass(frozen=True, slots=True)
class ClockForm:
    """When it has surely begun, and what it then shows; `open`: it may have begun, and that is not known, or
    what it shows is not.
    """

    not_started: Bool
    met: Bool
    breached: Bool
    running: Bool
    open: Bool
    due: DueWorth


def form(encoding: Encoder, clock: ClockPlan) -> ClockForm:
    """The face of a clock whose conditions hold."""
    started = value(number(0)) if clock.starts is None else encoding.worth(clock.starts)
    due, has_due = _due(encoding, clock, started)
    not_started = either(started.none, both(started.usable, has_due.known, negation(has_due.there)))
    begun = both(started.usable, due.moment.usable)
    late, unknown_stop, is_open = _stops(encoding, clock, due)
    as_of = encoding.symbols.as_of()
    overdue = both(is_open, as_of.known, negation(encoding.times.in_time(due, as_of, False)))
    breached = either(overdue, late)
    kept = both(begun, negation(breached), negation(unknown_stop))
    shown = either(breached, both(negation(unknown_stop), either(negation(is_open), as_of.known)))
    return ClockForm(
        not_started,
        met=both(kept, negation(is_open)),
        breached=both(begun, breached),
        running=both(kept, is_open, as_of.known),
        open=either(both(negation(not_started), negation(begun)), both(begun, negation(shown))),
        due=due,
    )


def _stops(encoding: Encoder, clock: ClockPlan, due: DueWorth) -> tuple[Bool, Bool, Bool]:
    """Whether one happened too late, one is not known, and whether one is known not to have happened."""
    stops = [(encoding.worth(stop), stop.type.kind is not Kind.INSTANT) for stop in clock.stops]
    late = disjunction(
        both(stop.usable, negation(encoding.times.in_time(due, stop, is_day))) for stop, is_day in stops
    )
    unknown = disjunction(negation(stop.known) for stop, _ in stops)
    is_open = disjunction(stop.none for stop, _ in stops) if stops else TRUE
    return late, unknown, is_open


def _due(encoding: Encoder, clock: ClockPlan, started: Worth) -> tuple[DueWorth, Worth]:
    """The due moment; and whether there is one at all, which a clock with a given due moment may lack."""
    if clock.due is not None:
        given = encoding.worth(clock.due)
        if type_of(clock.due).kind is Kind.INSTANT:
            return DueWorth(given, TRUE), given
        ends = encoding.times.at(given.term, number(24 * 60))
        return DueWorth(replace(given, term=ends), FALSE), given
    assert clock.starts is not None, "one of limit and due is set"
    assert clock.limit is not None, "one of limit and due is set"
    is_day = type_of(clock.starts).kind is not Kind.INSTANT
    start = (
        started.term
        if type_of(clock.starts).kind is not Kind.MONTH
        else encoding.times.first_day(started.term)
    )
    moment, inclusive = not_known(number(0)), FALSE
    for holds, limit in reversed(encoding.limits(clock.limit)):
        found = encoding.times.due(limit, start, is_day)
        moment = chosen(holds, found.moment, moment)
        inclusive = choice(holds, found.inclusive, inclusive)
    due = DueWorth(replace(moment, known=moment.usable), inclusive)
    return _with_pauses(encoding, clock, start, due), value(number(0))


def _with_pauses(encoding: Encoder, clock: ClockPlan, start: Int, due: DueWorth) -> DueWorth:
    """Pauses only put the due moment off; by how much is left open, and whether that is known at all."""
    if clock.pauses is None:
        return due
    moment, name = due.moment, f"due after pauses {encoding.symbols.fresh()}"
    put_off = Worth(bool_symbol(f"{name} known"), TRUE, int_symbol(name))
    bounds = (compared(">=", put_off.term, moment.term),)
    made = Free(name, clock.pauses.list.name, put_off, (moment.term, start), None, bounds)
    known_as = "pauses", clock.pauses, identity(moment.term), identity(start)
    free = encoding.symbols.free(known_as, made)
    records = encoding.symbols.records(encoding.plan.facts[clock.pauses.list.name])
    none = both(negation(records.longer), equal(records.length, number(0)))
    encoding.symbols.show_only(none)
    later = replace(free.worth, known=both(free.worth.known, moment.known), there=moment.there)
    found = chosen(none, moment, later)
    return DueWorth(replace(found, known=both(found.known, records.known)), due.inclusive)


def in_time(encoding: Encoder, clock: ClockPlan) -> Rails:
    """The fact that a clock defines: met is true, breached is false, all else is not known."""
    own = encoding.condition(clock.own)
    found = form(encoding, clock)
    met, breached = both(own.must, found.met), both(own.must, found.breached)
    return Rails(met, negation(breached))


def events(encoding: Encoder, clock: ClockPlan, state: str) -> Iterator[tuple[str, Worth]]:
    """What a verdict says beside the due moment: when the clock started, and when it stopped for good."""
    if clock.starts is not None:
        kind = type_of(clock.starts).kind
        yield f"started {kind}", encoding.worth(clock.starts)
    if not clock.stops or state == "running":
        return
    stops = [encoding.worth(stop) for stop in clock.stops]
    kinds = {stop.type.kind for stop in clock.stops}
    is_open = disjunction(stop.none for stop in stops)
    days = [stop.type.kind is not Kind.INSTANT for stop in clock.stops]
    moments = [
        encoding.times.start_of(stop.term) if is_day and len(kinds) > 1 else stop.term
        for stop, is_day in zip(stops, days, strict=True)
    ]
    last, on_day, any_yet = moments[0], TRUE if days[0] else FALSE, stops[0].usable
    for stop, moment, is_day in zip(stops[1:], moments[1:], days[1:], strict=True):
        later = both(stop.usable, either(negation(any_yet), compared(">", moment, last)))
        last, on_day = choice(later, moment, last), choice(later, TRUE if is_day else FALSE, on_day)
        any_yet = either(any_yet, stop.usable)
    stopped = both(any_yet, negation(is_open))
    yield "stopped", Worth(TRUE, stopped, last)
    yield "stopped on a day", Worth(TRUE, stopped, on_day)


def states(found: ClockForm) -> tuple[tuple[str, Bool], ...]:
    """The states in which a clock says something."""
    return ("met", found.met), ("breached", found.breached), ("running", found.running)
