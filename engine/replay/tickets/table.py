"""The relation `tickets`: what every query of the replay reads, made of stored columns.

A row a ticket with its file, its row and its instant of judging, and a column a fact with the fact's exact
type. Tickets with anything wrong are not in it; they are counted, and the first of them are kept with what
the row-by-row reader says of them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import reduce
from itertools import count
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sqlglot import exp

from engine.base.findings import Finding, in_order
from engine.evaluate.facts import Facts, as_of_from, facts_from
from engine.plan.nodes import Plan
from engine.replay.engines.engine import Engine, Range, Scan
from engine.replay.sql import vocabulary as v
from engine.replay.sql.logic import whole
from engine.replay.sql.numbers import Digits
from engine.replay.sql.slots import Sql
from engine.replay.tickets.admitted import Asked, bad, bad_instant, either
from engine.replay.tickets.bad import BadTicket
from engine.replay.tickets.canonical import (
    PLAIN_NUMBERS,
    Stored,
    canonical_type,
    fit,
    narrowed,
    read,
    told_digits,
    widest,
)
from engine.replay.tickets.stored_values import as_stored, plain
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import INSTANT

SOURCE_FILE, SOURCE_ROW, AS_OF = "source_file", "source_row", "as_of"
PLACE = "source."
"""Columns of files that we write begin so and say where a ticket was read first; no fact is called so."""
SHOWN = 10
"""So many bad tickets and repeated numbers are named."""
TICKET_NO = "ticket_no"

_numbers = count(1)
"""So that two tables of one engine keep what they keep under names of their own."""

Place: TypeAlias = tuple[str, int]
"""File and row."""


@dataclass(frozen=True)
class RawTicket:
    """A ticket's facts as JSON would carry them, and the instant of judging that it asks for."""

    facts: Mapping[str, Any]
    as_of: str | None


@dataclass(frozen=True)
class Bad:
    """Tickets that are not judged: how many, and the first of them."""

    count: int = 0
    first: tuple[BadTicket, ...] = ()

    def and_then(self, other: Bad) -> Bad:
        return Bad(self.count + other.count, (*self.first, *other.first)[:SHOWN])


@dataclass(frozen=True)
class Repeated:
    """Tickets whose number an earlier one has; the first numbers in their order."""

    count: int
    numbers: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """Files of one shape, with the facts that their columns give."""

    scan: Scan
    facts: Mapping[str, Stored]
    as_of: Stored | None

    @property
    def file(self) -> Sql:
        written = f"{PLACE}file" in self.scan.columns
        return exp.column(f"{PLACE}file", quoted=True) if written else self.scan.file

    @property
    def row(self) -> Sql:
        written = f"{PLACE}row" in self.scan.columns
        return exp.column(f"{PLACE}row", quoted=True) if written else self.scan.row


@dataclass(frozen=True)
class TicketTable:
    """`source` is the relation; `facts` have a column in it; `rows` tickets are in it, `bad` are not.

    Of a fact that is a number its range is given as far as the files tell it. `notes` are warnings about the
    files.
    """

    source: exp.Select
    facts: Mapping[str, Digits | None]
    rows: int
    bad: Bad
    notes: tuple[Finding, ...]
    parts: tuple[Part, ...]

    def raw(self, engine: Engine, places: Sequence[Place]) -> Mapping[Place, RawTicket]:
        """Single tickets again, as they were given; none that is bad."""
        found = (ticket for part in self.parts for ticket in _raw(engine, part, places))
        return {(file, row): ticket for file, row, ticket in found}

    def repeated(self, engine: Engine) -> Repeated:
        """Tickets with a number that another has; they are judged all the same.

        Numbers are compared by a short digest first, which is many times as fast.
        """
        if TICKET_NO not in self.facts:
            return Repeated(0, ())
        given = exp.Not(this=exp.Is(this=exp.column(TICKET_NO), expression=exp.Null()))
        digest = _digest(exp.column(TICKET_NO), engine)
        table = f"repeated_digests_{next(_numbers)}"
        twice = exp.GT(this=exp.Count(this=exp.Star()), expression=whole(1))
        digests = exp.select(exp.alias_(digest, "digest")).from_(self.source.subquery("t")).where(given)
        engine.keep(table, _grouped(digests, "digest").having(twice))
        if not next(engine.rows(exp.select("count(*)").from_(table)))[0]:
            return Repeated(0, ())
        among = exp.In(this=digest.copy(), query=exp.select("digest").from_(table).subquery())
        numbers = exp.select(TICKET_NO).from_(self.source.subquery("t")).where(among)
        found = _grouped(numbers, TICKET_NO, exp.alias_(exp.Count(this=exp.Star()), "n")).having(twice)
        return _repeated(engine, found)


