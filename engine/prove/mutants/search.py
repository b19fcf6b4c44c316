"""Tickets that tell a mutant from its original, looked for beside the examples that are there already.

An officer reads such a ticket with ease: it is a known one with a fact or two changed. What is not found
here is asked of the solver.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import combinations, islice
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from engine.base.calendar import Limit, day_of
from engine.evaluate.clocks import read_clock
from engine.evaluate.examples import OPTIONAL
from engine.evaluate.reference import new_case
from engine.evaluate.values import Unknown
from engine.plan.nodes import ClockPlan, Plan
from engine.prove.asking.trial import Trial
from engine.prove.mutants.bench import Ticket
from engine.prove.mutants.bodies import Body, expressions_in
from engine.prove.mutants.change import neighbours
from engine.prove.mutants.mutant import Mutant
from engine.rulebook.expressions import Constant, Expression, FactValue, ParameterValue, facts_in, walk
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import DATE, Kind

MOST_WITNESSES = 6
NEAR, FAR = 200, 4_000
"""How many tickets are looked at for one mutant before and after the solver is asked."""
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def said(plan: Plan, ticket: Ticket, item: str) -> Mapping[str, Any]:
    """What a plan concludes on a ticket of one item, as an example can expect it."""
    return Trial(plan, ticket.facts, ticket.as_of).expect(item)


def tells_apart(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether an example that expects the one fails where the other is said."""
    said_after = {name: value for name, value in after.items() if name in before or name not in OPTIONAL}
    return _with_nothing(before) != _with_nothing(said_after)


