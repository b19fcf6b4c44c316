"""What shows the claims of a proof: for which tickets, one of them as `decide` takes it, what is cited."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeAlias

from rich.cells import cell_len

from api.present.findings_json import finding_json
from api.present.findings_text import visible
from api.present.labels import counted, label, label_or
from api.present.region_words import Facts, region_json, region_text
from engine.base.findings import Finding, Language, Severity
from engine.library import Library
from engine.plan.nodes import Plan
from engine.prove.answer import NotKnown, Proved, Refuted, Witness
from engine.prove.claim import Claim

CLIFF = "R314"
"""Claims of this code are shown as one table."""
READING = "R316"
"""Claims of this code are about an entry of the register of ambiguities."""
FAULTS = ("R301", "R303", "R304", "R305", "R306", "R307", "R308", "R309", "R310", "R311", "R313")
"""Of these it is worth saying that there are none."""
MOST_REGIONS = 8
Key: TypeAlias = tuple[object, ...]


class Claims:
    """The claims of one library, to be looked up by their findings; `whole`: all that could be found."""

    def __init__(self, claims: Sequence[Claim], library: Library, whole: bool = False) -> None:
        self.claims = claims
        self.whole = whole
        self._library = library
        self._by_finding: Mapping[Key, Claim] = {_key(claim.finding): claim for claim in claims}

    @property
    def plan(self) -> Plan:
        assert self._library.plan is not None, "what is proved is proved of a plan"
        return self._library.plan

    def lines(self, finding: Finding, language: Language) -> list[tuple[str, str]]:
        """What a reader is shown beneath the finding, a heading and a text a line; nothing for no claim."""
        claim = self._by_finding.get(_key(finding))
        return [] if claim is None else [*self._shown(claim, language)]

    def members(self, finding: Finding) -> dict[str, Any]:
        """The same for programs: `answer`, `regions`, `witness`, `citations` and what is left open."""
        claim = self._by_finding.get(_key(finding))
        if claim is None:
            return {}
        cited = [{"source": c.source, "quote": c.quote} for c in claim.citations]
        return {
            **self._answered(claim),
            "regions": [region_json(region) for region in claim.regions],
            "citations": cited,
        }

    def _shown(self, claim: Claim, language: Language) -> Iterable[tuple[str, str]]:
        if claim.finding.code == READING:
            yield from self._asked(claim.finding.values, language)
        for region in claim.regions[:MOST_REGIONS]:
            yield _say("where", language), region_text(region, language, self.plan.facts)
        if len(claim.regions) > MOST_REGIONS:
            yield _say("where", language), _say("more", language, count=len(claim.regions) - MOST_REGIONS)
        match claim.answer:
            case Refuted(witness=witness):
                yield _say("ticket", language), self.ticket_line(witness)
            case Proved(free=free) if free:
                yield _say("whatever", language), "; ".join(free)
            case _:
                pass
        for citation in claim.citations:
            yield _say("source", language), f"「{citation.quote}」 {citation.source}"

    def _asked(self, values: Mapping[str, str], language: Language) -> Iterable[tuple[str, str]]:
        """What the register asks, and the readings that judge differently."""
        reading = self._library.readings[values["reading"]]
        yield _say("question", language), reading.question.in_language(language)
        yield _say("chosen", language), reading.options[values["option"]].in_language(language)
        for other in values["others"].split(", "):
            yield _say("other", language), reading.options[other].in_language(language)

    def ticket_line(self, witness: Witness) -> str:
        """A witness as one line of JSON that `decide` takes."""
        return ticket_line(witness, self.plan)

    def _answered(self, claim: Claim) -> dict[str, Any]:
        match claim.answer:
            case Refuted(witness=witness):
                return {"answer": "refuted", "witness": witness.ticket(self.plan)}
            case Proved(free=free):
                return {"answer": "proved", "witness": None, "free": list(free)}
            case NotKnown(why=why, about=about):
                return {"answer": "not_known", "witness": None, "why": why, "about": list(about)}


def ticket_line(witness: Witness, plan: Plan) -> str:
    """A witness as one line of JSON that `decide` takes."""
    return json.dumps(witness.ticket(plan), ensure_ascii=False)


def claims_json(shown: Claims, library: Library, language: Language) -> dict[str, Any]:
    """Every claim as a finding with what shows it, and how many there are of what."""
    found = [
        {**finding_json(claim.finding, language), **shown.members(claim.finding)} for claim in shown.claims
    ]
    severities = {f"{s}s": sum(c.finding.severity is s for c in shown.claims) for s in Severity}
    summary = {"rulebooks": len(library.rulebooks), **severities, **_answers(shown.claims)}
    absent = {"proved_absent": proved_absent(shown.claims)} if shown.whole else {}
    return {"findings": found, "summary": summary | absent}


def claims_summary(claims: Sequence[Claim], folder: str, language: Language) -> str:
    """`rules: 1 warning, 12 notes; 4 shown by a ticket, 8 proved, 1 not settled`."""
    counts = {s: sum(claim.finding.severity is s for claim in claims) for s in Severity}
    listed = label("words", "list", language)
    parts = listed.join(counted(s, count, language) for s, count in counts.items() if count)
    if not parts:
        return _say("summary_none", language, folder=folder)
    found = _answers(claims).items()
    answers = listed.join(_say(key, language, count=count) for key, count in found if count)
    return _say("summary", language, folder=folder, findings=parts, answers=answers)


def proved_absent(claims: Sequence[Claim]) -> list[str]:
    """The codes of faults of which a whole library has none: none was found, and none left unsettled."""
    found = {claim.finding.code for claim in claims} | {c.finding.values.get("asked", "") for c in claims}
    return [code for code in FAULTS if code not in found]


def absent_line(claims: Sequence[Claim], language: Language) -> str:
    """What a whole library is proved to be free of, on one line."""
    kinds = [label("proved_absent", code, language) for code in proved_absent(claims)]
    return _say("none_of", language, kinds=_say("kinds", language).join(kinds)) if kinds else ""


def _answers(claims: Sequence[Claim]) -> dict[str, int]:
    kinds = {"refuted": Refuted, "proved": Proved, "not_known": NotKnown}
    return {key: sum(isinstance(claim.answer, kind) for claim in claims) for key, kind in kinds.items()}


def cliffs(
    claims: Sequence[Claim], titles: Mapping[str, str], facts: Facts, language: Language
) -> Iterator[str]:
    """What one more unit costs, line by line: a rule, and beneath it fact, from and to, before and after."""
    found = [claim.finding.values for claim in claims]
    rows = [tuple(map(visible, _cells(values, facts, language))) for values in found]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    yield _say("cliffs", language)
    for rule, steps in groupby(zip(found, rows, strict=True), key=lambda pair: pair[0]["id"]):
        yield f"{visible(titles[rule])} ({rule})" if rule in titles else rule
        for _, cells in steps:
            filled = (
                f"{cell}{' ' * (width - cell_len(cell))}" for cell, width in zip(cells, widths, strict=True)
            )
            yield f"  {'  '.join(filled)}".rstrip()


def _cells(values: Mapping[str, str], facts: Facts, language: Language) -> Iterator[str]:
    fact = values["fact"]
    labelled = language == "zh" and fact in facts
    yield label("region", "labelled", language, text=fact, label=facts[fact].label.zh) if labelled else fact
    yield f"{values['low']} → {values['high']}"
    yield f"{_amount(values['before'], language)} → {_amount(values['after'], language)}"


def _amount(written: str, language: Language) -> str:
    """An amount as a finding has it, with its unit in the language: `50.00 CNY`, `nothing`."""
    if written == "nothing":
        return label("diff", "nothing", language)
    number, _, unit = written.rpartition(" ")
    return f"{number} {label_or('unit', unit, language, unit)}" if number else written


def _key(finding: Finding) -> Key:
    return finding.code, finding.span, finding.pointer, tuple(sorted(finding.values.items()))


def _say(key: str, language: Language, **values: object) -> str:
    return label("prove", key, language, **values)
