"""`caiding dry-run`: what proposed rules, or another reading, would have done to past tickets."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import click

from api.cli.door import CLEAN, COULD_NOT, FOUND, Door, Stop, cannot_read, show_findings
from api.cli.engines import engine_options, opened_engine
from api.cli.options import OneOf, described, option
from api.cli.output import STANDARD, writing_text
from api.cli.sides import Side, sides_of
from api.cli.stages import Stages
from api.cli.ticket_inputs import ticket_inputs
from api.cli.ticket_options import instant_of_judging, mapping_at, tickets_read
from api.present.findings_json import finding_json, findings_json
from api.present.findings_text import console_on
from api.present.impact_json import impact_json
from api.present.impact_markdown import impact_markdown
from api.present.impact_text import ImpactText
from api.present.limit_words import finding_of, telling
from api.present.ticket_trouble import TroubleLog
from api.tickets.masking import Mask, without_values
from api.tickets.refusal import TicketsRefused
from api.tickets.sources import FORMS
from api.tickets.tables import TableOptions, read_tickets
from engine.base.findings import Finding, Language
from engine.evaluate.examples import run_examples
from engine.library import Library
from engine.plan.nodes import Plan
from engine.replay.dry_run.dimensions import not_grouped
from engine.replay.dry_run.examples import as_given
from engine.replay.dry_run.impact import Impact
from engine.replay.dry_run.limits import Limit, Measured, limit_from, measured, unknown_names
from engine.replay.dry_run.run import Options, origins, run
from engine.replay.dry_run.zones import Extent
from engine.replay.engines.engine import Cancelled, Engine
from engine.replay.sql.refused import NotSayable
from engine.replay.tickets.table import TicketTable


@described("dry-run")
@click.argument("further", nargs=-1, metavar="[FILES]...")
@option("--base", metavar="REVISION|DIR")
@option("--candidate", default="rules", show_default=True, metavar="DIR")
@option("--tickets", multiple=True, metavar="FILES")
@option("--readings", multiple=True, metavar="AMB-01=floor")
@option("--by", multiple=True, metavar="FACT")
@option("--fail-on", multiple=True, metavar="LIMIT")
@option("--prove", is_flag=True)
@option("--report", metavar="FILE.html")
@option("--format", "form", type=OneOf(["text", "json", "markdown"]), default="text", show_default=True)
@option("--output", metavar="FILE")
@option("--as-of", metavar="INSTANT")
@option("--mapping", metavar="FILE")
@option("--input-format", type=OneOf(sorted(set(FORMS.values()))))
@option("--mask", is_flag=True)
@engine_options
@option("--progress", type=OneOf(["auto", "json", "none"]), default="auto", show_default=True)
@click.pass_obj
def command(door: Door, /, **options: Any) -> int:
    with _told_to_programs(options["progress"], door.language):
        return _dry_run(options, door.language)


@contextmanager
def _told_to_programs(progress: str, language: Language) -> Iterator[None]:
    """With `--progress json` the reasons for giving up are a line of JSON too."""
    if progress != "json":
        yield
        return
    try:
        yield
    except TicketsRefused as refused:
        told = [{"file": file, **finding_json(finding, language)} for file, finding in refused.troubles]
        _print_line({"findings": told, "exit_code": FOUND})
        raise Stop(exit_code=FOUND) from refused
    except OSError as error:
        finding = cannot_read(str(error.filename or STANDARD), error)
        _print_line({"findings": findings_json([finding], language), "exit_code": COULD_NOT})
        raise Stop(exit_code=COULD_NOT) from error
    except Stop as stop:
        _print_line({"findings": findings_json(stop.findings, language), "exit_code": stop.exit_code})
        raise Stop(exit_code=stop.exit_code) from stop


def _print_line(document: Mapping[str, Any]) -> None:
    print(json.dumps(document, ensure_ascii=False), file=sys.stderr, flush=True)  # noqa: T201 - for programs


def _dry_run(options: Mapping[str, Any], language: Language) -> int:
    names = (*options["tickets"], *options["further"])
    if not names:
        raise Stop(Finding("Q068", {}))
    _require_folders(options["output"], options["report"])
    limits = _limits(options["fail_on"])
    sides = sides_of(options["base"], options["candidate"], options["readings"], language)
    _require_known(limits, options, sides)
    stages = Stages(options["progress"], language)
    with stages.shown():
        impact, notes = _impact(names, sides, options, stages, language)
        stages.begin("writing")
        found = [one for limit in limits for one in measured(limit, impact)]
        libraries = [side.library for side in sides]
        if options["report"]:
            _write_report(options["report"], impact, libraries, language, names)
    with writing_text(options["output"], names) as out:
        _write(options, impact, found, libraries, language, out)
    stages.end()
    exceeded = [finding_of(one, language) for one in telling(found) if one.exceeded]
    told = [*notes, *_notes(impact), *_failing_examples(sides[1], options["candidate"]), *exceeded]
    _show(told, impact, options["progress"], language)
    return FOUND if exceeded or not impact.tickets else CLEAN


def _notes(impact: Impact) -> Iterator[Finding]:
    """What else is to be said of the run."""
    if not impact.edits:
        yield Finding("Q066", {})
    if not impact.tickets:
        yield Finding("Q080", {})
    if impact.bad:
        yield Finding("Q081", {"count": f"{impact.bad:,}"})
    if impact.repeated:
        values = {"count": f"{impact.repeated:,}", "numbers": ", ".join(impact.repeated_numbers)}
        yield Finding("Q082", values)


def _failing_examples(candidate: Side, folder: str) -> Iterator[Finding]:
    """Examples that the proposed rules no longer meet: to be expected of a change, and to be known."""
    failing = sum(not result.passed for result in run_examples(candidate.library, "reference"))
    if failing:
        yield Finding("Q083", {"count": f"{failing:,}", "folder": folder})


def _show(findings: Sequence[Finding], impact: Impact, progress: str, language: Language) -> None:
    """Bad tickets one by one, then the rest; for programs one line."""
    if progress == "json":
        if findings:
            _print_line({"notes": findings_json(findings, language)})
        return
    log = TroubleLog(console_on(sys.stderr), language)
    for ticket in impact.bad_tickets:
        log.write(ticket.file, ticket.row, ticket.findings)
    show_findings(findings, language)


def _require_folders(*targets: str | None) -> None:
    """A mistyped folder is told before the work, not after it."""
    folders = [Path(name).parent for name in targets if name is not None and name != STANDARD]
    findings = [Finding("D010", {"folder": str(folder)}) for folder in folders if not folder.is_dir()]
    if findings:
        raise Stop(*findings)


def _limits(written: Sequence[str]) -> list[Limit]:
    """Every limit; raises Stop with all that cannot be read."""
    found = [limit_from(text) for text in written]
    findings = [one for one in found if isinstance(one, Finding)]
    if findings:
        raise Stop(*findings)
    return [one for one in found if isinstance(one, Limit)]


def _require_known(limits: Sequence[Limit], options: Mapping[str, Any], sides: tuple[Side, Side]) -> None:
    """Names of rules, units and facts are those of one side at least; raises Stop with all that are not."""
    plans = [side.plan for side in sides]
    rules = list(dict.fromkeys(origin.id for plan in plans for origin in origins(plan)))
    units = {plan.currency for plan in plans}
    unknown = (
        *(unknown_names(limit, rules, units, proves=options["prove"]) for limit in limits),
        *(not_grouped(f, plans) for f in options["by"]),
    )
    findings = [finding for finding in unknown if finding is not None]
    if findings:
        raise Stop(*findings)


def _impact(
    names: Sequence[str],
    sides: tuple[Side, Side],
    options: Mapping[str, Any],
    stages: Stages,
    language: Language,
) -> tuple[Impact, tuple[Finding, ...]]:
    """The impact, and warnings about the files."""
    plans = (sides[0].plan, sides[1].plan)
    as_of = instant_of_judging(options["as_of"], plans[1])
    reading = TableOptions(
        as_of,
        mapping_at(options["mapping"], plans[1], language),
        FORMS[options["input_format"]] if options["input_format"] else None,
        stages.within,
    )
    masked = Mask(*plans).masked if options["mask"] else as_given
    asked = Options(sides[0].label, sides[1].label, as_of, options["by"], masked)
    try:
        with opened_engine(options, stages.within) as engine:
            stages.begin("reading")
            table = _table(engine, names, plans, reading, options, language)
            if options["prove"]:
                stages.begin("proving")
                asked = replace(asked, extents=_proved(plans, stages))
            impact = run(engine, table, plans, asked, stages.begin)
            return _without_values(impact) if options["mask"] else impact, table.notes
    except NotSayable as reason:
        raise Stop(*reason.findings, exit_code=FOUND) from reason
    except Cancelled as reason:
        raise click.Abort from reason


def _without_values(impact: Impact) -> Impact:
    """Bad tickets without what they say; their files and rows tell where it stands."""
    told = (replace(t, findings=tuple(map(without_values, t.findings))) for t in impact.bad_tickets)
    return replace(impact, bad_tickets=tuple(told))


def _proved(plans: tuple[Plan, Plan], stages: Stages) -> tuple[Extent, ...]:
    """Where the two plans may say different things."""
    # The solver takes a while to import, and nothing else needs it.
    from api.cli.dry_run_proof import extents_of
    from engine.prove.difference.editions import plans_apart

    return extents_of(plans_apart(*plans, lambda _, item, of: stages.within(item / of)), plans)


def _table(
    engine: Engine,
    names: Sequence[str],
    plans: tuple[Plan, Plan],
    reading: TableOptions,
    options: Mapping[str, Any],
    language: Language,
) -> TicketTable:
    """The tickets; for programs what is wrong with files is told by `_told_to_programs`."""
    told = nullcontext() if options["progress"] == "json" else tickets_read(language)
    with told, ticket_inputs(names) as inputs:
        return read_tickets(engine, inputs, plans, reading)


def _write(
    options: Mapping[str, Any],
    impact: Impact,
    found: Sequence[Measured],
    libraries: Sequence[Library],
    language: Language,
    out: TextIO,
) -> None:
    match options["form"]:
        case "json":
            document = impact_json(impact, found, language)
            out.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        case "markdown":
            out.write(impact_markdown(impact, found, libraries, language))
        case _:
            text = ImpactText(libraries, language, reported=bool(options["report"]))
            text.write(console_on(out, wrap=True), impact)


def _write_report(
    name: str, impact: Impact, libraries: Sequence[Library], language: Language, inputs: Sequence[str]
) -> None:
    # What draws the charts takes half a second to import.
    from api.present.report.write import write_report

    with writing_text(name, inputs) as out:
        write_report(impact, libraries, language, out)
