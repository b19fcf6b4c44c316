"""The command line as all tests use it."""

from __future__ import annotations

from tests.api.conftest import run

__all__ = ["run"]
