"""Conditions as source text, put together with what is constant left out."""

from __future__ import annotations

from collections.abc import Iterable

TRUE, FALSE = "True", "False"


def conjoined(parts: Iterable[str]) -> str:
    """All the parts, each once."""
    kept = [part for part in dict.fromkeys(parts) if part != TRUE]
    if FALSE in kept:
        return FALSE
    return " and ".join(map(_in_and, kept)) or TRUE


def disjoined(parts: Iterable[str]) -> str:
    """One of the parts, each once."""
    kept = [part for part in dict.fromkeys(parts) if part != FALSE]
    if TRUE in kept:
        return TRUE
    return " or ".join(map(_in_or, kept)) or FALSE


def denied(part: str) -> str:
    """Not the part."""
    if part in (TRUE, FALSE):
        return FALSE if part == TRUE else TRUE
    return f"not ({part})"


def _in_and(part: str) -> str:
    return f"({part})" if " or " in part or " if " in part else part


def _in_or(part: str) -> str:
    return f"({part})" if " and " in part or " if " in part else part
