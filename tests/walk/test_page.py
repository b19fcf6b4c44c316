"""The page on the case walk shows what its commands print."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.base.findings import Language
from tests.api.conftest import load_once
from tests.docs.transcript import play, run_here

PAGES: dict[str, Language] = {"docs/case-walk.md": "zh", "docs/case-walk.en.md": "en"}


@pytest.mark.parametrize("name", PAGES)
def test_the_commands_of_the_page_print_what_it_shows(name: str, tmp_path: Path) -> None:
    runs = list(play(name, PAGES[name], tmp_path, run_here(load_once)))
    assert {run.command: run.missing() for run in runs if run.missing()} == {}
    assert len(runs) == 5
    assert all(run.shown for run in runs)
