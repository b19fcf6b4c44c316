"""How the clocks of many tickets stand at one instant."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.present.labels import label
from api.present.walk_text import shown_instant
from engine.base.findings import Language
from engine.evaluate.verdict import Verdict
from engine.plan.nodes import ClockPlan, Plan

STATES = ("running", "met", "breached", "undecided")


@dataclass
class ClockCounts:
    """Tickets by clock and state; a clock of which a verdict says nothing does not count for that ticket."""

    events: int
    as_of: datetime
    tickets: int = 0
    bad: int = 0
    by_state: Counter[tuple[str, str]] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)

    def add(self, verdict: Verdict) -> None:
        """Counts one ticket in."""
        self.tickets += 1
        for outcome in verdict["outcomes"]:
            if outcome["kind"] == "deadline":
                self.by_state[outcome["rule"], outcome["state"]] += 1
        self.undecided.update({undecided["rule"] for undecided in verdict["undecided"]})


def _clocks(plan: Plan) -> list[ClockPlan]:
    return [item for item in plan.items if isinstance(item, ClockPlan)]


def _count(counts: ClockCounts, clock: ClockPlan, state: str) -> int:
    rule = clock.origin.id
    return counts.undecided[rule] if state == "undecided" else counts.by_state[rule, state]


def counts_json(counts: ClockCounts, plan: Plan) -> dict[str, Any]:
    """Every clock of the plan, also those of which no ticket's verdict says anything."""
    return {
        "edition": plan.edition,
        "as_of": counts.as_of.isoformat(timespec="seconds"),
        "events": counts.events,
        "tickets": counts.tickets,
        "bad": counts.bad,
        "clocks": {
            clock.origin.id: {state: _count(counts, clock, state) for state in STATES}
            for clock in _clocks(plan)
        },
    }


def write_counts(console: Console, counts: ClockCounts, plan: Plan, language: Language) -> None:
    """The tickets, then the clocks of which some verdict says something."""
    values = {
        "tickets": f"{counts.tickets:,}",
        "events": f"{counts.events:,}",
        "as_of": shown_instant(counts.as_of),
        "bad": f"{counts.bad:,}",
    }
    console.print(Text(label("walk", "counted_bad" if counts.bad else "counted", language, **values)))
    told = [c for c in _clocks(plan) if any(_count(counts, c, state) for state in STATES)]
    if told:
        console.print()
        console.print(_table(counts, told, language))


def _table(counts: ClockCounts, clocks: list[ClockPlan], language: Language) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column(label("kind", "deadline", language), overflow="fold")
    for state in STATES:
        heading = label("heading" if state == "undecided" else "state", state, language)
        table.add_column(heading, justify="right", no_wrap=True)
    for clock in clocks:
        title = Text(f"{clock.origin.title.in_language(language)}  ").append(clock.origin.id, style="dim")
        table.add_row(title, *(f"{_count(counts, clock, state):,}" for state in STATES))
    return table