def facts_under(ticket: RawTicket, plan: Plan) -> Facts:
    """A good ticket's facts for one of several plans, without those that this plan does not take."""
    given = {n: value for n, value in ticket.facts.items() if n in plan.facts}
    taken = {n: value for n, value in given.items() if plan.facts[n].derived != "engine"}
    facts, findings = facts_from(taken, plan)
    assert not findings, findings
    return facts


def declared(plans: Sequence[Plan], name: str) -> list[FactDeclaration]:
    """What the plans that know a fact say of it, the same only once."""
    found = [plan.facts[name] for plan in plans if name in plan.facts]
    return [fact for n, fact in enumerate(found) if fact not in found[:n]]


def part_of(engine: Engine, scan: Scan, plans: Sequence[Plan], given: Container[str] | None = None) -> Part:
    """The files as a part of the table; a column without any value is as good as none.

    `given` are the columns that have values, where that is known.
    """
    stored = [Stored(name, type_, scan.ranges.get(name)) for name, type_ in scan.columns.items()]
    ours = [c for c in stored if c.name == AS_OF or declared(plans, c.name)]
    some = [c for c in ours if not c.is_empty and (given is None or c.name in given)]
    full = {c.name: c for c in asked_for(engine, scan, some) if not c.is_empty}
    return Part(scan, {name: c for name, c in full.items() if name != AS_OF}, full.get(AS_OF))


def asked_for(engine: Engine, scan: Scan, columns: Sequence[Stored]) -> list[Stored]:
    """Columns of which the files tell nothing are looked at once: lists, and whatever Spark reads."""
    silent = [column for column in columns if column.told is None]
    if not silent:
        return list(columns)
    asked = [ask for column in silent for ask in _asked(column)]
    answers = iter(next(engine.rows(exp.select(*asked).from_(scan.relation.copy()))))
    found = {c.name: replace(c, told=_answered(c, answers)) for c in silent}
    return [found.get(column.name, column) for column in columns]


def _asked(column: Stored) -> list[Sql]:
    read_ = exp.column(column.name, quoted=True)
    asked: list[Sql] = [exp.Count(this=read_)]
    if column.type.this in PLAIN_NUMBERS:
        ends = (exp.Min(this=read_.copy()), exp.Max(this=read_.copy()))
        asked += [v.cast(end, v.type_written("TEXT")) for end in ends]
    return asked


def _answered(column: Stored, answers: Iterator[Any]) -> Range:
    empty = not next(answers)
    ends = (next(answers), next(answers)) if column.type.this in PLAIN_NUMBERS else None
    return Range(empty, None if empty else ends)


def misfits(part: Part, plans: Sequence[Plan]) -> list[Stored]:
    """The columns that cannot be read as they are stored."""
    facts = [c for name, c in part.facts.items() if _fit(c, declared(plans, name)) != "plain"]
    as_of = [part.as_of] if part.as_of and fit(INSTANT, part.as_of.type) != "plain" else []
    return facts + as_of


def unreadable(part: Part, plans: Sequence[Plan]) -> list[Finding]:
    """A finding for each column that holds nothing which could be a value of its fact."""
    columns = {**part.facts, **({AS_OF: part.as_of} if part.as_of else {})}
    kinds = {n: declared(plans, n)[0].type if n != AS_OF else INSTANT for n in columns}
    return [
        Finding("Q032", {"column": n, "found": c.type.sql("duckdb").lower(), "type": str(kinds[n])})
        for n, c in columns.items()
        if fit(kinds[n], c.type) == "never"
    ]


