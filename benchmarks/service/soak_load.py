"""The load of `make soak`, in a process of its own: `… -m benchmarks.service.soak_load ADDRESS BODIES RATE`.

New tickets, some with an idempotency key; repeats of those, a while later; the same keys with other tickets;
and requests that are wrong in each of several ways. Every answer is held against what it must be. A line of
JSON goes out every few seconds; a closed standard input is the sign to wait for the last answers and end.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from benchmarks.service.generator import quantile
from benchmarks.service.wire import Request, Wire, post

CONNECTIONS = 64
TELL_EVERY_S = 5.0
REPEAT_AFTER_S = 2.0
MOST_SAMPLES = 20
KEYED, REPEATED, CLASHING, WRONG = 0.04, 0.02, 0.005, 0.03
"""Shares of all requests; the rest are new tickets without a key."""
_LOCATION = re.compile(rb"\r\nlocation: *(\S+)", re.IGNORECASE)
_EDITION = re.compile(rb"\r\ncaiding-edition: *(\S+)", re.IGNORECASE)
_REPLAYED = re.compile(rb"\r\nidempotency-replayed: *true", re.IGNORECASE)


@dataclass
class Told:
    """What has come of it so far; `p50` and `p99` (ms) are of the time since the last telling.

    `acknowledged` are new verdicts; `unknown` new tickets whose answer never came, `wrong` samples of answers
    that were not as they must be.
    """

    asked: int = 0
    acknowledged: int = 0
    replayed: int = 0
    refused: int = 0
    unknown: int = 0
    errors: int = 0
    p50: float = 0.0
    p99: float = 0.0
    editions: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Keyed(Request):
    """A ticket with an idempotency key."""

    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Repeat(Request):
    """The same again: the same verdict is due."""

    location: bytes


@dataclass(frozen=True, slots=True)
class Mistake(Request):
    """A request that must be refused with one of these statuses."""

    statuses: frozenset[int]


class Soaking:
    """The mixture; what is repeated is remembered only until it is."""

    def __init__(self, key: str, bodies: Sequence[bytes]) -> None:
        self.told = Told()
        self._key = key
        self._bodies = bodies
        self._new = [Request("new", post("/v1/verdicts", key, body)) for body in bodies]
        self._mistakes = mistakes(key, bodies[0])
        self._random = Random(7)
        self._answered: deque[tuple[float, Keyed, bytes]] = deque(maxlen=20_000)
        self._number = 0
        self._times: list[float] = []
        self._editions: set[bytes] = set()

    def next(self) -> Request:
        self.told.asked += 1
        drawn = self._random.random()
        if drawn < WRONG:
            return self._random.choice(self._mistakes)
        if drawn < WRONG + KEYED:
            return self._keyed()
        if drawn < WRONG + KEYED + REPEATED + CLASHING:
            due = self._answered and time.monotonic() - self._answered[0][0] > REPEAT_AFTER_S
            if due and drawn < WRONG + KEYED + REPEATED:
                _, first, location = self._answered.popleft()
                return Repeat("repeat", first.wire, location)
            if due:
                _, first, _ = self._answered.popleft()
                return Mistake("clash", self._with_key(first.key, self._other(first.body)), frozenset({422}))
        return self._random.choice(self._new)

    def answered(self, request: Request, status: int, head: bytes, seconds: float) -> None:
        self._times.append(seconds)
        edition = _EDITION.search(head)
        if edition:
            self._editions.add(edition[1])
        location, replayed = _LOCATION.search(head), _REPLAYED.search(head) is not None
        match request:
            case Mistake():
                self.told.refused += 1
                good = status in request.statuses
            case Repeat():
                self.told.replayed += 1
                good = status == 201 and replayed and location is not None and location[1] == request.location
            case _:
                good = status == 201 and location is not None and not replayed
                self.told.acknowledged += good
                if good and location is not None and isinstance(request, Keyed):
                    self._answered.append((time.monotonic(), request, location[1]))
        if not good:
            self._wrong(f"{request.kind}: {head[:600].decode(errors='replace')}")

    def broken(self, request: Request) -> None:
        """A repeat or a mistake stores nothing, so nothing about it is unknown."""
        self.told.unknown += request.kind in ("new", "keyed")
        self._wrong(f"{request.kind}: no answer")

    def tell(self) -> None:
        times = sorted(self._times)
        self._times.clear()
        self.told.p50, self.told.p99 = quantile(times, 0.5) * 1000, quantile(times, 0.99) * 1000
        self.told.editions = len(self._editions)
        print(json.dumps(asdict(self.told)), flush=True)

    def _keyed(self) -> Keyed:
        self._number += 1
        key, body = f"soak-{os.getpid()}-{self._number}", self._random.choice(self._bodies)
        return Keyed("keyed", self._with_key(key, body), key, body)

    def _with_key(self, key: str, body: bytes) -> bytes:
        return post("/v1/verdicts", self._key, body, idempotency_key=key)

    def _other(self, body: bytes) -> bytes:
        return next(other for other in self._bodies if other != body)

    def _wrong(self, sample: str) -> None:
        self.told.errors += 1
        if len(self.told.wrong) < MOST_SAMPLES:
            self.told.wrong.append(sample)


def mistakes(key: str, body: bytes) -> list[Mistake]:
    """Requests that are wrong, each in its own way."""

    def mistake(kind: str, wire: bytes, *statuses: int) -> Mistake:
        return Mistake(kind, wire, frozenset(statuses))

    verdicts = "/v1/verdicts"
    return [
        mistake("cut off", post(verdicts, key, body[: len(body) // 2]), 400, 422),
        mistake("not JSON", post(verdicts, key, b"\xff\xfe"), 400, 422),
        mistake("unknown fact", post(verdicts, key, b'{"facts":{"no_such_fact":1}}'), 422),
        mistake("wrong types", post(verdicts, key, b'{"facts":{"ticket_kind":7,"channel":[]}}'), 422),
        mistake("no key", post(verdicts, "", body), 401),
        mistake("bad key", post(verdicts, "caiding_1_" + "x" * 43, body), 401),
        mistake("nowhere", post("/v1/nowhere", key, body), 404),
        mistake("no batch", post("/v1/verdicts/batch", key, b'{"tickets":[]}'), 400, 422),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.service.soak_load")
    parser.add_argument("address")
    parser.add_argument("bodies", type=Path)
    parser.add_argument("rate", type=float)
    options = parser.parse_args()
    place = urlsplit(options.address)
    script = Soaking(os.environ.get("CAIDING_KEY", ""), options.bodies.read_bytes().splitlines())
    wire = Wire(place.hostname or "127.0.0.1", place.port or 80, CONNECTIONS, script)
    ended = threading.Event()
    threading.Thread(target=_wait_for_the_end, args=[ended], daemon=True).start()
    while not ended.is_set():
        until = time.monotonic() + TELL_EVERY_S
        wire.drive(options.rate, lambda until=until: not ended.is_set() and time.monotonic() < until)  # type: ignore[misc]
        script.tell()
    wire.close()
    script.tell()
    return 0


def _wait_for_the_end(ended: threading.Event) -> None:
    sys.stdin.read()
    ended.set()


if __name__ == "__main__":
    sys.exit(main())
