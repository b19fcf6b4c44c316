"""The change between two editions as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.text import Text

from api.present.change_words import ChangeWords
from api.present.findings_text import visible
from engine.prove.change import ItemChange, RegionChange, Status

MARKS: Mapping[Status, tuple[str, str]] = {
    "changed": ("~", "bold yellow"),
    "added": ("+", "bold green"),
    "removed": ("-", "bold red"),
    "not_known": ("?", "bold magenta"),
}


def change_text(words: ChangeWords) -> Text:
    """The whole change, the answer as its last line, without a line break at its end."""
    text = Text()
    for line, style in _lines(words):
        text.append(visible(line), style=style)
        text.append("\n")
    text.right_crop(1)
    return text


def _lines(words: ChangeWords) -> Iterator[tuple[str, str]]:
    yield words.heading(), "bold"
    yield "", ""
    for item in words.loud:
        yield from _item(words, item)
        yield "", ""
    for change in words.change.catalogue:
        yield words.catalogue(change), "yellow"
    for rewording in words.rewordings():
        yield words.reworded(rewording), "dim"
    if words.counts():
        yield words.counts(), ""
    yield words.conclusion(), "bold"


def _item(words: ChangeWords, item: ItemChange) -> Iterator[tuple[str, str]]:
    mark, style = MARKS[item.status]
    yield f"{mark} {words.title(item)} ({item.id})  {words.say(item.status)}", style
    if item.span is not None:
        yield f"  --> {item.span}", "blue"
    known = words.shared(item)
    if known:
        yield f"  {words.say('where')}: {words.joined(known)}", "bold"
    told: set[str] = set()
    for region in item.regions:
        where = words.beyond_shared(region, known) if known else None
        yield f"  {where or words.say('where') + ': ' + words.region(region)}", "bold"
        yield from _region(words, item, region, told)
    if item.doubt is not None:
        yield f"  {words.doubt(item.doubt)}", "magenta"
    if not item.complete:
        yield f"  {words.say('incomplete')}", "magenta"


def _region(
    words: ChangeWords, item: ItemChange, region: RegionChange, told: set[str]
) -> Iterator[tuple[str, str]]:
    """What changes there, a ticket inside, and those just outside; what is `told` is not said again."""
    yield f"    {words.difference(item, region)}", ""
    yield f"    {words.say('inside')}: {words.ticket(region.inside)}", "dim"
    for boundary in region.boundaries:
        outside = words.apart(region, boundary) or words.ticket(boundary.outside)
        line = f"    {words.beyond(boundary)}: {outside}"
        if line not in told:
            yield line, "dim"
        told.add(line)
