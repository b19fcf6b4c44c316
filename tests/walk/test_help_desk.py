"""Real tickets: the log of an Italian help desk, walked by the service promise of the example.

The rows are not part of the project. Where they are at hand every count is compared with one that plain
Python makes from the same rows, without a library, a plan or an evaluator.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from api.tickets.event_log import EventLog, log_tickets, read_log, steps_of
from api.tickets.mapping import ImportMapping
from api.tickets.mapping_reader import read_mapping
from api.tickets.sources import rows_of
from engine.evaluate.evaluators import evaluator
from engine.evaluate.facts import facts_from
from engine.evaluate.walk.walk import walk
from engine.library import load
from engine.plan.nodes import Plan
from tests.api.command_line import ROOT, Run

EVENTS = ROOT.parent / "shared" / "data" / "helpdesk_events.csv"
DESK = ROOT / "examples" / "systems" / "help-desk" / "log"
ROME = ZoneInfo("Europe/Rome")
AT_HAND = pytest.mark.skipif(not EVENTS.is_file(), reason="the log of the help desk is not at hand")

MADE_UP = """\
case:concept:name,concept:name,org:resource,time:timestamp
A,Take in charge ticket,x,2012-05-02T09:00:00.000+02:00
A,Assign seriousness,x,2012-05-01T09:00:00.000+02:00
A,Wait,x,2012-05-02T10:00:00.000+02:00
A,Resolve ticket,x,2012-05-09T10:00:00.000+02:00
B,Assign seriousness,x,2012-05-01T09:00:00.000+02:00
B,Wait,x,2012-05-01T09:00:01.000+02:00
"""

Ticket = Sequence[tuple[datetime, str]]
"""The events of a ticket, an instant and an activity each."""


def tickets(text: str) -> dict[str, list[tuple[datetime, str]]]:
    """Every ticket's events in the order of time, those of one instant as a desk works."""
    found: dict[str, list[tuple[datetime, str]]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        at = datetime.fromisoformat(row["time:timestamp"])
        found.setdefault(row["case:concept:name"], []).append((at, row["concept:name"]))
    order = ["Assign seriousness", "Take in charge ticket", "Wait", "Resolve ticket", "Closed"]
    for events in found.values():
        events.sort(key=lambda event: (event[0], order.index(event[1]) if event[1] in order else 2.5))
    return found


def first_reply(events: Ticket, end: datetime) -> str:
    """Somebody takes it in charge within 24 hours of its first event."""
    due = events[0][0] + timedelta(hours=24)
    replies = [at for at, activity in events if activity == "Take in charge ticket"]
    if replies:
        return "met" if min(replies) <= due else "breached"
    return "running" if end <= due else "breached"


def resolution(events: Ticket, end: datetime) -> str:
    """It is resolved before the fifth day after its first ends, put off by each wait before that."""
    opened = events[0][0]
    due = midnight_after(opened.astimezone(ROME).date() + timedelta(days=5))
    for begin, finish in waits(events, end):
        if begin >= due:
            break
        due += finish - max(begin, opened)
    solved = resolved(events)
    if solved is not None:
        return "met" if solved < due else "breached"
    return "running" if end < due else "breached"


def midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), ROME)


def waits(events: Ticket, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From a wait to whatever happens next, or to the end."""
    for (at, activity), (following, _) in pairwise([*events, (end, "")]):
        if activity == "Wait":
            yield at, following


def resolved(events: Ticket) -> datetime | None:
    """When it was resolved last, unless it was taken in charge again since."""
    solved = None
    for at, activity in events:
        if activity == "Resolve ticket":
            solved = at
        elif activity == "Take in charge ticket":
            solved = None
    return solved


def expected(text: str) -> dict[str, dict[str, int]]:
    """The tickets by clock and state."""
    found = tickets(text)
    end = max(at for events in found.values() for at, _ in events)
    states = {
        "promise/clocks/first-reply": Counter(first_reply(events, end) for events in found.values()),
        "promise/clocks/resolution": Counter(resolution(events, end) for events in found.values()),
    }
    return {
        clock: {state: counts[state] for state in ("running", "met", "breached")} | {"undecided": 0}
        for clock, counts in states.items()
    }


@cache
def plan() -> Plan:
    found = load(DESK / "library").plan
    assert found is not None
    return found


def mapping() -> ImportMapping:
    found, findings = read_mapping("mapping.yaml", (DESK / "mapping.yaml").read_bytes(), plan())
    assert found is not None, findings
    return found


def log_of(text: str) -> EventLog:
    found = mapping()
    assert found.log is not None
    return read_log(rows_of(io.BytesIO(text.encode()), "log.csv", "csv", found), found.log, plan())


def counts(run: Run, text: str) -> Mapping[str, Mapping[str, int]]:
    ran = run(
        "walk", "--rules", DESK / "library", "--mapping", DESK / "mapping.yaml", "--log", "-", "--format",
        "json", stdin=text.encode(),
    )  # fmt: skip
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert found["tickets"] == len(tickets(text))
    assert found["events"] == text.count("\n") - 1
    clocks: Mapping[str, Mapping[str, int]] = found["clocks"]
    return clocks


def last_is_decided(text: str, every: int) -> None:
    """Some tickets walked event by event: the last moment is what `decide` says of the ticket then."""
    log, by_hand = log_of(text), tickets(text)
    with closing(evaluator("compiled", plan())) as judge:
        for number, ticket in enumerate(log_tickets(log, mapping().constants)):
            if number % every:
                continue
            name = str(ticket.facts["ticket_no"])
            steps, findings = steps_of(log, name, {})
            moments = list(walk(judge, steps))
            facts, more = facts_from(ticket.facts, plan(), "")
            assert (findings, more) == ([], [])
            assert moments[-1].verdict == judge.decide(facts, moments[-1].at)
            assert [m.happened for m in moments].count("event") == len(by_hand[name])


def test_made_up_tickets_are_counted_as_by_hand(run: Run) -> None:
    """A was taken in charge on the minute and waited a week; B waits, so that its time stands still."""
    assert counts(run, MADE_UP) == expected(MADE_UP)
    assert expected(MADE_UP) == {
        "promise/clocks/first-reply": {"running": 0, "met": 1, "breached": 1, "undecided": 0},
        "promise/clocks/resolution": {"running": 1, "met": 1, "breached": 0, "undecided": 0},
    }
    last_is_decided(MADE_UP, every=1)


@AT_HAND
def test_the_tickets_of_the_help_desk_are_counted_as_by_hand(run: Run) -> None:
    text = EVENTS.read_text(encoding="utf-8")
    assert counts(run, text) == expected(text)


@AT_HAND
def test_tickets_of_the_help_desk_walked_event_by_event_end_as_they_are_decided() -> None:
    last_is_decided(EVENTS.read_text(encoding="utf-8"), every=200)
