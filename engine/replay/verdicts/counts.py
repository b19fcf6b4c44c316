"""How often each thing is said in a table of verdicts: counts worked out by the engine that wrote it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlglot import exp

from engine.replay.engines.engine import Engine, Scan
from engine.replay.sql import lists
from engine.replay.sql import vocabulary as v
from engine.replay.sql.logic import whole
from engine.replay.sql.slots import Sql

ENTRY = "entry"


@dataclass
class Counts:
    """Tickets judged, with outcomes, with something undecided; outcomes by rule, kind and row or state;
    tickets undecided by reason and missing name; money by kind and unit.
    """

    judged: int = 0
    with_outcome: int = 0
    with_undecided: int = 0
    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    undecided: Counter[tuple[str, str]] = field(default_factory=Counter)
    money: dict[tuple[str, str], Decimal] = field(default_factory=dict)


def counts_of(engine: Engine, table: str) -> Counts:
    """The counts over a table of verdicts that lies in a file, or on Spark in a folder."""
    scan = engine.scan([table])
    counts = Counts()
    (heads,) = engine.rows(exp.select(*_heads()).from_(scan.relation.copy()))
    counts.judged, counts.with_outcome, counts.with_undecided = (int(count or 0) for count in heads)
    for rule, kind, detail, count in engine.rows(_outcomes(engine, scan)):
        counts.outcomes[rule, kind, detail] = int(count)
    for reason, name, count in engine.rows(_undecided(engine, scan)):
        counts.undecided[reason, name] = int(count)
    for kind, unit, amount in engine.rows(_money(engine, scan)):
        counts.money[kind, unit] = Decimal(amount)
    return counts


def _heads() -> list[Sql]:
    """How many tickets, and on how many of them two lists hold anything."""
    filled = [
        exp.GT(this=lists.size(exp.column(name)), expression=whole(0)) for name in ("outcomes", "undecided")
    ]
    return [v.call("COUNT", exp.Star()), *(v.call("SUM", v.when(one, whole(1), whole(0))) for one in filled)]


def _each(engine: Engine, scan: Scan, values: Sql, *beside: Sql) -> exp.Select:
    """A row for each entry of a list, as `entry`."""
    unfold = "UNNEST" if engine.dialect == "duckdb" else "EXPLODE"
    return exp.select(*beside, exp.alias_(v.call(unfold, values), ENTRY)).from_(scan.relation.copy())


def _counted(entries: exp.Select, columns: list[Sql], counted: Sql) -> exp.Select:
    numbers = [whole(place) for place in range(1, len(columns) + 1)]
    return exp.select(*columns, counted).from_(entries.subquery("t")).group_by(*numbers)


def _of(name: str) -> Sql:
    return lists.field(exp.column(ENTRY), name)


def _outcomes(engine: Engine, scan: Scan) -> exp.Select:
    detail = exp.Coalesce(this=_of("table_row"), expressions=[_of("state"), exp.Literal.string("")])
    entries = _each(engine, scan, exp.column("outcomes"))
    return _counted(entries, [_of("rule"), _of("kind"), detail], v.call("COUNT", exp.Star()))


def _undecided(engine: Engine, scan: Scan) -> exp.Select:
    """A ticket counts once for a reason and a name, however many rules lack it."""
    place: list[Any] = [exp.column("source_file"), exp.column("source_row")]
    entries = _each(engine, scan, exp.column("undecided"), *place)
    none = lists.array([exp.Literal.string("")])
    names = v.when(exp.EQ(this=lists.size(_of("missing")), expression=whole(0)), none, _of("missing"))
    unfold = "UNNEST" if engine.dialect == "duckdb" else "EXPLODE"
    named = exp.select(
        *(column.copy() for column in place),
        exp.alias_(_of("reason"), "reason"),
        exp.alias_(v.call(unfold, names), "name"),
    ).from_(entries.subquery("e"))
    once = exp.select("*").distinct().from_(named.subquery("n"))
    return _counted(once, [exp.column("reason"), exp.column("name")], v.call("COUNT", exp.Star()))


def _money(engine: Engine, scan: Scan) -> exp.Select:
    entries = _each(engine, scan, exp.column("totals"))
    return _counted(entries, [_of("kind"), _of("unit")], v.call("SUM", _of("amount")))
