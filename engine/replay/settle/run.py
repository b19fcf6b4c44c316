"""Settles a month: counts what is declared, judges by it, and gives each outlet's statement.

Tables that are kept by the engine: `settled_tickets` (the month's tickets), `settled_worlds_N` (what the Nth
grouping's groups have in common, in each world) and `settled_ways_N` (the same, as far as rules can tell
worlds apart), `settled_charges` (what the statements show).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlglot import exp

from engine.base.findings import Finding
from engine.library import Library
from engine.plan.nodes import Plan
from engine.replay.engines.engine import Engine, Row
from engine.replay.lowering.lower import lower
from engine.replay.lowering.values import Given
from engine.replay.settle.aggregates import Grouping, groupings, months_of, resting_on
from engine.replay.settle.charges import Charge, charges
from engine.replay.settle.group_facts import GroupFacts, Tickets, ways_table
from engine.replay.settle.payers import Payers
from engine.replay.settle.pooled import Pool, pooled
from engine.replay.settle.settlement import Line, OpenLine, RuleWords, Statement, Totals
from engine.replay.settle.statement_rows import in_order, line_from_row, rule_words
from engine.replay.settle.totals import totals_of
from engine.replay.sql import days
from engine.replay.sql.numbers import Digits
from engine.replay.sql.slots import Sql
from engine.rulebook.types import Kind

TIMES = ("complaint_at", "created_at")
"""By these a ticket that does not tell its month is laid to one."""
TICKETS, CHARGES = "settled_tickets", "settled_charges"


@dataclass(frozen=True)
class Order:
    """What is to be settled. `month` is its first day; `volumes`: rows of facts that say the numbers of a
    group, such as the month's volume (None: as the tickets say); `payers`: facts that name parties;
    `dated_by`: days and times by which a ticket that does not tell its month is laid to one.
    """

    month: date
    volumes: Sequence[Mapping[str, Any]] | None = None
    payers: Mapping[str, str] = field(default_factory=dict)
    dated_by: Sequence[str] = TIMES


@dataclass(frozen=True)
class Counts:
    """How many tickets of the month there are, of other months, and of none; `by_time` of them are laid to
    the month by a time.
    """

    tickets: int
    other_months: int
    undated: int
    by_time: int


@dataclass(frozen=True)
class Settlement:
    """A settled month, whose statements are read from the engine one at a time."""

    counts: Counts
    findings: tuple[Finding, ...]
    rules: Mapping[str, RuleWords]
    totals: Totals
    lines: int
    open_lines: int
    outlets: Mapping[str, int]
    _engine: Engine
    _charges: tuple[Charge, ...]
    _groupings: tuple[Grouping, ...]
    _common: Mapping[str, Mapping[str, Any]]

    @property
    def common_facts(self) -> tuple[str, ...]:
        """The facts that statements may have in common with their group, in their order."""
        return tuple(dict.fromkeys(name for some in self._groupings for name in some.facts))

    def statements(self) -> Iterator[Statement]:
        """Every outlet's statement by its name, and last what cannot be laid to any outlet."""
        rows = groupby(self._engine.rows(in_order(self._charges)), key=lambda row: row[0])
        waiting = iter(sorted(self.outlets))
        outlet = next(waiting, None)
        for named, said in rows:
            while outlet is not None and (named is None or outlet < named):
                yield self._statement(outlet, ())
                outlet = next(waiting, None)
            yield self._statement(named, said)
            if outlet == named:
                outlet = next(waiting, None)
        for left in [] if outlet is None else [outlet, *waiting]:
            yield self._statement(left, ())

    def _of_nobody(self, line: OpenLine) -> OpenLine:
        """A ticket that does not say whose it is lacks that, and not what would then be counted."""
        counted = {name for some in self._groupings for name in (*some.counts, *some.numbers)}
        if counted.isdisjoint(line.missing):
            return line
        concerned = [some for some in self._groupings if not {*some.counts}.isdisjoint(line.missing)]
        keys = {key for some in concerned for key in some.keys}
        return replace(line, missing=tuple(sorted({*line.missing} - counted | keys)))

    def _statement(self, outlet: str | None, rows: Iterator[Row] | tuple[()]) -> Statement:
        lines: list[Line] = []
        open_lines: list[OpenLine] = []
        for row in rows:
            said = line_from_row(row, self._charges)
            if isinstance(said, Line):
                lines.append(said)
            else:
                open_lines.append(self._of_nobody(said) if outlet is None else said)
        return Statement(
            outlet,
            self.outlets.get(outlet, 0) if outlet is not None else 0,
            self._common.get(outlet, {}) if outlet is not None else {},
            tuple(lines),
            tuple(open_lines),
            totals_of(lines),
        )


