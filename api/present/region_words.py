"""Sets of tickets as conditions that an officer can read: `10 < appeal_rate_per_million < 11`.

Facts are named as rulebooks and tickets name them, so that a condition can be taken over as it stands; a
reader of Chinese is told their labels too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from api.present.labels import label
from engine.base.findings import Language
from engine.prove.region import APPLIES, Region, Side
from engine.rulebook.model import FactDeclaration

Facts: TypeAlias = Mapping[str, FactDeclaration]
NO_FACTS: Facts = {}
_INTERVAL = re.compile(r"([\[\](])\s*(\S.*?)\s*\.\.\s*(\S.*?)\s*([\])\[])")
_COMPARED = re.compile(r"(<=|>=|!=|<|>|=)\s*(\S.*)")
_NEGATED = re.compile(r"not\s*\((.*)\)")


@dataclass(frozen=True, slots=True)
class _Ends:
    """The ends of an interval, each with its sign as it is written between two numbers."""

    low: tuple[str, str] | None = None
    high: tuple[str, str] | None = None


def region_text(region: Region, language: Language, facts: Facts = NO_FACTS, item: str | None = None) -> str:
    """The whole region on one line; `facts` are the catalogue's, whose labels a Chinese text shows. `item` is
    the rule that a region about its applying speaks of, where it does not stand beneath its rule.
    """
    return text_beyond(region, (), language, facts, item)


def shared(texts: Sequence[Sequence[str]]) -> list[str]:
    """The conditions that several regions all have; none where one of them has no other, or is alone."""
    if len(texts) < 2:
        return []
    everywhere = [text for text in texts[0] if all(text in other for other in texts[1:])]
    return everywhere if all(len(other) > len(everywhere) for other in texts) else []


def text_beyond(
    region: Region, known: Sequence[str], language: Language, facts: Facts = NO_FACTS, item: str | None = None
) -> str:
    """What a region asks besides the conditions that are `known`."""
    parts = [text for text in conditions(region, language, facts, item) if text not in known]
    text = joined(parts, language)
    return text if region.exact else _say("some_of", language, region=text)


def joined(parts: Sequence[str], language: Language) -> str:
    """Conditions that hold together, on one line."""
    return _say("and", language).join(parts) if parts else _say("every_ticket", language)


def conditions(
    region: Region, language: Language, facts: Facts = NO_FACTS, item: str | None = None
) -> list[str]:
    """One text for each fact that the region limits, intervals as chained comparisons."""
    by_fact: dict[str, list[str]] = {}
    for side in region.sides:
        key = _formula(side, language, item) if side.fact is None else side.fact
        by_fact.setdefault(key, []).extend([] if side.fact is None else [side.text])
    return [
        _with_label(fact, tests, _tests_text(fact, tests, language), language, facts) if tests else fact
        for fact, tests in by_fact.items()
    ]


def _formula(side: Side, language: Language, item: str | None) -> str:
    if side.text != APPLIES:
        return side.text
    return _say("it_applies", language) if item is None else _say("applies", language, item=item)


def side_text(side: Side, language: Language, facts: Facts = NO_FACTS) -> str:
    """One condition alone."""
    if side.fact is None:
        return _formula(side, language, None)
    return _with_label(side.fact, [side.text], _tests_text(side.fact, [side.text], language), language, facts)


def region_json(region: Region) -> dict[str, Any]:
    """The region for programs: its conditions as rulebooks write them, and in words."""
    return {
        "when": [{"fact": side.fact, "test": side.text} for side in region.sides],
        "text": {"zh": region_text(region, "zh"), "en": region_text(region, "en")},
        "exact": region.exact,
    }


def _say(key: str, language: Language, **values: object) -> str:
    return label("region", key, language, **values)


def _tests_text(fact: str, tests: Sequence[str], language: Language) -> str:
    chained = _chained(fact, [_ends(test) for test in tests])
    if chained is not None:
        return chained
    return _say("and", language).join(_test_text(fact, test, language) for test in tests)


def _ends(test: str) -> _Ends | None:
    """The ends of an interval or a comparison; None for any other test."""
    interval = _INTERVAL.fullmatch(test)
    if interval:
        opened, low, high, closed = interval.groups()
        return _Ends(("<=" if opened == "[" else "<", low), ("<=" if closed == "]" else "<", high))
    compared = _COMPARED.fullmatch(test)
    if compared is None or len(_parts(test)) > 1:
        return None
    match compared.groups():
        case (">" | ">=" as sign, value):
            return _Ends(low=(sign.replace(">", "<"), value))
        case ("<" | "<=" as sign, value):
            return _Ends(high=(sign, value))
        case _:
            return None


def _chained(fact: str, ends: Sequence[_Ends | None]) -> str | None:
    """`10 < fact < 11`; None where the tests are not one low end and one high end at most."""
    lows = [end.low for end in ends if end and end.low]
    highs = [end.high for end in ends if end and end.high]
    if None in ends or len(lows) > 1 or len(highs) > 1:
        return None
    if not highs:
        sign, value = lows[0]
        return f"{fact} {sign.replace('<', '>')} {value}"
    sign, value = highs[0]
    if not lows:
        return f"{fact} {sign} {value}"
    if lows[0] == highs[0] and sign == "<=":
        return f"{fact} = {value}"
    return f"{lows[0][1]} {lows[0][0]} {fact} {sign} {value}"


def _test_text(fact: str, test: str, language: Language) -> str:
    """A test that is no interval alone."""
    if test in ("present", "absent"):
        return label("words", test, language, left=fact)
    negated = _NEGATED.fullmatch(test)
    if negated:
        return _negated(fact, _parts(negated.group(1)), language)
    parts = _parts(test)
    if len(parts) > 1 and not any(map(_is_operated, parts)):
        return label("words", "one_of", language, left=fact, right=_listed(parts, language))
    if len(parts) > 1:
        return _say("or", language).join(_tests_text(fact, [part], language) for part in parts)
    return f"{fact} {test}" if _COMPARED.fullmatch(test) else f"{fact} = {test}"


def _negated(fact: str, parts: Sequence[str], language: Language) -> str:
    if any(map(_is_operated, parts)):
        inner = _say("or", language).join(_tests_text(fact, [part], language) for part in parts)
        return label("words", "not", language, what=inner)
    if len(parts) == 1:
        return f"{fact} != {parts[0]}"
    return label("words", "none_of", language, left=fact, right=_listed(parts, language))


def _is_operated(part: str) -> bool:
    """Whether a part is more than a value: a comparison, an interval, a word about presence."""
    return bool(_INTERVAL.fullmatch(part) or _COMPARED.fullmatch(part) or _NEGATED.fullmatch(part)) or (
        part in ("present", "absent")
    )


def _parts(test: str) -> list[str]:
    """What stands between the commas that are in no quotes and no brackets."""
    parts, depth, quoted = [""], 0, False
    for character in test:
        quoted ^= character == '"'
        depth += 0 if quoted else (character in "([") - (character in ")]")
        if character == "," and not quoted and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts]


def _listed(parts: Sequence[str], language: Language) -> str:
    return label("words", "list", language).join(parts)


def _with_label(fact: str, tests: Sequence[str], text: str, language: Language, facts: Facts) -> str:
    """The text with the fact's label behind it, and those of the values named, for readers of Chinese."""
    declared = facts.get(fact)
    if language == "en" or declared is None:
        return text
    words, known = declared.label.zh, declared.member_labels
    members = [known[value].zh for value in _values(tests) if value in known]
    named = f"{words}{label('words', 'colon', language)}{_listed(members, language)}" if members else words
    return _say("labelled", language, text=text, label=named)


def _values(tests: Sequence[str]) -> Iterator[str]:
    for test in tests:
        negated = _NEGATED.fullmatch(test)
        for part in _parts(negated.group(1) if negated else test):
            compared = _COMPARED.fullmatch(part)
            yield (compared.group(2) if compared else part).strip('"')
