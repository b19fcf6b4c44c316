"""Made-up tickets for a plan, biased to the values at which its conditions change their minds.

Everything is drawn from a `random.Random`: a seeded one for long runs, Hypothesis's own (`st.randoms`)
where failures are to be made small. Values are as JSON carries them, for `facts_from`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from engine.evaluate.facts import facts_from
from engine.library import Library
from engine.plan.nodes import ClockPlan, Plan, RulePlan, TablePlan, expressions_of
from engine.rulebook.expressions import Constant, Expression, FactValue, walk
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import Kind, Type

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
OFFSETS = (
    timedelta(),
    MINUTE,
    timedelta(minutes=29),
    timedelta(minutes=30),
    timedelta(minutes=31),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=12),
    *(timedelta(days=days) for days in (1, 2, 3, 4, 5, 6, 7, 8, 10, 15, 21, 30, 31, 60, 90, 365)),
)
TEXTS = ("x", "甲", "T20151008-0001", "")
SOME_NUMBERS = (0, 1, 2, 3, 10, 100, -1)


@dataclass(frozen=True)
class Pools:
    """What the conditions of a plan compare with: numbers by unit, days, minutes; and the facts they read."""

    facts: tuple[FactDeclaration, ...]
    numbers: Mapping[tuple[Kind, str | None], tuple[Decimal, ...]]
    days: tuple[date, ...]

    def numbers_for(self, type_: Type) -> tuple[Decimal, ...]:
        return self.numbers.get((type_.kind, type_.unit), ()) or tuple(map(Decimal, SOME_NUMBERS))


def pools_of(plan: Plan) -> Pools:
    """The facts that a plan reads and that a ticket may give, and the boundaries in its conditions."""
    numbers: dict[tuple[Kind, str | None], set[Decimal]] = defaultdict(set)
    days = {date(2015, 6, 15)}
    read = set()
    for expression in _expressions(plan):
        for part in walk(expression):
            if isinstance(part, FactValue):
                read.add(part.name)
            if isinstance(part, Constant):
                _note(part, numbers, days)
    for parameter in plan.parameters.values():
        for start, value in parameter.steps:
            days.add(start)
            if isinstance(value, int | Decimal):
                numbers[parameter.type.kind, parameter.type.unit].add(Decimal(value))
    facts = tuple(plan.facts[name] for name in sorted(read) if plan.facts[name].derived != "engine")
    return Pools(facts, {key: tuple(sorted(found)) for key, found in numbers.items()}, tuple(sorted(days)))


def _expressions(plan: Plan) -> Iterator[Expression]:
    for body in (*plan.items, *(definition.body for definition in plan.definitions)):
        if isinstance(body, RulePlan | TablePlan | ClockPlan):
            yield from expressions_of(body)
        else:
            yield body


def _note(constant: Constant, numbers: dict[tuple[Kind, str | None], set[Decimal]], days: set[date]) -> None:
    match constant.value:
        case bool():
            return
        case int() | Decimal() as number if constant.type.is_number:
            numbers[constant.type.kind, constant.type.unit].add(Decimal(number))
        case datetime() as instant:
            days.add(instant.date())
        case date() as day:
            days.add(day)
        case _:
            return


@dataclass(frozen=True)
class Ticket:
    """Facts as JSON carries them, and the instant of judging as text."""

    facts: Mapping[str, Any]
    as_of: str | None


def ticket(random: Random, plan: Plan, pools: Pools, seeds: Sequence[Ticket] = ()) -> Ticket:
    """One ticket: an event somewhere near a date that matters, and other times near the event.

    With `seeds` (the examples of the rulebooks, say) half of the tickets are one of them, changed a little.
    """
    base = _base(random, pools)
    if seeds and random.random() < 0.5:
        return _changed(random, random.choice(seeds), pools, base)
    density = random.choice((0.15, 0.5, 0.5, 0.85, 0.97))
    facts = {fact.name: value(random, fact, pools, base) for fact in pools.facts if random.random() < density}
    as_of = None if random.random() < 0.3 else _instant_near(random, base).replace(tzinfo=ZoneInfo(plan.zone))
    return Ticket(facts, None if as_of is None else as_of.isoformat(timespec="minutes"))


def _changed(random: Random, seed: Ticket, pools: Pools, base: datetime) -> Ticket:
    given = set(seed.facts)
    kept = {name: seed.facts[name] for name in sorted(given) if random.random() < 0.9}
    others = random.choice((0.0, 0.02, 0.3))
    changed = {
        fact.name: value(random, fact, pools, base)
        for fact in pools.facts
        if random.random() < (0.1 if fact.name in given else others)
    }
    return Ticket({**kept, **changed}, seed.as_of)


def seeds_of(library: Library) -> tuple[Ticket, ...]:
    """The examples beside the rules, as tickets to start from; defined facts that they give are left out."""
    plan = library.plan
    return tuple(
        Ticket(example.given, None if example.as_of is None else f"{example.as_of}T00:00"[:16])
        for book in library.rulebooks
        for item in book.items
        for example in item.head.examples
        if plan is not None and not facts_from(example.given, plan)[1]
    )


def _base(random: Random, pools: Pools) -> datetime:
    day = random.choice(pools.days) + random.choice((-1, 0, 0, 0, 1, 5, 100)) * DAY
    minute = random.choice((0, 1, 539, 540, 690, 719, 720, 721, 1079, 1080, 1439))
    return datetime(day.year, day.month, day.day) + minute * MINUTE


def _instant_near(random: Random, base: datetime) -> datetime:
    return (
        base + random.choice(OFFSETS) * random.choice((1, 1, 1, -1)) + random.choice((-1, 0, 0, 1)) * MINUTE
    )


def value(random: Random, fact: FactDeclaration, pools: Pools, base: datetime) -> Any:
    """A value of the fact's type within its bounds; a list has up to four records."""
    if fact.type.kind is Kind.LIST:
        most = 1 if fact.is_record else 4
        return [_record(random, fact.type, pools, base) for _ in range(random.randint(0, most))]
    found = _scalar(random, fact.type, pools, base)
    return _bounded(found, fact)


