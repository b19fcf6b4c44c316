"""What the officers' guide shows of a command is what the command prints."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

from engine.base.findings import Language
from tests.docs.transcript import play

GUIDES: Mapping[str, Language] = {"docs/officers.md": "zh", "docs/officers.en.md": "en"}


@pytest.mark.skipif(
    find_spec("durable") is None, reason="the guide shows the second opinion, which is not here"
)
@pytest.mark.parametrize("name", GUIDES)
def test_the_commands_of_the_guide_print_what_it_shows(name: str, tmp_path: Path) -> None:
    runs = list(play(name, GUIDES[name], tmp_path))
    assert {run.command: run.missing() for run in runs if run.missing()} == {}
    assert all(run.shown for run in runs)
    assert runs
