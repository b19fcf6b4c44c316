"""Tickets from a log of events: a row is an event, and a ticket is all the events of its number.

Of an event only eight bytes are kept, its instant and its activity, so that a log may be far longer than
its tickets are many. Events of a ticket come in the order of their instants; of one instant, in the
order in which the mapping names their activities, so that the order of rows is of no account.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from api.tickets.csv_tickets import Row
from api.tickets.log_mapping import LogMapping, changes_by, instant_format
from api.tickets.text_values import text_value
from api.tickets.ticket import Raw, Ticket, escaped
from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.evaluate.facts import Facts, as_of_from, facts_from, instant_from
from engine.evaluate.walk.case_file import Step
from engine.evaluate.walk.changes import Changed, FactChange, changed
from engine.plan.nodes import Plan
from engine.rulebook.model import Words

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NAMES = 4_096
"""An event is its microsecond times this and the number of its activity: both fit into 63 bits."""


@dataclass
class EventLog:
    """The events of a log by ticket; `bad` are rows that cannot be read, by ticket where it is known."""

    mapping: LogMapping
    plan: Plan
    events: dict[str, array[int]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    bad: dict[str, list[tuple[int, Finding]]] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    rows: int = 0

    @property
    def last(self) -> datetime | None:
        """The last instant of the log, in the catalogue's zone; None where it has no event."""
        latest = max((max(events) for events in self.events.values() if events), default=None)
        return None if latest is None else self._instant(latest)

    def _instant(self, event: int) -> datetime:
        at = _EPOCH + (event // _NAMES) * _MICROSECOND
        return at.astimezone(ZoneInfo(self.plan.zone))

    def in_order(self, ticket: str) -> Iterator[tuple[datetime, str]]:
        """The events of a ticket, each with its activity."""
        names = list(self.names)
        ranks = {number: rank for rank, number in enumerate(_by_mapping(self.mapping, self.names))}
        events = sorted(self.events[ticket], key=lambda event: (event // _NAMES, ranks[event % _NAMES]))
        return ((self._instant(event), names[event % _NAMES]) for event in events)


def _by_mapping(mapping: LogMapping, names: Mapping[str, int]) -> list[int]:
    """The numbers of activities as the mapping names them, then the others by name."""
    order = {name: place for place, name in enumerate(mapping.activities)}
    named = sorted(names, key=lambda name: (order.get(name, len(order)), name))
    return [names[name] for name in named]


def read_log(rows: Iterable[Row], mapping: LogMapping, plan: Plan, only: str | None = None) -> EventLog:
    """The events of a log, or those of one ticket; the whole of it is read before anything is told."""
    log = EventLog(mapping, plan)
    for line, cells, trouble in rows:
        ticket = _text(cells.get(mapping.ticket))
        if only is not None and ticket != only:
            continue
        log.rows += 1
        log.lines.setdefault(ticket, line)
        findings = list(trouble) or _read_event(log, ticket, cells)
        if findings:
            log.bad.setdefault(ticket, []).extend((line, finding) for finding in findings)
    return log


def _text(cell: Raw) -> str:
    if isinstance(cell, bool | list | dict):
        return json.dumps(cell, ensure_ascii=False, default=str)
    return "" if cell is None else str(cell).strip()


def _read_event(log: EventLog, ticket: str, cells: Mapping[str, Raw]) -> list[Finding]:
    """Keeps one event, or says what is wrong with it."""
    mapping, findings = log.mapping, []
    if not ticket or isinstance(cells.get(mapping.ticket), bool | list | dict):
        findings.append(Finding("W027", {}, pointer=_pointer(mapping.ticket)))
    activity = _text(cells.get(mapping.activity))
    if mapping.refuse_others and activity not in mapping.activities:
        near = closest(activity, mapping.activities)
        values = {"written": activity}
        findings.append(Finding("W028", values, pointer=_pointer(mapping.activity), suggestion=near))
    at = _instant_of(cells.get(mapping.at), mapping, log.plan.zone)
    if isinstance(at, Finding):
        findings.append(at)
    elif not findings:
        findings += _kept(log, ticket, activity, at)
    return findings


def _kept(log: EventLog, ticket: str, activity: str, at: datetime) -> list[Finding]:
    number = log.names.setdefault(activity, len(log.names))
    if number >= _NAMES:
        return [Finding("W029", {"most": f"{_NAMES:,}"}, pointer=_pointer(log.mapping.activity))]
    event = (at.astimezone(UTC) - _EPOCH) // _MICROSECOND * _NAMES + number
    log.events.setdefault(ticket, array("q")).append(event)
    return []


def _pointer(column: str) -> str:
    return f"/{escaped(column)}"


def _instant_of(cell: Raw, mapping: LogMapping, zone: str) -> datetime | Finding:
    """The instant of an event; without an offset it is one of the catalogue's zone."""
    pointer = _pointer(mapping.at)
    written = cell.isoformat() if isinstance(cell, datetime) else _text(cell)
    if mapping.format is not None and not isinstance(cell, datetime):
        try:
            written = instant_format(written, mapping.format).isoformat()
        except ValueError:
            return Finding("D077", {"written": written, "format": mapping.format}, pointer=pointer)
    plausible = as_of_from(written, zone)
    if isinstance(plausible, Finding):
        return Finding(plausible.code, plausible.values, pointer=pointer)
    return instant_from(written, zone) or plausible


def log_tickets(log: EventLog, constants: Mapping[str, Raw]) -> Iterator[Ticket]:
    """A ticket for each number, in the order of the log; one with a row that cannot be read is not judged.

    The facts of a good one are values of the catalogue already.
    """
    beginning, _ = facts_from(dict(constants), log.plan, "")
    for ticket, line in log.lines.items():
        if ticket in log.bad:
            yield from (Ticket(at, findings=(finding,)) for at, finding in log.bad[ticket])
            continue
        facts, findings = _at_the_end(log, ticket, beginning)
        yield Ticket(line, facts, None, "", tuple(findings))


def _at_the_end(log: EventLog, ticket: str, beginning: Facts) -> tuple[Facts, list[Finding]]:
    findings: list[Finding] = []
    facts = _begun(log, ticket, beginning, findings)
    for at, activity in log.in_order(ticket):
        done = _happened(log, facts, activity, at)
        facts = done.facts
        findings += done.findings
    return facts, findings


def _begun(log: EventLog, ticket: str, beginning: Facts, findings: list[Finding]) -> Facts:
    """What holds before the first event: the constants, and the ticket's number."""
    if log.mapping.fact is None:
        return beginning
    declared = log.plan.facts[log.mapping.fact]
    number, trouble = facts_from({declared.name: text_value(declared.type, ticket)}, log.plan, "")
    findings += trouble
    return {**beginning, **number}


def _happened(log: EventLog, facts: Facts, activity: str, at: datetime) -> Changed:
    """What one event does: what every one does, then what its activity does."""
    changes: list[FactChange] = []
    findings: list[Finding] = []
    for change in changes_by(log.mapping, activity, facts):
        done = changed(facts, change, at, log.plan)
        facts = done.facts
        changes += done.changes
        findings += done.findings
    return Changed(facts, tuple(changes), tuple(findings))


def steps_of(log: EventLog, ticket: str, constants: Mapping[str, Raw]) -> tuple[list[Step], list[Finding]]:
    """The events of a ticket as the steps of a case, to be walked; in whole seconds, as verdicts are.

    Rows of it that cannot be read are those of `bad`.
    """
    beginning, _ = facts_from(dict(constants), log.plan, "")
    findings: list[Finding] = []
    facts = _begun(log, ticket, beginning, findings)
    steps = []
    for at, activity in log.in_order(ticket):
        done = _happened(log, facts, activity, at)
        facts = done.facts
        findings += done.findings
        steps.append(Step(at.replace(microsecond=0), _title(log.mapping, activity), facts, done.changes))
    return steps, findings


def _title(mapping: LogMapping, activity: str) -> Words:
    found: Any = mapping.activities.get(activity)
    return Words(activity, activity) if found is None else found.title
