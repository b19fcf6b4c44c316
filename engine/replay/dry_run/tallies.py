"""Small queries over the kept table of compared tickets, and what their answers mean."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlglot import exp

from engine.evaluate.values import reason_and_missing
from engine.evaluate.verdict import Reason
from engine.replay.dry_run.compare import (
    AFTER,
    CHANGED,
    CLASS,
    SIDES,
    STATES,
    Comparison,
    Rule,
    changes_in,
    named,
)
from engine.replay.dry_run.dimensions import Grouping
from engine.replay.dry_run.impact import (
    Amounts,
    GroupImpact,
    Lacking,
    Money,
    MoneyKind,
    Pair,
    RuleImpact,
    TicketImpact,
)
from engine.replay.dry_run.said import has_bits
from engine.replay.engines.engine import Engine, Row
from engine.replay.sql import logic
from engine.replay.sql.slots import Part, Sql
from engine.replay.tickets.table import Place

KEPT = "compared_tickets"
FILE, ROW, NUMBER = "source_file", "source_row", "ticket_number"
MOST_GROUPS = 1000
MOST_CLASSES = 20
MOST_LARGEST = 20
EXAMPLES = 2

CLASS_COLUMN = exp.column(CLASS)
CHANGES = {"changed": exp.Count(this=CLASS_COLUMN)}
THERE = exp.Not(this=exp.Is(this=CLASS_COLUMN, expression=exp.Null()))


@dataclass(frozen=True)
class Totals:
    """Counts and money of all tickets together."""

    tickets: int
    changed: int
    changed_in_money: int
    undecided: Pair
    money: Amounts


@dataclass(frozen=True)
class ClassCount:
    """A class of changed tickets by its text."""

    text: str
    tickets: int
    money: Amounts


@dataclass(frozen=True)
class Tallies:
    """Asks the kept table; every answer comes in an order that is the same each time."""

    engine: Engine
    asked: Comparison

    def totals(self) -> Totals:
        """The first line of everything."""
        undecided = [count_of(exp.column(f"undecided_{side}")) for side in SIDES]
        money = exp.GT(this=self._weight(), expression=logic.whole(0))
        parts = [exp.Count(this=exp.Star()), exp.Count(this=CLASS_COLUMN.copy()), count_of(money), *undecided]
        row = self._one(exp.select(*parts, *self._sums()).from_(KEPT))
        tickets, changed, in_money, before, after = (int(count) for count in row[:5])
        return Totals(tickets, changed, in_money, Pair(before, after), self._amounts(row[5:]))

    def rule(self, rule: Rule) -> RuleImpact:
        """How often a rule applied, was taken away and was undecided, and what it cost; without its words."""
        state = exp.column(rule.state)
        bits = [bit * place for bit in STATES.values() for place in (1, AFTER)]
        counts = [count_of(has_bits(state, bit)) for bit in (*bits, CHANGED)]
        money = [_sum(exp.column(rule.money(kind, side))) for kind in rule.kinds for side in SIDES]
        row = self._one(exp.select(*counts, *money).from_(KEPT))
        pairs: dict[Part, Pair] = {
            part: Pair(int(row[2 * place]), int(row[2 * place + 1])) for place, part in enumerate(STATES)
        }
        return RuleImpact(
            rule=rule.id,
            title={},
            edited=False,
            applied=pairs["outcomes"],
            defeated=pairs["defeated"],
            undecided=pairs["undecided"],
            changed=int(row[6]),
            money=amounts_of(rule.kinds, row[7:]),
        )

    def groups(self, grouping: Grouping, column: str) -> tuple[tuple[GroupImpact, ...], int]:
        """The groups by a column, the largest change of money first, and how many more there are."""
        days = self._summed(exp.column(column), column, {"tickets": exp.Count(this=exp.Star())} | CHANGES)
        counts = {"tickets": _sum(exp.column("tickets")), "changed": _sum(exp.column("changed"))}
        group = grouping.group(exp.column(column))  # days become months only once they have been added up
        months = self._summed(group, "value", counts, days)
        order = [_descending(exp.column(name)) for name in ("weight", "changed")]
        rows = self._first(months, [*order, _rising(exp.column("value"))], MOST_GROUPS)
        groups = tuple(
            GroupImpact(row[0], int(row[1]), int(row[2]), self._amounts(row[4:-1])) for row in rows
        )
        return groups, (int(rows[0][-1]) if rows else 0) - len(groups)

    def largest(self) -> tuple[TicketImpact, ...]:
        """The tickets whose money changes most."""
        weight = named(self._weight(), "weight")
        money = [exp.column(column.name) for pair in self._pairs() for column in pair]
        query = (
            exp.select(*self._place(), CLASS_COLUMN.copy(), weight, *money).from_(KEPT).where(THERE.copy())
        )
        query = query.where(exp.GT(this=self._weight(), expression=logic.whole(0)))
        order = [_descending(exp.column("weight")), _rising(exp.column(FILE)), _rising(exp.column(ROW))]
        return tuple(
            TicketImpact(str(row[0]), int(row[1]), row[2], self._amounts(row[5:]), self._rules_of(row[3]))
            for row in self.engine.rows(query.order_by(*order).limit(MOST_LARGEST))
        )

    def classes(self) -> tuple[tuple[ClassCount, ...], int]:
        """The classes with the most tickets, and how many more classes there are."""
        counts = {"tickets": exp.Count(this=exp.Star())}
        classes = self._summed(CLASS_COLUMN, CLASS, counts, exp.select("*").from_(KEPT).where(THERE.copy()))
        order = [_descending(exp.column(name)) for name in ("tickets", "weight")]
        rows = self._first(classes, [*order, _rising(CLASS_COLUMN)], MOST_CLASSES)
        found = tuple(ClassCount(str(row[0]), int(row[1]), self._amounts(row[3:-1])) for row in rows)
        return found, (int(rows[0][-1]) if rows else 0) - len(found)

    def examples(self, classes: Sequence[ClassCount]) -> Mapping[str, list[Place]]:
        """For each class the places of a few of its tickets, those whose money changes most first."""
        if not classes:
            return {}
        texts = [exp.Literal.string(one.text) for one in classes]
        order = [_descending(self._weight()), _rising(exp.column(FILE)), _rising(exp.column(ROW))]
        rank = exp.Window(
            this=exp.RowNumber(), partition_by=[CLASS_COLUMN.copy()], order=exp.Order(expressions=order)
        )
        inner = exp.select(CLASS_COLUMN.copy(), exp.column(FILE), exp.column(ROW), named(rank, "place"))
        inner = inner.from_(KEPT).where(exp.In(this=CLASS_COLUMN.copy(), expressions=texts))
        few = exp.LTE(this=exp.column("place"), expression=logic.whole(EXAMPLES))
        query = exp.select(CLASS, FILE, ROW).from_(inner.subquery("ranked")).where(few)
        found: defaultdict[str, list[Place]] = defaultdict(list)
        for text, file, row in self.engine.rows(query.order_by("place", FILE, ROW)):
            found[text].append((str(file), int(row)))
        return found

    def lacking(self) -> tuple[Lacking, ...]:
        """Why the rules that differ are undecided, most tickets first."""
        counts: dict[tuple[str, Reason, tuple[str, ...]], Counter[str]] = defaultdict(Counter)
        for lack in self.asked.lacks:
            columns = [exp.column(name) for name in lack.columns]
            some = logic.disjunction(exp.NEQ(this=c.copy(), expression=logic.whole(0)) for c in columns)
            query = exp.select(*columns, exp.Count(this=exp.Star())).from_(KEPT).where(logic.sql(some))
            for *words, tickets in self.engine.rows(query.group_by(*columns)):
                reason, missing = reason_and_missing(lack.causes_in(words))
                counts[lack.rule, reason, tuple(missing)][lack.side] += int(tickets)
        found = [
            Lacking(*what, Pair(tickets["before"], tickets["after"])) for what, tickets in counts.items()
        ]
        return tuple(
            sorted(
                found, key=lambda one: (-max(one.tickets.before, one.tickets.after), one.rule, one.missing)
            )
        )

    # what several of them share

    def _summed(
        self, by: Sql, name: str, counts: Mapping[str, Sql], source: exp.Select | None = None
    ) -> exp.Select:
        """By a value: its counts, the weight of its change, and its money, each under its name."""
        weight = _added([_absolute(_difference(_sum(b), _sum(a))) for b, a in self._pairs()])
        sums = {column.name: _sum(column) for pair in self._pairs() for column in pair}
        parts = [
            named(sql.copy(), alias) for alias, sql in {name: by, **counts, "weight": weight, **sums}.items()
        ]
        query = exp.select(*parts)
        query = query.from_(KEPT) if source is None else query.from_(source.subquery("added_up"))
        return query.group_by(by.copy())

    def _first(self, query: exp.Select, order: Sequence[exp.Ordered], most: int) -> list[Row]:
        """The first rows in an order, each with the number of all rows at its end."""
        all_rows = exp.Window(this=exp.Count(this=exp.Star()))
        counted = exp.select("*", named(all_rows, "all_rows")).from_(query.subquery("found"))
        return list(self.engine.rows(counted.order_by(*order).limit(most)))

    def _pairs(self) -> list[tuple[exp.Column, exp.Column]]:
        """The columns of a ticket's whole money, by kind."""
        return [
            (exp.column(self.asked.money(kind, "before")), exp.column(self.asked.money(kind, "after")))
            for kind in self.asked.kinds
        ]

    def _sums(self) -> list[Sql]:
        return [_sum(column) for pair in self._pairs() for column in pair]

    def _weight(self) -> Sql:
        """By how much the money of a ticket changes, of whatever kind."""
        return _added([_absolute(_difference(before, after)) for before, after in self._pairs()])

    def _amounts(self, row: Sequence[Any]) -> Amounts:
        return amounts_of(self.asked.kinds, row)

    def _place(self) -> list[Sql]:
        return [exp.column(FILE), exp.column(ROW), exp.column(NUMBER)]

    def _rules_of(self, text: str) -> tuple[str, ...]:
        return tuple(change.rule for change in changes_in(text, self.asked.rules))

    def _one(self, query: exp.Select) -> Row:
        (row,) = self.engine.rows(query)
        return row


