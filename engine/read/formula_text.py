"""The text of one test or formula, and where each of its characters stands in the file."""

from __future__ import annotations

from dataclasses import dataclass

from engine.base.spans import Span
from engine.read.nodes import ScalarNode


@dataclass(frozen=True, slots=True)
class FormulaText:
    """`offset` is where the text begins within the scalar's span.

    It is None when the file writes the text otherwise than it reads (escapes, folded lines); every
    place is then the whole scalar.
    """

    text: str
    scalar: Span
    offset: int | None

    def span(self, start: int, end: int) -> Span:
        if self.offset is None:
            return self.scalar
        return self.scalar.within(self.offset + start, self.offset + end)


def formula_text(scalar: ScalarNode) -> FormulaText:
    """The scalar's text, to be read as a test or formula."""
    written = scalar.span.text
    text = scalar.text.rstrip()
    if written[:1] in {'"', "'"} and scalar.quoted:
        return FormulaText(text, scalar.span, 1 if written[1:-1] == scalar.text else None)
    offset = written.find(text)
    return FormulaText(text, scalar.span, offset if offset >= 0 else None)
