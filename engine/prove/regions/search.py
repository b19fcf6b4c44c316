"""A formula as regions that can be read: as few conditions on facts as imply it, and as wide as they can be.

A ticket that the solver finds lies in one piece of every dimension. The pieces that matter for the formula
are kept (an unsatisfiable core), each is grown as far as the formula still follows, and the region is set
aside before the next ticket is looked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from engine.prove.region import APPLIES, Region, Side
from engine.prove.regions.atoms import Atom
from engine.prove.regions.dimensions import Dimension, Held, dimensions_of
from engine.prove.solver import (
    FALSE,
    STEPS,
    Bool,
    Model,
    Solver,
    bool_symbol,
    conjunction,
    implies,
    negation,
    same,
)
from engine.rulebook.expressions import (
    All,
    Comparison,
    Constant,
    Expression,
    FieldValue,
    Not,
    all_of,
    type_of,
    walk,
)
from engine.rulebook.types import ORDERED, Kind, Type

Box = Mapping[int, Held]
"""What a region holds of the dimensions that it limits, by their number."""


def regions(
    formula: Bool, axioms: Sequence[Bool], atoms: Sequence[Atom], most: int = 8, steps: int = STEPS
) -> tuple[list[Region], bool]:
    """Regions that together hold every ticket of the formula, and whether they are all of them.

    With True nothing of the formula lies outside of them. A region is not `exact` where the formula hangs on
    more than the leaves. `most` regions are looked for, each question may take so many `steps`.
    """
    if same(formula, FALSE):
        return [], True
    search = _Search(formula, axioms, dimensions_of(atoms), steps)
    found: list[tuple[Box, bool]] = []
    model = search.next()
    while isinstance(model, Model) and len(found) < most:
        found.append(search.box(model))
        model = search.next()
    order = sorted(found, key=lambda box: _order(box[0]))
    return [search.region(box, exact) for box, exact in order], model == "none"


def _order(box: Box) -> list[tuple[int, bool, list[int]]]:
    return [(n, held.gone, sorted(held.pieces)) for n, held in sorted(box.items())]


class _Search:
    """The tickets of the formula that no region holds yet, and what the formula follows from."""

    def __init__(
        self, formula: Bool, axioms: Sequence[Bool], dimensions: Sequence[Dimension], steps: int
    ) -> None:
        self.dimensions = dimensions
        self._all = Solver(axioms, steps)
        self._within = Solver([*axioms, formula], steps)
        self._without = Solver([*axioms, negation(formula)], steps)
        self._symbols: dict[tuple[int, Held], Bool] = {}

    def next(self) -> object:
        """A ticket in no region so far, `none` or `not_known`."""
        return self._within.find()

    def box(self, model: Model) -> tuple[Box, bool]:
        """The region around a ticket, set aside; and whether the formula holds in all of it."""
        cell = {n: dimension.at(model) for n, dimension in enumerate(self.dimensions)}
        core = self._core(cell)
        box = self._widened(core, self._follows) if core is not None else self._around(cell)
        self._within.add([negation(self._said(box))])
        return box, core is not None

    def _core(self, cell: Box) -> Box | None:
        """The dimensions that matter, from those that are rather kept; None where all are not enough."""
        for level in sorted({dimension.prefer for dimension in self.dimensions}) or [0]:
            numbers = [n for n in cell if self.dimensions[n].prefer <= level]
            core = self._without.assume([self._symbol(n, cell[n]) for n in numbers])
            if isinstance(core, frozenset):
                return {numbers[place]: cell[numbers[place]] for place in sorted(core)}
        return None

    def _widened(self, box: Box, takes: Callable[[Box], bool]) -> Box:
        """Each dimension as wide as it can be, those that are kept least first."""
        for n in sorted(box, key=lambda n: (-self.dimensions[n].prefer, -n)):
            rest = {m: held for m, held in box.items() if m != n}
            held = self._grown(n, box[n], rest, takes)
            box = rest if held == self.dimensions[n].all else {**rest, n: held}
        return box

    def _grown(self, n: int, held: Held, rest: Box, takes: Callable[[Box], bool]) -> Held:
        others = self._said(rest)

        def exists(part: Held) -> bool:
            return isinstance(self._all.find(others, self.dimensions[n].said(part)), Model)

        return self.dimensions[n].grown(held, lambda held: takes({**rest, n: held}), exists)

    def _follows(self, box: Box) -> bool:
        named = [self._symbol(n, held) for n, held in box.items()]
        return isinstance(self._without.assume(named), frozenset)

    def _around(self, cell: Box) -> Box:
        """Where the leaves do not decide the formula: every piece around that has one of its tickets."""
        kept = {n: held for n, held in cell.items() if held != self.dimensions[n].all}
        return self._without_implied(self._widened(kept, self._is_filled))

    def _without_implied(self, box: Box) -> Box:
        """Without what follows from the rest, those that are kept least first."""
        for n in sorted(box, key=lambda n: (-self.dimensions[n].prefer, -n)):
            rest = {m: held for m, held in box.items() if m != n}
            if self._all.find(self._said(rest), negation(self._said({n: box[n]}))) == "none":
                box = rest
        return box

    def _is_filled(self, box: Box) -> bool:
        """Whether each piece of each dimension has a ticket of the formula in it."""
        return all(
            isinstance(self._within.find(self._said({**box, n: piece})), Model)
            for n, held in box.items()
            for piece in held.apart()
        )

    def _said(self, box: Box) -> Bool:
        return conjunction(self.dimensions[n].said(held) for n, held in box.items())

    def _symbol(self, n: int, held: Held) -> Bool:
        """A name for what is held of a dimension, so that the solver can tell which ones it needs."""
        key = n, held
        if key not in self._symbols:
            symbol = bool_symbol(f"held {len(self._symbols)}")
            self._symbols[key] = symbol
            self._without.add([implies(symbol, self.dimensions[n].said(held))])
        return self._symbols[key]

    def region(self, box: Box, exact: bool) -> Region:
        said = [self.dimensions[n].side(held) for n, held in sorted(box.items())]
        sides = tuple(sorted(said, key=lambda side: side.text != APPLIES))
        return Region(sides, all_of(*(side.condition for side in sides)), exact)


@dataclass(frozen=True, slots=True)
class Beyond:
    """The tickets just outside of one side of a region that keep all of its other sides."""

    side: Side
    condition: Expression


def boundaries(region: Region) -> list[Beyond]:
    """For each end of an ordered side the value next to it outside, for any other side all that it excludes.

    >>> [side] = boundaries(Region((), All(()))) or ["none"]
    >>> side
    'none'
    """
    return [beyond for side in region.sides for beyond in _beyond(side, region)]


def _beyond(side: Side, region: Region) -> Iterator[Beyond]:
    others = [other.condition for other in region.sides if other is not side]
    steps = list(_steps_out_of(side.condition))
    for step in steps or [All(())]:
        yield Beyond(side, all_of(*others, step, Not(side.condition)))


def _steps_out_of(condition: Expression) -> Iterator[Expression]:
    """Of what is compared with a constant, but for fields of records, which only a quantifier can name."""
    for part in walk(condition):
        if isinstance(part, Comparison) and isinstance(part.right, Constant) and not _of_records(part.left):
            kind = type_of(part.left)
            if kind.kind in ORDERED:
                for value in _next_to(part, kind):
                    yield Comparison("=", part.left, Constant(value, part.right.type))


def _of_records(expression: Expression) -> bool:
    return any(isinstance(part, FieldValue) for part in walk(expression))


def _next_to(test: Comparison, kind: Type) -> list[Any]:
    """The values beside the end of a comparison that do not pass it."""
    assert isinstance(test.right, Constant), "asked of comparisons with a constant"
    end = test.right.value
    match test.operator:
        case ">" | "<" | "!=":
            return [end]
        case ">=":
            return [_moved(end, kind, -1)]
        case "<=":
            return [_moved(end, kind, 1)]
        case "=":
            return [_moved(end, kind, -1), _moved(end, kind, 1)]


def _moved(value: Any, kind: Type, steps: int) -> Any:
    """So many of the smallest steps further."""
    match value:
        case datetime():
            return value + timedelta(minutes=steps)
        case date() if kind.kind is Kind.MONTH:
            return (value.replace(day=15) + timedelta(days=30 * steps)).replace(day=1)
        case date():
            return value + timedelta(days=steps)
        case _ if kind.kind in (Kind.INTEGER, Kind.TIME):
            return value + steps
        case _:
            return Decimal(value) + Decimal(steps).scaleb(-(kind.scale or 0))
