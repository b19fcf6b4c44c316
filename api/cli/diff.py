"""`caiding diff`: which tickets two editions judge differently, proved, each with a ticket that shows it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from api.cli.door import CLEAN, FOUND, Door
from api.cli.options import OneOf, described, option
from api.cli.proving import told_on_a_terminal
from api.cli.sides import edition_at
from api.present.change_json import change_json
from api.present.change_markdown import change_markdown
from api.present.change_text import change_text
from api.present.change_words import ChangeWords, Side
from api.present.findings_text import console_on
from engine.base.findings import Language

RULES = "rules"
"""The folder that a revision is about where none is named."""


@described("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B", default=RULES)
@option("--format", "form", type=OneOf(["text", "json", "markdown"]), default="text", show_default=True)
@option("--fail-on", type=OneOf(["changed"]))
@click.pass_obj
def command(door: Door, before: str, after: str, form: str, fail_on: str | None) -> int:
    # The solver takes a while to import, and nothing else needs it.
    from engine.prove.difference.editions import difference

    base, candidate = _sides(before, after, door.language)
    with told_on_a_terminal() as told:
        change = difference(base.library, candidate.library, told)
    _write(ChangeWords(change, base, candidate, door.language), form)
    return FOUND if fail_on and not change.is_proved_same else CLEAN


def _sides(before: str, after: str, language: Language) -> tuple[Side, Side]:
    """Both editions; a revision without a folder is about the other side's folder, or about `rules`."""
    folders = (Path(name) for name in (after, before, RULES))
    beside = next((folder for folder in folders if folder.is_dir()), Path())
    base, candidate = (Side(name, edition_at(name, beside, language)) for name in (before, after))
    return base, candidate


def _write(words: ChangeWords, form: str) -> None:
    match form:
        case "json":
            click.echo(json.dumps(change_json(words), ensure_ascii=False, indent=2))
        case "markdown":
            click.echo(change_markdown(words), nl=False)
        case _:
            console_on(sys.stdout).print(change_text(words))
