"""What examples notice of changed rulebooks, as text, as JSON and as JUnit XML."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from api.present.findings_json import finding_json
from api.present.findings_text import console_on, finding_text
from api.present.junit import failures_xml
from api.present.labels import counted, label
from engine.base.findings import Finding, Language
from engine.prove.mutants.offers import Offer
from engine.prove.mutants.run import Report, Survivor, Tally
from engine.prove.mutants.writing import example_lines

MOST_TENTHS = 1000


def score(tally: Tally) -> str:
    """The share that is noticed of what can be noticed: `98.7%`; `100%` only where it is all.

    >>> score(Tally(1001, 1000, 0)), score(Tally(5, 3, 2))
    ('99.9%', '100%')
    """
    of = tally.all - tally.equivalent
    tenths = MOST_TENTHS if not of else tally.noticed * MOST_TENTHS // of
    return f"{tenths / 10:.1f}%" if tenths < MOST_TENTHS else "100%"


def write_mutants(report: Report, language: Language) -> None:
    """Every survivor with its place, those that one example would notice together and the example below."""
    console = console_on(sys.stdout)
    for offer in report.offers:
        told = [mutant.finding for mutant in offer.mutants]
        _write(console, told, language)
        console.print(Text(_heading(offer, language), style="bold"))
        for number, line in enumerate(example_lines(offer)):
            console.print(Text(f"  {'  ' if number else '- '}{line}"))
        console.print()
    bare = [survivor for survivor in report.settled if report.offer_for(survivor.mutant) is None]
    _write(console, [survivor.mutant.finding for survivor in bare], language)
    if report.unsettled:
        console.print(Text(label("heading", "mutants_unsettled", language), style="bold"))
        _write(console, [survivor.mutant.finding for survivor in report.unsettled], language)
    for line in summary(report, language):
        console.print(Text(line))


def _write(console: Console, findings: Sequence[Finding], language: Language) -> None:
    for finding in findings:
        console.print(finding_text(finding, language), end="\n\n")


def _heading(offer: Offer, language: Language) -> str:
    return label("heading", "mutants_example", language, item=offer.item)


def summary(report: Report, language: Language) -> Iterator[str]:
    """A line for each rulebook, and one for all."""
    for name, tally in report.tallies.items():
        yield _line(name, tally, language)
    if len(report.tallies) > 1:
        yield _line(label("heading", "mutants_all", language), report.tally, language)


def _line(name: str, tally: Tally, language: Language) -> str:
    return label(
        "summary",
        "mutants",
        language,
        name=name,
        score=score(tally),
        noticed=f"{tally.noticed:,}",
        of=f"{tally.all - tally.equivalent:,}",
        equivalent=counted("mutants_equivalent", tally.equivalent, language),
    )


def mutants_json(report: Report, written: Sequence[str], language: Language) -> dict[str, Any]:
    """`example` is the number of the example in `examples` that would notice a survivor, or null."""
    numbers = {id(mutant): n for n, offer in enumerate(report.offers) for mutant in offer.mutants}
    return {
        "score": _tally_json(report.tally),
        "rulebooks": {name: _tally_json(tally) for name, tally in report.tallies.items()},
        "survivors": [_survivor(survivor, numbers, language) for survivor in report.survivors],
        "examples": [_offer(offer) for offer in report.offers],
        "written": list(written),
    }


def _tally_json(tally: Tally) -> dict[str, Any]:
    counts = {"mutants": tally.all, "equivalent": tally.equivalent, "noticed": tally.noticed}
    return {**counts, "survived": tally.survived, "share": score(tally)}


def _survivor(survivor: Survivor, numbers: dict[int, int], language: Language) -> dict[str, Any]:
    mutant = survivor.mutant
    return {
        **finding_json(mutant.finding, language),
        "item": mutant.item,
        "readings": dict(mutant.world.readings),
        "settled": survivor.doubt is None,
        "example": numbers.get(id(mutant)),
    }


def _offer(offer: Offer) -> dict[str, Any]:
    lines = example_lines(offer)
    yaml = "\n".join([f"- {lines[0]}", *(f"  {line}" for line in lines[1:])])
    return {"item": offer.item, "name": offer.name, "yaml": yaml}


def mutants_junit(report: Report, language: Language) -> str:
    """A suite for each rulebook; what was noticed is counted, and each survivor is a failure."""
    suites = []
    for name, tally in report.tallies.items():
        survivors = [s.mutant for s in report.survivors if s.mutant.item.partition("/")[0] == name]
        suites.append((name, tally.all - tally.equivalent, [(m.item, m.finding) for m in survivors]))
    return failures_xml(suites, language)
