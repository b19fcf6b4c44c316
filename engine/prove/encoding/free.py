"""What is not said exactly: a symbol with true bounds, and how its true value is found for given operands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.prove.encoding.worth import Worth
from engine.prove.solver import (
    FALSE,
    Bool,
    Model,
    Term,
    both,
    conjunction,
    equal,
    implies,
    number,
    same,
)

Computed = int | None | bool
"""The value; None where it is none; False where it is not known."""


@dataclass(frozen=True, slots=True)
class Free:
    """`worth` stands for a function of `operands`; `compute` gives its value for whole numbers. `text` is a
    word of the rulebook language, the same for readers of all languages.

    Without `compute` nothing is known but the bounds. `wider` says of many operands at once what holds of
    them, these among them. `kept`: terms by whose identity it is known.
    """

    name: str
    text: str
    worth: Worth
    operands: tuple[Term, ...]
    compute: Callable[[Sequence[int]], Computed] | None
    bounds: tuple[Bool, ...] = ()
    wider: Callable[[Sequence[int]], Bool] | None = None
    kept: tuple[Term, ...] = ()

    def lemma(self, model: Model) -> Bool | None:
        """What the model has wrong about it; None where it is right, or nothing can be said."""
        values = [model.number(operand) for operand in self.operands]
        truth = self.told(values)
        if truth is None or model.truth(truth):
            return None
        if self.wider is not None:
            return self.wider(values)
        given = conjunction(equal(op, number(v)) for op, v in zip(self.operands, values, strict=True))
        return implies(given, truth)

    def told(self, values: Sequence[int]) -> Bool | None:
        """What it is for these operands; None where nothing can be said."""
        if self.compute is None:
            return None
        try:
            truth = self._is(self.compute(values))
        except (OverflowError, ValueError):  # beyond the calendar: nobody reads it there
            return None
        return None if same(truth, FALSE) else truth

    def _is(self, found: Computed) -> Bool:
        if found is False:
            return equal(self.worth.known, FALSE)
        if found is None:
            return both(self.worth.known, equal(self.worth.there, FALSE))
        return both(self.worth.known, self.worth.there, equal(self.worth.term, number(int(found))))
