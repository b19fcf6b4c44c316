"""`caiding check`: everything that is to be said about a folder of rulebooks."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from api.cli.door import CLEAN, FOUND, Door, Stop, cannot_read, show_findings
from api.cli.examples import run_on
from api.cli.fixing import done_json, fix
from api.cli.loading import load_library
from api.cli.mending import Done
from api.cli.options import EVALUATORS, OneOf, described, option
from api.cli.proving import told_nobody
from api.present.claims import Claims
from api.present.findings_json import checked_json
from api.present.findings_text import console_on, write_findings
from api.present.github import github_line
from api.present.labels import counted, label
from api.present.sarif import sarif
from engine.base.findings import Finding, Language, Severity, has_errors, in_order
from engine.evaluate.examples import ExampleResult
from engine.library import Library
from engine.rulebook.quotes import check_quotes


@described("check")
@click.argument("folder", default="rules")
@option(
    "--format", "form", type=OneOf(["text", "json", "sarif", "github"]), default="text", show_default=True
)
@option("--sources", metavar="DIR")
@option("--evaluator", type=EVALUATORS, default="reference", show_default=True)
@option("--no-proofs", is_flag=True)
@option("--fix", "mending", is_flag=True)
@option("--diff", is_flag=True)
@click.pass_obj
def command(door: Door, /, folder: str, form: str, mending: bool, diff: bool, **options: Any) -> int:
    if diff and not mending:
        raise Stop(Finding("L003", {}))
    done = fix(folder, door.language, diff=diff, aside=form != "text") if mending else ()
    if diff:
        return FOUND if done else CLEAN
    library = load_library(folder)
    said = _said(library, door.language, done, **options)
    _write(said, folder, form, door.language)
    return FOUND if any(f.severity is not Severity.INFORMATION for f in said.findings) else CLEAN


@dataclass(frozen=True, slots=True)
class _Said:
    """All that is said of a library; `done` is what was mended before."""

    findings: list[Finding]
    claims: Claims
    library: Library
    done: Sequence[Done]


def _said(
    library: Library,
    language: Language,
    done: Sequence[Done],
    *,
    sources: str | None,
    evaluator: str,
    no_proofs: bool,
) -> _Said:
    findings = list(library.findings)
    if sources is not None:
        findings += _quotes(library, sources)
    claims = Claims((), library)
    if library.plan is not None and not has_errors(library.findings):
        runs = run_on(library, evaluator)
        show_findings(runs.notes, language)
        findings += runs.failures
        claims = claims if no_proofs else _quick_proofs(library, runs.results.get("reference"))
    findings = in_order([*findings, *(claim.finding for claim in claims.claims)])
    return _Said(findings, claims, library, done)


def _quotes(library: Library, sources: str) -> list[Finding]:
    folder = Path(sources)
    if not folder.is_dir():
        raise Stop(Finding("D011" if folder.exists() else "D010", {"folder": sources}))
    try:
        return check_quotes(library.rulebooks, library.sources, library.statements, folder)
    except OSError as error:
        raise Stop(cannot_read(str(error.filename or folder), error)) from error


def _quick_proofs(library: Library, results: list[ExampleResult] | None) -> Claims:
    """What is proved at once and is to be mended; what `prove` says beyond that is for those who ask."""
    from engine.prove.findings import prove

    found = prove(library, told_nobody, quick=True, results=results)
    return Claims([c for c in found if c.finding.severity is not Severity.INFORMATION], library)


def _write(said: _Said, folder: str, form: str, language: Language) -> None:
    findings, claims, library = said.findings, said.claims, said.library

    def beneath(finding: Finding) -> list[tuple[str, str]]:
        return claims.lines(finding, language)

    match form:
        case "json":
            document = checked_json(findings, library, language, claims.members)
            if said.done:
                document["mended"] = done_json(said.done, language)
            click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        case "sarif":
            document = sarif(findings, language, beneath, claims.members)
            click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        case "github":
            for finding in findings:
                click.echo(github_line(finding, language, beneath))
        case _:
            write_findings(console_on(sys.stdout), findings, language, beneath)
            click.echo(_summary(findings, library, folder, language))


def _summary(findings: list[Finding], library: Library, folder: str, language: Language) -> str:
    """`rules: 4 rulebooks, 131 rules, no findings`."""
    by_severity = {severity: sum(f.severity is severity for f in findings) for severity in Severity}
    parts = [counted(severity, count, language) for severity, count in by_severity.items() if count]
    return label(
        "summary",
        "check",
        language,
        folder=folder,
        books=counted("rulebook", len(library.rulebooks), language),
        rules=counted("rule", sum(len(book.items) for book in library.rulebooks), language),
        findings=label("words", "list", language).join(parts) or label("summary", "no_findings", language),
    )
