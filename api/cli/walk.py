"""`caiding walk`: a ticket's timeline, judged at every event and whenever a limit passes."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from api.cli.door import CLEAN, FOUND, Door, Stop, cannot_read, show_findings
from api.cli.loading import plan_under, sound_library
from api.cli.options import OneOf, described, option
from api.present.findings_json import findings_json
from api.present.findings_text import console_on
from api.present.labels import label
from api.present.walk_json import walk_json
from api.present.walk_text import WalkText
from engine.base.findings import Finding, Language
from engine.evaluate.durable import Disagreement, DurableFailure, Unavailable
from engine.evaluate.evaluators import Evaluator, evaluator
from engine.evaluate.walk.case_file import CaseFile
from engine.evaluate.walk.expectations import disappointed
from engine.evaluate.walk.moments import Moment
from engine.evaluate.walk.reading import read_case
from engine.evaluate.walk.walk import walk
from engine.library import Library

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Walked:
    """A case with its moments, and what it expected and did not get."""

    case: CaseFile
    moments: tuple[Moment, ...]
    missed: tuple[Finding, ...]


@described("walk")
@click.argument("files", nargs=-1, required=True)
@option("--rules", default="rules", show_default=True, metavar="DIR")
@option(
    "--evaluator", type=OneOf(["compiled", "reference", "durable"]), default="compiled", show_default=True
)
@option("--reading", multiple=True, metavar="AMB-01=floor")
@option("--format", "form", type=OneOf(["text", "json"]), default="text", show_default=True)
@click.pass_obj
def command(door: Door, /, files: tuple[str, ...], rules: str, **options: Any) -> int:
    library = sound_library(rules, door.language)
    cases, findings = read_cases(files, library)
    show_findings(findings, door.language)
    missed: list[Finding] = []
    with closing(Bench(library, options["evaluator"], options["reading"])) as bench:
        for case in cases:
            walked = bench.walked(case)
            missed += walked.missed
            _show(walked, library, door.language, options["form"], single=len(files) == 1)
    show_findings(missed, door.language)
    return FOUND if findings or missed else CLEAN


def read_cases(files: Sequence[str], library: Library) -> tuple[list[CaseFile], list[Finding]]:
    """The cases of these files, and what is wrong with those that cannot be walked."""
    cases: list[CaseFile] = []
    findings: list[Finding] = []
    for name in files:
        case, found = read_case(name, _content(name), library)
        findings += found
        if case is not None:
            cases.append(case)
    return cases, findings


def _content(name: str) -> bytes:
    try:
        if name != STANDARD_INPUT:
            return Path(name).read_bytes()
        if sys.stdin is None:
            raise FileNotFoundError(name)
        return sys.stdin.buffer.read()
    except OSError as error:
        raise Stop(cannot_read(name, error)) from error


class Bench:
    """Walks cases; evaluators are made once for each choice of readings."""

    def __init__(self, library: Library, name: str, readings: tuple[str, ...] = ()) -> None:
        self.library = library
        self.name = name
        self.readings = readings
        self._made: dict[tuple[str, ...], Evaluator] = {}
        self._open = ExitStack()

    def walked(self, case: CaseFile) -> Walked:
        """The case's walk under its own readings and those of the command, which come first."""
        judge = self._judge((*(f"{name}={to}" for name, to in case.readings.items()), *self.readings))
        try:
            moments = tuple(walk(judge, case.steps, case.until))
        except (DurableFailure, Disagreement) as reason:
            raise Stop(Finding("D025", {"evaluator": self.name, "reason": str(reason)})) from reason
        return Walked(case, moments, tuple(disappointed(case, moments, self.library, judge.plan)))

    def _judge(self, readings: tuple[str, ...]) -> Evaluator:
        if readings not in self._made:
            try:
                made = evaluator(self.name, plan_under(self.library, readings))
            except Unavailable as reason:
                raise Stop(Finding("D023", {"evaluator": self.name, "reason": str(reason)})) from reason
            self._made[readings] = self._open.enter_context(closing(made))
        return self._made[readings]

    def close(self) -> None:
        """Lets go of whatever the evaluators hold."""
        self._open.close()


def _show(walked: Walked, library: Library, language: Language, form: str, *, single: bool) -> None:
    if form == "json":
        document = walk_json(walked.case.name, walked.case.title, walked.moments)
        document["missed"] = findings_json(walked.missed, language)
        click.echo(json.dumps(document, ensure_ascii=False, indent=2 if single else None))
        return
    for text in _texts(walked, library, language):
        console_on(sys.stdout).print(text, end="\n\n")


def _texts(walked: Walked, library: Library, language: Language) -> Iterator[Any]:
    assert library.catalogue is not None, "a sound library has a catalogue"
    writer = WalkText(library.catalogue, language)
    yield writer.heading(walked.case.name, walked.case.title)
    for moment in walked.moments:
        yield writer.moment(moment)
    expectations = sum(len(expected) for expected in walked.case.expected)
    if expectations:
        key = "missed" if walked.missed else "met_all"
        yield label("walk", key, language, expectations=expectations, missed=len(walked.missed))
