"""One word for one thing, on every page and in every message."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLACES = ("README.zh.md", "docs/**/*.md", "api/**/*.toml", "engine/**/*.toml", "api/**/*.py", "api/**/*.html")
TEXTS = sorted(path for place in PLACES for path in ROOT.glob(place))


@pytest.mark.parametrize("other", ["演练", "预演", "试算", "试跑", "彩排"])
def test_a_dry_run_is_called_the_same_everywhere(other: str) -> None:
    """It is 试运行 at the command line, at the service, in the report and on the pages."""
    assert [str(path) for path in TEXTS if other in path.read_text(encoding="utf-8")] == []
