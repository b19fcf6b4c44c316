"""`caiding decide`: the verdict on one ticket, or on each of many."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import click

from api.cli.decide_table import AUTO, ENGINES, Asked, by_query, decide_by_query, write_summary
from api.cli.door import CLEAN, FOUND, Door, Stop, cannot_read
from api.cli.loading import plan_under, sound_library
from api.cli.options import OneOf, described, option
from api.cli.output import writing, writing_text
from api.cli.progress import with_progress
from api.cli.ticket_options import instant_of_judging, mapping_at
from api.present.findings_text import console_on
from api.present.tally import Tally, TallyTables
from api.present.ticket_trouble import TroubleLog
from api.present.verdict_text import VerdictText
from api.tickets.sources import FORMS, Form, Reading, form_of, ndjson_line
from api.tickets.ticket import WHOLE_FILE, Ticket
from engine.base.findings import Finding, Language
from engine.evaluate.durable import Disagreement, DurableFailure, Unavailable
from engine.evaluate.evaluators import Evaluator
from engine.evaluate.evaluators import evaluator as make_evaluator
from engine.evaluate.facts import Facts, as_of_from, facts_from
from engine.evaluate.verdict import Verdict
from engine.library import Library
from engine.plan.nodes import Plan

MOST_IN_FULL = 20
"""So many verdicts are shown in full as text; of more, only the summary."""
STANDARD_INPUT = "-"
SCHEME = "://"


@dataclass(frozen=True)
class Judged:
    """A ticket with its verdict; `name` is its number, or its place where it has none."""

    file: str
    line: int
    ticket_no: str | None
    verdict: Verdict
    facts: Facts


@described("decide")
@click.argument("files", nargs=-1, required=True)
@option("--rules", default="rules", show_default=True, metavar="DIR")
@option(
    "--evaluator", type=OneOf(["compiled", "reference", "durable"]), default="compiled", show_default=True
)
@option("--as-of", metavar="INSTANT")
@option("--reading", multiple=True, metavar="AMB-01=floor")
@option("--mapping", metavar="FILE")
@option("--input-format", type=OneOf(sorted(set(FORMS.values()))))
@option("--format", "form", type=OneOf(["text", "json"]), default="text", show_default=True)
@option("--output", metavar="FILE")
@option("--engine", type=OneOf(ENGINES), default=AUTO, show_default=True)
@option("--master", metavar="URL")
@option("--memory", metavar="4GB")
@click.pass_obj
def command(door: Door, /, files: tuple[str, ...], rules: str, **options: Any) -> int:
    library = sound_library(rules, door.language)
    plan = plan_under(library, options["reading"])
    mapping = mapping_at(options["mapping"], plan, door.language)
    inputs = [(existing(name), form_given(name, options["input_format"])) for name in files]
    as_of = instant_of_judging(options["as_of"], plan)
    asked = Asked(library, plan, inputs, as_of, mapping, door.language, options)
    if by_query(asked) and (code := decide_by_query(asked)) is not None:
        return code
    return _row_by_row(asked)


def _row_by_row(asked: Asked) -> int:
    log = TroubleLog(console_on(sys.stderr), asked.language, several_files=len(asked.inputs) > 1)
    bench = Bench(asked.plan, _evaluator(asked.options["evaluator"], asked.plan), asked.as_of, log)
    judged = bench.judged_in(with_progress(asked.inputs, Reading(asked.plan, asked.mapping)))
    with closing(bench.judge):
        if asked.target is not None:
            _write_table(judged, asked, bench)
        else:
            with writing_text(asked.options["output"], asked.names) as out:
                sink = _Sink(out, asked.language, asked.inputs, asked.options["form"])
                _write(judged, asked.library, sink, bench)
    log.finish()
    return FOUND if log.any else CLEAN


def _write_table(judged: Iterator[Judged], asked: Asked, bench: Bench) -> None:
    """The verdicts as Parquet, and on standard output the summary."""
    # pyarrow takes a while to import, and only Parquet needs it.
    from api.tickets.verdict_table import JudgedTicket, write_verdicts

    with writing(asked.target, asked.names) as table:
        rows = (JudgedTicket(one.file, one.line, one.ticket_no, one.verdict) for one in judged)
        write_verdicts(table, rows, asked.plan)
    write_summary(bench.tally, asked)


@dataclass
class Bench:
    """Judges tickets, and puts aside those that cannot be judged."""

    plan: Plan
    judge: Evaluator
    as_of: datetime
    log: TroubleLog
    tally: Tally = field(default_factory=Tally)

    def judged_in(self, tickets: Iterator[tuple[str, Ticket]]) -> Iterator[Judged]:
        """A verdict for each good ticket; the trouble of a bad one is logged, all of it at once."""
        for file, ticket in tickets:
            judged = self._judged(file, ticket)
            if judged is not None:
                self.tally.add(judged.verdict)
                yield judged

    def _judged(self, file: str, ticket: Ticket) -> Judged | None:
        facts, findings = facts_from(ticket.facts, self.plan, ticket.pointer)
        as_of = as_of_from(ticket.as_of, self.plan.zone) if ticket.as_of else self.as_of
        findings = [*ticket.findings, *findings]
        if isinstance(as_of, Finding):
            findings.append(as_of)
        verdict = None
        if not findings and isinstance(as_of, datetime):
            verdict = self._verdict(facts, as_of, findings)
        if verdict is None:
            self.log.write(file, ticket.line, findings)
            self.tally.bad += ticket.line != WHOLE_FILE
            return None
        number = facts.get("ticket_no")
        return Judged(file, ticket.line, None if number is None else str(number), verdict, facts)

    def _verdict(self, facts: Facts, as_of: datetime | None, findings: list[Finding]) -> Verdict | None:
        """The verdict; a finding where the second opinion's engine fails on this ticket."""
        try:
            return self.judge.decide(facts, as_of)
        except (DurableFailure, Disagreement) as reason:
            values = {"evaluator": self.judge.name, "reason": str(reason)}
            findings.append(Finding("D026", values))
            return None


