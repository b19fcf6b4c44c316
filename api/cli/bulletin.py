"""`caiding bulletin`: what ran out in a week, or before it and is still open, outlet by outlet."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from glob import glob
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from api.cli.decide import Bench, existing, form_given
from api.cli.door import CLEAN, FOUND, Door, Stop
from api.cli.loading import plan_under, sound_library
from api.cli.options import OneOf, described, option
from api.cli.payers import chosen_payers
from api.cli.progress import with_progress
from api.cli.ticket_options import mapping_at
from api.present.bulletin import Bulletin, Week
from api.present.bulletin_shown import BulletinWords, bulletin_json
from api.present.findings_text import console_on
from api.present.ticket_trouble import TroubleLog
from api.tickets.sources import FORMS, Form, Reading
from api.tickets.ticket import Ticket
from engine.base.calendar import EARLIEST, LATEST
from engine.base.findings import Finding, Language
from engine.base.suggest import closest
from engine.evaluate.evaluators import evaluator
from engine.library import Library
from engine.plan.nodes import ClockPlan, Plan


@described("bulletin")
@click.argument("further", nargs=-1, metavar="[FILES]...")
@option("--week", required=True, metavar="2015-W47")
@option("--tickets", multiple=True, metavar="FILES")
@option("--rules", default="rules", show_default=True, metavar="DIR")
@option("--rule", multiple=True, metavar="ID")
@option("--reading", multiple=True, metavar="AMB-01=floor")
@option("--payer", multiple=True, metavar="PARTY=FACT")
@option("--mapping", metavar="FILE")
@option("--input-format", type=OneOf(sorted(set(FORMS.values()))))
@option("--format", "form", type=OneOf(["text", "markdown", "json"]), default="text", show_default=True)
@click.pass_obj
def command(door: Door, /, **options: Any) -> int:
    names = (*options["tickets"], *options["further"])
    if not names:
        raise Stop(Finding("D005", {"name": "--tickets"}))
    week = _week(options["week"])
    library = sound_library(options["rules"], door.language)
    plan = plan_under(library, options["reading"])
    bulletin = Bulletin(
        week,
        ZoneInfo(plan.zone),
        _clocks(options["rule"], plan),
        chosen_payers(options["payer"], library),
    )
    inputs = _inputs(names, options["input_format"])
    reading = Reading(plan, mapping_at(options["mapping"], plan, door.language))
    log = TroubleLog(console_on(sys.stderr), door.language, several_files=len(inputs) > 1)
    bench = Bench(plan, evaluator("compiled", plan), week.end(bulletin.zone), log)
    with closing(bench.judge):
        for one in bench.judged_in(_as_of_the_end(with_progress(inputs, reading))):
            bulletin.add(one.ticket_no or f"{one.file}:{one.line}", one.facts, one.verdict)
    log.finish()
    _tell(bulletin, bench.tally.bad, (library, plan), options["form"], door.language)
    return FOUND if log.any else CLEAN


def _week(written: str) -> Week:
    try:
        week = Week.written(written)
    except (ValueError, OverflowError) as error:
        raise Stop(Finding("D200", {"written": written})) from error
    if not EARLIEST <= week.monday <= week.sunday < LATEST:
        raise Stop(Finding("D200", {"written": written}))
    return week


def _clocks(names: Sequence[str], plan: Plan) -> Sequence[str]:
    """The clocks that `--rule` names; raises Stop for what is none."""
    bodies = [definition.body for definition in plan.definitions]
    known = [clock.origin.id for clock in (*plan.items, *bodies) if isinstance(clock, ClockPlan)]
    for name in names:
        if name not in known:
            raise Stop(Finding("D201", {"written": name}, suggestion=closest(name, known)))
    return names


def _inputs(names: Sequence[str], form: str | None) -> list[tuple[str, Form]]:
    """The files with their forms; a name that is no file may be a pattern of several."""
    files = [file for name in names for file in _spelt_out(name)]
    return [(existing(file), form_given(file, form)) for file in dict.fromkeys(files)]


def _spelt_out(name: str) -> Sequence[str]:
    if name == "-" or Path(name).exists():
        return [name]
    return sorted(glob(name, recursive=True)) or [name]  # noqa: PTH207 - the names stay as written


def _as_of_the_end(tickets: Iterator[tuple[str, Ticket]]) -> Iterator[tuple[str, Ticket]]:
    """The tickets without instants of their own: all stand in one bulletin, as of the week's end."""
    return ((file, replace(ticket, as_of=None)) for file, ticket in tickets)


def _tell(bulletin: Bulletin, bad: int, edition: tuple[Library, Plan], form: str, language: Language) -> None:
    library, plan = edition
    if form == "json":
        print(json.dumps(bulletin_json(bulletin, bad, plan), ensure_ascii=False, indent=2))  # noqa: T201 - the result
        return
    words = BulletinWords(library, bulletin, bad, language)
    if form == "markdown":
        print("\n".join(words.markdown()))  # noqa: T201 - the result
    else:
        words.write(console_on(sys.stdout, wrap=True))
