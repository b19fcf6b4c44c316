"""Tickets that cannot be judged, with what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.base.findings import Finding


@dataclass(frozen=True, slots=True)
class BadTicket:
    """A ticket that could not be judged, with what is wrong with it."""

    file: str
    row: int
    findings: tuple[Finding, ...]
