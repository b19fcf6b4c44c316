"""Files that cannot be read as tickets at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from engine.base.findings import Finding

Trouble: TypeAlias = tuple[str, Finding]
"""The name of a file, and what is to be said about all of it."""


class TicketsRefused(Exception):
    """Nothing is judged. All that is wrong, by file."""

    def __init__(self, troubles: Sequence[Trouble]) -> None:
        super().__init__(*(finding.code for _, finding in troubles))
        self.troubles = tuple(troubles)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(finding for _, finding in self.troubles)
