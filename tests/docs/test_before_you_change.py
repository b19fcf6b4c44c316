"""What the page "before you change a rule" shows of a command is what the command prints."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from engine.base.findings import Language
from tests.docs.transcript import Run, play

GUIDES: Mapping[str, Language] = {
    "docs/before-you-change-a-rule.md": "zh",
    "docs/before-you-change-a-rule.en.md": "en",
}
_AUTHOR = ("-c", "user.name=officer", "-c", "user.email=officer@example.invalid")


@pytest.mark.skipif(shutil.which("git") is None, reason="the page compares with a git revision")
@pytest.mark.parametrize("name", GUIDES)
def test_the_commands_of_the_page_print_what_it_shows(name: str, tmp_path: Path) -> None:
    runs = []
    for number, run in enumerate(play(name, GUIDES[name], tmp_path)):
        if number == 0:
            _commit(tmp_path)
        runs.append(_without_columns(run))
    assert {run.command: run.missing() for run in runs if run.missing()} == {}
    assert len(runs) == 5
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "20,000" in report
    assert "1,092" in report


def _commit(folder: Path) -> None:
    """The rules as they were, before the page changes them, on the branch that it names."""
    steps = (["init", "-q", "-b", "main"], ["add", "rules"], [*_AUTHOR, "commit", "-q", "-m", "rules"])
    for arguments in steps:
        subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)  # noqa: S607


def _without_columns(run: Run) -> Run:
    """How wide a column is depends on what else stands in it."""
    shown, printed = (tuple(" ".join(line.split()) for line in lines) for lines in (run.shown, run.printed))
    return replace(run, shown=shown, printed=printed)
