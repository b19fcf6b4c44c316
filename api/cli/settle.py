"""`caiding settle`: a month's statements, outlet by outlet."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from glob import glob
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from api.cli.door import CLEAN, FOUND, Door, Stop, cannot_read, show_findings
from api.cli.engines import engine_options, opened_engine
from api.cli.loading import plan_under, sound_library
from api.cli.options import OneOf, described, option
from api.cli.payers import chosen_payers
from api.cli.settled import Before, require_new, settled_in, whole_folder
from api.cli.stages import Stages
from api.cli.ticket_inputs import ticket_inputs
from api.cli.ticket_options import instant_of_judging, mapping_at, tickets_read
from api.present.findings_text import console_on
from api.present.settlement_folder import Folder, Source, account, link_to, sha256
from api.present.settlement_text import SettlementText
from api.present.settlement_words import SettlementWords
from api.present.ticket_trouble import TroubleLog
from api.tickets.sources import FORMS, form_of
from api.tickets.tables import TableOptions, is_uri, read_tickets
from api.tickets.volumes import read_volumes
from engine.base.findings import Finding, Language
from engine.base.suggest import closest
from engine.library import Library
from engine.plan.nodes import Plan
from engine.replay.engines.engine import Cancelled, Engine
from engine.replay.settle.aggregates import groupings
from engine.replay.settle.corrections import corrected
from engine.replay.settle.run import TIMES, Order, Settlement, settle
from engine.replay.settle.settlement import Month, Statement, StatementLink
from engine.replay.sql.refused import NotSayable
from engine.replay.tickets.table import Repeated, TicketTable
from engine.rulebook.types import Kind

COUNTED_HERE = "Q034"
"""That files lack facts which rules read: a settlement counts some, and says what is open for others."""
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@described("settle")
@click.argument("further", nargs=-1, metavar="[FILES]...")
@option("--month", required=True, metavar="2015-11")
@option("--tickets", multiple=True, metavar="FILES")
@option("--volumes", metavar="FILE")
@option("--rules", default="rules", show_default=True, metavar="DIR")
@option("--reading", multiple=True, metavar="AMB-01=floor")
@option("--payer", multiple=True, metavar="PARTY=FACT")
@option("--dated-by", multiple=True, metavar="FACT")
@option("--as-of", metavar="INSTANT")
@option("--mapping", metavar="FILE")
@option("--input-format", type=OneOf(sorted(set(FORMS.values()))))
@option("--against", metavar="DIR")
@option("--output", metavar="DIR")
@option("--format", "form", type=OneOf(["text", "json"]), default="text", show_default=True)
@engine_options
@option("--progress", type=OneOf(["auto", "json", "none"]), default="auto", show_default=True)
@click.pass_obj
def command(door: Door, /, **options: Any) -> int:
    names = (*options["tickets"], *options["further"])
    if not names:
        raise Stop(Finding("D005", {"name": "--tickets"}))
    if options["output"]:
        require_new(options["output"])
    asked = _asked(names, options, door.language)
    stages = Stages(options["progress"], door.language)
    with stages.shown():
        run = _Run(asked, stages, door.language)
        try:
            with opened_engine(options, stages.within) as engine:
                month, links = run.settled(engine)
        except NotSayable as reason:
            raise Stop(*reason.findings, exit_code=FOUND) from reason
        except Cancelled as reason:
            raise click.Abort from reason
    return _tell(month, links, asked, door.language)


@dataclass(frozen=True)
class _Asked:
    """What is to be settled, read from the command's words."""

    names: Sequence[str]
    options: Mapping[str, Any]
    library: Library
    plan: Plan
    order: Order
    reading: TableOptions
    before: Before | None

    @property
    def month(self) -> str:
        return self.order.month.isoformat()[:7]


def _asked(names: Sequence[str], options: Mapping[str, Any], language: Language) -> _Asked:
    month = _month(options["month"])
    library = sound_library(options["rules"], language)
    plan = plan_under(library, options["reading"])
    before = None
    if options["against"]:
        before = settled_in(options["against"], options["month"], plan.edition)
    form = FORMS[options["input_format"]] if options["input_format"] else None
    return _Asked(
        names,
        options,
        library,
        plan,
        Order(
            month,
            _volumes(options["volumes"], library, plan, month, language),
            chosen_payers(options["payer"], library),
            _dated_by(options["dated_by"], plan),
        ),
        TableOptions(
            _end_of(month, plan) if options["as_of"] is None else instant_of_judging(options["as_of"], plan),
            mapping_at(options["mapping"], plan, language),
            form,
        ),
        before,
    )


def _month(written: str) -> date:
    found = _MONTH.fullmatch(written)
    if found is None:
        raise Stop(Finding("Q112", {"written": written}))
    return date(int(found[1]), int(found[2]), 1)


