"""Runs a command as the first of its process, without the time that it takes to start one.

The solver is a little swayed by what it was asked before in the same process, so that another ticket may
come out, as good as the first. What a page shows is what somebody sees who runs the one command.
"""

from __future__ import annotations

import contextlib
import os
from multiprocessing import get_context
from pathlib import Path

_PRELOADED = ["api.cli.main", "engine.prove.findings", "engine.prove.difference.editions"]


def run(folder: Path, *arguments: str) -> str:
    """What a command prints, errors too, that is run in the folder."""
    printed = folder / "printed"
    context = get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    process = context.Process(target=_run, args=(str(folder), arguments, str(printed)))
    process.start()
    process.join()
    text = printed.read_text(encoding="utf-8")
    printed.unlink()
    return text


def _run(folder: str, arguments: tuple[str, ...], printed: str) -> None:
    from api.cli.main import main

    os.chdir(folder)
    os.environ["COLUMNS"] = "100"
    with (
        Path(printed).open("w", encoding="utf-8") as file,
        contextlib.redirect_stdout(file),
        contextlib.redirect_stderr(file),
    ):
        main(arguments)
