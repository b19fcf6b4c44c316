"""Made-up tickets at which SQL and the reference evaluator are most likely to part.

The tickets of `tests.generators`, and then: values at the edges of what the catalogue admits, of days, months
and years, of the hours that clocks skipped or repeated; texts that a query must quote; lists with fields left
out, records twice and none at all; stops at the very instant at which a limit ends, and a microsecond beside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from engine.base.calendar import LATEST
from engine.evaluate.facts import MOST_DIGITS, as_of_from, facts_from, instant_from
from engine.evaluate.reference import ReferenceEvaluator
from engine.plan.nodes import ClockPlan, Plan, RulePlan, TablePlan, expressions_of
from engine.rulebook.expressions import Constant, Expression, walk
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import Kind, Type
from tests.generators import Pools, Ticket, ticket
from tests.replay.agreement_rows import Read

TEXTS = ("", " ", "x", "X", "x ", "it's", '"', "\\", "\\'", "a\nb", "%", "甲", "𠀀", "NULL", "''")
DAYS = (
    *("1900-01-01", "1900-12-31", "2199-12-31", "2199-01-31", "2100-02-28", "2000-02-29"),
    *("2015-01-31", "2015-02-28", "2016-02-29", "2016-02-28", "2015-12-31", "2016-01-01", "2015-06-30"),
    *("2003-12-31", "2004-01-01", "2030-05-01", "1970-01-01", "1969-12-31"),
    # Days on which Shanghai moved its clocks, at two in the night or at midnight.
    *("1986-05-04", "1986-09-14", "1991-04-14", "1991-09-15", "1940-06-01", "1940-05-31", "1901-01-01"),
    # Holidays and days worked for them.
    *("2015-09-30", "2015-10-01", "2015-10-07", "2015-10-10", "2016-02-05", "2016-02-14", "2015-02-17"),
)
TIMES = (
    *(
        "00:00:00",
        "00:00:00.000001",
        "00:00:01",
        "23:59:59.999999",
        "23:59:00",
        "08:00:00",
        "07:59:59.999999",
    ),
    *("12:00:00", "11:59:59.999999", "12:00:00.000001", "09:00:00", "18:00:00", "13:30:00", "02:30:00"),
    *("01:30:00", "00:30:00", "15:59:59.5", "16:00:00"),
)
BESIDE = (
    *map(timedelta, [0] * 8),
    *(timedelta(microseconds=n) for n in (1, -1)),
    *(timedelta(seconds=n) for n in (1, -1, 60, -60)),
    *(timedelta(days=n) for n in (1, -1)),
)


def nasty_tickets(
    random: Random, plan: Plan, pools: Pools, seeds: Sequence[Ticket], number: int
) -> Iterator[Read]:
    """So many tickets that can be read, some of them aimed at what the reference says of another."""
    texts = (*TEXTS, *_texts_in(plan))
    evaluator = ReferenceEvaluator(plan)
    while number > 0:
        made = edged(random, ticket(random, plan, pools, seeds), pools, plan, texts)
        dues = [o["due"] for o in evaluator.decide(*read(made, plan))["outcomes"] if o["kind"] == "deadline"]
        beside = [aimed(random, made, dues, plan) for _ in range(min(2 * len(dues), 3))]
        for one in (made, *beside)[:number]:
            yield read(one, plan)
            number -= 1


def read(one: Ticket, plan: Plan) -> Read:
    """The ticket's facts and its instant of judging, as every door reads them."""
    facts, findings = facts_from(one.facts, plan)
    assert findings == [], [finding.message("en") for finding in findings]
    as_of = None if one.as_of is None else as_of_from(one.as_of, plan.zone)
    assert as_of is None or isinstance(as_of, datetime)
    return facts, as_of


def edged(random: Random, one: Ticket, pools: Pools, plan: Plan, texts: Sequence[str]) -> Ticket:
    """The ticket with some facts at an edge, some taken away, and some given the value of another."""
    facts = {name: value for name, value in one.facts.items() if random.random() < 0.95}
    share = random.choice((0.0, 0.05, 0.3, 0.8))
    for fact in pools.facts:
        if random.random() < share:
            facts[fact.name] = _edge(random, fact, pools, plan, texts)
    for fact in pools.facts:
        if fact.name in facts and random.random() < 0.1:
            facts[fact.name] = _of_another(random, fact, facts, plan)
    as_of = _instant(random, plan) if random.random() < share else one.as_of
    return Ticket(facts, as_of if random.random() < 0.9 else None)


def aimed(random: Random, one: Ticket, dues: Sequence[str], plan: Plan) -> Ticket:
    """The ticket with moments at, or just beside, an instant at which a limit ends."""
    written = [
        due for due in (instant_from(due, plan.zone) for due in dues) if due and due.year < LATEST.year
    ]
    if not written:
        return one
    due = random.choice(written)
    share = random.choice((0.1, 0.3, 0.6))
    facts = {
        name: _at(random, value, plan.facts[name].type, due) if random.random() < share else value
        for name, value in one.facts.items()
    }
    as_of = _written(due + random.choice(BESIDE)) if random.random() < 0.6 else one.as_of
    return Ticket(_readable(facts, one, plan), as_of)


