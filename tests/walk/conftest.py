"""The command line, as the tests of the commands have it."""

from __future__ import annotations

from tests.api.conftest import run

__all__ = ["run"]
