"""The command line as tests use it: in this process, with its output caught."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from api.cli.main import main
from engine.library import Library, load
from tests.api.command_line import ROOT, Ran, Run

_LIBRARIES: dict[tuple[tuple[str, bytes], ...], Library] = {}


def load_once(folder: Path) -> Library:
    """The library of a folder; the shipped one takes seconds, and its texts decide all of it."""
    texts = tuple((str(path), path.read_bytes()) for path in sorted(folder.glob("*.yaml")))
    if texts not in _LIBRARIES:
        _LIBRARIES[texts] = load(folder)
    return _LIBRARIES[texts]


class _StandardInput:
    """Standard input that holds these bytes."""

    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `caiding` with the arguments in the project's folder; `stdin` are its standard input's bytes."""
    monkeypatch.chdir(ROOT)
    for name in ("LC_ALL", "LC_MESSAGES", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("api.cli.loading.load", load_once)

    def call(*arguments: object, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", _StandardInput(stdin))
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ran(code, out, err)

    return call
