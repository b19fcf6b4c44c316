"""A bulletin for readers: as text, as Markdown to be put on the intranet, and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.present.bulletin import Bulletin, Key, Overdue
from api.present.findings_text import visible
from api.present.impact_markdown import escaped
from api.present.labels import label
from api.present.walk_text import shown_due, time_left
from engine.base.findings import Language
from engine.library import Library
from engine.plan.nodes import Plan
from engine.rulebook.model import Words

COLUMNS = ("ticket", "clock", "due", "overdue", "standing")


class BulletinWords:
    """The words of one bulletin in one language."""

    def __init__(self, library: Library, bulletin: Bulletin, bad: int, language: Language) -> None:
        assert library.catalogue is not None, "a sound library has a catalogue"
        self._parties = library.catalogue.parties
        self._bulletin, self._bad = bulletin, bad
        self.language = language

    def write(self, console: Console) -> None:
        """The bulletin on a terminal: a table for each outlet."""
        console.print(Text(self.title(), style="bold"))
        console.print(Text(self.summary()))
        for key, lines in self._bulletin.groups():
            console.print()
            console.print(Text(visible(self.heading(key, lines)), style="bold"))
            console.print(self._table(lines))

    def markdown(self) -> Iterator[str]:
        """The lines of the bulletin in GitHub-flavoured Markdown."""
        yield f"## {escaped(self.title())}"
        yield ""
        yield escaped(self.summary())
        for key, lines in self._bulletin.groups():
            yield ""
            yield f"### {escaped(self.heading(key, lines))}"
            yield ""
            yield f"| {' | '.join(map(self.say, COLUMNS))} |"
            yield f"| {' | '.join('---' for _ in COLUMNS)} |"
            for line in lines:
                yield f"| {' | '.join(map(escaped, self.cells(line)))} |"

    def _table(self, lines: Sequence[Overdue]) -> Table:
        table = Table(box=None, pad_edge=False)
        for column in COLUMNS:
            table.add_column(self.say(column), overflow="fold", no_wrap=column in ("due", "overdue"))
        for line in lines:
            table.add_row(*(Text(visible(cell)) for cell in self.cells(line)))
        return table

    def title(self) -> str:
        week = self._bulletin.week
        return self.say("title", week=week, monday=week.monday, sunday=week.sunday)

    def summary(self) -> str:
        lines, bad = self._bulletin.lines(), self._bad
        counts = {"tickets": self._bulletin.tickets, "overdue": len(lines), "open": _open(lines)}
        said = self.say("summary", **{name: f"{count:,}" for name, count in counts.items()})
        return said + (self.say("bad", bad=f"{bad:,}") if bad else "")

    def heading(self, key: Key, lines: Sequence[Overdue]) -> str:
        return self.say("outlet", who=self.who(key), overdue=len(lines), open=_open(lines))

    def who(self, key: Key) -> str:
        """The outlet; where the ticket names none, the party that the rule names."""
        outlet, party = key
        if outlet is not None:
            return outlet
        named: Words | None = self._parties.get(party) if party else None
        return self.say("no_outlet") if named is None else self.say("party", party=self._in(named))

    def cells(self, line: Overdue) -> tuple[str, ...]:
        title = line.outcome["title"][self.language]
        length = time_left(int(line.overdue.total_seconds()), self.language)
        return line.ticket, title, shown_due(line.due), length, self.standing(line)

    def standing(self, line: Overdue) -> str:
        if line.stopped is None:
            return self.say("open_earlier" if line.earlier else "open")
        stopped = shown_due(line.stopped) if "T" in line.stopped else line.stopped
        return self.say("done", stopped=stopped)

    def say(self, key: str, **values: object) -> str:
        return label("bulletin", key, self.language, **values)

    def _in(self, words: Words) -> str:
        return words.in_language(self.language)


def bulletin_json(bulletin: Bulletin, bad: int, plan: Plan) -> dict[str, Any]:
    """Plain data in a fixed order of keys; keys may be added, never renamed."""
    week, lines = bulletin.week, bulletin.lines()
    return {
        "week": str(week),
        "from": week.monday.isoformat(),
        "to": week.sunday.isoformat(),
        "edition": plan.edition,
        "as_of": week.end(bulletin.zone).isoformat(),
        "tickets": bulletin.tickets,
        "bad": bad,
        "overdue": len(lines),
        "open": _open(lines),
        "outlets": [_group(key, lines) for key, lines in bulletin.groups()],
    }


def _group(key: Key, lines: Sequence[Overdue]) -> dict[str, Any]:
    outlet, party = key
    overdue = [_line(line) for line in lines]
    return {"outlet": outlet, "party": party, "overdue": len(lines), "open": _open(lines), "lines": overdue}


def _line(line: Overdue) -> dict[str, Any]:
    return {
        "ticket": line.ticket,
        "rule": line.outcome["rule"],
        "title": line.outcome["title"],
        "due": line.due,
        "stopped": line.stopped,
        "open": line.is_open,
        "earlier": line.earlier,
        "overdue_seconds": int(line.overdue.total_seconds()),
    }


def _open(lines: Sequence[Overdue]) -> int:
    return sum(line.is_open for line in lines)
