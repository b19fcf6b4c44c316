"""The text of one test or formula, and where each of its characters stands in the file."""

from __future__ import annotations

from dataclasses import dataclass

from engine.base.spans import Span
from engine.read.nodes import Piece, ScalarNode


@dataclass(frozen=True, slots=True)
class FormulaText:
    """`offset` is where the text begins within the scalar's span.

    It is None when the file writes the text otherwise than it reads (escapes, folded lines); every
    place is then the whole scalar. `pieces` are the words that the file says in the other language.
    """

    text: str
    scalar: Span
    offset: int | None
    pieces: tuple[Piece, ...] = ()

    def span(self, start: int, end: int) -> Span:
        if self.offset is None:
            return self.scalar
        first, _ = self._in_file(start)
        _, last = self._in_file(end)
        return self.scalar.within(self.offset + first, self.offset + last)

    def said(self, start: int, end: int) -> str:
        """A stretch of the text as the file says it."""
        translated = self.pieces and self.offset is not None
        return self.span(start, end).text if translated else self.text[start:end]

    def _in_file(self, position: int) -> tuple[int, int]:
        """The same position before translation, as a beginning and as an end: a word is one piece."""
        shift = 0
        for piece in self.pieces:
            start = piece.start + shift
            if position <= start:
                break
            if position < start + len(piece.text):
                return piece.start, piece.end
            shift += len(piece.text) - (piece.end - piece.start)
        return position - shift, position - shift


def formula_text(scalar: ScalarNode) -> FormulaText:
    """The scalar's text, to be read as a test or formula."""
    in_file = scalar.span.text
    value, pieces = (scalar.written.text, scalar.written.pieces) if scalar.written else (scalar.text, ())
    text = scalar.text.rstrip()
    if in_file[:1] in {'"', "'"} and scalar.quoted:
        return FormulaText(text, scalar.span, 1 if in_file[1:-1] == value else None, pieces)
    offset = in_file.find(value.rstrip())
    return FormulaText(text, scalar.span, offset if offset >= 0 else None, pieces)