def _at(random: Random, value: Any, type_: Type, moment: datetime) -> Any:
    """The same value, with days and instants in it moved to the moment."""
    moved = moment + random.choice(BESIDE)
    match type_.kind:
        case Kind.DATE:
            return moved.date().isoformat()
        case Kind.MONTH:
            return moved.date().isoformat()[:7]
        case Kind.INSTANT:
            return _written(moved)
        case Kind.LIST:
            fields = type_.fields
            records = [value] if isinstance(value, dict) else value
            return [
                {n: _at(random, v, fields[n].type, moment) for n, v in record.items()} for record in records
            ]
        case _:
            return value


def _readable(facts: dict[str, Any], one: Ticket, plan: Plan) -> dict[str, Any]:
    """What was moved out of the catalogue's years is left where it was."""
    return {
        name: one.facts[name] if facts_from({name: value}, plan)[1] else value
        for name, value in facts.items()
    }


def _of_another(random: Random, fact: FactDeclaration, facts: dict[str, Any], plan: Plan) -> Any:
    """The value of another fact of the same kind, where the fact admits it."""
    kind = fact.type.kind
    others = [name for name in facts if plan.facts[name].type.kind is kind]
    value = facts[random.choice(others)]
    return facts[fact.name] if facts_from({fact.name: value}, plan)[1] else value


def _edge(random: Random, fact: FactDeclaration, pools: Pools, plan: Plan, texts: Sequence[str]) -> Any:
    if fact.type.kind is not Kind.LIST:
        return _scalar_edge(random, fact, pools, plan, texts)
    most = 1 if fact.is_record else random.choice((0, 1, 2, 5))
    kept = random.choice((0.4, 0.8, 1.0))
    records = []
    for _ in range(most):
        fields = {name: field.type for name, field in fact.type.fields.items() if random.random() < kept}
        records.append({name: _within(random, type_, pools, plan, texts) for name, type_ in fields.items()})
        if not fact.is_record and random.random() < 0.2:
            records.append(dict(records[-1]))
    return records


def _scalar_edge(
    random: Random, fact: FactDeclaration, pools: Pools, plan: Plan, texts: Sequence[str]
) -> Any:
    """An edge of the fact's own bounds, else of its type."""
    bounds = [b for b in (fact.minimum, fact.maximum) if isinstance(b, int | Decimal)]
    if bounds and random.random() < 0.4:
        return random.choice(bounds)
    value = _within(random, fact.type, pools, plan, texts)
    if fact.type.is_number:
        value = value if fact.minimum is None else max(value, fact.minimum)
        value = value if fact.maximum is None else min(value, fact.maximum)
    return value


def _within(random: Random, type_: Type, pools: Pools, plan: Plan, texts: Sequence[str]) -> Any:
    match type_.kind:
        case Kind.BOOLEAN:
            return random.random() < 0.5
        case Kind.ENUM:
            return random.choice(type_.members)
        case Kind.TEXT:
            return random.choice(texts)
        case Kind.DATE:
            return _day(random, pools).isoformat()
        case Kind.MONTH:
            return _day(random, pools).isoformat()[:7]
        case Kind.INSTANT:
            return _instant(random, plan)
        case _:
            return _number(random, type_, pools)


def _day(random: Random, pools: Pools) -> date:
    day = date.fromisoformat(random.choice(DAYS)) if random.random() < 0.7 else random.choice(pools.days)
    moved = day + random.choice((-1, 0, 0, 1)) * timedelta(days=1)
    return moved if 1900 <= moved.year <= 2199 else day


def _instant(random: Random, plan: Plan) -> str:
    """A moment of a day at an edge, on the zone's clocks; of an hour that was repeated, either."""
    written = datetime.fromisoformat(f"{random.choice(DAYS)}T{random.choice(TIMES)}")
    there = written.replace(tzinfo=ZoneInfo(plan.zone), fold=random.choice((0, 1)))
    return _written(there)


def _written(instant: datetime) -> str:
    """In UTC: a century ago Shanghai's clocks were off by seconds, which no ticket can write."""
    return instant.astimezone(UTC).isoformat()


def _number(random: Random, type_: Type, pools: Pools) -> int | Decimal:
    scale = type_.scale or 0
    step = Decimal((0, (1,), -scale))
    most = Decimal(10**MOST_DIGITS) - step
    around = random.choice((*pools.numbers_for(type_), Decimal(0), most, -most))
    found = (around + random.choice((0, 0, -1, 1)) * step).quantize(step)
    found = max(-most, min(most, found))
    return int(found) if type_.kind is Kind.INTEGER else found


def _texts_in(plan: Plan) -> tuple[str, ...]:
    """The texts that conditions compare with."""
    constants = [part for whole in _expressions(plan) for part in walk(whole) if isinstance(part, Constant)]
    return tuple(
        sorted({c.value for c in constants if c.type.kind is Kind.TEXT and isinstance(c.value, str)})
    )


def _expressions(plan: Plan) -> Iterator[Expression]:
    for body in (*plan.items, *(definition.body for definition in plan.definitions)):
        if isinstance(body, RulePlan | TablePlan | ClockPlan):
            yield from expressions_of(body)
        else:
            yield body
