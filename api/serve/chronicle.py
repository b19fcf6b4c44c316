"""What is written down of editions: their texts before they judge, and when they began or were refused."""

from __future__ import annotations

import json
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from api.http.service import Edition
from api.logs import Journal
from api.serve.refusal import refusal_json
from api.serve.texts import Texts
from api.store import editions
from api.store.database import Database, StoreUnavailable
from api.store.instants import microseconds
from engine.base.findings import Finding

AGAIN_AFTER_S = 2.0
MOST_WAITING = 100


@dataclass(frozen=True)
class Activation:
    """A line of the history; a refused folder may have no edition."""

    at: datetime
    generation: int
    edition: str | None
    revision: str
    outcome: Literal["activated", "refused"]
    findings: tuple[Finding, ...]


class Chronicle:
    """Writes to the database; a line of the history that it does not take at once is written later."""

    def __init__(self, database: Database, engine: str, journal: Journal) -> None:
        self._database, self._engine, self._journal = database, engine, journal
        self._waiting: deque[Activation] = deque(maxlen=MOST_WAITING)
        self._again_at = 0.0

    def keep(self, edition: Edition, texts: Texts) -> None:
        """The texts and readings of an edition, once; raises StoreUnavailable, and then it must not judge."""
        readings = {name: reading.preferred for name, reading in edition.library.readings.items()}
        now = time.time_ns() // 1000
        kept = editions.KeptEdition(edition.name, edition.revision, now, self._engine, readings, texts)
        with self._database.writing() as connection:
            editions.keep(connection, kept)

    def record(self, activation: Activation) -> None:
        self._waiting.append(activation)
        self._again_at = 0.0
        self.catch_up()

    def catch_up(self) -> None:
        """Writes what still waits, in order."""
        while self._waiting and time.monotonic() >= self._again_at:
            try:
                self._write(self._waiting[0])
            except StoreUnavailable as error:
                self._journal.error("history_waits_for_database", reason=error.reason)
                self._again_at = time.monotonic() + AGAIN_AFTER_S
            else:
                self._waiting.popleft()

    def _write(self, activation: Activation) -> None:
        findings = json.dumps(refusal_json(activation.findings), ensure_ascii=False)
        line = editions.Activation(
            microseconds(activation.at),
            activation.generation,
            activation.edition,
            activation.revision,
            activation.outcome,
            findings,
        )
        with self._database.writing() as connection:
            editions.record_activation(connection, line)