def _fit(column: Stored, facts: Sequence[FactDeclaration]) -> str:
    if all(fact.derived == "engine" for fact in facts):
        return "plain"
    fits = {fit(fact.type, column.type) for fact in facts if fact.derived != "engine"}
    return fits.pop() if len(fits) == 1 else "converted"


def table_of(
    engine: Engine, parts: Sequence[Part], plans: Sequence[Plan], as_of: datetime, bad_before: Bad
) -> TicketTable:
    """The table of some parts; `bad_before` are tickets that did not get so far."""
    maker = _Maker(engine, plans, as_of)
    checked = [maker.checked(part) for part in parts]
    counted = reduce(Bad.and_then, (found for _, found in checked), bad_before)
    names = sorted({name for part in parts for name in part.facts if maker.is_given(name)})
    selects = [maker.select(part, names, wrong) for part, (wrong, _) in zip(parts, checked, strict=True)]
    facts = {name: maker.range(parts, name) for name in names}
    rows = sum(part.scan.rows for part in parts) - sum(found.count for _, found in checked)
    return TicketTable(_joined(selects), facts, rows, counted, (), tuple(parts))


def _joined(selects: Sequence[exp.Select]) -> exp.Select:
    """One after the other."""
    if len(selects) == 1:
        return selects[0]
    return exp.select("*").from_(exp.union(*selects, distinct=False).subquery("t"))


@dataclass(frozen=True)
class _Maker:
    """Makes the relation for some plans, in the zone of the first."""

    engine: Engine
    plans: Sequence[Plan]
    as_of: datetime

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.plans[0].zone)

    def is_given(self, name: str) -> bool:
        """Whether tickets may give the fact under one of the plans at least."""
        return any(fact.derived != "engine" for fact in declared(self.plans, name))

    def select(self, part: Part, facts: Sequence[str], wrong: Sql | None) -> exp.Select:
        columns = [
            exp.alias_(part.file, SOURCE_FILE),
            exp.alias_(v.cast(part.row, v.BIGINT), SOURCE_ROW),
            exp.alias_(self._as_of(part), AS_OF, copy=False),
            *(exp.alias_(self._fact(part, name), name, quoted=True, copy=False) for name in facts),
        ]
        query = exp.select(*columns, copy=False).from_(part.scan.relation.copy())
        return query.where(_is_not_true(wrong)) if wrong is not None else query

    def _fact(self, part: Part, name: str) -> Sql:
        type_ = widest([fact.type for fact in declared(self.plans, name)])
        column = part.facts.get(name)
        if column is None:
            return v.cast(exp.Null(), canonical_type(type_))
        value = read(exp.column(name, quoted=True), column.type, type_, self.zone)
        return narrowed(value, told_digits(column, type_))

    def range(self, parts: Sequence[Part], name: str) -> Digits | None:
        """The numbers that a fact is, over all parts."""
        type_ = widest([fact.type for fact in declared(self.plans, name)])
        told = [told_digits(part.facts[name], type_) for part in parts if name in part.facts]
        known = [digits for digits in told if digits is not None]
        return known[0].either(*known[1:]) if known and len(known) == len(told) else None

    def _as_of(self, part: Part) -> Sql:
        default = self.as_of.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        otherwise = v.cast(exp.Literal.string(default.isoformat(sep=" ")), v.TIMESTAMP)
        if part.as_of is None:
            return otherwise
        own = read(exp.column(AS_OF, quoted=True), part.as_of.type, INSTANT, self.zone)
        seconds = exp.TimestampTrunc(this=own, unit=exp.var("SECOND"))
        return exp.Coalesce(this=v.cast(seconds, v.TIMESTAMP), expressions=[otherwise])

    def checked(self, part: Part) -> tuple[Sql | None, Bad]:
        """Where a ticket of the part is bad (None: nowhere), and which are."""
        suspected = list(self._suspected(part))
        if not suspected:
            return None, Bad()
        counts = [_counted(condition) for condition in suspected]
        found = next(self.engine.rows(exp.select(*counts, copy=False).from_(part.scan.relation.copy())))
        wrong = either(c for c, count in zip(suspected, found, strict=True) if count)
        return (None, Bad()) if wrong is None else (wrong, self._bad(part, wrong))

    def _suspected(self, part: Part) -> Iterator[Sql]:
        asked = Asked(self.zone, self.engine.dialect)
        for name, column in part.facts.items():
            condition = bad(column, declared(self.plans, name), asked)
            if condition is not None:
                yield condition
        if part.as_of is not None:
            condition = bad_instant(part.as_of, asked)
            if condition is not None:
                yield condition

    def _bad(self, part: Part, wrong: Sql) -> Bad:
        count = next(self.engine.rows(exp.select(_counted(wrong)).from_(part.scan.relation.copy())))[0]
        query = _raw_query(part).where(wrong).order_by(SOURCE_FILE, SOURCE_ROW).limit(SHOWN)
        tickets = [_raw_of(part, row) for row in self.engine.rows(query)]
        return Bad(count, tuple(BadTicket(f, n, self._findings(ticket)) for f, n, ticket in tickets))

    def _findings(self, ticket: RawTicket) -> tuple[Finding, ...]:
        """What the row-by-row reader says of a ticket that was found bad."""
        found: list[Finding] = []
        for plan in self.plans:
            facts = {name: value for name, value in ticket.facts.items() if name in plan.facts}
            found += facts_from(facts, plan, "")[1]
        as_of = as_of_from(ticket.as_of, self.plans[0].zone) if ticket.as_of else None
        found += [as_of] if isinstance(as_of, Finding) else []
        assert found, ("a ticket that was found bad by SQL is good", ticket)
        return tuple(in_order(found))


