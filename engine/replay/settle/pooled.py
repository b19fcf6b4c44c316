"""All that a month's statements show, in one table: `settled_charges`.

What rests on no count is judged once. What does is judged in every world of the ticket's group: what is said
in all of them is settled, and of the rest only that it hangs on the counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlglot import exp

from engine.base.exact import EXACT
from engine.evaluate.values import Cause
from engine.replay.engines.engine import Engine
from engine.replay.settle.charges import Charge
from engine.replay.settle.payers import Payers
from engine.replay.settle.settlement import Totals
from engine.replay.sql.columns import judged
from engine.replay.sql.slots import Lowered, Sql
from engine.replay.tickets.relations import MONEY, TEXT, WHOLE, value

JUDGED, IN_WORLDS, CHARGES = "settled_judged", "settled_in_worlds", "settled_charges"
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
    tables = _Tables(lowered, every, payers)
    plain, in_worlds = sources
    engine.keep(JUDGED, tables.judged(plain, tables.alone))
    parts = [tables.listed(JUDGED, number) for number in tables.alone]
    if tables.grouped:
        engine.keep(f"{JUDGED}_in_worlds", tables.judged(in_worlds, tables.grouped, worlds=True))
        listed = [tables.listed(f"{JUDGED}_in_worlds", n, worlds=True) for n in tables.grouped]
        engine.keep(IN_WORLDS, _all(listed))
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

    def __init__(self, lowered: Lowered, every: Sequence[Charge], payers: Payers) -> None:
        self.lowered = lowered
        self.every = every
        self.payers = payers
        self.extra = Pool.columns(every)
        self.doubts = {c.rule: n for n, c in enumerate(every) if c.present == exp.false() and c.groups}
        said = [n for n, charge in enumerate(every) if charge.present != exp.false()]
        self.alone = [n for n in said if not every[n].groups]
        self.grouped = [n for n in said if every[n].groups]

    def judged(self, source: exp.Select, numbers: Sequence[int], *, worlds: bool = False) -> exp.Select:
        """A row a ticket (and world) of which there is something to say, with a flag for each charge."""
        columns: list[Sql] = [self._ticket_no(), *map(exp.column, TICKET[:2])]
        for number in numbers:
            columns += self._columns_of(number)
        columns += [exp.column("worlds"), exp.column("doubt")] if worlds else []
        rows = judged(source, self.lowered.columns, columns)
        flags = [exp.column(f"says_{number}") for number in numbers]
        said = exp.or_(*flags) if flags else exp.false()
        return exp.select("*").from_(rows.subquery("j")).where(said)

    def _ticket_no(self) -> Sql:
        has = "ticket_no" in self.payers.given
        return exp.column("ticket_no") if has else exp.alias_(value(None, TEXT), "ticket_no")

    def _columns_of(self, number: int) -> Iterator[Sql]:
        charge = self.every[number]
        yield exp.alias_(charge.present.copy(), f"says_{number}")
        yield exp.alias_(exp.cast(self._outlet(charge), TEXT), f"outlet_{number}")
        if charge.amount is not None:
            yield self._where_said(charge, charge.amount, MONEY, f"amount_{number}")
        for place, (mask, _) in enumerate(charge.words):
            yield self._where_said(charge, mask, WHOLE, f"mask_{number}_{place}")
        for place, cost in enumerate(charge.others.values()):
            yield self._where_said(charge, cost, MONEY, f"other_{number}_{place}")

    def _where_said(self, charge: Charge, worth: Sql, type_: exp.DataType, name: str) -> Sql:
        shown = exp.case().when(charge.present.copy(), exp.cast(worth.copy(), type_))
        return exp.alias_(shown, name)

    def _outlet(self, charge: Charge) -> Sql:
        """Who pays; what is open and names no payer stands with the outlet whose ticket it is."""
        if charge.amount is None and charge.payer is None:
            return self.payers.own_outlet()
        return self.payers.outlet_of(charge.payer)

    def listed(self, table: str, number: int, *, worlds: bool = False) -> exp.Select:
        """A row for each ticket of which the charge is said."""
        charge = self.every[number]
        there = {
            **{f"mask_{place}": f"mask_{number}_{place}" for place in range(len(charge.words))},
            **{f"other_{place}": f"other_{number}_{place}" for place in range(len(charge.others))},
        }
        columns: list[Sql] = [exp.column(name) for name in TICKET]
        columns.append(exp.alias_(exp.column(f"outlet_{number}"), "outlet"))
        columns.append(exp.alias_(value(number, WHOLE), "charge"))
        amount = exp.column(f"amount_{number}") if charge.amount is not None else value(None, MONEY)
        columns.append(exp.alias_(amount, "amount"))
        for name in self.extra:
            empty = value(None, WHOLE if name.startswith("mask") else MONEY)
            columns.append(exp.alias_(exp.column(there[name]) if name in there else empty, name))
        if worlds:
            columns += [exp.column("worlds"), exp.column("doubt")]
            columns.append(exp.alias_(value(self.doubts[charge.rule], WHOLE), "doubtful"))
        return exp.select(*columns).from_(table).where(exp.column(f"says_{number}"))

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
                columns.append(exp.alias_(value(None, WHOLE if name.startswith("mask") else MONEY), name))
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
