"""What a condition asks of single facts: for choosing items by value, and for telling rows apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.evaluate.case import on_the_line
from engine.evaluate.compiled.expressions import equality
from engine.plan.nodes import RowPlan
from engine.rulebook.expressions import (
    FALSE,
    TRUE,
    All,
    AnyOf,
    Comparison,
    Constant,
    Expression,
    FactValue,
    Not,
    Test,
    facts_in,
)


def asked(condition: Expression) -> Iterator[tuple[str, frozenset[Any]]]:
    """`fact` is one of these values: each such demand that the condition makes."""
    match condition:
        case Test(condition=inner):
            yield from asked(inner)
        case All(items=items):
            for item in items:
                yield from asked(item)
        case AnyOf(items=items) if items:
            pairs = [equality(item) for item in items]
            names = {pair[0] for pair in pairs if pair is not None}
            if None not in pairs and len(names) == 1:
                yield names.pop(), frozenset(pair[1] for pair in pairs if pair is not None)
        case _:
            pair = equality(condition)
            if pair is not None:
                yield pair[0], frozenset({pair[1]})


def settle(condition: Expression, settled: Mapping[str, Any]) -> Expression:
    """The condition with what is known about single facts put in."""
    match condition:
        case All(items=items):
            parts = tuple(part for item in items if (part := settle(item, settled)) != TRUE)
            return FALSE if FALSE in parts else All(parts)
        case Test() if {fact.name for fact in facts_in(condition)} <= settled.keys():
            demands = list(asked(condition))
            if len(demands) == 1:
                name, values = demands[0]
                return TRUE if settled[name] in values else FALSE
            return condition
        case _:
            return condition


@dataclass(frozen=True, slots=True)
class Region:
    """The values of one fact for which a cell holds: a set, the outside of a set, or a stretch."""

    inside: frozenset[Any] | None = None
    outside: frozenset[Any] | None = None
    low: Any = None
    low_included: bool = True
    high: Any = None
    high_included: bool = True

    def meets(self, other: Region) -> bool:
        """Whether some value may lie in both; true where that cannot be told."""
        if self.inside is not None and other.inside is not None:
            return not self.inside.isdisjoint(other.inside)
        if self.inside is not None and other.outside is not None:
            return not self.inside <= other.outside
        if other.inside is not None and self.outside is not None:
            return not other.inside <= self.outside
        return not (_ends_before(self, other) or _ends_before(other, self))


def _ends_before(one: Region, other: Region) -> bool:
    if one.high is None or other.low is None:
        return False
    touching = one.high == other.low and not (one.high_included and other.low_included)
    return bool(one.high < other.low) or touching


def rows_exclude_one_another(rows: Sequence[RowPlan]) -> bool:
    """Whether of any two rows at most one can hold, by some fact that both of them test."""
    return exclude_one_another([row.condition for row in rows])


def exclude_one_another(conditions: Sequence[Expression]) -> bool:
    """Whether of any two conditions at most one can hold, by some fact that both of them test."""
    regions = [dict(_regions(condition)) for condition in conditions]
    return all(
        any(not regions[i][fact].meets(regions[j][fact]) for fact in regions[i].keys() & regions[j].keys())
        for i in range(len(conditions))
        for j in range(i)
    )


def _regions(condition: Expression) -> Iterator[tuple[str, Region]]:
    parts = condition.items if isinstance(condition, All) else (condition,)
    for part in parts:
        names = facts_in(part)
        region = _region(part)
        if region is not None and len(names) == 1:
            yield names[0].name, region


def _region(condition: Expression) -> Region | None:
    """The region of a test of one fact against literals; None where it is of another form."""
    match condition:
        case Test(condition=inner):
            return _region(inner)
        case Not(item=item):
            region = _region(item)
            return Region(outside=region.inside) if region and region.inside is not None else None
        case AnyOf():
            demands = list(asked(condition))
            return Region(inside=demands[0][1]) if len(demands) == 1 else None
        case All(items=(first, second)):
            return _both(_region(first), _region(second))
        case Comparison(operator=operator, left=FactValue(), right=Constant(value=value)):
            return _side(operator, on_the_line(value))
        case _:
            return None


def _side(operator: str, value: Any) -> Region | None:
    match operator:
        case "=":
            return Region(inside=frozenset({value}), low=value, high=value)
        case "<" | "<=":
            return Region(high=value, high_included=operator == "<=")
        case ">" | ">=":
            return Region(low=value, low_included=operator == ">=")
        case _:
            return None


def _both(one: Region | None, other: Region | None) -> Region | None:
    """A stretch from one end to the other."""
    if one is None or other is None or one.low is None or other.high is None or one.inside or other.inside:
        return None
    return Region(
        low=one.low, low_included=one.low_included, high=other.high, high_included=other.high_included
    )