def _record(random: Random, type_: Type, pools: Pools, base: datetime) -> dict[str, Any]:
    return {
        name: _scalar(random, field.type, pools, base)
        for name, field in type_.fields.items()
        if random.random() < 0.9
    }


def _scalar(random: Random, type_: Type, pools: Pools, base: datetime) -> Any:
    match type_.kind:
        case Kind.BOOLEAN:
            return random.random() < 0.5
        case Kind.ENUM:
            return random.choice(type_.members)
        case Kind.TEXT:
            return random.choice(TEXTS)
        case Kind.DATE:
            return _instant_near(random, base).date().isoformat()
        case Kind.MONTH:
            return _instant_near(random, base).date().isoformat()[:7]
        case Kind.INSTANT:
            return _instant_near(random, base).isoformat(timespec="minutes")
        case _:
            return _number(random, type_, pools)


def _number(random: Random, type_: Type, pools: Pools) -> int | Decimal:
    """A boundary, the unit of the last digit beside one, or something between."""
    around = random.choice(pools.numbers_for(type_))
    scale = type_.scale or 0
    step = Decimal((0, (1,), -scale))
    found = around + random.choice((0, 0, -1, 1)) * step
    if random.random() < 0.2:
        found = Decimal(random.randint(-10, 2_000)) + random.choice((0, 1, 5)) * step
    found = found.quantize(step)
    return int(found) if type_.kind is Kind.INTEGER else found


def _bounded(found: Any, fact: FactDeclaration) -> Any:
    if not fact.type.is_number:
        return found
    low, high = fact.minimum, fact.maximum
    found = found if low is None else max(found, low)
    return found if high is None else min(found, high)


def tickets(plan: Plan) -> st.SearchStrategy[Ticket]:
    """Tickets for a plan, drawn by Hypothesis."""
    pools = pools_of(plan)
    return st.randoms(use_true_random=False).map(lambda random: ticket(random, plan, pools))