def settle(
    engine: Engine, source: exp.Select, facts: Given, editions: tuple[Library, Plan], order: Order
) -> Settlement:
    """The month's settlement over the relation `tickets`: `source` has the columns `facts` (of numbers with
    their widths, where those are known).

    Raises NotSayable for what cannot be said in SQL, EngineFailure where the outside world fails.
    """
    library, plan = editions
    widths = facts if isinstance(facts, Mapping) else dict.fromkeys(facts)
    work = _Work(engine, library, plan, widths, order)
    counts = work.take_month(source)
    common = work.count()
    found = work.judge()
    return work.settlement(counts, common, found)


@dataclass
class _Work:
    engine: Engine
    library: Library
    plan: Plan
    given: Mapping[str, Digits | None]
    order: Order
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.groupings = groupings(self.library, self.plan)
        self.months = months_of(self.library, self.plan) or _months_of_catalogue(self.plan)
        self.common = {name for some in self.groupings for name in (*some.counts, *some.numbers)}
        """The facts that a group of tickets has in common, and that are not worked out."""
        counted = self.common | resting_on(self.plan, self.common)
        self.own = {name: width for name, width in self.given.items() if name not in counted}
        self.tickets = Tickets(TICKETS, self.given, self.own)
        self.payers = Payers(self.own, self.order.payers)

    # --- the month's tickets ---------------------------------------------------------------------------

    def take_month(self, source: exp.Select) -> Counts:
        """Keeps the tickets of the month and counts the others."""
        month = exp.alias_(self._month(), "settled_month")
        told = [exp.column(name) for name in self.months if name in self.given]
        columns = sorted({*self.given, "source_file", "source_row", "as_of"})
        dated = exp.select(*(exp.column(name) for name in columns), month).from_(source.subquery("t"))
        wanted = days.date(self.order.month)
        kept = [self._kept(name) for name in columns]
        of_month = exp.select(*kept).from_(dated.subquery("d"))
        self.engine.keep(TICKETS, of_month.where(exp.column("settled_month").eq(wanted)))
        return self._counts(dated, wanted, told)

    def _month(self) -> Sql:
        """The first day of the month to which a ticket belongs; NULL where it does not tell."""
        told: list[Sql] = [exp.column(name) for name in self.months if name in self.given]
        zone = ZoneInfo(self.plan.zone)
        for name in self.order.dated_by:
            if name in self.given:
                is_time = self.plan.facts[name].type.kind is Kind.INSTANT
                day = days.day_of(exp.column(name), zone) if is_time else exp.column(name)
                told.append(days.day_of_month(day, 1))
        if not told:
            return exp.cast(exp.Null(), "DATE")
        return exp.Coalesce(this=told[0], expressions=told[1:]) if len(told) > 1 else told[0]

    def _kept(self, name: str) -> Sql:
        """A column of the month's tickets; each of them is of that month, whether it says so or not."""
        if name in self.months:
            return exp.alias_(days.date(self.order.month), name)
        return exp.column(name)

    def _counts(self, dated: exp.Select, wanted: Sql, told: Sequence[Sql]) -> Counts:
        month = exp.column("settled_month")
        mute = exp.and_(*(column.is_(exp.Null()) for column in told)) if told else exp.true()
        asked = exp.select(
            exp.Count(this=exp.Star()),
            exp.CountIf(this=month.is_(exp.Null())),
            exp.CountIf(this=month.eq(wanted.copy())),
            exp.CountIf(this=exp.and_(month.eq(wanted.copy()), mute)),
        ).from_(dated.subquery("d"))
        every, undated, here, by_time = (int(n or 0) for n in next(iter(self.engine.rows(asked))))
        return Counts(here, every - undated - here, undated, by_time)

    # --- what is counted of it -------------------------------------------------------------------------

    def count(self) -> dict[str, dict[str, Any]]:
        """Keeps the worlds of every grouping; gives what the groups of single outlets have in common."""
        facts = GroupFacts(self.engine, self.library, self.plan, self.tickets, self.order.volumes)
        facts.keep(self.groupings)
        self.findings += facts.findings
        return facts.by_outlet(self.groupings, self.payers.facts)

    # --- what is said by it ----------------------------------------------------------------------------

    def judge(self) -> Pool:
        """Keeps what the statements show."""
        lowered = lower(self.plan, {**self.own, **dict.fromkeys(self.common)})
        found = charges(lowered, self.common)
        counts = [name for some in self.groupings for name in some.counts]
        return pooled(
            self.engine, lowered, found, (self.tickets.relation(), self._in_worlds()), self.payers, counts
        )

    def _in_worlds(self) -> exp.Select:
        """The month's tickets in every world of their groups."""
        columns: list[Sql] = [exp.column(name, "t") for name in self.tickets.columns]
        query = exp.select().from_(exp.to_table(TICKETS).as_("t"))
        many, doubt = [], []
        for place, some in enumerate(self.groupings):
            table = f"w{place}"
            same = [exp.column(key, "t").eq(exp.column(key, table)) for key in some.keys if key in self.own]
            on = exp.and_(*same) if same else exp.true()
            query = query.join(
                exp.to_table(ways_table(place)).as_(table), on=on, join_type="left", copy=False
            )
            columns += [exp.column(name, table) for name in (*some.counts, *some.numbers)]
            many.append(exp.func("COALESCE", exp.column("worlds", table), exp.Literal.number(1)))
            shift = exp.Literal.number(1 << sum(len(g.counts) for g in self.groupings[:place]))
            bits = exp.func("COALESCE", exp.column("doubt", table), exp.Literal.number(0))
            doubt.append(exp.Mul(this=bits, expression=shift))
        return query.select(*columns, exp.alias_(_product(many), "worlds"), exp.alias_(_sum(doubt), "doubt"))

    # --- the answer ------------------------------------------------------------------------------------

    def settlement(self, counts: Counts, common: Mapping[str, Mapping[str, Any]], found: Pool) -> Settlement:
        return Settlement(
            counts=counts,
            findings=tuple(self.findings),
            rules=rule_words(self.plan, found.charges),
            totals=found.totals,
            lines=found.lines,
            open_lines=found.open_lines,
            outlets=self._outlets(),
            _engine=self.engine,
            _charges=found.charges,
            _groupings=self.groupings,
            _common=common,
        )

    def _outlets(self) -> dict[str, int]:
        """How many tickets name each outlet, whatever its part in them."""
        named = [self._naming(place) for place in range(len(self.payers.facts))]
        if not named:
            return {}
        every = exp.union(*named, distinct=False) if len(named) > 1 else named[0]
        outlet = exp.column("outlet")
        asked = exp.select(outlet, exp.Count(this=exp.Star())).from_(every.subquery("n")).group_by(outlet)
        return {str(name): int(tickets) for name, tickets in self.engine.rows(asked)}

    def _naming(self, place: int) -> exp.Select:
        """The outlets that tickets name by one fact and by none before it."""
        name, before = self.payers.facts[place], self.payers.facts[:place]
        here = exp.column(name)
        others = [exp.NullSafeNEQ(this=here.copy(), expression=exp.column(other)) for other in before]
        there = exp.Not(this=here.is_(exp.Null()))
        return exp.select(exp.alias_(here, "outlet")).from_(TICKETS).where(there, *others)


def _months_of_catalogue(plan: Plan) -> tuple[str, ...]:
    return ("month",) if "month" in plan.facts and plan.facts["month"].type.kind is Kind.MONTH else ()


def _product(parts: Sequence[Sql]) -> Sql:
    found: Sql = exp.Literal.number(1)
    for part in parts:
        found = exp.Mul(this=found, expression=part)
    return found


def _sum(parts: Sequence[Sql]) -> Sql:
    found: Sql = exp.Literal.number(0)
    for part in parts:
        found = exp.Add(this=found, expression=part)
    return found
