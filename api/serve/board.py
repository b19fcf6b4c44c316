"""The board: a small file in memory that every process of the service reads, without locks.

Every cell is eight bytes, aligned, so that it is read and written whole; and every cell but those of the
rate limit has one writer, so that nothing is lost:

- the keeper writes which generation is active and since when, which one is the candidate, and up to which
  wish of each worker it has looked at the rules folder;
- a worker writes in its own slot: its process id, the generation that it has ready or has failed to make
  ready, and how often it has wished for a reload.

A slot is claimed under a lock on the file, and is free again when its process has ended.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

WORKER_SLOTS = 64
RATE_SLOTS = 4096

_ACTIVE, _SINCE, _CANDIDATE = range(3)
_HEAD = 8
_PID, _READY, _FAILED, _WISHES, _ANSWERED = range(5)
_SLOT = 8
_CELLS = _HEAD + WORKER_SLOTS * _SLOT
_BYTES = 8 * (_CELLS + RATE_SLOTS)


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What a live worker says of itself; `wishes` counts the reloads that it has asked for."""

    slot: int
    ready: int
    failed: int
    wishes: int


class Board:
    """The board of one run, as this process sees it.

    `rates` are the cells of the rate limit, floats that are zero at first. Two processes may write one at
    the same time, and then one request goes uncounted.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _BYTES)
        whole = memoryview(self._map)
        self._cells = whole[: 8 * _CELLS].cast("Q")
        self.rates = whole[8 * _CELLS :].cast("d")

    @classmethod
    def create(cls, path: Path) -> Board:
        """A new board on which nothing stands; raises OSError where the disk has no room for it.

        All of it is on the disk from the beginning: writing into a hole of a file in memory while the disk
        is full ends the process.
        """
        with path.open("xb") as file:
            os.posix_fallocate(file.fileno(), 0, _BYTES)
        return cls(path)

    @property
    def active(self) -> int:
        """The generation that judges; 0 before the first."""
        return self._cells[_ACTIVE]

    @property
    def active_since(self) -> int:
        """When it became active, in microseconds since 1970 UTC."""
        return self._cells[_SINCE]

    @property
    def candidate(self) -> int:
        """The generation that workers should make ready; 0 where there is none."""
        return self._cells[_CANDIDATE]

    def propose(self, generation: int) -> None:
        self._cells[_CANDIDATE] = generation

    def activate(self, generation: int, since_us: int) -> None:
        """From here on every worker judges by this generation."""
        self._cells[_SINCE] = since_us
        self._cells[_ACTIVE] = generation
        self._cells[_CANDIDATE] = 0

    def claim_slot(self) -> int:
        """A slot for this process, wiped clean; raises RuntimeError where all are taken."""
        with self._path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            free = next((slot for slot in range(WORKER_SLOTS) if not self._is_taken(slot)), None)
            if free is None:
                raise RuntimeError("more workers than the board has slots")
            start = _HEAD + free * _SLOT
            for cell in (_READY, _FAILED):
                self._cells[start + cell] = 0
            self._cells[start + _PID] = os.getpid()
        return free

    def workers(self) -> Iterator[WorkerState]:
        """The workers that are alive."""
        for slot in range(WORKER_SLOTS):
            if self._is_taken(slot):
                start = _HEAD + slot * _SLOT
                _, ready, failed, wishes, _ = self._cells[start : start + 5]
                yield WorkerState(slot, ready, failed, wishes)

    def say_ready(self, slot: int, generation: int) -> None:
        self._cells[_HEAD + slot * _SLOT + _READY] = generation

    def say_failed(self, slot: int, generation: int) -> None:
        self._cells[_HEAD + slot * _SLOT + _FAILED] = generation

    def wish(self, slot: int) -> int:
        """Asks for a reload (one thread of a worker at a time); the number to wait for."""
        start = _HEAD + slot * _SLOT
        number = max(self._cells[start + _WISHES], self._cells[start + _ANSWERED]) + 1
        self._cells[start + _WISHES] = number
        return number

    def answered(self, slot: int) -> int:
        """The last wish of this worker that the keeper has met."""
        return self._cells[_HEAD + slot * _SLOT + _ANSWERED]

    def wishes(self) -> dict[int, int]:
        """The wishes that are not met yet: slot -> number."""
        numbers = {state.slot: state.wishes for state in self.workers()}
        return {slot: number for slot, number in numbers.items() if number > self.answered(slot)}

    def answer(self, wishes: dict[int, int]) -> None:
        for slot, number in wishes.items():
            self._cells[_HEAD + slot * _SLOT + _ANSWERED] = number

    def close(self) -> None:
        self._cells.release()
        self.rates.release()
        try:
            self._map.close()
        except BufferError:
            return  # a rate limiter still looks at it; the end of the process lets it go

    def _is_taken(self, slot: int) -> bool:
        pid = self._cells[_HEAD + slot * _SLOT + _PID]
        return pid != 0 and is_alive(pid)


def is_alive(pid: int) -> bool:
    """Whether there is a process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
