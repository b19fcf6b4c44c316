"""All that a month's statements show, in one table: `settled_charges`.

What rests on no count is judged once. What does is judged in every world of the ticket's group: what is said
in all of them is settled, and of the rest only that it hangs on the counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlglot import exp

from engine.base.exact import EXACT
from engine.evaluate.values import Cause
from engine.replay.engines.engine import Dialect, Engine
from engine.replay.settle.charges import Charge
from engine.replay.settle.payers import Payers
from engine.replay.settle.settlement import Totals
from engine.replay.sql import lists, vocabulary
from engine.replay.sql.columns import judged
from engine.replay.sql.slots import Lowered, Sql
from engine.replay.tickets.relations import MONEY, TEXT, WHOLE, value

ALONE, IN_WORLDS, CHARGES = "settled_alone", "settled_in_worlds", "settled_charges"
IN_A_WORLD = ("worlds", "doubt")
"""What is known of the world in which a ticket is judged."""
TICKET = ("source_file", "source_row", "ticket_no")
LEAST, MOST = "least", "most"
"""The other readings of what hangs on the counts: the least and the most that it may cost."""


@dataclass(frozen=True)
class Pool:
    """`charges` by number, as they stand in the table; the totals by kind and unit."""

    charges: tuple[Charge, ...]
    totals: Totals
    lines: int
    open_lines: int

    @staticmethod
    def columns(charges: Sequence[Charge]) -> list[str]:
        """The columns of masks and of other readings."""
        words = max((len(charge.words) for charge in charges), default=0)
        others = max((len(charge.others) for charge in charges), default=0)
        return [*(f"mask_{place}" for place in range(words)), *(f"other_{place}" for place in range(others))]

    @staticmethod
    def parted(charges: Sequence[Charge], values: Sequence[Any]) -> tuple[list[int | None], list[Any]]:
        """The values of these columns as masks and other readings."""
        words = max((len(charge.words) for charge in charges), default=0)
        return list(values[:words]), list(values[words:])


def pooled(
    engine: Engine,
    lowered: Lowered,
    found: Sequence[Charge],
    sources: tuple[exp.Select, exp.Select],
    payers: Payers,
    counts: Sequence[str],
) -> Pool:
    """Keeps `settled_charges`. `sources`: the month's tickets, and the same in every world; `counts`: the
    facts whose doubt has a bit, in the order of the bits.
    """
    every = (*found, *_doubtful(found, counts))
    tables = _Tables(lowered, every, payers, engine.dialect)
    plain, in_worlds = sources
    parts = []
    if tables.alone:
        engine.keep(ALONE, tables.listed(plain, tables.alone))
        parts.append(tables.alone_said())
    if tables.grouped:
        engine.keep(IN_WORLDS, tables.listed(in_worlds, tables.grouped, IN_A_WORLD))
        parts += [tables.certain(), tables.agreed(), tables.doubted()]
    engine.keep(CHARGES, _all(parts) if parts else tables.nothing())
    return _pool(engine, every)


def _doubtful(found: Sequence[Charge], counts: Sequence[str]) -> Iterator[Charge]:
    """For each rule that rests on counts: that it hangs on those which are not certain."""
    causes = tuple(Cause("fact_missing", name) for name in counts)
    first: dict[str, Charge] = {}
    for charge in found:
        if charge.groups:
            first.setdefault(charge.rule, charge)
    for charge in first.values():
        yield replace(
            charge,
            table_row=None,
            kind=None,
            unit=None,
            amount=None,
            reason=None,
            present=exp.false(),
            words=((exp.column("doubt"), causes),),
            others={LEAST: exp.Null(), MOST: exp.Null()},
        )


class _Tables:
    """The queries that list the charges of tickets."""

    def __init__(self, lowered: Lowered, every: Sequence[Charge], payers: Payers, dialect: Dialect) -> None:
        self.lowered = lowered
        self.every = every
        self.payers = payers
        self.dialect = dialect
        self.extra = Pool.columns(every)
        self.doubts = {c.rule: n for n, c in enumerate(every) if c.present == exp.false() and c.groups}
        said = [n for n, charge in enumerate(every) if charge.present != exp.false()]
        self.alone = [n for n in said if not every[n].groups]
        self.grouped = [n for n in said if every[n].groups]
        outlets = dict.fromkeys(self._outlet(charge) for charge in every)
        self.outlets = {outlet: f"outlet_{place}" for place, outlet in enumerate(outlets)}

    def listed(self, source: exp.Select, numbers: Sequence[int], further: Sequence[str] = ()) -> exp.Select:
        """A row for each of these charges that is said of a ticket (in a world)."""
        columns: list[Sql] = [exp.column(name) for name in (*TICKET, "charge", *further)]
        outlets = {n: self.outlets[self._outlet(self.every[n])] for n in numbers}
        columns.append(exp.alias_(_by_charge(outlets, TEXT), "outlet"))
        held = [(name, n) for n in numbers for name in self._values(self.every[n])]
        for name in ("amount", *self.extra):
            own = {n: f"{name}_{n}" for named, n in held if named == name}
            columns.append(exp.alias_(_by_charge(own, _type_of(name)), name))
        if further:
            doubts = {n: self.doubts[self.every[n].rule] for n in numbers}
            columns.append(exp.alias_(_by_charge(doubts, WHOLE), "doubtful"))
        named = {column.alias_or_name: column for column in columns}
        in_order = [named[name] for name in dict.fromkeys([*self.names, *named])]
        return exp.select(*in_order).from_(self._exploded(source, numbers, further).subquery("e"))

    def _exploded(self, source: exp.Select, numbers: Sequence[int], further: Sequence[str]) -> exp.Select:
        """A row for each number of a charge that is said, with the values of all of them.

        What says nothing is left out by its empty list: a filter over so many conditions would be pushed by
        Spark through all layers below, and each of them written out once more.
        """
        kept = [*TICKET, *further, *self.outlets.values()]
        kept += [f"{name}_{n}" for n in numbers for name in self._values(self.every[n])]
        said = exp.Explode(this=self._said(numbers))
        rows = self._judged(source, numbers, further)
        return exp.select(*map(exp.column, kept), exp.alias_(said, "charge")).from_(rows.subquery("j"))

    def _judged(self, source: exp.Select, numbers: Sequence[int], further: Sequence[str]) -> exp.Select:
        """A row a ticket (and world): a flag for each charge, and the values that stand with it."""
        columns: list[Sql] = [self._ticket_no(), *map(exp.column, (*TICKET[:2], *further))]
        columns += [exp.alias_(exp.cast(outlet.copy(), TEXT), name) for outlet, name in self.outlets.items()]
        columns += [exp.alias_(self.every[n].present.copy(), f"says_{n}") for n in numbers]
        values = [(n, self._values(self.every[n])) for n in numbers]
        columns += [exp.alias_(sql, f"{name}_{n}") for n, some in values for name, sql in some.items()]
        return judged(source, self.lowered.columns, columns)

    def _ticket_no(self) -> Sql:
        has = "ticket_no" in self.payers.given
        return exp.column("ticket_no") if has else exp.alias_(value(None, TEXT), "ticket_no")

    def _values(self, charge: Charge) -> dict[str, Sql]:
        """The values that a charge has, NULL where it is not said."""
        held = {} if charge.amount is None else {"amount": charge.amount}
        held |= {f"mask_{place}": mask for place, (mask, _) in enumerate(charge.words)}
        held |= {f"other_{place}": cost for place, cost in enumerate(charge.others.values())}
        return {name: self._where_said(charge, sql, _type_of(name)) for name, sql in held.items()}

    def _where_said(self, charge: Charge, worth: Sql, type_: exp.DataType) -> Sql:
        return vocabulary.when(charge.present.copy(), exp.cast(worth.copy(), type_))

    def _outlet(self, charge: Charge) -> Sql:
        """Who pays; what is open and names no payer stands with the outlet whose ticket it is."""
        if charge.amount is None and charge.payer is None:
            return self.payers.own_outlet()
        return self.payers.outlet_of(charge.payer)

    def _said(self, numbers: Sequence[int]) -> Sql:
        """The list of the numbers whose flags are set, for each database by what is quickest there."""
        wholes = [value(number, WHOLE) for number in numbers]
        flags = [exp.column(f"says_{number}") for number in numbers]
        if self.dialect == "duckdb":
            return vocabulary.call("LIST_WHERE", lists.array(wholes), lists.array(flags))
        there = exp.Not(this=exp.Is(this=exp.to_identifier("number"), expression=exp.Null()))
        listed = [vocabulary.when(flag, number) for flag, number in zip(flags, wholes, strict=True)]
        return lists.kept(lists.array(listed), "number", there)

    @property
    def names(self) -> list[str]:
        return [*TICKET, "outlet", "charge", "amount", *self.extra]

    def nothing(self) -> exp.Select:
        types = {"source_row": WHOLE, "charge": WHOLE, "amount": MONEY}
        columns = [
            exp.alias_(value(None, types.get(name, WHOLE if name.startswith("mask") else TEXT)), name)
            for name in self.names
        ]
        return exp.select(*columns).where(exp.false())

    def alone_said(self) -> exp.Select:
        """What rests on no count."""
        return self._picked().from_(ALONE)

    def certain(self) -> exp.Select:
        """What is said of tickets whose group has one world."""
        return self._picked().from_(IN_WORLDS).where(exp.column("worlds").eq(exp.Literal.number(1)))

    def agreed(self) -> exp.Select:
        """What is said of a ticket in every world."""
        everywhere = exp.column("seen").eq(exp.column("worlds"))
        return self._picked().distinct().from_(self._seen().subquery("s")).where(everywhere)

    def doubted(self) -> exp.Select:
        """For each rule that does not say the same in all worlds: that it hangs on them, what it may cost."""
        amount, worlds = exp.column("amount"), exp.Max(this=exp.column("worlds"))
        somewhere_nothing = exp.Count(this=amount.copy()) < worlds
        least = exp.case().when(somewhere_nothing, exp.Literal.number(0)).else_(exp.Min(this=amount.copy()))
        at_once = exp.Count(this=amount.copy()) > worlds.copy()
        costs = {"other_0": least, "other_1": exp.Max(this=amount.copy())}
        columns: list[Sql] = [
            *(exp.column(name) for name in TICKET),
            exp.alias_(exp.Min(this=exp.column("outlet")), "outlet"),
            exp.alias_(exp.column("doubtful"), "charge"),
            exp.alias_(value(None, MONEY), "amount"),
        ]
        for name in self.extra:
            if name == "mask_0":
                columns.append(exp.alias_(exp.Max(this=exp.column("doubt")), name))
            elif name in costs:
                known = exp.case().when(exp.not_(at_once.copy()), exp.cast(costs[name], MONEY))
                columns.append(exp.alias_(known, name))
            else:
                columns.append(exp.alias_(value(None, _type_of(name)), name))
        differs = exp.column("seen") < exp.column("worlds")
        grouped = exp.select(*columns).from_(self._seen().subquery("s")).where(differs)
        return grouped.group_by(*(exp.column(name) for name in TICKET), exp.column("doubtful"))

    def _picked(self) -> exp.Select:
        return exp.select(*(exp.column(name) for name in self.names))

    def _seen(self) -> exp.Select:
        """Every charge of a ticket in several worlds, with the number of worlds in which it is said so."""
        same = [exp.column(name) for name in self.names]
        seen = exp.Window(this=exp.Count(this=exp.Star()), partition_by=same)
        several = exp.column("worlds") > exp.Literal.number(1)
        return exp.select("*", exp.alias_(seen, "seen")).from_(IN_WORLDS).where(several)


def _type_of(name: str) -> exp.DataType:
    """The type of a column of amounts, masks or other readings."""
    return WHOLE if name.startswith("mask") else MONEY


def _by_charge(values: Mapping[int, str | int], type_: exp.DataType) -> Sql:
    """The value by the number of the charge: a column of that name, or a number; like ones share a branch."""
    alike: dict[str | int, list[Sql]] = {}
    for number, found in values.items():
        alike.setdefault(found, []).append(value(number, WHOLE))
    chosen = exp.Case()
    for found, numbers in alike.items():
        is_one = exp.In(this=exp.column("charge"), expressions=numbers)
        chosen = chosen.when(is_one, exp.column(found) if isinstance(found, str) else value(found, WHOLE))
    return exp.cast(chosen, type_) if alike else value(None, type_)


def _all(queries: Sequence[exp.Select]) -> exp.Select:
    """The rows of all of them."""
    if len(queries) == 1:
        return queries[0]
    united = exp.union(*queries, distinct=False, copy=False)
    return exp.select("*").from_(united.subquery("u"))


def _pool(engine: Engine, every: tuple[Charge, ...]) -> Pool:
    """The totals, and how many lines there are."""
    charge, amount = exp.column("charge"), exp.column("amount")
    asked = exp.select(charge, exp.Count(this=exp.Star()), exp.Sum(this=amount)).from_(CHARGES)
    totals: dict[tuple[str, str], Decimal] = {}
    lines = open_lines = 0
    for number, count, total in engine.rows(asked.group_by(charge.copy())):
        found = every[number]
        if total is None:
            open_lines += count
            continue
        lines += count
        key = found.money
        totals[key] = EXACT.add(totals.get(key, Decimal(0)), total)
    return Pool(every, dict(sorted(totals.items())), lines, open_lines)
