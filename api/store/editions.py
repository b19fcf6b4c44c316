"""The texts of every edition that ever judged, and when which edition began to judge or was refused.

An edition stands for a meaning, so that two contents of a folder may share one; the texts that are kept are
those it first judged by.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from sqlalchemy import Connection, insert, select, text

from api.store.tables import activations as activations_table
from api.store.tables import editions as editions_table
from engine.library import load_texts
from engine.plan.nodes import Plan
from engine.rulebook.model import Catalogue, FactDeclaration

Outcome: TypeAlias = Literal["activated", "refused"]


@dataclass(frozen=True, slots=True)
class EditionLine:
    """An edition without its texts; `first_used_at` is in microseconds since 1970 (UTC)."""

    edition: str
    revision: str
    first_used_at: int
    engine: str


@dataclass(frozen=True, slots=True)
class KeptEdition:
    """An edition with all that it takes to judge by it again.

    `readings` are the chosen readings by the names of their register entries, `files` the contents by the
    names of the files.
    """

    edition: str
    revision: str
    first_used_at: int
    engine: str
    readings: Mapping[str, str]
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Activation:
    """A line of the history: `at` in microseconds since 1970 (UTC), `findings` as JSON."""

    at: int
    generation: int
    edition: str | None
    revision: str
    outcome: Outcome
    findings: str


_KEEP = text(
    "INSERT INTO editions (edition, revision, first_used_at, engine, readings, files)"
    " VALUES (:edition, :revision, :first_used_at, :engine, :readings, :files) ON CONFLICT DO NOTHING"
)


def keep(connection: Connection, edition: KeptEdition) -> None:
    """Keeps an edition before it judges for the first time; one that is kept stays as it is."""
    row = {
        "edition": edition.edition,
        "revision": edition.revision,
        "first_used_at": edition.first_used_at,
        "engine": edition.engine,
        "readings": json.dumps(dict(edition.readings), ensure_ascii=False, sort_keys=True),
        "files": packed(edition.files),
    }
    connection.execute(_KEEP, row)


def kept(connection: Connection, edition: str) -> KeptEdition | None:
    """The edition of this name, if it ever judged."""
    columns = editions_table.c
    row = connection.execute(select(editions_table).where(columns.edition == edition)).one_or_none()
    if row is None:
        return None
    name, revision, first_used_at, engine, readings, files = row
    return KeptEdition(name, revision, first_used_at, engine, json.loads(readings), unpacked(files))


def editions(connection: Connection) -> list[EditionLine]:
    """Every edition that ever judged, the newest first."""
    columns = editions_table.c
    query = select(columns.edition, columns.revision, columns.first_used_at, columns.engine)
    return [EditionLine(*row) for row in connection.execute(query.order_by(columns.first_used_at.desc()))]


def rebuild(edition: KeptEdition) -> Plan | None:
    """The plan of a kept edition; None where this version of the engine finds errors in its texts.

    A later engine may read a meaning into the same texts that is not the same to the letter: the plan's own
    `edition` then is another, and whoever replays by it says so.
    """
    library = load_texts(edition.files)
    return None if library.plan is None else library.under(edition.readings)


def catalogue(edition: KeptEdition) -> Catalogue | None:
    """The facts that an edition knew, without the work of loading its rulebooks."""
    return load_texts(_facts_file(edition)).catalogue


def plan_for_every_ticket(connection: Connection) -> Plan | None:
    """The plan of the newest edition, which also knows the facts that only earlier ones had.

    None where there is no edition, or this version of the engine cannot read the newest. Where editions
    differ on a fact, the newest is right.
    """
    facts: dict[str, FactDeclaration] = {}
    newest, seen = None, set()
    for line in reversed(editions(connection)):
        newest = kept(connection, line.edition)
        assert newest is not None, "editions are never deleted"
        texts = tuple(_facts_file(newest).values())
        known = catalogue(newest) if texts not in seen else None
        seen.add(texts)
        facts |= {} if known is None else known.facts
    plan = None if newest is None else rebuild(newest)
    return None if plan is None else replace(plan, facts=facts | dict(plan.facts))


def _facts_file(edition: KeptEdition) -> dict[str, bytes]:
    return {name: text for name, text in edition.files.items() if name.rpartition("/")[2] == "facts.yaml"}


def record_activation(connection: Connection, activation: Activation) -> None:
    columns = ("at", "generation", "edition", "revision", "outcome", "findings")
    connection.execute(insert(activations_table), [{name: getattr(activation, name) for name in columns}])


def activations(connection: Connection, limit: int) -> Sequence[Activation]:
    """The last activations and refusals, the newest first."""
    columns = activations_table.c
    query = select(
        columns.at, columns.generation, columns.edition, columns.revision, columns.outcome, columns.findings
    )
    return [Activation(*row) for row in connection.execute(query.order_by(columns.id.desc()).limit(limit))]


def packed(files: Mapping[str, bytes]) -> bytes:
    """Rulebooks without errors are UTF-8, so that JSON takes them as they are, byte for byte."""
    texts = {name: content.decode() for name, content in files.items()}
    return zlib.compress(json.dumps(texts, ensure_ascii=False).encode(), level=9)


def unpacked(content: bytes) -> dict[str, bytes]:
    """The files that `packed` has put together."""
    texts = json.loads(zlib.decompress(content))
    return {name: content.encode() for name, content in texts.items()}
