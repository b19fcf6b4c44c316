"""`caiding walk`: a ticket's timeline, judged at every event and whenever a limit passes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import click
from rich.text import Text

from api.cli.door import CLEAN, FOUND, Door, Stop, show_findings
from api.cli.loading import sound_library
from api.cli.options import OneOf, described, option
from api.cli.walk_log import LogWanted, count_log, walk_ticket
from api.cli.walking import Bench, Walked, read_cases
from api.present.findings_json import findings_json
from api.present.findings_text import console_on
from api.present.labels import label
from api.present.walk_json import walk_json
from api.present.walk_text import WalkText
from api.tickets.sources import FORMS
from engine.base.findings import Finding, Language
from engine.library import Library

OF_A_LOG = ("mapping", "case", "as_of", "input_format")


@described("walk")
@click.argument("files", nargs=-1)
@option("--rules", default="rules", show_default=True, metavar="DIR")
@option(
    "--evaluator", type=OneOf(["compiled", "reference", "durable"]), default="compiled", show_default=True
)
@option("--reading", multiple=True, metavar="AMB-01=floor")
@option("--format", "form", type=OneOf(["text", "json"]), default="text", show_default=True)
@option("--log", metavar="FILE")
@option("--mapping", metavar="FILE")
@option("--case", metavar="TICKET")
@option("--as-of", metavar="INSTANT")
@option("--input-format", type=OneOf(sorted(set(FORMS.values()))))
@click.pass_obj
def command(door: Door, /, files: tuple[str, ...], rules: str, **options: Any) -> int:
    _require_one_of(files, options)
    library = sound_library(rules, door.language)
    with closing(Bench(library, options["evaluator"], options["reading"])) as bench:
        show = _Show(library, door.language, options["form"])
        if options["log"] is None:
            return _walk_files(files, bench, show)
        wanted = LogWanted(bench, door.language, options)
        if options["case"] is None:
            return count_log(wanted)
        show.walked(walk_ticket(wanted), single=True)
    return CLEAN


def _require_one_of(files: Sequence[str], options: dict[str, Any]) -> None:
    """Case files, or a log with its mapping; raises Stop for both, neither, or a log without one."""
    log = options["log"]
    if bool(files) == (log is not None):
        raise Stop(Finding("W032" if files else "W033", {}))
    if log is not None and options["mapping"] is None:
        raise Stop(Finding("D005", {"name": "--mapping"}))
    beside = [name for name in OF_A_LOG if options[name] is not None]
    if log is None and beside:
        raise Stop(Finding("W034", {"option": f"--{beside[0].replace('_', '-')}"}))


def _walk_files(files: Sequence[str], bench: Bench, show: _Show) -> int:
    cases, findings = read_cases(files, bench.library)
    show_findings(findings, show.language)
    missed: list[Finding] = []
    for case in cases:
        walked = bench.walked(case)
        missed += walked.missed
        show.walked(walked, single=len(files) == 1)
    show_findings(missed, show.language)
    return FOUND if findings or missed else CLEAN


class _Show:
    """Shows walks in the form that was asked for."""

    def __init__(self, library: Library, language: Language, form: str) -> None:
        assert library.catalogue is not None, "a sound library has a catalogue"
        self.language = language
        self._catalogue = library.catalogue
        self._form = form

    def walked(self, walked: Walked, *, single: bool) -> None:
        """One case; one of several is a line of JSON."""
        if self._form == "json":
            click.echo(json.dumps(self._document(walked), ensure_ascii=False, indent=2 if single else None))
            return
        console = console_on(sys.stdout)
        for text in self._texts(walked):
            console.print(text, end="\n\n")

    def _document(self, walked: Walked) -> dict[str, Any]:
        document = walk_json(walked.case, walked.moments)
        return {**document, "missed": findings_json(walked.missed, self.language)}

    def _texts(self, walked: Walked) -> Iterator[Text]:
        writer = WalkText(self._catalogue, self.language)
        yield writer.heading(walked.case.name, walked.case.title, walked.case.beginning)
        yield from map(writer.moment, walked.moments)
        expectations = sum(map(len, walked.case.expected))
        if expectations:
            key = "missed" if walked.missed else "met_all"
            values = {"expectations": expectations, "missed": len(walked.missed)}
            yield Text(label("walk", key, self.language, **values))
