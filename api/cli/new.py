"""`caiding new`: a file to start from, for a rulebook or for a whole library."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import click

from api.cli.door import CLEAN, Door, Stop, cannot_write
from api.cli.loading import sound_library
from api.cli.options import LANGUAGES, described, group, option
from api.cli.schema import write_schemas
from api.present.editor.files import FOLDER
from api.present.labels import label
from api.present.starting.libraries import starting_library
from api.present.starting.materials import Wanted, materials
from api.present.starting.rulebooks import in_chinese_words, starting_rulebook
from engine.base.findings import Finding, Language
from engine.library import SPECIAL

command = group("new")
NAME = re.compile("[a-z][a-z0-9_-]*")
"""As the schema has it."""


@described("rulebook")
@click.argument("name")
@option("--rules", default="rules", show_default=True, metavar="DIR")
@option("--source", metavar="NAME")
@option("--owner", metavar="VALUE")
@option("--lang", "written", type=LANGUAGES)
@click.pass_obj
def rulebook(
    door: Door, /, name: str, rules: str, source: str | None, owner: str | None, written: Language | None
) -> int:
    if not NAME.fullmatch(name) or f"{name}.yaml" in SPECIAL:
        raise Stop(Finding("D193", {"written": name, "pattern": NAME.pattern}))
    library = sound_library(rules, door.language)
    language = written or door.language
    words = materials(library, Wanted(source, owner, written or "en"), language)
    if isinstance(words, Finding):
        raise Stop(words)
    places = {**words, "name": name, "folder": rules, "schema": _schema(Path(rules))}
    file = Path(rules, f"{name}.yaml")
    text = starting_rulebook(places, language)
    if written == "zh":
        assert library.catalogue is not None, "a sound library has a catalogue"
        text = in_chinese_words(file.name, text, library.catalogue)
    _write_new({file: text})
    click.echo(label("summary", "new_rulebook", door.language, file=file, folder=rules))
    return CLEAN


def _schema(folder: Path) -> str | None:
    """The schema for editors that the file's first line names, where the library has one."""
    name = f"{FOLDER}/rulebook.json"
    return name if (folder / name).is_file() else None


@described("library")
@click.argument("folder", metavar="DIR")
@option("--lang", "written", type=LANGUAGES)
@click.pass_obj
def library(door: Door, /, folder: str, written: Language | None) -> int:
    texts = starting_library(written or door.language)
    into = Path(folder)
    if into.exists() and not into.is_dir():
        raise Stop(Finding("D011", {"folder": folder}))
    try:
        into.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Stop(cannot_write(str(into / "facts.yaml"), error)) from error
    _write_new({into / name: text for name, text in texts.items()})
    write_schemas(into / FOLDER, sound_library(folder, door.language))
    click.echo(label("summary", "new_library", door.language, folder=into))
    return CLEAN


def _write_new(texts: Mapping[Path, str]) -> None:
    """Writes the files; raises Stop, before any is written, where one of them exists."""
    for file in texts:
        if os.path.lexists(file):
            raise Stop(Finding("D194", {"file": str(file)}))
    for file, text in texts.items():
        try:
            with file.open("x", encoding="utf-8", newline="\n") as out:
                out.write(text)
        except FileExistsError as error:
            raise Stop(Finding("D194", {"file": str(file)})) from error
        except OSError as error:
            raise Stop(cannot_write(str(file), error)) from error


command.add_command(rulebook)
command.add_command(library)