def amounts_of(kinds: Sequence[MoneyKind], row: Sequence[Any]) -> Amounts:
    """Sums by kind from the end of a row; no ticket at all costs nothing."""
    sums = [Decimal(0) if amount is None else Decimal(amount) for amount in row]
    return {kind: Money(sums[2 * place], sums[2 * place + 1]) for place, kind in enumerate(kinds)}


def count_of(condition: Sql) -> Sql:
    """On how many tickets it holds."""
    return exp.Count(this=logic.case([(condition.copy(), logic.whole(1))], exp.Null()))


def _sum(column: exp.Column) -> Sql:
    return exp.Sum(this=column.copy())


def _difference(before: Sql, after: Sql) -> Sql:
    return exp.Sub(this=after.copy(), expression=before.copy())


def _absolute(value: Sql) -> Sql:
    return exp.Abs(this=value)


def _added(terms: Sequence[Sql]) -> Sql:
    """The sum; nothing where no rule costs money."""
    total: Sql = terms[0] if terms else logic.whole(0)
    for term in terms[1:]:
        total = exp.Add(this=total, expression=term)
    return total


def _descending(value: Sql) -> exp.Ordered:
    return exp.Ordered(this=value, desc=True, nulls_first=False)


def _rising(column: Sql) -> exp.Ordered:
    return exp.Ordered(this=column.copy(), desc=False, nulls_first=False)
