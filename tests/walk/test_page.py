"""The page on the case walk shows what its commands print."""

from __future__ import annotations

import contextlib
import io
import shlex
from pathlib import Path

import pytest

from api.cli.main import main
from engine.base.findings import Language
from tests.api.conftest import load_once
from tests.docs.transcript import play

PAGES: dict[str, Language] = {"docs/case-walk.md": "zh", "docs/case-walk.en.md": "en"}


def in_this_process(command: str, language: Language, folder: Path) -> str:
    """What a command prints, what it says on standard error first."""
    program, *arguments = shlex.split(command)
    assert program == "caiding", command
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        patch.setenv("LC_ALL", {"zh": "zh_CN.UTF-8", "en": "C.UTF-8"}[language])
        patch.setenv("COLUMNS", "80")
        patch.setattr("api.cli.loading.load", load_once)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main(arguments)
    return err.getvalue() + out.getvalue()


@pytest.mark.parametrize("name", PAGES)
def test_the_commands_of_the_page_print_what_it_shows(name: str, tmp_path: Path) -> None:
    runs = list(play(name, PAGES[name], tmp_path, in_this_process))
    assert {run.command: run.missing() for run in runs if run.missing()} == {}
    assert len(runs) == 5
    assert all(run.shown for run in runs)
