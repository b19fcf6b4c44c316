"""A mend: a stretch of a file and the text that should stand there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.base.spans import Span


@dataclass(frozen=True, slots=True)
class Mend:
    """`text` is put in the place of what `span` covers."""

    span: Span
    text: str

    def touches(self, other: Mend) -> bool:
        """Whether both change the same stretch of a file, so that only one of them can be made."""
        same = self.span.source.name == other.span.source.name
        return same and self.span.start < other.span.end and other.span.start < self.span.end


def mended(text: str, mends: Iterable[Mend]) -> str:
    """The text with all mends made, from its end on, so that places stay right; none may touch another."""
    for mend in sorted(mends, key=lambda mend: mend.span.start, reverse=True):
        text = text[: mend.span.start] + mend.text + text[mend.span.end :]
    return text
