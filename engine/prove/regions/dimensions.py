"""What regions are measured along: the values of a fact cut into pieces, or a condition and its opposite.

A `Held` is a set of pieces; `gone` stands for there being none. Where it is not known whether there is a
value, a ticket lies in no piece: no condition says so, and other facts have to.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from engine.prove.encoding.worth import Worth
from engine.prove.region import Side
from engine.prove.regions.atoms import Atom, Measure
from engine.prove.regions.sides import Ends, choice_side, leaf_side, ordered_side
from engine.prove.solver import (
    FALSE,
    TRUE,
    Bool,
    Model,
    both,
    compared,
    constant,
    disjunction,
    either,
    equal,
    negation,
    number,
    same,
)
from engine.rulebook.expressions import Constant, Expression, Operator, type_of
from engine.rulebook.types import ORDERED, Kind


@dataclass(frozen=True, slots=True)
class Held:
    """Some pieces of one dimension."""

    pieces: frozenset[int]
    gone: bool = False

    def apart(self) -> list[Held]:
        """Each of the pieces alone."""
        alone = [Held(frozenset({piece})) for piece in sorted(self.pieces)]
        return [*alone, Held(frozenset(), gone=True)] if self.gone else alone


GONE = Held(frozenset(), gone=True)

Takes: TypeAlias = Callable[[Held], bool]
"""Whether a region may hold so much of a dimension."""


class Dimension(ABC):
    """One fact, formula or condition; its pieces are numbered from 0."""

    def __init__(self, prefer: int, count: int, may_be_gone: bool) -> None:
        self.prefer = prefer
        self.count = count
        self.may_be_gone = may_be_gone

    @property
    def all(self) -> Held:
        return Held(frozenset(range(self.count)), self.may_be_gone)

    @abstractmethod
    def at(self, model: Model) -> Held:
        """The one piece in which a model lies; all of it where that cannot be said."""

    @abstractmethod
    def said(self, held: Held) -> Bool:
        """As a formula; true for all of it."""

    @abstractmethod
    def side(self, held: Held) -> Side:
        """For people, and as plans carry it; never asked for all of it."""

    @abstractmethod
    def grown(self, held: Held, takes: Takes, exists: Takes) -> Held:
        """The piece with as much around it as may be taken; `exists`: whether any ticket lies in a part."""

    def passing(self, measure: Measure) -> Held:
        """The pieces that pass one of the comparisons by which it is cut; all that is there without one."""
        del measure
        return Held(self.all.pieces)

    def whole(self, takes: Takes) -> Held | None:
        """All of it, or all that is there, where that may be taken."""
        there = Held(self.all.pieces)
        return next((held for held in dict.fromkeys((self.all, there)) if takes(held)), None)


@dataclass
class _Subject:
    """The leaves on one subject."""

    worth: Worth
    prefer: int
    measures: list[Measure] = field(default_factory=list)


def dimensions_of(atoms: Iterable[Atom]) -> list[Dimension]:
    """One dimension for each subject, in the order of the leaves; those that are rather kept come first."""
    subjects: dict[Expression, _Subject] = {}
    leaves: list[Dimension] = []
    for atom in atoms:
        if atom.measure is None:
            leaves.append(Leaf(atom))
            continue
        made = _Subject(atom.measure.worth, atom.prefer)
        known = subjects.setdefault(atom.measure.subject, made)
        known.measures.append(atom.measure)
    measured = [_dimension(subject, leaf) for subject, leaf in subjects.items()]
    return sorted([*measured, *leaves], key=lambda dimension: dimension.prefer)


def _dimension(subject: Expression, leaf: _Subject) -> Dimension:
    if type_of(subject).kind in ORDERED:
        return Line(subject, leaf.worth, leaf.measures, leaf.prefer)
    return Choice(subject, leaf.worth, leaf.measures, leaf.prefer)


def may_be_gone(worth: Worth) -> bool:
    return not same(worth.usable, TRUE)


class Line(Dimension):
    """An ordered fact or formula, cut where its leaves change their minds."""

    def __init__(self, subject: Expression, worth: Worth, measures: Sequence[Measure], prefer: int) -> None:
        self.subject = subject
        self.worth = worth
        marks: dict[int, tuple[Operator, Constant]] = {}
        for measure in measures:
            for start, written in _marks(measure, worth.scale):
                marks.setdefault(start, written)
        self.starts = sorted(marks)
        self.written = [marks[start] for start in self.starts]
        super().__init__(prefer, len(self.starts) + 1, may_be_gone(worth))

    def at(self, model: Model) -> Held:
        if not model.truth(self.worth.usable):
            return GONE if model.truth(self.worth.none) else self.all
        value = model.number(self.worth.term)
        return Held(frozenset({sum(start <= value for start in self.starts)}))

    def said(self, held: Held) -> Bool:
        if held == self.all:
            return TRUE
        inside = both(self.worth.usable, disjunction(self._within(*run) for run in _runs(held.pieces)))
        return either(self.worth.none, inside) if held.gone else inside

    def _within(self, low: int, high: int) -> Bool:
        above = TRUE if low == 0 else compared(">=", self.worth.term, number(self.starts[low - 1]))
        beyond = high == self.count - 1
        below = TRUE if beyond else compared("<", self.worth.term, number(self.starts[high]))
        return both(above, below)

    def passing(self, measure: Measure) -> Held:
        starts = [start for start, _ in _marks(measure, self.worth.scale)]
        match measure.operator:
            case None:
                return Held(self.all.pieces)
            case ">" | ">=":
                return Held(frozenset(range(bisect_right(self.starts, starts[0]), self.count)))
            case "<" | "<=":
                return Held(frozenset(range(bisect_right(self.starts, starts[0]))))
            case "=" | "!=":
                single = frozenset({bisect_right(self.starts, starts[0])} if starts else ())
                return Held(single if measure.operator == "=" else self.all.pieces - single)

    def side(self, held: Held) -> Side:
        inside = [self._ends(low, high) for low, high in _runs(held.pieces)]
        outside = [self._ends(low, high) for low, high in _runs(self.all.pieces - held.pieces)]
        return ordered_side(self.subject, inside, outside, held.gone, self.may_be_gone)

    def _ends(self, low: int, high: int) -> Ends:
        last = high == self.count - 1
        return Ends(None if low == 0 else self.written[low - 1], None if last else self.written[high])

    def grown(self, held: Held, takes: Takes, exists: Takes) -> Held:
        whole = self.whole(takes)
        if whole is not None or held == self.all:
            return whole or held
        if held.gone:
            return self._beside_none(takes)
        (at,) = held.pieces
        low = at - _furthest(at, lambda n: takes(_run(at - n, at)))
        high = at + _furthest(self.count - 1 - at, lambda n: takes(_run(low, at + n)))
        found = _run(low, high)
        for gap, beyond in ((low - 1, _run(0, low - 2)), (high + 1, _run(high + 2, self.count - 1))):
            more = Held(found.pieces | beyond.pieces)
            found = more if beyond.pieces and self._is_value(gap) and takes(more) else found
        if self._is_value(at) and not exists(Held(found.pieces - held.pieces)):
            found = held
        with_none = Held(found.pieces, gone=True)
        return with_none if self.may_be_gone and exists(GONE) and takes(with_none) else found

    def _is_value(self, piece: int) -> bool:
        """Whether a piece is one value that some leaf names."""
        if not 0 < piece < self.count - 1:
            return False
        (opened, low), (closed, high) = self.written[piece - 1], self.written[piece]
        return (opened, closed) == (">=", ">") and low.value == high.value

    def _beside_none(self, takes: Takes) -> Held:
        """None, and what can be had with it from either end of the line."""
        below = _furthest(self.count, lambda n: takes(Held(frozenset(range(n)), gone=True)))
        start = frozenset(range(below))
        above = _furthest(
            self.count - below,
            lambda n: takes(Held(start | frozenset(range(self.count - n, self.count)), gone=True)),
        )
        return Held(start | frozenset(range(self.count - above, self.count)), gone=True)


def _marks(measure: Measure, scale: int) -> list[tuple[int, tuple[Operator, Constant]]]:
    """Where a piece begins (in units of the worth), and how its lower end is written."""
    if measure.constant is None or measure.bound is None or measure.operator is None:
        return []
    value = constant(measure.bound.term)
    assert value is not None, "a constant is worth a number"
    exact = Fraction(value) * Fraction(10) ** (scale - measure.bound.scale)
    above, at = exact.__floor__() + 1, exact.__ceil__()
    match measure.operator:
        case ">" | "<=":
            return [(above, (">", measure.constant))]
        case ">=" | "<":
            return [(at, (">=", measure.constant))]
        case "=" | "!=":
            return [(at, (">=", measure.constant)), (above, (">", measure.constant))] if at < above else []


def _runs(pieces: frozenset[int]) -> list[tuple[int, int]]:
    """Pieces that lie side by side, as first and last."""
    return [
        (low, next(n for n in range(low, low + len(pieces)) if n + 1 not in pieces))
        for low in sorted(pieces)
        if low - 1 not in pieces
    ]


def _run(low: int, high: int) -> Held:
    return Held(frozenset(range(low, high + 1)))


def _furthest(most: int, takes: Callable[[int], bool]) -> int:
    """The greatest number up to `most` that is taken; 0 is, and with a number all smaller ones."""
    if most <= 0 or takes(most):
        return max(most, 0)
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if takes(middle) else (low, middle)
    return low


class Choice(Dimension):
    """A fact that is one of several words, or true or false; the last piece is every value not named."""

    def __init__(self, subject: Expression, worth: Worth, measures: Sequence[Measure], prefer: int) -> None:
        self.subject = subject
        self.worth = worth
        named = {m.constant.value: (m.constant, m.bound) for m in measures if m.constant and m.bound}
        self.values = [written for written, _ in named.values()]
        self.bounds = [bound.term for _, bound in named.values()]
        kind = type_of(subject)
        if kind.kind is Kind.BOOLEAN:
            self.values, self.bounds = [Constant(True, kind), Constant(False, kind)], [TRUE, FALSE]
        members = [member for member in kind.members if member not in named]
        self.others = tuple(Constant(member, kind) for member in members)
        has_others = kind.kind is Kind.TEXT or bool(members)
        super().__init__(prefer, len(self.values) + has_others, may_be_gone(worth))

    def at(self, model: Model) -> Held:
        if not model.truth(self.worth.usable):
            return GONE if model.truth(self.worth.none) else self.all
        for n in range(self.count):
            if model.truth(self._is(n)):
                return Held(frozenset({n}))
        raise AssertionError("the pieces are all the values that there are")

    def _is(self, piece: int) -> Bool:
        if piece < len(self.bounds):
            return equal(self.worth.term, self.bounds[piece])
        return negation(disjunction(equal(self.worth.term, bound) for bound in self.bounds))

    def said(self, held: Held) -> Bool:
        if held == self.all:
            return TRUE
        outside = self.all.pieces - held.pieces
        inside = negation(disjunction(self._is(n) for n in sorted(outside))) if held.pieces else FALSE
        inside = both(self.worth.usable, inside)
        return either(self.worth.none, inside) if held.gone else inside

    def passing(self, measure: Measure) -> Held:
        if measure.constant is None:
            return Held(self.all.pieces)
        at = next(n for n, value in enumerate(self.values) if value.value == measure.constant.value)
        single = frozenset({at})
        return Held(single if measure.operator == "=" else self.all.pieces - single)

    def side(self, held: Held) -> Side:
        outside = self.all.pieces - held.pieces
        inside = self._values(held.pieces)
        return choice_side(self.subject, inside, self._values(outside), held.gone, self.may_be_gone)

    def _values(self, pieces: frozenset[int]) -> list[Constant] | None:
        """The values of the pieces; None where nobody can list them."""
        if len(self.values) in pieces and not self.others:
            return None
        named = [value for n, value in enumerate(self.values) if n in pieces]
        return [*named, *(self.others if len(self.values) in pieces else ())]

    def grown(self, held: Held, takes: Takes, exists: Takes) -> Held:
        whole = self.whole(takes)
        if whole is not None or held == self.all:
            return whole or held
        found = held
        if self.may_be_gone and exists(GONE) and takes(Held(held.pieces, gone=True)):
            found = Held(held.pieces, gone=True)
        return _joined(found, sorted(self.all.pieces - held.pieces), takes)


def _joined(held: Held, pieces: Sequence[int], takes: Takes) -> Held:
    """With each further piece that may be taken; many that may be are asked for at once."""
    more = Held(held.pieces | frozenset(pieces), held.gone)
    if not pieces or takes(more):
        return more
    if len(pieces) == 1:
        return held
    middle = len(pieces) // 2
    return _joined(_joined(held, pieces[:middle], takes), pieces[middle:], takes)


class Leaf(Dimension):
    """A condition and its opposite."""

    def __init__(self, atom: Atom) -> None:
        self.atom = atom
        opposite = negation(atom.condition) if atom.opposite is None else atom.opposite
        self._truths = atom.condition, opposite
        super().__init__(atom.prefer, 2, may_be_gone=False)

    def at(self, model: Model) -> Held:
        return next((Held(frozenset({n})) for n in (0, 1) if model.truth(self._truths[n])), self.all)

    def said(self, held: Held) -> Bool:
        return TRUE if held == self.all else disjunction(self._truths[n] for n in held.pieces)

    def side(self, held: Held) -> Side:
        return leaf_side(self.atom.expression, holds=0 in held.pieces)

    def grown(self, held: Held, takes: Takes, exists: Takes) -> Held:  # noqa: ARG002  # as all dimensions
        return self.whole(takes) or held
