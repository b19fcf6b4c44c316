"""`caiding show`: rulebooks as tables."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import click

from api.cli.door import CLEAN, Door, Stop
from api.cli.loading import sound_library
from api.cli.options import described, option
from api.present.findings_text import console_on
from api.present.tables import RulebookTables
from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.library import Library
from engine.rulebook.model import Rulebook


@described("show")
@click.argument("names", nargs=-1, metavar="[FOLDER] [RULEBOOK]...")
@option("--on", metavar="DATE")
@option("--width", type=click.IntRange(min=40))
@click.pass_obj
def command(door: Door, names: tuple[str, ...], on: str | None, width: int | None) -> int:
    folder, wanted = _folder_and_rulebooks(names)
    library = sound_library(folder, door.language)
    assert library.catalogue is not None, "a sound library has a catalogue"
    tables = RulebookTables(library, library.catalogue, door.language, _day(on))
    console = console_on(sys.stdout, wrap=True, width=width)
    for book in _chosen(library, wanted):
        tables.write(console, book)
    return CLEAN


def _folder_and_rulebooks(names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The first name is the folder if it is one; `rules` else."""
    if names and (Path(names[0]).exists() or "/" in names[0]):
        return names[0], names[1:]
    return "rules", names


def _chosen(library: Library, names: tuple[str, ...]) -> list[Rulebook]:
    books = {book.name: book for book in library.rulebooks}
    for name in names:
        if name not in books:
            raise Stop(Finding("D019", {"written": name}, suggestion=closest(name, books)))
    return [books[name] for name in names or books]


def _day(written: str | None) -> date | None:
    if written is None:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Stop(Finding("D007", {"written": written})) from None
