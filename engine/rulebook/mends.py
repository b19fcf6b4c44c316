"""The mends that are certain: what a finding lets one write in place of what stands there, without a choice.

Certain is a word that is one slip of the pen from exactly one known word, a day in another spelling with
the year first, a truth in another spelling, a sign that the language writes otherwise. Whatever could
have been meant in two ways stays a finding.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from engine.base.findings import Finding, Severity
from engine.base.mends import Mend
from engine.base.spans import Span
from engine.base.suggest import nearest_day
from engine.read.chinese.words import Group, is_chinese, keywords
from engine.rulebook.model import Catalogue, FactDeclaration, Rulebook, Words

_SHORTEST = 5
"""Letters that a word must have before one wrong one among them is a slip and not another word."""
_QUOTED = re.compile(r"(?P<before>['\"「\s]*)(?P<word>.*?)(?P<behind>['\"」\s]*)", re.DOTALL)
_ALLOWED = re.compile("`([^`]+)`")
"""Words that a finding names as those that may stand at its place."""
_TO_VALUE = re.compile(r":[ \t]+[\"']?")
_GROUPS: tuple[Group, ...] = get_args(Group)


def certain_mends(findings: Iterable[Finding], known: frozenset[str]) -> Iterator[tuple[Finding, Mend]]:
    """Each finding that is mended without a choice, with its mend; `known` are the library's words."""
    for finding in findings:
        if finding.severity is not Severity.ERROR or finding.span is None:
            continue
        mend = _mend(finding, finding.span, known) or _mend_of_value(finding, finding.span, known)
        if mend is not None and mend.text != mend.span.text:
            yield finding, mend


def _mend(finding: Finding, span: Span, known: frozenset[str]) -> Mend | None:
    """What should stand at the finding's place, within the quotes that stand there."""
    parts = _QUOTED.fullmatch(span.text)
    assert parts is not None, "the pattern takes any text"
    word = _meant(finding, parts["word"], known)
    return None if word is None else Mend(span.within(parts.start("word"), parts.end("word")), word)


def _mend_of_value(finding: Finding, key: Span, known: frozenset[str]) -> Mend | None:
    """The same for a fact given by an example, where the finding stands at the key and tells the value."""
    told = finding.values.get("written")
    begins = _TO_VALUE.match(key.source.text, key.end)
    if told is None or begins is None or not key.source.text.startswith(told, begins.end()):
        return None
    return _mend(finding, Span(key.source, begins.end(), begins.end() + len(told)), known)


def _meant(finding: Finding, written: str, known: frozenset[str]) -> str | None:
    match finding.code:
        case "R100":
            return finding.values["meant"]
        case "R052":
            return finding.values["half"]
        case "R040":
            return nearest_day(written)
        case "R051":
            return finding.suggestion if finding.suggestion != "not(…)" else None
        case _:
            return _suggested(finding, written, known)


def _suggested(finding: Finding, written: str, known: frozenset[str]) -> str | None:
    if finding.suggestion is None:
        return None
    if nearest_day(written) == finding.suggestion:
        return finding.suggestion
    rivals = _ALLOWED.findall(finding.values.get("allowed", "")) or known
    return finding.suggestion if nearest(written, rivals) == {finding.suggestion} else None


def nearest(written: str, known: Iterable[str]) -> set[str]:
    """The words that are the same but for case, width and joints; where there is none, those one slip away.

    >>> nearest("First-Call-Type", ["first_call_type", "first_call_date"])
    {'first_call_type'}
    >>> sorted(nearest("tilte", ["title", "table"])), sorted(nearest("xto", ["zto", "yto"]))
    (['title'], [])
    """
    words = [word for word in known if word != written]
    same = {word for word in words if _plainly(word) == _plainly(written)}
    return same or {word for word in words if _one_slip(written, word)}


def _plainly(word: str) -> str:
    return re.sub(r"[\s_-]+", "_", unicodedata.normalize("NFKC", word).casefold().strip())


def _one_slip(written: str, word: str) -> bool:
    """One letter left out, added, changed or two swapped. Digits and Chinese characters are no slips.

    `AMB-01` and `AMB-02` are two things, and one character makes 已回复 of 未回复.
    """
    if min(len(written), len(word)) < _SHORTEST or is_chinese(written + word):
        return False
    if re.sub(r"\D", "", written) != re.sub(r"\D", "", word):
        return False
    start = next((i for i, (a, b) in enumerate(zip(written, word, strict=False)) if a != b), None)
    if start is None:
        return abs(len(written) - len(word)) == 1
    a, b = written[start:], word[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])


def known_words(
    catalogue: Catalogue | None,
    rulebooks: Iterable[Rulebook],
    others: Iterable[str],
) -> frozenset[str]:
    """Every word that may stand somewhere in a rulebook, in both languages: more rivals, fewer mends.

    `others` are names that stand beside the catalogue: sources, statements.
    """
    words = {word for group in _GROUPS for word in keywords(group)} | set(others)
    for book in rulebooks:
        words |= {book.name, *book.readings, *book.parameters}
        words |= {option for reading in book.readings.values() for option in reading.options}
        words |= {part for item in book.items for part in (item.head.id, item.head.id.rpartition("/")[2])}
    if catalogue is not None:
        for named in (catalogue.parties, catalogue.codes, catalogue.calendar_labels, catalogue.units):
            words |= _both(named)
        for name, fact in catalogue.facts.items():
            words |= {name, fact.label.zh, *_words_of(fact)}
    return frozenset(words)


def _words_of(fact: FactDeclaration) -> set[str]:
    words = _both(fact.member_labels) | _both(fact.field_labels)
    for members in fact.field_member_labels.values():
        words |= _both(members)
    return words


def _both(labels: Mapping[str, Words]) -> set[str]:
    return {*labels, *(label.zh for label in labels.values())}
