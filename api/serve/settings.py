"""What a run of the service is told, and the folder in which its processes find each other.

The folder is for the one user alone (0700): the settings hold the database's password. It goes when the
service ends; what a killed run left behind is cleared away by the next one, which knows it by a lock that
nobody holds any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from engine.base.findings import Language

PREFIX = "caiding-run-"
LONGEST_SOCKET_NAME = 100
"""A socket's name holds a little over a hundred bytes; longer ones cannot be bound."""
YOUNGEST_LEFTOVER_S = 10
"""A younger folder may be one whose run is just about to take its lock."""


@dataclass(frozen=True)
class RunSettings:
    """The choices of `caiding serve`, as its processes need them; `rate` is requests a second and key.

    `second_opinion` is how many of ten thousand tickets are asked about; `log_decisions` is false only in
    measurements. `command` are the words that start the command line, by which dry runs are done; `history`
    are patterns of the files that they may be done on. A dry run may take so many seconds and bytes, and what
    came of it is kept for so many days.
    """

    rules: str
    database_url: str
    host: str
    port: int
    workers: int
    threads: int
    evaluator: str
    second_opinion: int
    rate: int
    language: Language
    log_decisions: bool = True
    stop_patience: int = 20
    command: Sequence[str] = ()
    history: Sequence[str] = ()
    dry_run_seconds: int = 3600
    dry_run_bytes: int = 2_000_000_000
    dry_run_days: int = 90


@dataclass(frozen=True)
class RunFolder:
    """Where the processes of one run find each other."""

    path: Path

    @property
    def settings(self) -> Path:
        return self.path / "settings.json"

    @property
    def board(self) -> Path:
        return self.path / "board"

    @property
    def scribe(self) -> Path:
        return self.path / "scribe.sock"

    @property
    def metrics(self) -> Path:
        return self.path / "metrics"

    @property
    def dry_run(self) -> Path:
        return self.path / "dry-run"

    def edition(self, generation: int) -> Path:
        return self.path / "editions" / f"{generation}.pickle"

    def write_settings(self, settings: RunSettings) -> None:
        self.settings.touch(mode=0o600)
        self.settings.write_text(json.dumps(asdict(settings), ensure_ascii=False), encoding="utf-8")

    def read_settings(self) -> RunSettings:
        return RunSettings(**json.loads(self.settings.read_text(encoding="utf-8")))


@contextlib.contextmanager
def run_folder() -> Iterator[RunFolder]:
    """A new folder of this run, removed at the end."""
    parent = _parent()
    _clear_leftovers(parent)
    path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    with _locked(path):
        try:
            (path / "editions").mkdir()
            (path / "metrics").mkdir()
            yield RunFolder(path)
        finally:
            shutil.rmtree(path, ignore_errors=True)


def _parent() -> Path:
    chosen = Path(tempfile.gettempdir())
    longest = len(os.fsencode(chosen)) + len(PREFIX) + 9 + len("/scribe.sock")
    return Path("/tmp") if longest > LONGEST_SOCKET_NAME else chosen  # noqa: S108 - mkdtemp makes a private one


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with (path / "lock").open("xb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _clear_leftovers(parent: Path) -> None:
    for path in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if path.lstat().st_uid == os.getuid():  # what others put there may be a pipe
                _clear_if_left(path)


def _clear_if_left(path: Path) -> None:
    with (path / "lock").open("rb") as lock:
        settled = time.time() - os.fstat(lock.fileno()).st_mtime > YOUNGEST_LEFTOVER_S
        if settled and _nobody_holds(lock):
            shutil.rmtree(path, ignore_errors=True)


def _nobody_holds(lock: BinaryIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
