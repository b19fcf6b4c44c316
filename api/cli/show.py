"""`caiding show`: rulebooks as tables."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from api.cli.days import day_from
from api.cli.door import CLEAN, Door, Stop
from api.cli.loading import sound_library
from api.cli.options import described, option
from api.present.fact_tables import FactTables
from api.present.findings_text import console_on
from api.present.tables import RulebookTables
from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.library import Library
from engine.rulebook.model import Catalogue, Rulebook

FACTS = "facts"
"""The name that shows the fact catalogue."""


@described("show")
@click.argument("names", nargs=-1, metavar="[FOLDER] [RULEBOOK]...")
@option("--on", metavar="DATE")
@option("--width", type=click.IntRange(min=40))
@click.pass_obj
def command(door: Door, names: tuple[str, ...], on: str | None, width: int | None) -> int:
    folder, wanted = _folder_and_rulebooks(names)
    library = sound_library(folder, door.language)
    assert library.catalogue is not None, "a sound library has a catalogue"
    tables = RulebookTables(library, library.catalogue, door.language, None if on is None else day_from(on))
    console = console_on(sys.stdout, wrap=True, width=width)
    for shown in _chosen(library, wanted):
        if isinstance(shown, Catalogue):
            FactTables(shown, door.language).write(console)
        else:
            tables.write(console, shown)
    return CLEAN


def _folder_and_rulebooks(names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The first name is the folder if it is one; `rules` else."""
    if names and (Path(names[0]).exists() or "/" in names[0]):
        return names[0], names[1:]
    return "rules", names


def _chosen(library: Library, names: tuple[str, ...]) -> list[Rulebook | Catalogue]:
    """The rulebooks named, or all of them; the fact catalogue only when it is asked for."""
    assert library.catalogue is not None, "a sound library has a catalogue"
    books = {book.name: book for book in library.rulebooks}
    known: dict[str, Rulebook | Catalogue] = {FACTS: library.catalogue, **books}
    for name in names:
        if name not in known:
            raise Stop(Finding("D019", {"written": name}, suggestion=closest(name, known)))
    return [known[name] for name in names or books]
