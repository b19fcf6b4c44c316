"""`caiding prove`: what the rulebooks of a folder can and cannot do, each with a ticket that shows it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace

import click

from api.cli.door import CLEAN, FOUND, Door, Stop
from api.cli.loading import plan_under, sound_library
from api.cli.options import OneOf, described, option
from api.cli.proving import told_on_a_terminal
from api.present.claims import CLIFF, Claims, absent_line, claims_json, claims_summary, cliffs
from api.present.findings_text import console_on, finding_text
from api.present.github import github_line
from api.present.sarif import sarif
from engine.base.findings import Finding, Language, Severity, codes
from engine.base.suggest import closest
from engine.library import Library
from engine.prove.claim import Claim

NAMING = ("id", "ids", "first", "second", "of", "by")
"""The values of a finding that are ids of rules, rows and exceptions."""


@described("prove")
@click.argument("folder", default="rules")
@option("--only", multiple=True, metavar="CODES")
@option("--rule", "rules", multiple=True, metavar="ID")
@option("--reading", "readings", multiple=True, metavar="AMB-01=floor")
@option(
    "--format", "form", type=OneOf(["text", "json", "sarif", "github"]), default="text", show_default=True
)
@click.pass_obj
def command(
    door: Door,
    folder: str,
    only: tuple[str, ...],
    rules: tuple[str, ...],
    readings: tuple[str, ...],
    form: str,
) -> int:
    # The solver takes a while to import, and nothing else needs it.
    from engine.prove.findings import prove

    wanted = _codes(only)
    library = sound_library(folder, door.language)
    library = replace(library, plan=plan_under(library, readings))
    _require_known(rules, library)
    with told_on_a_terminal() as told:
        found = prove(library, told)
    claims = [claim for claim in found if _is_asked_for(claim, wanted, rules)]
    shown = Claims(claims, library, whole=not (wanted or rules))
    _write(shown, library, folder, form, door.language)
    return FOUND if any(c.finding.severity is not Severity.INFORMATION for c in claims) else CLEAN


def _codes(written: Iterable[str]) -> frozenset[str]:
    """The codes asked for; none means all. Raises Stop for what is no code of the proof."""
    known = sorted(code for code in codes() if code.startswith("R3"))
    asked = [word.strip() for words in written for word in words.split(",") if word.strip()]
    unknown = [word for word in asked if word not in known]
    values = {"allowed": ", ".join(known)}
    if unknown:
        raise Stop(*(Finding("D170", values | {"written": w}, suggestion=closest(w, known)) for w in unknown))
    return frozenset(asked)


def _require_known(rules: Sequence[str], library: Library) -> None:
    """Raises Stop for beginnings of ids that no rule has."""
    known = [item.head.id for book in library.rulebooks for item in book.items]
    unknown = [rule for rule in rules if not any(name.startswith(rule) for name in known)]
    if unknown:
        raise Stop(*(Finding("Q006", {"written": w}, suggestion=closest(w, known)) for w in unknown))


def _is_asked_for(claim: Claim, wanted: frozenset[str], rules: Sequence[str]) -> bool:
    finding = claim.finding
    if wanted and finding.code not in wanted:
        return False
    named = [name for key in NAMING for name in finding.values.get(key, "").split(", ") if name]
    return not rules or any(name.startswith(rule) for name in named for rule in rules)


def _write(claims: Claims, library: Library, folder: str, form: str, language: Language) -> None:
    findings = [claim.finding for claim in claims.claims]
    match form:
        case "json":
            click.echo(json.dumps(claims_json(claims, library, language), ensure_ascii=False, indent=2))
        case "sarif":
            document = sarif(findings, language, lambda f: claims.lines(f, language), claims.members)
            click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        case "github":
            for finding in findings:
                click.echo(github_line(finding, language, lambda f: claims.lines(f, language)))
        case _:
            _write_text(claims, library, language)
            absent = absent_line(claims.claims, language) if claims.whole else ""
            click.echo(
                "\n".join([*([absent] if absent else []), claims_summary(claims.claims, folder, language)])
            )


def _write_text(claims: Claims, library: Library, language: Language) -> None:
    """Every claim, the cliffs together in a table at the end."""
    console = console_on(sys.stdout)
    steep = [claim for claim in claims.claims if claim.finding.code == CLIFF]
    for claim in claims.claims:
        if claim.finding.code != CLIFF:
            finding = claim.finding
            console.print(finding_text(finding, language, claims.lines(finding, language)), end="\n\n")
    if steep:
        items = (item for book in library.rulebooks for item in book.items)
        titles = {item.head.id: item.head.title.in_language(language) for item in items}
        for line in cliffs(steep, titles, claims.plan.facts, language):
            console.print(line)
        console.print()
