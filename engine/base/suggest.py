"""Did you mean …? The nearest known word to one that is not known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches

_CHINESE = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_LOOSE_DAY = re.compile(r"\s*([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?\s*", re.ASCII)


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate most like `word`, or None when none is near enough to be worth a guess.

    >>> closest("tilte", ["title", "table"])
    'title'
    >>> closest("xyz", ["title", "table"]) is None
    True
    >>> closest("责任网店", ["responsible_outlet", "责任网点"])
    '责任网点'
    """
    known = list(candidates)
    by_lower = {candidate.lower(): candidate for candidate in reversed(known)}
    folded = word.lower().replace("-", "_")
    for spelling in (word.lower(), folded, folded.replace("_", "-")):
        if spelling in by_lower and by_lower[spelling] != word:
            return by_lower[spelling]
    others = [candidate for candidate in known if candidate != word]
    # A Chinese character is a syllable: one that is wrong among three is as near as two letters among six.
    cutoff = 0.6 if _CHINESE.search(word) else 0.7
    matches = get_close_matches(word, others, n=1, cutoff=cutoff)
    return matches[0] if matches else None


def nearest_day(text: str) -> str | None:
    """The day that a text in another spelling writes, year first; None where it is not sure to be one.

    >>> nearest_day("2016-1-1"), nearest_day("2015年6月8日"), nearest_day("2015/10/08")
    ('2016-01-01', '2015-06-08', '2015-10-08')
    >>> nearest_day("1/2/2016"), nearest_day("2015-02-30"), nearest_day("2015-10-08")
    (None, None, None)
    """
    found = _LOOSE_DAY.fullmatch(text)
    if found is None:
        return None
    year, month, day = map(int, found.groups())
    try:
        written = date(year, month, day).isoformat()
    except ValueError:
        return None
    return None if written == text else written
