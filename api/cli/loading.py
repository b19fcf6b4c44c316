"""The library that a command works on, or the reasons why there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from api.cli.door import FOUND, Stop, cannot_read, show_findings
from engine.base.findings import Finding, Language, has_errors
from engine.base.suggest import closest
from engine.library import Library, load
from engine.plan.nodes import Plan


def folder_at(name: str) -> Path:
    """The folder of a library; raises Stop where it is not one."""
    folder = Path(name)
    if not folder.exists():
        near = [str(folder.parent / other.name) for other in _folders_in(folder.parent)]
        raise Stop(Finding("D010", {"folder": name}, suggestion=closest(name, near)))
    if not folder.is_dir():
        raise Stop(Finding("D011", {"folder": name}))
    if not (folder / "facts.yaml").is_file():
        raise Stop(Finding("D012", {"folder": name}))
    return folder


def _folders_in(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []


def load_library(name: str) -> Library:
    """The library in a folder, with whatever is to be said about it; raises Stop where none is there."""
    folder = folder_at(name)
    try:
        library = load(folder)
        return replace(library, findings=(*not_read(folder), *library.findings))
    except OSError as error:
        raise Stop(cannot_read(str(error.filename or folder), error)) from error


def not_read(folder: Path) -> list[Finding]:
    """A warning for each file that looks like a rulebook and is none by its name or its place."""
    strays = [path for path in folder.iterdir() if path.suffix.lower() in (".yml", ".yaml")]
    misnamed = [path for path in strays if path.suffix != ".yaml"]
    deeper = list(folder.glob("*/*.yaml"))
    return [Finding("D098", {"file": str(path), "folder": str(folder)}) for path in sorted(misnamed + deeper)]


def sound_library(name: str, language: Language) -> Library:
    """A library with a plan; where it has errors they are shown and the command ends with 2."""
    library = load_library(name)
    if library.plan is None or has_errors(library.findings):
        show_findings(library.findings, language)
        raise Stop(Finding("D013", {"folder": name}), exit_code=FOUND)
    return library


def plan_under(library: Library, choices: tuple[str, ...]) -> Plan:
    """The plan under the readings chosen as `AMB-01=floor`; raises Stop for a name that is not known."""
    readings: dict[str, str] = {}
    for choice in choices:
        name, joined, option = choice.partition("=")
        reading = library.readings.get(name)
        if reading is None:
            raise Stop(Finding("D020", {"written": name}, suggestion=closest(name, library.readings)))
        if not (joined and option):
            values = {"written": choice, "reading": name, "allowed": ", ".join(reading.options)}
            raise Stop(Finding("D095", values))
        if option not in reading.options:
            values = {"written": option, "reading": name, "allowed": ", ".join(reading.options)}
            raise Stop(Finding("D021", values, suggestion=closest(option, reading.options)))
        readings[name] = option
    return library.under(readings)