def _with_nothing(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row that concludes nothing says nothing, as an example sees it."""
    return {"nothing": True, **found} if set(found) <= {"row", "rows"} else found


@dataclass(frozen=True)
class Search:
    """Looks for tickets of one world, beside the examples of each item."""

    plan: Plan
    bases: Mapping[str, Sequence[Ticket]]

    def witnesses(self, mutant: Mutant, item: str, most: int = NEAR) -> list[Ticket]:
        """Up to a few tickets of which the mutant says something else of the item, the nearest first.

        No more than `most` tickets are looked at.
        """
        changed = mutant.plan()
        found: list[Ticket] = []
        for ticket in islice(self._tickets(mutant, changed, item), most):
            if len(found) >= MOST_WITNESSES:
                break
            if tells_apart(said(self.plan, ticket, item), said(changed, ticket, item)):
                found.append(ticket)
        return found

    def _tickets(self, mutant: Mutant, changed: Plan, item: str) -> Iterator[Ticket]:
        """The examples' tickets, then with one fact changed, then with two."""
        bases = self.bases.get(item, ())
        yield from bases
        yield from (moved for base in bases for moved in _moved(self.plan, mutant, base))
        told = _facts_of_change(mutant)
        near = [(base, _choices(self.plan, changed, base, item)) for base in bases]
        for base, choices in near:
            yield from (_with(base, [choice]) for choice in choices if choice[0] in told)
        for base, choices in near:
            yield from (_with(base, [choice]) for choice in choices if choice[0] not in told)
        for base, choices in near:
            first = [choice for choice in choices if choice[0] in told]
            yield from (_with(base, [a, b]) for a in first for b in choices if a[0] != b[0])
        for base, choices in near:
            yield from (_with(base, pair) for pair in combinations(choices, 2) if pair[0][0] != pair[1][0])


Choice: TypeAlias = tuple[str, Any]
"""A fact, or `as_of`, and the value that it might have (None: not given)."""
AS_OF = "as_of"


def _with(base: Ticket, choices: Iterable[Choice]) -> Ticket:
    facts, as_of = dict(base.facts), base.as_of
    for name, value in choices:
        if name == AS_OF:
            as_of = value
        elif value is None:
            facts.pop(name, None)
        else:
            facts[name] = value
    return Ticket(facts, as_of)


def _moved(plan: Plan, mutant: Mutant, base: Ticket) -> Iterator[Ticket]:
    """Where a day was changed, the ticket with all of its moments moved so that its event is on it."""
    days = [day for word in mutant.change.values.values() if (day := _day_in(word)) is not None]
    for name in mutant.facts if days else ():
        now = base.facts.get(name)
        if isinstance(now, date):
            today = day_of(now, ZoneInfo(plan.zone))
            yield from (_by_days(base, day - today) for day in sorted(days))


def _day_in(word: str) -> date | None:
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def _by_days(base: Ticket, apart: timedelta) -> Ticket:
    facts = {n: value + apart if isinstance(value, date) else value for n, value in base.facts.items()}
    return Ticket(facts, None if base.as_of is None else base.as_of + apart)


def _facts_of_change(mutant: Mutant) -> frozenset[str]:
    """The facts that the changed test reads, and those that what they are derived from reads."""
    plan = mutant.world.plan
    spanned = (
        part
        for place, _ in mutant.edit.bodies
        for expression in expressions_in(place.body)
        for part in walk(expression)
        if getattr(part, "span", None) is mutant.span
    )
    return frozenset(_given(plan, facts_in(*spanned)))


def _given(plan: Plan, facts: Iterable[FactValue]) -> Iterator[str]:
    """The facts of the ticket that facts rest on."""
    for fact in facts:
        yield fact.name
        for definition in plan.leading_to.get(fact.name, ()):
            body = expressions_in(definition.body)
            yield from (beneath.name for beneath in facts_in(*body))


def _expressions(plan: Plan, item: str) -> list[Expression]:
    """What an item reads, and what the derived facts beneath it read."""
    bodies = [i for i in plan.items if i.origin.id == item]
    definitions = [d for d in plan.definitions if d.origin.id == item]
    own: list[Body] = [*bodies, *(d.body for d in definitions)]
    found = [e for body in own for e in expressions_in(body)]
    names = [fact.name for fact in facts_in(*found)]
    beneath = {d.fact.name: d for name in names for d in plan.leading_to.get(name, ())}
    return found + [e for d in beneath.values() for e in expressions_in(d.body)]


def _choices(plan: Plan, changed: Plan, base: Ticket, item: str) -> list[Choice]:
    """Every fact that the item rests on with every value at which something could turn."""
    before, after = _expressions(plan, item), _expressions(changed, item)
    names = sorted({fact.name for fact in facts_in(*before, *after)})
    constants = _constants(plan, changed, [*before, *after])
    moments = [*_moments(base, constants), *_due(plan, base, item), *_due(changed, base, item)]
    choices: list[Choice] = []
    for name in names:
        declared = plan.facts[name]
        if declared.derived != "engine" and declared.type.kind is not Kind.LIST:
            now = base.facts.get(name)
            values = [v for v in _values(plan, declared, constants, base, moments) if v != now]
            choices += [(name, value) for value in _each_once(values)]
            choices += [(name, None)] if now is not None else []
    if any(isinstance(i, ClockPlan) and i.origin.id == item for i in plan.items):
        instants = [m for m in moments if isinstance(m, datetime)]
        choices += [(AS_OF, moment) for moment in _each_once([*instants, None]) if moment != base.as_of]
    return choices


def _each_once(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _constants(plan: Plan, changed: Plan, expressions: Sequence[Expression]) -> list[Constant]:
    """Everything that is compared with, the values and days of parameters too."""
    parts = [part for expression in expressions for part in walk(expression)]
    found = [part for part in parts if isinstance(part, Constant)]
    for name in sorted({part.id for part in parts if isinstance(part, ParameterValue)}):
        for parameter in (plan.parameters[name], changed.parameters[name]):
            for day, value in parameter.steps:
                found += [Constant(day, DATE)]
                found += [] if isinstance(value, Limit) else [Constant(value, parameter.type)]
    return _each_once(found)


def _values(
    plan: Plan,
    declared: FactDeclaration,
    constants: Sequence[Constant],
    base: Ticket,
    moments: Sequence[date | datetime],
) -> Iterator[Any]:
    """Values of one fact at which a condition may turn, within the catalogue's bounds."""
    type_ = declared.type
    match type_.kind:
        case Kind.BOOLEAN:
            yield from (True, False)
        case Kind.ENUM:
            yield from type_.members
        case Kind.INTEGER | Kind.DECIMAL | Kind.MONEY:
            yield from _numbers(declared, constants, base)
        case Kind.DATE | Kind.MONTH:
            days = (day_of(m, ZoneInfo(plan.zone)) for m in moments)
            yield from _admitted(declared, days if type_.kind is Kind.DATE else ())
        case Kind.INSTANT:
            yield from _admitted(declared, _instants(moments, ZoneInfo(plan.zone)))
        case Kind.TEXT:
            yield from (v for v in base.facts.values() if isinstance(v, str))
            yield from (c.value for c in constants if c.type.kind is Kind.TEXT)
            yield str(declared.example)
        case _:
            return


def _numbers(declared: FactDeclaration, constants: Sequence[Constant], base: Ticket) -> Iterator[Any]:
    type_ = declared.type
    near = [c.value for c in constants if c.type.is_number and not isinstance(c.value, bool)]
    near += [v for v in base.facts.values() if isinstance(v, int | Decimal) and not isinstance(v, bool)]
    for value in near:
        number = Decimal(str(value))
        if type_.kind is Kind.INTEGER and number != number.to_integral_value():
            continue
        own: Any = int(number) if type_.kind is Kind.INTEGER else number
        yield from _admitted(declared, (own, *neighbours(own, type_)))


def _admitted(declared: FactDeclaration, values: Iterable[Any]) -> Iterator[Any]:
    return (value for value in values if declared.admits(value))


def _moments(base: Ticket, constants: Sequence[Constant]) -> Iterator[date | datetime]:
    """Days and instants of the ticket and of the rules, and those a step or a written number of days away."""
    days = [c.value for c in constants if isinstance(c.value, date)]
    given = [v for v in base.facts.values() if isinstance(v, date)]
    counts = {c.value for c in constants if type(c.value) is int and 0 < c.value <= 400}
    steps = sorted({0, 1, *counts, *(n + 1 for n in counts), *(n - 1 for n in counts)})
    for moment in (*given, *days):
        for step in steps:
            yield from (moment + step * DAY, moment - step * DAY)
        if isinstance(moment, datetime):
            yield from (moment + MINUTE, moment - MINUTE)


def _instants(moments: Sequence[date | datetime], zone: ZoneInfo) -> Iterator[datetime]:
    """Instants, and the days among the moments at a time of day that the ticket has."""
    instants = [moment for moment in moments if isinstance(moment, datetime)]
    yield from instants
    clock = instants[0].timetz() if instants else time(10, tzinfo=zone)
    yield from (datetime.combine(m, clock) for m in moments if not isinstance(m, datetime))


def _due(plan: Plan, base: Ticket, item: str) -> Iterator[datetime]:
    """When the item's clock runs out, and the minutes beside it."""
    for clock in plan.items:
        if isinstance(clock, ClockPlan) and clock.origin.id == item:
            late = datetime(2199, 12, 31, tzinfo=ZoneInfo(plan.zone))
            face = read_clock(new_case(plan, base.facts, late), clock)
            if not isinstance(face, Unknown) and face.due is not None:
                yield from (face.due.instant + step * MINUTE for step in (0, -1, 1))


def nearer(search: Search, changed: Plan, item: str, ticket: Ticket) -> Ticket:
    """A ticket that tells two plans apart, made as like an example of the item as can be."""

    def tells(other: Ticket) -> bool:
        return tells_apart(said(search.plan, other, item), said(changed, other, item))

    best, least = ticket, len(ticket.facts)
    for base in search.bases.get(item, ()):
        moved = Ticket({**base.facts, **ticket.facts}, ticket.as_of or base.as_of)
        if not tells(moved):
            continue
        for name in ticket.facts:
            back = _with(moved, [(name, base.facts.get(name))])
            if back.facts != moved.facts and tells(back):
                moved = back
        apart = sum(base.facts.get(name) != value for name, value in moved.facts.items())
        if apart < least:
            best, least = moved, apart
    return best
