"""The command line in a folder of its own, as tests use it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from api.cli.main import main


@dataclass(frozen=True)
class Ran:
    """What a command gave back."""

    code: int
    said: str


Caiding: TypeAlias = Callable[..., Ran]


def caiding(*arguments: object, language: str = "en") -> Ran:
    """Runs a command in this process, in the folder that the process is in."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main(["--lang", language, *map(str, arguments)])
    return Ran(code, said.getvalue())
