"""What the guide to a first rulebook shows of a command is what the command prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.base.findings import Language
from tests.docs.blocks import page
from tests.first_rulebook.guide import play

GUIDES: Mapping[str, Language] = {
    "docs/first-rulebook.md": "zh",
    "docs/first-rulebook.en.md": "en",
}


@pytest.mark.parametrize("name", GUIDES)
def test_every_step_of_the_guide_does_what_the_page_says(name: str, tmp_path: Path) -> None:
    runs = list(play(name, GUIDES[name], tmp_path))
    assert {run.command: run.missing() for run in runs if run.missing()} == {}
    assert [run.command for run in runs if not run.shown and "generate" not in run.command] == []
    commands = {run.command.split()[1] for run in runs}
    assert commands >= {"new", "check", "test", "show", "prove", "diff", "generate", "dry-run", "fmt"}


def test_both_guides_have_the_same_parts() -> None:
    """Each heading with its minutes, and as many commands in it."""
    chinese, english = (page(name).split("\n## ")[1:] for name in GUIDES)
    assert [re.findall(r"\d+", part.partition("\n")[0]) for part in chinese] == [
        re.findall(r"\d+", part.partition("\n")[0]) for part in english
    ]
    assert [part.count("\n$ caiding") for part in chinese] == [part.count("\n$ caiding") for part in english]
