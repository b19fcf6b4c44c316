"""The change between two editions as GitHub-flavoured Markdown, for the description of a pull request.

The answer stands first and open; tickets that show it are folded. Whatever comes from rulebooks is escaped.
GitHub takes 65,536 characters, so it is brief.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence

from api.present.change_words import ChangeWords
from api.present.findings_text import visible
from api.present.impact_markdown import code, escaped
from engine.prove.change import ItemChange, RegionChange

MOST_ITEMS = 40
MOST_TICKETS = 20
"""Items whose tickets are shown."""
MOST_WORDINGS = 20


def change_markdown(words: ChangeWords) -> str:
    """The whole text with a line break at its end."""
    return "\n".join(_lines(words)) + "\n"


def _lines(words: ChangeWords) -> Iterator[str]:
    yield f"### {escaped(words.heading())}"
    yield ""
    yield f"**{escaped(words.conclusion())}**"
    yield ""
    keys = ("rule", "status", "where", "said")
    yield from _table([words.say(key) for key in keys], _rows(words))
    if len(words.loud) > MOST_ITEMS:
        yield words.say("more", count=len(words.loud) - MOST_ITEMS)
        yield ""
    yield from _tickets(words)
    yield from _listed(words.say("catalogue"), (words.catalogue(c) for c in words.change.catalogue))
    yield from _folded(words.say("wording"), [words.reworded(r) for r in words.rewordings()])
    if words.counts():
        yield escaped(words.counts())


def _rows(words: ChangeWords) -> Iterator[Sequence[str]]:
    """One row a region; what is the same as above is not repeated."""
    for item in words.loud[:MOST_ITEMS]:
        name = f"{escaped(words.title(item))} {code(item.id)}", words.say(item.status)
        known = words.shared(item)
        if known:
            yield *name, code(words.joined(known)), ""
            name = "", ""
        for region in item.regions:
            where = words.beyond_shared(region, known) if known else words.region(region)
            yield *name, code(where), escaped(words.difference(item, region))
            name = "", ""
        for doubt in _doubts(words, item):
            yield *name, escaped(doubt), ""
            name = "", ""
        if any(name):
            yield *name, "", ""


def _doubts(words: ChangeWords, item: ItemChange) -> Iterator[str]:
    if item.doubt is not None:
        yield words.doubt(item.doubt)
    if not item.complete:
        yield words.say("incomplete")


def _tickets(words: ChangeWords) -> Iterator[str]:
    shown = [item for item in words.loud if item.regions][:MOST_TICKETS]
    for item in shown:
        yield f"<details><summary>{html.escape(visible(words.tickets_of(item)))}</summary>"
        yield ""
        known = words.shared(item)
        for region in item.regions:
            yield code(words.beyond_shared(region, known) if known else words.region(region))
            yield ""
            yield from _region(words, region)
        yield "</details>"
        yield ""


def _region(words: ChangeWords, region: RegionChange) -> Iterator[str]:
    yield f"- {escaped(words.say('inside'))}: {code(words.ticket(region.inside))}"
    for boundary in region.boundaries:
        apart = words.apart(region, boundary)
        outside = escaped(apart) if apart else code(words.ticket(boundary.outside))
        yield f"- {escaped(words.beyond(boundary))}: {outside}"
    yield ""


def _listed(heading: str, lines: Iterable[str]) -> Iterator[str]:
    found = [f"- {escaped(line)}" for line in lines]
    if found:
        yield from (f"**{escaped(heading)}**", "", *found, "")


def _folded(heading: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"<details><summary>{html.escape(heading)} ({len(lines)})</summary>"
        yield ""
        yield from (f"- {escaped(line)}" for line in lines[:MOST_WORDINGS])
        yield ""
        yield "</details>"
        yield ""


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    found = list(rows)
    if not found:
        return
    yield f"| {' | '.join(headings)} |"
    yield f"|{' --- |' * len(headings)}"
    for row in found:
        yield f"| {' | '.join(row)} |"
    yield ""
