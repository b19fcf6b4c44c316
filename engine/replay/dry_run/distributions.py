"""How many tickets cost how much, before and after: bins that people can read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from sqlglot import exp

from engine.replay.dry_run.impact import Bin, Distribution, MoneyKind, Pair
from engine.replay.engines.engine import Engine
from engine.replay.sql import logic
from engine.replay.sql.slots import Sql

MOST_AMOUNTS = 24
"""Up to so many different amounts are bins of their own."""
STEPS = (Decimal(1), Decimal(2), Decimal(5))
NOTHING, LEAST = Decimal(0), Decimal("0.01")


def distribution(engine: Engine, table: str, kind: MoneyKind, columns: tuple[str, str]) -> Distribution:
    """By the two columns with a ticket's money before and after. Few amounts have a bin each; many are put
    together in ranges that grow as 1, 2, 5, 10, 20, 50, with nothing at all apart.
    """
    before, after = (_by_amount(engine, table, column) for column in columns)
    if len(before.keys() | after.keys()) <= MOST_AMOUNTS:
        amounts = sorted(before.keys() | after.keys())
        return Distribution(
            kind, tuple(Bin(each, each, Pair(before.get(each, 0), after.get(each, 0))) for each in amounts)
        )
    bounds = _bounds(*_extremes(engine, table, columns))
    counts = [_by_range(engine, table, column, bounds) for column in columns]
    return Distribution(kind, tuple(_ranges(bounds, *counts)))


def _by_amount(engine: Engine, table: str, column: str) -> Mapping[Decimal, int]:
    """Tickets by amount; where there are too many amounts, one more than enough to tell."""
    amount = exp.column(column)
    query = exp.select(amount, exp.Count(this=exp.Star())).from_(table).group_by(amount.copy())
    return {Decimal(value): int(count) for value, count in engine.rows(query.limit(MOST_AMOUNTS + 1))}


def _extremes(engine: Engine, table: str, columns: Sequence[str]) -> tuple[Decimal, Decimal]:
    parts = [word(this=exp.column(column)) for column in columns for word in (exp.Min, exp.Max)]
    (row,) = engine.rows(exp.select(*parts).from_(table))
    return min(map(Decimal, row)), max(map(Decimal, row))


def _bounds(least: Decimal, most: Decimal) -> list[Decimal]:
    """Where ranges begin: below nothing one for all, then 1, 2, 5, 10 and so on.

    >>> [str(bound) for bound in _bounds(Decimal(0), Decimal(30))]
    ['0', '1', '2', '5', '10', '20']
    """
    bounds, power = [NOTHING], Decimal(1)
    while power <= most:
        bounds += [step * power for step in STEPS if step * power <= most]
        power *= 10
    return [least, *bounds] if least < 0 else bounds


def _by_range(engine: Engine, table: str, column: str, bounds: Sequence[Decimal]) -> Mapping[int, int]:
    """Tickets by the place of their range in `bounds`; -1 for those that cost nothing."""
    amount = exp.column(column)
    free = exp.EQ(this=amount.copy(), expression=logic.whole(0))
    places = [
        (exp.GTE(this=amount.copy(), expression=_number(bound)), logic.whole(place))
        for place, bound in reversed(list(enumerate(bounds)))
    ]
    place = exp.Alias(
        this=logic.case([(free, logic.whole(-1)), *places], logic.whole(0)), alias=exp.to_identifier("place")
    )
    query = exp.select(place, exp.Count(this=exp.Star())).from_(table).group_by("place")
    return {int(found): int(count) for found, count in engine.rows(query)}


def _number(value: Decimal) -> Sql:
    literal = exp.Literal.number(format(abs(value), "f"))
    return exp.Neg(this=literal) if value < 0 else literal


def _ranges(bounds: Sequence[Decimal], before: Mapping[int, int], after: Mapping[int, int]) -> Iterator[Bin]:
    """From the lowest to the highest; nothing at all stands where 0 does."""
    for place, low in enumerate(bounds):
        if low == 0:
            yield Bin(NOTHING, NOTHING, Pair(before.get(-1, 0), after.get(-1, 0)))
            low = LEAST  # noqa: PLW2901 - what costs nothing has its bin
        high = bounds[place + 1] if place + 1 < len(bounds) else None
        tickets = Pair(before.get(place, 0), after.get(place, 0))
        if tickets.before or tickets.after or low >= 1:
            yield Bin(low, high, tickets)
