"""The two sides of a dry run: the edition that it compares with, and the candidate with all its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.http.bodies import shown
from api.http.dry_runs.asked import Asked
from api.http.service import Edition
from api.store.database import Database
from api.store.editions import KeptEdition, editions, kept
from engine.base.findings import Finding


@dataclass(frozen=True, slots=True)
class Sides:
    """`base` is the edition compared with; `before` and `files` are its texts and the candidate's by file."""

    base: str
    before: Mapping[str, str]
    files: Mapping[str, str]


def sides_of(asked: Asked, active: Edition, database: Database) -> Sides | Finding:
    """Both sides; what the candidate does not name is as the active edition has it."""
    base = active.name if asked.base is None else _base(asked.base, active, database)
    if base is None:
        return Finding("S131", {"written": shown(asked.base or "")}, pointer="/base")
    with database.reading() as connection:
        running, compared = kept(connection, active.name), kept(connection, base)
    if running is None or compared is None:
        return Finding("S131", {"written": active.name if running is None else base}, pointer="/base")
    files = {**_texts(running), **asked.candidate}
    named = {name: text for name, text in sorted(files.items()) if text is not None}
    return Sides(base, _texts(compared), named)


def _texts(edition: KeptEdition) -> dict[str, str]:
    return {name: text.decode() for name, text in edition.files.items()}


def _base(written: str, active: Edition, database: Database) -> str | None:
    """The edition of that name or revision, if it ever judged here."""
    if written in (active.name, active.revision):
        return active.name
    with database.reading() as connection:
        lines = editions(connection)
    return next((line.edition for line in lines if written in (line.edition, line.revision)), None)
