"""Load on the loopback by wrk, or by a slower generator of our own where wrk is not installed.

Two ways to press: *hard*, every connection asks again as soon as it is answered; and *paced*, each of four
times as many connections waits before it asks again, for times drawn so that all of them together reach a
given rate. With so many connections their waiting outweighs their answers by far, so that the rate hardly
depends on how quick the server is: what an open loop is wanted for, at a small part of the processor time
that an open loop in Python takes away from the server.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SCRIPT = Path(__file__).with_name("load.lua")
CONNECTIONS = 64
PACED_CONNECTIONS = 4 * CONNECTIONS
GRACE_S = 30
"""So long a generator may take beyond its time before it is ended."""


@dataclass(frozen=True)
class Target:
    """Where to press: the address of a server, a key, and a file of bodies (one a line)."""

    address: str
    key: str
    bodies: Path
    path: str = "/v1/verdicts"


@dataclass(frozen=True)
class Loaded:
    """What came of it, times in seconds; `refused` had an error's status, `broken` had no answer."""

    requests: int
    seconds: float
    refused: int
    broken: int
    p50: float
    p99: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def has_wrk() -> bool:
    return shutil.which("wrk") is not None


def press(
    target: Target, seconds: float, connections: int = CONNECTIONS, pause: float | None = None
) -> Loaded:
    """`pause` is the mean time in seconds for which a connection waits before each request."""
    program = (
        _wrk(target, seconds, connections, pause) if has_wrk() else _own(target, seconds, connections, pause)
    )
    ended = subprocess.run(  # noqa: S603 - our own command
        program,
        env=os.environ | {"CAIDING_KEY": target.key},
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + GRACE_S,
    )
    written = next(line for line in ended.stdout.splitlines() if line.startswith("RESULT "))
    return Loaded(**json.loads(written.removeprefix("RESULT ")))


def paced(target: Target, seconds: float, rate: float) -> Loaded:
    """At about so many requests a second."""
    return press(target, seconds, PACED_CONNECTIONS, PACED_CONNECTIONS / rate)


def _wrk(target: Target, seconds: float, connections: int, pause: float | None) -> list[str]:
    program = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "-s", str(SCRIPT), target.address]
    waiting = [] if pause is None else [f"{pause * 1000:.3f}"]
    return [*program, "--", str(target.bodies), target.path, *waiting]


def _own(target: Target, seconds: float, connections: int, pause: float | None) -> list[str]:
    waiting = [] if pause is None else ["--rate", str(connections / pause)]
    program = [sys.executable, "-m", "benchmarks.service.generator", target.address, str(target.bodies)]
    options = ["--path", target.path, "--seconds", str(seconds), "--connections", str(connections)]
    return [*program, *options, *waiting]
