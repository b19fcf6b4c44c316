"""Did you mean …? The nearest known word to one that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `word`, or None when none is near enough to be worth a guess.

    >>> closest("tilte", ["title", "table"])
    'title'
    >>> closest("xyz", ["title", "table"]) is None
    True
    """
    known = list(candidates)
    by_lower = {candidate.lower(): candidate for candidate in reversed(known)}
    folded = word.lower().replace("-", "_")
    for spelling in (word.lower(), folded, folded.replace("_", "-")):
        if spelling in by_lower and by_lower[spelling] != word:
            return by_lower[spelling]
    others = [candidate for candidate in known if candidate != word]
    matches = get_close_matches(word, others, n=1, cutoff=0.7)
    return matches[0] if matches else None
