"""The servers that are measured: each a process of its own on a free port of the loopback."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
START_PATIENCE_S = 60.0
STOP_PATIENCE_S = 30.0
KEY = re.compile(r"caiding_\d+_[A-Za-z0-9_-]+")
ADDRESS = re.compile(r"http://[\w.:\[\]-]+:\d+")


@dataclass(frozen=True)
class Size:
    """Processes and threads, the same for every contender."""

    workers: int = 2
    threads: int = 16


@dataclass(frozen=True)
class Server:
    """One that answers; `key` is empty where none is asked for, `database` where nothing is stored."""

    name: str
    address: str
    key: str
    database: str
    pid: int


class DidNotStartError(Exception):
    """A server has ended, or does not answer; the text is what it said last."""


@contextmanager
def bare(size: Size, answer_bytes: int, folder: Path) -> Iterator[Server]:
    """Flask alone under Granian."""
    port = _free_port()
    program = [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws", "--log-level", "error"),
        *("--workers", str(size.workers), "--blocking-threads", str(size.threads)),
        *("--host", "127.0.0.1", "--port", str(port), "benchmarks.service.bare:app"),
    ]
    environment = os.environ | {"CAIDING_BENCH_SIZE": str(answer_bytes), "PYTHONPATH": str(ROOT)}
    with _running(program, environment, folder / "bare.out") as process:
        _wait_for(f"http://127.0.0.1:{port}/", process, folder / "bare.out", {404})
        yield Server("bare Flask", f"http://127.0.0.1:{port}", "", "", process.pid)


@contextmanager
def caiding(
    name: str,
    size: Size,
    folder: Path,
    database_url: str,
    options: Sequence[str] = (),
    rules: Path = ROOT / "rules",
) -> Iterator[Server]:
    """`caiding serve` with a database of its own and no limit on requests."""
    said = folder / f"{re.sub(r'[^a-z]+', '-', name.lower())}.out"
    program = [
        *(str(Path(sys.executable).with_name("caiding")), "serve", "--port", "0", "--rules", str(rules)),
        *("--database-url", database_url, "--workers", str(size.workers), "--threads", str(size.threads)),
        *("--rate", "0", *options),
    ]
    with _running(program, dict(os.environ), said) as process:
        address = _said(ADDRESS, process, said)
        _wait_for(f"{address}/health/ready", process, said, {200})
        yield Server(name, address, _said(KEY, process, said), database_url, process.pid)


@contextmanager
def _running(
    program: list[str], environment: dict[str, str], said: Path
) -> Iterator[subprocess.Popen[bytes]]:
    with (
        said.open("wb") as out,
        said.with_suffix(".err").open("wb") as err,
        subprocess.Popen(program, cwd=said.parent, env=environment, stdout=out, stderr=err) as process,  # noqa: S603
    ):
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_for(url: str, process: subprocess.Popen[bytes], said: Path, statuses: set[int]) -> None:
    ends = time.monotonic() + START_PATIENCE_S
    while time.monotonic() < ends and process.poll() is None:
        if _status(url) in statuses:
            return
        time.sleep(0.1)
    raise DidNotStartError(_last_words(said))


def _said(pattern: re.Pattern[str], process: subprocess.Popen[bytes], said: Path) -> str:
    ends = time.monotonic() + START_PATIENCE_S
    while time.monotonic() < ends:
        found = pattern.search(said.read_text(errors="replace"))
        if found:
            return found[0]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise DidNotStartError(_last_words(said))


def _last_words(said: Path) -> str:
    return (said.read_text(errors="replace") + said.with_suffix(".err").read_text(errors="replace"))[-2000:]


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - the loopback
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])
