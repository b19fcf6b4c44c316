"""Plays the transcripts of a page in a copy of the project: files written, files changed, commands run.

`json file=NAME` is a file as it is to be written. `diff file=NAME` is a change of a file. `console` holds
commands after `$ ` and lines of their output; a line `…` stands for lines that are left out.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from api.cli.main import main
from engine.base.findings import Language
from engine.library import Library
from tests.docs.blocks import ROOT, Block, blocks, page

Runner: TypeAlias = Callable[[str, Language, Path], str]
"""Runs a command in a language and a folder, and gives what it prints, standard error first."""
LOCALES: Mapping[Language, str] = {"zh": "zh_CN.UTF-8", "en": "C.UTF-8"}
LEFT_OUT = "…"
COPIED = ("rules", "examples")


_COUNTS = re.compile(
    r"\d+(?: ?/ ?| of )\d+|(?<=:)\d+:\d+(?=$|:|：)|^ *\d+(?= \|)|(?<= )\d+$"
    r"|\d+(?= (?:条|本|rule|statement|encoded))"
)
"""How many rules, statements and examples there are, and on which line: a page need not follow those."""


def without_counts(line: str) -> str:
    """The line with its counts and places blotted out.

    >>> without_counts("覆盖：规则 98/98"), without_counts(" 74 |     values: {2015-04-01: 50}")
    ('覆盖：规则 #', '# |     values: {2015-04-01: 50}')
    """
    return _COUNTS.sub("#", line).strip()


@dataclass(frozen=True)
class Run:
    """One command of a page, what the page says that it prints, and what it does print."""

    command: str
    shown: tuple[str, ...]
    printed: tuple[str, ...]

    def missing(self) -> list[str]:
        """The lines shown that are not printed behind those before them, whatever their counts and places."""
        rest = iter([without_counts(line) for line in self.printed])
        return [line for line in self.shown if line != LEFT_OUT and without_counts(line) not in rest]


def play(name: str, language: Language, folder: Path, runner: Runner | None = None) -> Iterator[Run]:
    """Every command of a page, run in the folder, with the page's files and changes made on the way."""
    for part in COPIED:
        shutil.copytree(ROOT / part, folder / part)
    for block in blocks(page(name)):
        file = folder / block.role.removeprefix("file=")
        if block.form == "console":
            yield from _console(block, language, folder, runner or run)
        elif block.form == "diff":
            file.write_text(changed(file.read_text(encoding="utf-8"), block), encoding="utf-8")
        elif block.role.startswith("file="):
            file.write_text(block.text, encoding="utf-8")


def changed(text: str, diff: Block) -> str:
    """The text with the one place changed that the lines of a diff show."""
    lines = diff.text.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    assert text.count(before) == 1, f"line {diff.line}: the change fits {text.count(before)} places"
    return text.replace(before, after)


def _console(block: Block, language: Language, folder: Path, runner: Runner) -> Iterator[Run]:
    for part in f"\n{block.text}".split("\n$ ")[1:]:
        command, *shown = part.rstrip("\n").split("\n")
        printed = tuple(runner(command, language, folder).splitlines())
        yield Run(command, tuple(line.rstrip() for line in shown if line), tuple(map(str.rstrip, printed)))


def run_here(load: Callable[[Path], Library]) -> Runner:
    """Runs commands in this process, to be quick; libraries come from `load`."""

    def run_one(command: str, language: Language, folder: Path) -> str:
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
            patch.setenv("LC_ALL", LOCALES[language])
            patch.setenv("COLUMNS", "80")
            patch.setattr("api.cli.loading.load", load)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                main(_arguments(command))
        return err.getvalue() + out.getvalue()

    return run_one


def _arguments(command: str) -> list[str]:
    program, *arguments = shlex.split(command)
    assert program == "caiding", command
    return arguments


def run(command: str, language: Language, folder: Path) -> str:
    """What a `caiding` command prints, with what it says on standard error before it."""
    environment = {**os.environ, "LC_ALL": LOCALES[language], "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    started = subprocess.run(
        [sys.executable, "-m", "api.cli.main", *_arguments(command)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return started.stderr + started.stdout
