"""`caiding test`: every example on every evaluator, and what no example reaches."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from api.cli.case_runs import CaseRuns, run_cases
from api.cli.door import CLEAN, COULD_NOT, FOUND, Door, Stop, show_findings
from api.cli.examples import Runs, run_on
from api.cli.loading import sound_library
from api.cli.options import EVALUATORS, OneOf, described, option
from api.cli.walking import cases_in
from api.present.findings_json import finding_json
from api.present.findings_text import console_on, write_findings
from api.present.junit import junit
from api.present.labels import label
from engine.base.findings import Finding, Language, in_order
from engine.base.spans import Span
from engine.evaluate.examples import Coverage, coverage
from engine.library import Library
from engine.rulebook.model import Aggregate, Clock, Definition, Rule, Table

KINDS = ("rule", "exception", "definition", "clock", "table", "row")
"""What examples can reach, in the order in which it is told."""


@described("test")
@click.argument("folder", default="rules")
@option("--evaluator", type=EVALUATORS, default="all", show_default=True)
@option("--format", "form", type=OneOf(["text", "json", "junit"]), default="text", show_default=True)
@option("--allow-uncovered", is_flag=True)
@option("--cases", metavar="DIR")
@option("--mutate", is_flag=True)
@option("--write", is_flag=True)
@click.pass_obj
def command(
    door: Door,
    /,
    folder: str,
    evaluator: str,
    form: str,
    allow_uncovered: bool,
    cases: str | None,
    **mutating: bool,
) -> int:
    if mutating["write"] and not mutating["mutate"]:
        raise Stop(Finding("M015", {}))
    files = [] if cases is None else cases_in(cases)
    library = sound_library(folder, door.language)
    if mutating["mutate"]:
        from api.cli.mutate import mutated  # the solver is not imported for tests

        return mutated(door, library, folder, form, write=mutating["write"])
    runs = run_on(library, evaluator)
    show_findings(runs.notes, door.language)
    if not runs.results:
        show_findings(runs.failures, door.language)
        return COULD_NOT
    walked = run_cases(library, files, runs.results)
    first = next(iter(runs.results.values()))
    covered = coverage(library, first)
    open_ends = [] if allow_uncovered else uncovered_findings(library, covered)
    match form:
        case "json":
            document = _json(library, runs, covered, door.language)
            document |= {} if cases is None else {"cases": walked.json()}
            click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        case "junit":
            click.echo(junit(runs.results, open_ends, door.language, walked.suites()), nl=False)
        case _:
            _write(library, runs, covered, [*open_ends, *walked.findings], door.language)
            _write_cases(walked, door.language)
    return FOUND if runs.failures or open_ends or walked.findings else CLEAN


def _write_cases(walked: CaseRuns, language: Language) -> None:
    for line in walked.summary(language):
        click.echo(line)


def places(library: Library) -> dict[str, tuple[str, Span]]:
    """What can be covered: the kind and the place of every item, row and exception, by id."""
    found: dict[str, tuple[str, Span]] = {}
    for book in library.rulebooks:
        for item in book.items:
            match item:
                case Rule():
                    found[item.head.id] = ("rule", item.head.span)
                    found |= {e.id: ("exception", e.span) for e in item.exceptions}
                case Table():
                    found[item.head.id] = ("table", item.head.span)
                    found |= {row.id: ("row", row.span) for row in item.rows}
                    found |= {e.id: ("exception", e.span) for e in item.exceptions}
                    if item.otherwise:
                        found[item.otherwise.id] = ("row", item.otherwise.span)
                case Definition():
                    found[item.head.id] = ("definition", item.head.span)
                case Clock():
                    found[item.head.id] = ("clock", item.head.span)
                case Aggregate():
                    pass
    return found


def uncovered_findings(library: Library, covered: Coverage) -> list[Finding]:
    """A finding at the place of each rule, row and exception that no example reaches."""
    known = places(library)
    return in_order(Finding("D024", {"id": name}, known[name][1]) for name in covered.uncovered)


def _tally(library: Library, covered: Coverage) -> dict[str, tuple[int, int]]:
    """How many of each kind are covered, and how many there are, in the order of `KINDS`."""
    tally = dict.fromkeys(KINDS, (0, 0))
    for name, (kind, _) in places(library).items():
        reached, every = tally[kind]
        tally[kind] = (reached + (name not in covered.uncovered), every + 1)
    return {kind: counts for kind, counts in tally.items() if counts[1]}


def _write(
    library: Library, runs: Runs, covered: Coverage, open_ends: list[Finding], language: Language
) -> None:
    write_findings(console_on(sys.stdout), in_order([*runs.failures, *open_ends]), language)
    for name, results in runs.results.items():
        passed = sum(result.passed for result in results)
        click.echo(label("summary", "test", language, evaluator=name, passed=passed, all=len(results)))
    parts = [
        label("summary", "part", language, thing=label("thing", kind, language), covered=reached, all=every)
        for kind, (reached, every) in _tally(library, covered).items()
    ]
    joined = label("words", "list", language).join(parts)
    click.echo(label("summary", "coverage", language, parts=joined))


def _json(library: Library, runs: Runs, covered: Coverage, language: Language) -> dict[str, Any]:
    return {
        "evaluators": {name: _results(results, language) for name, results in runs.results.items()},
        "unavailable": [dict(f.values) for f in runs.unavailable],
        "coverage": {
            **{kind: {"covered": c, "all": n} for kind, (c, n) in _tally(library, covered).items()},
            "uncovered": list(covered.uncovered),
        },
    }


def _results(results: list[Any], language: Language) -> dict[str, Any]:
    failed = [
        {
            "item": result.item,
            "example": result.example,
            "expected": result.expected,
            "got": result.got,
            "finding": finding_json(result.finding, language) if result.finding else None,
        }
        for result in results
        if not result.passed
    ]
    plain: dict[str, Any] = json.loads(json.dumps({"failed": failed}, default=str))
    return {"examples": len(results), "passed": len(results) - len(failed), **plain}
