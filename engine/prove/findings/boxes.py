"""The rows of a table as boxes over its inputs: which two of them may meet at all, without the solver.

A cell that compares its input with anything but constants may be met by every value; so what is kept apart
here is apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.plan.nodes import RowPlan, TablePlan
from engine.prove.encoding.encoding import Encoding
from engine.prove.regions.atoms import Atom, atoms_of
from engine.prove.regions.dimensions import Dimension, Held, dimensions_of
from engine.rulebook.expressions import All, AnyOf, Comparison, Expression, Not, Present, Test

Box = Mapping[Expression, Held]
"""What a row takes of each input; an input that does not matter is left out."""


def pairs_that_may_meet(encoding: Encoding, table: TablePlan) -> Iterator[tuple[RowPlan, RowPlan]]:
    """Two rows each, in the order of the table."""
    space = _Space(encoding, table)
    boxes = [space.box(row.condition) for row in table.rows]
    everyone = (1 << len(boxes)) - 1
    takers = {subject: _takers(subject, space.dimensions[subject], boxes) for subject in space.dimensions}
    for n, box in enumerate(boxes):
        meets = everyone >> (n + 1) << (n + 1)
        for subject, held in box.items():
            meets &= _met(takers[subject], held)
        while meets:
            lowest = meets & -meets
            yield table.rows[n], table.rows[lowest.bit_length() - 1]
            meets ^= lowest


def _takers(subject: Expression, dimension: Dimension, boxes: list[Box]) -> list[int]:
    """For each piece of an input, and last for its absence, the rows that take it, one bit each."""
    found = [0] * (dimension.count + 1)
    for n, box in enumerate(boxes):
        held = box.get(subject, dimension.all)
        for piece in held.pieces:
            found[piece] |= 1 << n
        if held.gone:
            found[-1] |= 1 << n
    return found


def _met(takers: list[int], held: Held) -> int:
    meets = takers[-1] if held.gone else 0
    for piece in held.pieces:
        meets |= takers[piece]
    return meets


class _Space:
    """The inputs of a table, each cut into pieces by all of its cells."""

    def __init__(self, encoding: Encoding, table: TablePlan) -> None:
        atoms = [a for a in atoms_of(encoding, *(r.condition for r in table.rows)) if a.prefer == 0]
        self.atoms: dict[Expression, Atom] = {a.expression: a for a in atoms if a.measure is not None}
        by_subject: dict[Expression, list[Atom]] = {}
        for atom in self.atoms.values():
            assert atom.measure is not None, "kept above"
            by_subject.setdefault(atom.measure.subject, []).append(atom)
        self.dimensions = {subject: dimensions_of(found)[0] for subject, found in by_subject.items()}

    def box(self, condition: Expression) -> Box:
        found: dict[Expression, Held] = {}
        for cell in condition.items if isinstance(condition, All) else (condition,):
            taken = self._taken(cell)
            if taken is not None:
                subject, held = taken
                before = found.get(subject, held)
                found[subject] = Held(held.pieces & before.pieces, held.gone and before.gone)
        return found

    def _taken(self, cell: Expression) -> tuple[Expression, Held] | None:
        """What a cell takes of the one input that it tests; None where that is more than a set of pieces."""
        match cell:
            case Test(condition=condition):
                return self._taken(condition)
            case Comparison() | Present():
                return self._leaf(cell)
            case Not(item=item):
                inner = self._taken(item)
                if inner is None:
                    return None
                everything = self.dimensions[inner[0]].all
                rest = everything.pieces - inner[1].pieces
                return inner[0], Held(rest, everything.gone and not inner[1].gone)
            case All(items=items) | AnyOf(items=items):
                return self._joined(cell, [self._taken(item) for item in items])
            case _:
                return None

    def _joined(
        self, cell: All | AnyOf, parts: list[tuple[Expression, Held] | None]
    ) -> tuple[Expression, Held] | None:
        known = [part for part in parts if part is not None]
        if not known or len(known) < len(parts) or len({subject for subject, _ in known}) > 1:
            return None
        subject, held = known[0]
        for _, other in known[1:]:
            if isinstance(cell, All):
                held = Held(held.pieces & other.pieces, held.gone and other.gone)
            else:
                held = Held(held.pieces | other.pieces, held.gone or other.gone)
        return subject, held

    def _leaf(self, leaf: Expression) -> tuple[Expression, Held] | None:
        atom = self.atoms.get(leaf)
        if atom is None or atom.measure is None:
            return None
        dimension = self.dimensions[atom.measure.subject]
        return atom.measure.subject, dimension.passing(atom.measure)