def _end_of(month: date, plan: Plan) -> datetime:
    """The first instant of the next month: a month is settled as it stood at its end, whenever it is done."""
    later = date(month.year + month.month // 12, month.month % 12 + 1, 1)
    return datetime(later.year, later.month, later.day, tzinfo=ZoneInfo(plan.zone))


def _dated_by(names: Sequence[str], plan: Plan) -> Sequence[str]:
    """The days and times that tell a ticket's month; raises Stop for a fact that is neither."""
    timely = (Kind.DATE, Kind.INSTANT)
    known = [name for name, fact in plan.facts.items() if fact.type.kind in timely]
    for name in names:
        if name not in known:
            raise Stop(Finding("Q122", {"written": name}, suggestion=closest(name, known)))
    return names or [name for name in TIMES if name in known]


def _volumes(
    name: str | None, library: Library, plan: Plan, month: date, language: Language
) -> Sequence[Mapping[str, Any]] | None:
    """The rows of the file of volumes; what is wrong with it is shown, and then nothing is settled."""
    if name is None:
        return None
    some = groupings(library, plan)
    if not any(grouping.numbers for grouping in some):
        raise Stop(Finding("Q113", {}))
    form = form_of(name)
    if form is None:
        raise Stop(Finding("D018", {"file": name}))
    try:
        with Path(name).open("rb") as stream:
            volumes = read_volumes(stream, name, form, plan, some, month)
    except OSError as error:
        raise Stop(cannot_read(name, error)) from error
    if volumes.trouble:
        log = TroubleLog(console_on(sys.stderr), language)
        for line, findings in volumes.trouble:
            log.write(name, line, findings)
        log.finish()
        raise Stop(exit_code=FOUND)
    return volumes.rows


@dataclass(frozen=True)
class _Run:
    """Reads, settles and writes."""

    asked: _Asked
    stages: Stages
    language: Language

    def settled(self, engine: Engine) -> tuple[Month, list[StatementLink]]:
        asked = self.asked
        self.stages.begin("reading")
        options = replace(asked.reading, progress=self.stages.within)
        with tickets_read(self.language), ticket_inputs(asked.names) as inputs:
            table = read_tickets(engine, inputs, [asked.plan], options)
        self.stages.begin("judging")
        settlement = settle(engine, table.source, table.facts, (asked.library, asked.plan), asked.order)
        repeated = table.repeated(engine)
        month = _month_of(asked, settlement, table, repeated)
        self.stages.begin("writing")
        links = self._written(month, self._statements(settlement), settlement)
        self.stages.end()
        return replace(month, outlets=sum(link.outlet is not None for link in links)), links

    def _statements(self, settlement: Settlement) -> Iterator[Statement]:
        statements = settlement.statements()
        before = self.asked.before
        return statements if before is None else corrected(statements, before.lines())

    def _written(
        self, month: Month, statements: Iterator[Statement], settlement: Settlement
    ) -> list[StatementLink]:
        """The folder, where one is asked for; the lines of the index in any case."""
        name = self.asked.options["output"]
        if name is None:
            return [link_to(statement) for statement in statements]
        facts = [self.asked.plan.facts[fact] for fact in settlement.common_facts]
        created = self.asked.reading.as_of.replace(tzinfo=None)
        with ExitStack() as stack:
            path = stack.enter_context(whole_folder(name))
            folder = Folder(path, self.asked.library, self.language, facts, created)
            return folder.write(month, statements, self._source())

    def _source(self) -> Source:
        options = self.asked.options
        return Source(
            inputs=[_input(name) for name in _files(self.asked.names)],
            volumes=_input(options["volumes"]) if options["volumes"] else None,
            readings=self.asked.plan.readings,
            payers=self.asked.order.payers,
        )


def _files(names: Sequence[str]) -> list[str]:
    """The files of this machine that the names stand for, patterns spelt out, each once."""
    here = [name for name in names if not is_uri(name)]
    files = [
        file
        for name in here
        for file in ([name] if Path(name).exists() else sorted(glob(name, recursive=True)))  # noqa: PTH207 - as written
        if Path(file).is_file()
    ]
    once: dict[Path, str] = {}
    for file in files:
        once.setdefault(Path(file).resolve(), file)
    return list(once.values())


def _input(name: str) -> dict[str, Any]:
    path = Path(name)
    return {"file": name, "bytes": path.stat().st_size, "sha256": sha256(path)}


def _month_of(asked: _Asked, settlement: Settlement, table: TicketTable, repeated: Repeated) -> Month:
    counts = settlement.counts
    return Month(
        month=asked.month,
        edition=asked.plan.edition,
        as_of=asked.reading.as_of.isoformat(timespec="seconds"),
        tickets=counts.tickets,
        bad=table.bad.count,
        repeated=repeated.count,
        other_months=counts.other_months,
        findings=tuple(_findings(asked, settlement, table, repeated)),
        rules=settlement.rules,
        totals=settlement.totals,
        undated=counts.undated,
        by_time=counts.by_time,
        outlets=len(settlement.outlets),
        lines=settlement.lines,
        open_lines=settlement.open_lines,
        correction_of=asked.before.settled if asked.before else None,
        bad_tickets=table.bad.first,
    )


def _findings(
    asked: _Asked, settlement: Settlement, table: TicketTable, repeated: Repeated
) -> Iterator[Finding]:
    """What whoever settles should know, the month's tickets first."""
    counts, month = settlement.counts, asked.month
    if counts.tickets == 0:
        yield Finding("Q108", {"month": month})
    if counts.undated:
        yield Finding("Q106", {"tickets": f"{counts.undated:,}"})
    if counts.by_time:
        yield Finding("Q107", {"tickets": f"{counts.by_time:,}", "month": month})
    if repeated.count:
        yield Finding("Q082", {"count": f"{repeated.count:,}", "numbers": ", ".join(repeated.numbers)})
    yield from settlement.findings
    yield from (note for note in table.notes if note.code != COUNTED_HERE)
    yield from asked.before.findings if asked.before else ()


def _tell(month: Month, links: Sequence[StatementLink], asked: _Asked, language: Language) -> int:
    """The summary on standard output, what should be known on standard error."""
    log = TroubleLog(console_on(sys.stderr), language)
    for bad in month.bad_tickets:
        log.write(bad.file, bad.row, bad.findings)
    log.finish()
    show_findings(month.findings, language)
    if asked.options["form"] == "json":
        print(json.dumps(account(month), ensure_ascii=False, indent=2))  # noqa: T201 - the result
    else:
        words = SettlementWords(asked.library, month, language)
        SettlementText(words, month).write(console_on(sys.stdout, wrap=True), links, asked.options["output"])
    return FOUND if month.bad or not month.tickets else CLEAN
