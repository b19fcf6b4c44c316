"""The load where wrk is not installed: the same bodies in turn, by one process of Python.

`python -m benchmarks.service.generator ADDRESS BODIES --seconds S`; the key is in CAIDING_KEY. It takes more
of the machine than wrk and so shows a lower peak.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from array import array
from itertools import cycle
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.service.wire import Request, Wire, post


class Pressing:
    """Posts in turn; every answer but success is counted as refused."""

    def __init__(self, wires: list[bytes]) -> None:
        self._requests = cycle([Request("post", wire) for wire in wires])
        self.times = array("d")
        self.refused = self.lost = 0

    def next(self) -> Request:
        return next(self._requests)

    def answered(self, request: Request, status: int, head: bytes, seconds: float) -> None:  # noqa: ARG002
        self.times.append(seconds)
        self.refused += status >= 400

    def broken(self, request: Request) -> None:  # noqa: ARG002 - all are alike
        self.lost += 1


def quantile(times: list[float], share: float) -> float:
    """The time within which that share was answered, of sorted times; 0 of none."""
    return times[min(len(times) - 1, int(len(times) * share))] if times else 0.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.service.generator")
    parser.add_argument("address")
    parser.add_argument("bodies", type=Path)
    parser.add_argument("--path", default="/v1/verdicts")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rate", type=float, default=None)
    options = parser.parse_args()
    place = urlsplit(options.address)
    key = os.environ.get("CAIDING_KEY", "")
    bodies = options.bodies.read_bytes().splitlines()
    script = Pressing([post(options.path, key, body) for body in bodies])
    wire = Wire(place.hostname or "127.0.0.1", place.port or 80, options.connections, script)
    started = time.perf_counter()
    wire.drive(options.rate, lambda: time.perf_counter() - started < options.seconds)
    wire.close()
    taken = time.perf_counter() - started
    times = sorted(script.times)
    found = {
        "requests": len(times),
        "seconds": taken,
        "refused": script.refused,
        "broken": script.lost,
        "p50": quantile(times, 0.5),
        "p99": quantile(times, 0.99),
    }
    print("RESULT", json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
