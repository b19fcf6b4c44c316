"""The one line of each request, in the form of the journal (`api.logs`).

A logger's steps cost three times as much as the line itself, which is felt beside a verdict; so the line is
put together here, and a thread writes what has gathered. A request that wrote for itself would let go of the
interpreter's lock, and wait for its turn again.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, BinaryIO

from api.http.exchange import json_bytes
from api.logs import without_secrets

EVERY_S = 0.05
MOST_WAITING = 100_000
"""Where nobody takes the lines, the oldest go: the log must not stop the service, nor fill its memory."""


class RequestLines:
    """Writes a request's fields behind `at`, `level`, `event` and what is bound.

    `every`: seconds between two writes; None writes each line at once. `flush` before the process ends.
    """

    def __init__(
        self, stream: BinaryIO | None = None, every: float | None = EVERY_S, /, **bound: Any
    ) -> None:
        self._out = stream or sys.stderr.buffer
        self._head = {"level": "info", "event": "request", **bound}
        self._waiting: deque[bytes] = deque(maxlen=MOST_WAITING)
        self._writing = threading.Lock()
        self._at_once = every is None
        if every is not None:
            threading.Thread(target=self._keep_writing, args=[every], name="lines", daemon=True).start()

    def __call__(self, fields: Mapping[str, Any]) -> None:
        self._waiting.append(without_secrets(json_bytes({"at": _now(), **self._head, **fields})) + b"\n")
        if self._at_once:
            self.flush()

    def flush(self) -> None:
        """Writes what has gathered; what was answered stays answered though its line is lost."""
        with self._writing, suppress(OSError):
            lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if lines:
                self._out.write(b"".join(lines))
                self._out.flush()

    def _keep_writing(self, every: float) -> None:
        while True:
            time.sleep(every)
            self.flush()


def _now() -> str:
    """The present in UTC; most of the time only its milliseconds are new."""
    seconds, rest = divmod(time.time_ns(), 1_000_000_000)
    return f"{_second(seconds)}.{rest // 1_000_000:03d}+00:00"


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
