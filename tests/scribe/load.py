"""Ticket systems under load: what they were promised, kept where no fault of the service reaches it."""

from __future__ import annotations

import json
import multiprocessing
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import SpawnProcess
from pathlib import Path
from time import monotonic, sleep
from typing import Self

from api.scribe.client import LogUnavailable, ScribeClient
from api.scribe.process import run
from api.store.database import Database
from tests.scribe.records import decision, keyed, rows_by_key, stored_answers, stored_ids

SPAWN = multiprocessing.get_context("spawn")


@contextmanager
def started(database_url: str, socket_path: Path) -> Iterator[SpawnProcess]:
    """The scribe as a process, as the supervisor starts it."""
    process = SPAWN.Process(target=run, args=(database_url, socket_path))
    process.start()
    try:
        yield process
    finally:
        process.terminate()
        process.join(20)
        assert process.exitcode is not None


class Load:
    """Threads that record one decision after another, each with a key of its own and every fourth without.

    With a key they try again, as a ticket system does, with a new verdict and the same key, until it is
    acknowledged. What is begun and what is acknowledged are lines of a file, written at once.
    """

    def __init__(
        self, name: str, socket_path: Path, promises: Path, *, threads: int, patience: float
    ) -> None:
        self._name = name
        self._client = ScribeClient(socket_path, patience)
        self._file = os.open(promises, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        self._ending = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(threads)]
        self.reasons: set[str] = set()
        self.acknowledged = 0

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._client.close()
        os.close(self._file)

    def end(self) -> None:
        """Ends the load, once everybody has an answer."""
        self._ending.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a record was neither stored nor refused in a minute"

    def until(self, acknowledged: int) -> None:
        """Waits until so many more are acknowledged."""
        wanted, late = self.acknowledged + acknowledged, monotonic() + 30
        while self.acknowledged < wanted:
            assert monotonic() < late, f"no more than {self.acknowledged} acknowledged: {self.reasons}"
            sleep(0.005)

    def until_refused(self, reason: str) -> None:
        """Waits until somebody has heard this reason."""
        late = monotonic() + 30
        while reason not in self.reasons:
            assert monotonic() < late, f"only {self.reasons}"
            sleep(0.005)

    def _work(self, number: int) -> None:
        turn = 0
        while not self._ending.is_set():
            turn += 1
            key = f"{self._name}-{number}-{turn}"
            if turn % 4:
                self._insist(key)
            else:
                self._try_once(key)

    def _insist(self, key: str) -> None:
        self._promise("begun", key)
        while True:
            record = keyed(key)
            assert record.claim is not None
            try:
                held = self._client.record(record.decisions, record.claim)
            except LogUnavailable as trouble:
                self.reasons.add(trouble.reason)
                sleep(0.01)
            else:
                self._promise("keyed", key, held.answer if held else record.claim.answer)
                return

    def _try_once(self, key: str) -> None:
        row = decision(request_id=key)
        try:
            self._client.record([row])
        except LogUnavailable as trouble:
            self.reasons.add(trouble.reason)
        else:
            self._promise("plain", row.id)

    def _promise(self, kind: str, *words: str) -> None:
        os.write(self._file, json.dumps([kind, *words]).encode() + b"\n")
        self.acknowledged += kind != "begun"


def load_process(name: str, socket_path: Path, promises: Path) -> SpawnProcess:
    """A process of eight such threads, which never ends by itself."""
    return SPAWN.Process(target=_load_for_ever, args=(name, socket_path, promises), daemon=True)


def _load_for_ever(name: str, socket_path: Path, promises: Path) -> None:
    with Load(name, socket_path, promises, threads=8, patience=5):
        sleep(60)


def assert_kept(database: Database, *promises: Path, all_begun: bool = True) -> int:
    """Acknowledged is stored, every key once and as it was answered; gives the number of acknowledgements."""
    said = [json.loads(line) for file in promises for line in file.read_text().splitlines()]
    plain = {row[1] for row in said if row[0] == "plain"}
    answers = {row[1]: row[2] for row in said if row[0] == "keyed"}
    begun = {row[1] for row in said if row[0] == "begun"}
    ids, stored, rows = set(stored_ids(database)), stored_answers(database), rows_by_key(database)
    assert plain <= ids
    assert {key: stored.get(key) for key in answers} == answers
    assert {json.loads(answer)[0] for answer in stored.values()} <= ids
    assert {key: rows[key] for key in stored} == dict.fromkeys(stored, 1)
    assert {key for key in begun if rows[key]} == set(stored)
    assert not all_begun or set(stored) == begun == set(answers)
    return len(plain) + len(answers)
