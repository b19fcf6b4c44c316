"""What all commands share: the language, how work is given up, exit codes."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import click

from engine.base.findings import Finding, Language
from engine.base.suggest import closest

CLEAN, COULD_NOT, FOUND, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: nothing to say; no work done; findings, failed examples, bad tickets; Ctrl-C."""


@dataclass(frozen=True)
class Door:
    """How this run speaks."""

    language: Language = "en"
    debug: bool = False


class Stop(Exception):
    """The work cannot go on, for the reasons given."""

    def __init__(self, *findings: Finding, exit_code: int = COULD_NOT) -> None:
        super().__init__(*(finding.code for finding in findings))
        self.findings = findings
        self.exit_code = exit_code


def language_from(environment: Mapping[str, str]) -> Language:
    """The language of the locale: the first of LC_ALL, LC_MESSAGES and LANG that is set.

    >>> language_from({"LANG": "zh_CN.UTF-8"}), language_from({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"})
    ('zh', 'en')
    """
    named = (environment.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "zh" if next(filter(None, named), "").startswith("zh") else "en"


def door_of(ctx: click.Context) -> Door:
    """The door of the command being run; the group itself has none yet, only its own option."""
    found = ctx.find_object(Door)
    if found is not None:
        return found
    chosen = ctx.find_root().params.get("lang") or language_from(os.environ)
    return Door("zh" if chosen == "zh" else "en")


def show_findings(findings: Iterable[Finding], language: Language) -> None:
    """Findings as text on standard error, where all goes that is not the result."""
    from api.present.findings_text import console_on, write_findings

    write_findings(console_on(sys.stderr), list(findings), language)


def cannot_read(name: str, error: OSError) -> Finding:
    """A file that is not there, is not ours to read or write, is a folder, or finds the disk full."""
    match error:
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return Finding("D029", {"file": name})
        case FileNotFoundError():
            return Finding("D014", {"file": name})
        case PermissionError() | OSError(errno=errno.EROFS):
            return Finding("D015", {"file": name})
        case IsADirectoryError():
            return Finding("D016", {"file": name})
        case _:
            return Finding("D017", {"file": name, "reason": error.strerror or ""})


def cannot_write(name: str, error: OSError) -> Finding:
    """The same of a file that is written; what is not there is then its folder, or that takes no files."""
    folder = os.path.dirname(name) or "."  # noqa: PTH120 - as it was written
    match error:
        case FileNotFoundError() if os.path.isdir(folder):  # noqa: PTH112 - as it was written
            return Finding("D044", {"file": name, "folder": folder})
        case FileNotFoundError():
            return Finding("D010", {"folder": folder})
        case NotADirectoryError():
            return Finding("D011", {"folder": folder})
        case _:
            return cannot_read(name, error)


def finding_from_usage_error(error: click.UsageError) -> Finding:
    """What click says about the words of a command, as a finding."""
    match error:
        case click.NoSuchOption(option_name=name, possibilities=possible):
            return Finding("D004", {"written": name}, suggestion=closest(name, possible or ()))
        case click.MissingParameter(param=param):
            shown = param.make_metavar(error.ctx) if param and error.ctx else ""
            name = param.opts[0] if isinstance(param, click.Option) else shown
            return Finding("D005", {"name": name})
        case click.BadOptionUsage(option_name=name) if "requires" in error.message:
            return Finding("D096", {"name": name})
        case click.UsageError(message=message) if message.startswith("Got unexpected extra argument"):
            return Finding("D097", {"written": message.partition("(")[2].rstrip(")")})
        case click.BadParameter(param=click.Option(type=type_, opts=opts)):
            return _bad_number(opts[0], type_, error)
        case _:
            return Finding("D006", {"message": error.format_message().rstrip(".").replace("`", "'")})


def _bad_number(name: str, type_: object, error: click.BadParameter) -> Finding:
    """The only options that are no words of ours are whole numbers, which may have a least."""
    written = _quoted_first(error.message)
    if isinstance(type_, click.IntRange) and type_.min is not None:
        return Finding("D092", {"name": name, "written": written, "least": str(type_.min)})
    return Finding("D093", {"name": name, "written": written})


def _quoted_first(message: str) -> str:
    """What was written, as click repeats it: `'abc' is not …` or `10 is not …`."""
    written, _, _ = message.partition(" is not ")
    return written.strip("'")
