"""The two sides of a dry run: the edition that it compares with, and the candidate with all its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.http.bodies import shown
from api.http.dry_runs.asked import Asked
from api.http.service import Edition
from api.store.database import Database
from api.store.editions import editions, kept
from engine.base.findings import Finding


@dataclass(frozen=True, slots=True)
class Sides:
    """`base` is the edition compared with; `files` are the candidate's texts by the names of the files."""

    base: str
    files: Mapping[str, str]


def sides_of(asked: Asked, active: Edition, database: Database) -> Sides | Finding:
    """Both sides; what the candidate does not name is as the active edition has it."""
    base = active.name if asked.base is None else _base(asked.base, active, database)
    if base is None:
        return Finding("S131", {"written": shown(asked.base or "")}, pointer="/base")
    with database.reading() as connection:
        running = kept(connection, active.name)
    if running is None:
        return Finding("S131", {"written": active.name}, pointer="/base")
    files: dict[str, str | None] = {name: text.decode() for name, text in running.files.items()}
    files |= asked.candidate
    return Sides(base, {name: text for name, text in sorted(files.items()) if text is not None})


def _base(written: str, active: Edition, database: Database) -> str | None:
    """The edition of that name or revision, if it ever judged here."""
    if written in (active.name, active.revision):
        return active.name
    with database.reading() as connection:
        lines = editions(connection)
    return next((line.edition for line in lines if written in (line.edition, line.revision)), None)
