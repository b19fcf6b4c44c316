"""The one line of each request, in the form of the journal (`api.logs`).

A logger's steps cost three times as much as the line itself, which is felt beside a verdict; so the line is
put together here and written at once.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, BinaryIO

from api.http.exchange import json_bytes
from api.logs import without_secrets


def request_lines(stream: BinaryIO | None = None, **bound: Any) -> Callable[[Mapping[str, Any]], None]:
    """Writes a request's fields behind `at`, `level`, `event` and what is bound."""
    out = stream or sys.stderr.buffer
    head = {"level": "info", "event": "request", **bound}
    lock = threading.Lock()

    def note(fields: Mapping[str, Any]) -> None:
        line = without_secrets(json_bytes({"at": _now(), **head, **fields})) + b"\n"
        with lock, suppress(OSError):  # what was answered stays answered though its line is lost
            out.write(line)
            out.flush()

    return note


def _now() -> str:
    """The present in UTC; most of the time only its milliseconds are new."""
    seconds, rest = divmod(time.time_ns(), 1_000_000_000)
    return f"{_second(seconds)}.{rest // 1_000_000:03d}+00:00"


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
