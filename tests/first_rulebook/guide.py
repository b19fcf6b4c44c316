"""Plays the guide to a first rulebook: its commands, its changes of files, in the order of the page."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from engine.base.findings import Language
from tests.docs import fresh
from tests.docs.blocks import ROOT, Block, blocks, page
from tests.docs.transcript import Run, changed

SHELL = ("/bin/sh", "-eu", "-c")


def play(name: str, language: Language, folder: Path) -> Iterator[Run]:
    """Every command of the page, run in the folder, which begins as a copy of the rules."""
    (folder / "rules").mkdir()
    for path in (ROOT / "rules").glob("*.yaml"):
        shutil.copy(path, folder / "rules")
    for block in blocks(page(name)):
        match block.form:
            case "sh":
                subprocess.run([*SHELL, block.text], cwd=folder, check=True)
            case "diff":
                file = folder / block.role.removeprefix("file=")
                file.write_text(changed(file.read_text(encoding="utf-8"), block), encoding="utf-8")
            case "console":
                yield from _console(block, language, folder)
            case other:
                raise ValueError(f"line {block.line}: a block `{other}` is not played")


def _console(block: Block, language: Language, folder: Path) -> Iterator[Run]:
    for part in f"\n{block.text}".split("\n$ ")[1:]:
        command, *shown = part.rstrip("\n").split("\n")
        program, *arguments = shlex.split(command)
        assert program == "caiding", command
        printed = fresh.run(folder, "--lang", language, *arguments)
        lines = tuple(line.rstrip() for line in shown if line.strip())
        yield Run(command, lines, tuple(map(str.rstrip, printed.splitlines())))
