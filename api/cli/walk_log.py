"""`caiding walk --log`: one ticket of a log of events walked, or all of them counted by clock and state."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click

from api.cli.door import CLEAN, FOUND, Stop
from api.cli.ticket_options import instant_of_judging, mapping_at
from api.cli.walking import STANDARD_INPUT, Bench, Walked, opened
from api.present.findings_text import console_on
from api.present.ticket_trouble import TroubleLog
from api.present.walk_counts import ClockCounts, counts_json, write_counts
from api.tickets.csv_tickets import UnreadableHeader
from api.tickets.event_log import EventLog, log_tickets, read_log, steps_of
from api.tickets.mapping import ImportMapping
from api.tickets.sources import FORMS, Form, form_of, rows_of
from api.tickets.ticket import WHOLE_FILE
from engine.base.findings import Finding, Language
from engine.evaluate.durable import Disagreement, DurableFailure
from engine.evaluate.facts import Facts
from engine.evaluate.walk.case_file import CaseFile


@dataclass(frozen=True)
class LogWanted:
    """A log and how it is read, as the command was asked; `bench` judges."""

    bench: Bench
    language: Language
    options: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.options["log"])

    def as_of(self, otherwise: datetime | None, last: datetime | None) -> datetime | None:
        """The instant that was asked for; raises Stop where events lie after it."""
        written = self.options["as_of"]
        if written is None:
            return otherwise
        asked = instant_of_judging(written, self.bench.judge().plan)
        if last is not None and asked < last:
            values = {"until": written, "last": last.isoformat(timespec="minutes")}
            raise Stop(Finding("W002", values))
        return asked


def walk_ticket(wanted: LogWanted) -> Walked:
    """The walk of the ticket that is asked for; raises Stop where the log does not have it."""
    judge, ticket = wanted.bench.judge(), wanted.options["case"]
    mapping = _mapping(wanted)
    log = _read(wanted, mapping, only=ticket)
    if ticket not in log.lines:
        raise Stop(Finding("W030", {"ticket": ticket}))
    if ticket in log.bad:
        _tell(wanted, log.bad[ticket])
        raise Stop(exit_code=FOUND)
    steps, findings = steps_of(log, ticket, mapping.constants)
    if findings:
        _tell(wanted, [(log.lines[ticket], finding) for finding in findings])
        raise Stop(exit_code=FOUND)
    until = wanted.as_of(None, steps[-1].at)
    case = CaseFile(ticket, None, {}, (), tuple(steps), (), until)
    return Walked(case, wanted.bench.moments(judge, steps, until), ())


def count_log(wanted: LogWanted) -> int:
    """Judges every ticket at the end of the log and shows how the clocks stand; the exit code."""
    judge, mapping = wanted.bench.judge(), _mapping(wanted)
    log = _read(wanted, mapping)
    last = log.last or instant_of_judging(None, judge.plan)
    end = last.replace(microsecond=0)
    as_of = wanted.as_of(end, end if log.events else None) or end
    counts = ClockCounts(log.rows, as_of)
    trouble = TroubleLog(console_on(sys.stderr), wanted.language)
    for line, facts in _good(log, mapping, wanted, trouble, counts):
        try:
            counts.add(judge.decide(facts, as_of))
        except (DurableFailure, Disagreement) as reason:
            values = {"evaluator": judge.name, "reason": str(reason)}
            trouble.write(wanted.name, line, [Finding("D026", values)])
    trouble.finish()
    _show(counts, wanted)
    return FOUND if trouble.any else CLEAN


def _good(
    log: EventLog, mapping: ImportMapping, wanted: LogWanted, trouble: TroubleLog, counts: ClockCounts
) -> Iterator[tuple[int, Facts]]:
    """The tickets that can be judged; the trouble of the others is told."""
    for ticket in log_tickets(log, mapping.constants):
        if ticket.findings:
            trouble.write(wanted.name, ticket.line, ticket.findings)
        else:
            yield ticket.line, ticket.facts
    counts.bad = len(log.bad)


def _tell(wanted: LogWanted, findings: Iterable[tuple[int, Finding]]) -> None:
    """Findings, each with its line."""
    trouble = TroubleLog(console_on(sys.stderr), wanted.language)
    for line, finding in findings:
        trouble.write(wanted.name, line, [finding])
    trouble.finish()


def _mapping(wanted: LogWanted) -> ImportMapping:
    plan = wanted.bench.judge().plan
    mapping = mapping_at(wanted.options["mapping"], plan, wanted.language)
    if mapping is None or mapping.log is None:
        raise Stop(Finding("W031", {"file": str(wanted.options["mapping"])}))
    return mapping


def _read(wanted: LogWanted, mapping: ImportMapping, only: str | None = None) -> EventLog:
    """The log as it stands; raises Stop for a file that cannot be read at all."""
    assert mapping.log is not None, "it is a mapping for a log"
    plan = wanted.bench.judge().plan
    try:
        with opened(wanted.name) as stream:
            rows = rows_of(stream, wanted.name, _form(wanted), mapping)
            return read_log(rows, mapping.log, plan, only)
    except UnreadableHeader as refused:
        _tell(wanted, [(WHOLE_FILE, finding) for finding in refused.findings])
        raise Stop(exit_code=FOUND) from refused


def _form(wanted: LogWanted) -> Form:
    chosen = wanted.options["input_format"]
    form = FORMS[chosen] if chosen else form_of(wanted.name)
    if form is None and wanted.name == STANDARD_INPUT:
        return "csv"
    if form is None:
        raise Stop(Finding("D018", {"file": wanted.name}))
    return form


def _show(counts: ClockCounts, wanted: LogWanted) -> None:
    plan = wanted.bench.judge().plan
    if wanted.options["form"] == "json":
        click.echo(json.dumps(counts_json(counts, plan), ensure_ascii=False, indent=2))
    else:
        write_counts(console_on(sys.stdout, wrap=True), counts, plan, wanted.language)