@dataclass(frozen=True)
class _Sink:
    """Where verdicts go and in which form."""

    out: TextIO
    language: Language
    inputs: list[tuple[str, Form]]
    form: str

    @property
    def single(self) -> bool:
        return len(self.inputs) == 1 and self.inputs[0][1] == "json"


def _write(judged: Iterator[Judged], library: Library, sink: _Sink, bench: Bench) -> None:
    if sink.form == "text":
        _write_text(judged, library, sink, bench)
    elif sink.single:
        for one in judged:
            sink.out.write(json.dumps(one.verdict, ensure_ascii=False, indent=2) + "\n")
    else:
        for one in judged:
            sink.out.write(ndjson_line(_document(one, sink)) + "\n")


def _document(judged: Judged, sink: _Sink) -> dict[str, Any]:
    file = {"file": judged.file} if len(sink.inputs) > 1 else {}
    return {**file, "line": judged.line, "ticket_no": judged.ticket_no, "verdict": judged.verdict}


def _write_text(judged: Iterator[Judged], library: Library, sink: _Sink, bench: Bench) -> None:
    """Few verdicts in full, then the summary; of many only the summary."""
    assert library.catalogue is not None, "a sound library has a catalogue"
    console, writer = console_on(sink.out), VerdictText(library.catalogue, sink.language)
    kept = [one for one in judged if bench.tally.judged <= MOST_IN_FULL]
    if bench.tally.judged <= MOST_IN_FULL:
        for one in kept:
            console.print(writer.text(one.ticket_no or f"{one.file}:{one.line}", one.verdict), end="\n\n")
    if not sink.single and (bench.tally.judged or bench.tally.bad or not bench.log.any):
        TallyTables(library, sink.language).write(console_on(sink.out, wrap=True), bench.tally)


def _evaluator(name: str, plan: Plan) -> Evaluator:
    try:
        return make_evaluator(name, plan)
    except Unavailable as reason:
        raise Stop(Finding("D023", {"evaluator": name, "reason": str(reason)})) from reason


def existing(name: str) -> str:
    """The name of a file that can be read, so that nothing is judged when one of many is mistyped."""
    if SCHEME in name:
        return name  # on a cluster, which says itself what is not there
    try:
        if name != STANDARD_INPUT:
            Path(name).open("rb").close()
        elif sys.stdin is None:
            raise FileNotFoundError(name)
    except OSError as error:
        raise Stop(cannot_read(name, error)) from error
    return name


def form_given(name: str, chosen: str | None) -> Form:
    form = FORMS[chosen] if chosen else form_of(name)
    if form is None and SCHEME in name:
        return "parquet"
    if form is None and name == STANDARD_INPUT:
        return "json"
    if form is None:
        raise Stop(Finding("D018", {"file": name}))
    return form