def _is_not_true(condition: Sql) -> Sql:
    sure = exp.Coalesce(this=condition.copy(), expressions=[exp.false()])
    return exp.Not(this=sure)


def _counted(condition: Sql) -> Sql:
    return exp.Count(this=exp.Case(ifs=[exp.If(this=condition, true=whole(1))]))


def _grouped(query: exp.Select, by: str, *further: Sql) -> exp.Select:
    return exp.select(by, *further).from_(query.subquery("t")).group_by(by)


def _digest(column: Sql, engine: Engine) -> Sql:
    return exp.Anonymous(this="hash" if engine.dialect == "duckdb" else "xxhash64", expressions=[column])


def _repeated(engine: Engine, found: exp.Select) -> Repeated:
    table = f"repeated_numbers_{next(_numbers)}"
    engine.keep(table, found)
    more = exp.select("sum(n) - count(*)").from_(table)
    first = exp.select(TICKET_NO).from_(table).order_by(TICKET_NO).limit(SHOWN)
    count = next(engine.rows(more))[0] or 0
    return Repeated(int(count), tuple(str(number) for (number,) in engine.rows(first)))


def _raw_query(part: Part) -> exp.Select:
    given = [*part.facts.values(), *([part.as_of] if part.as_of else [])]
    columns = [
        exp.alias_(as_stored(exp.column(c.name, quoted=True), c.type), c.name, quoted=True) for c in given
    ]
    place = [exp.alias_(part.file, SOURCE_FILE), exp.alias_(part.row, SOURCE_ROW)]
    return exp.select(*place, *columns).from_(part.scan.relation.copy())


def _raw_of(part: Part, row: Sequence[Any]) -> tuple[str, int, RawTicket]:
    file, number, *values = row
    given = zip(part.facts.values(), values, strict=False)
    facts = {column.name: plain(value, column.type) for column, value in given if value is not None}
    as_of = plain(values[-1], part.as_of.type) if part.as_of and values[-1] is not None else None
    return str(file), int(number), RawTicket(facts, as_of)


def _raw(engine: Engine, part: Part, places: Iterable[Place]) -> Iterator[tuple[str, int, RawTicket]]:
    by_file: dict[str, list[int]] = {}
    for file, number in places:
        by_file.setdefault(file, []).append(number)
    either_place = either(
        exp.And(
            this=exp.EQ(this=part.file, expression=exp.Literal.string(file)),
            expression=exp.In(this=part.row, expressions=[whole(number) for number in numbers]),
        )
        for file, numbers in by_file.items()
    )
    if either_place is not None:
        for row in engine.rows(_raw_query(part).where(either_place)):
            yield _raw_of(part, row)
