"""A week's bulletin: the clocks that ran out in the week, or before it and are still open, outlet by outlet.

It says nothing of its own about a ticket: what is overdue is read from verdicts as of the week's end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from typing import TypeAlias

from engine.evaluate.facts import Facts
from engine.evaluate.verdict import Outcome, Verdict
from engine.replay.settle.payers import outlet_named

END_OF_DAY = "24:00"
Key: TypeAlias = tuple[str | None, str | None]
"""An outlet where the ticket names it, and the party that must act."""


@dataclass(frozen=True)
class Week:
    """The days from a Monday to the Sunday after it."""

    year: int
    number: int

    @classmethod
    def written(cls, text: str) -> Week:
        """The week of `2015-W47` (ISO 8601); raises ValueError for anything else.

        >>> Week.written("2015-W47").monday
        datetime.date(2015, 11, 16)
        """
        year, joined, number = text.partition("-W")
        if not (joined and len(year) == 4 and len(number) == 2 and (year + number).isdecimal()):
            raise ValueError(text)
        week = cls(int(year), int(number))
        _ = week.monday, week.sunday + timedelta(days=1)
        return week

    @property
    def monday(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)

    def end(self, zone: tzinfo) -> datetime:
        """The first instant after the week: as of it the week is judged, whenever that is done."""
        return datetime.combine(self.sunday + timedelta(days=1), time(), zone)

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.number:02}"


@dataclass(frozen=True)
class Overdue:
    """One clock that ran out; `stopped` is the day or instant at which it was stopped within the week."""

    ticket: str
    outcome: Outcome
    stopped: str | None
    overdue: timedelta
    earlier: bool
    """It ran out before the week."""

    @property
    def is_open(self) -> bool:
        return self.stopped is None

    @property
    def due(self) -> str:
        return str(self.outcome["due"])


@dataclass
class Bulletin:
    """What is overdue, by whom; verdicts are added as they come."""

    week: Week
    zone: tzinfo
    only: Collection[str] = ()
    payers: Mapping[str, str] = field(default_factory=dict)
    tickets: int = 0
    found: dict[Key, list[Overdue]] = field(default_factory=dict)

    def add(self, ticket: str, facts: Facts, verdict: Verdict) -> None:
        """Takes in one ticket, judged as of the week's end."""
        self.tickets += 1
        for outcome in verdict["outcomes"]:
            if outcome["kind"] == "deadline" and (not self.only or outcome["rule"] in self.only):
                overdue = self._overdue(ticket, outcome)
                if overdue is not None:
                    party = _party(outcome, verdict)
                    key = outlet_named(facts, party, self.payers), party
                    self.found.setdefault(key, []).append(overdue)

    def groups(self) -> Iterator[tuple[Key, list[Overdue]]]:
        """Whoever has most overdue comes first; of each the oldest."""
        for key, lines in sorted(self.found.items(), key=lambda found: (-len(found[1]), *_names(found[0]))):
            yield key, sorted(lines, key=lambda line: (line.due, line.ticket, line.outcome["rule"]))

    def lines(self) -> list[Overdue]:
        return [line for lines in self.found.values() for line in lines]

    def _overdue(self, ticket: str, outcome: Outcome) -> Overdue | None:
        """The clock if it belongs in this bulletin; what happened after the week has not happened yet."""
        due = date.fromisoformat(outcome["due"][:10])
        stopped = outcome["stopped"]
        if stopped is not None and date.fromisoformat(stopped[:10]) > self.week.sunday:
            stopped = None
        earlier = due < self.week.monday
        if outcome["state"] != "breached" or due > self.week.sunday or (earlier and stopped is not None):
            return None
        until = self.week.end(self.zone) if stopped is None else _instant(stopped, self.zone)
        return Overdue(ticket, outcome, stopped, until - _instant(outcome["due"], self.zone), earlier)


def _party(outcome: Outcome, verdict: Verdict) -> str | None:
    """Whose breach the passing of the clock is, where its rule says so."""
    named = (
        o.get("by") for o in verdict["outcomes"] if o["rule"] == outcome["rule"] and o["kind"] == "breach"
    )
    return next((party for party in named if party), None)


def _names(key: Key) -> tuple[bool, str, str]:
    outlet, party = key
    return outlet is None, outlet or "", party or ""


def _instant(written: str, zone: tzinfo) -> datetime:
    """A due moment of a verdict, or a stop, which may be a day."""
    if len(written) == len("2015-11-16"):
        return datetime.combine(date.fromisoformat(written), time(), zone)
    if written[11:16] == END_OF_DAY:
        following = date.fromisoformat(written[:10]) + timedelta(days=1)
        return datetime.fromisoformat(f"{following}T00:00{written[16:]}")
    return datetime.fromisoformat(written)
