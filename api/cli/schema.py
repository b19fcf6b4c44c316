"""`caiding schema`: what editors need in order to complete and explain the names of one library."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.door import CLEAN, FOUND, Door, Stop, cannot_write, show_findings
from api.cli.loading import load_library
from api.cli.options import LANGUAGES, described, option
from api.cli.output import writing_text
from api.present.editor.files import FOLDER, rulebook_schema, schema_files
from api.present.labels import counted, label
from engine.base.findings import Finding, Language
from engine.library import Library


@described("schema")
@option("--rules", default="rules", show_default=True, metavar="DIR")
@option("--lang", "surface", type=LANGUAGES, default="en", show_default=True)
@option("-o", "--output", metavar="FILE")
@option("--write", is_flag=True)
@click.pass_obj
def command(door: Door, rules: str, surface: Language, output: str | None, write: bool) -> int:
    if write and output is not None:
        raise Stop(Finding("D195", {}))
    library = _with_catalogue(rules, door.language)
    if not write:
        with writing_text(output, ()) as out:
            out.write(rulebook_schema(library, surface))
        return CLEAN
    folder = Path(rules, FOLDER)
    files = counted("file", write_schemas(folder, library), door.language)
    click.echo(label("summary", "schemas_written", door.language, folder=folder, files=files))
    return CLEAN


def write_schemas(folder: Path, library: Library) -> int:
    """Brings the schemas of a library's folder up to date; gives how many have changed.

    Raises Stop where they cannot be written.
    """
    changed = 0
    for name, text in schema_files(library).items():
        file = folder / name
        try:
            folder.mkdir(exist_ok=True)
            if not file.is_file() or file.read_bytes() != text.encode("utf-8"):
                with writing_text(str(file), ()) as out:
                    out.write(text)
                changed += 1
        except OSError as error:
            raise Stop(cannot_write(str(file), error)) from error
    return changed


def _with_catalogue(rules: str, language: Language) -> Library:
    """A library whose catalogue can be read, whatever is wrong with its rulebooks: they are being written."""
    library = load_library(rules)
    if library.catalogue is None:
        show_findings(library.findings, language)
        raise Stop(Finding("D013", {"folder": rules}), exit_code=FOUND)
    return library
