"""Starts `caiding serve` as a person does, and asks it as a ticket system does."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

SMALL = Path(__file__).resolve().parents[1] / "api" / "small"
COMMAND = Path(sys.executable).with_name("caiding")
PATIENCE_S = 40.0
SCRIBE = re.compile(r'"scribe_started".*"pid":(\d+)')
WORKER = re.compile(r'"Spawning worker-\d+ with PID: (\d+)')
KEY = re.compile(r"caiding_\d+_\w+")
TICKET: dict[str, Any] = {"kind": "loss", "value": 10, "day": "2015-06-10"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any

    @property
    def edition(self) -> str:
        return self.headers["caiding-edition"]


def write_rules(folder: Path, fine: int = 50, comment: str = "") -> None:
    """The small library with another fine; each file appears whole, as a good editor saves it."""
    folder.mkdir(exist_ok=True)
    for source in SMALL.glob("*.yaml"):
        text = source.read_text(encoding="utf-8")
        if source.name == "fines.yaml":
            text = text.replace("2015-01-01: 50", f"2015-01-01: {fine}").replace("fine: 50", f"fine: {fine}")
            text += comment
        if not (folder / source.name).exists() or (folder / source.name).read_text(encoding="utf-8") != text:
            part = folder / f".{source.name}.part"
            part.write_text(text, encoding="utf-8")
            part.replace(folder / source.name)


@dataclass
class Running:
    """A service that runs in a folder of its own."""

    home: Path
    process: subprocess.Popen[bytes]
    port: int
    key: str = ""
    _connections: threading.local = field(default_factory=threading.local)

    @property
    def said(self) -> str:
        return (self.home / "said").read_text(encoding="utf-8")

    @property
    def log(self) -> list[dict[str, Any]]:
        """Every line of the log, all of which must be JSON."""
        return [json.loads(line) for line in self.raw_log.splitlines()]

    @property
    def raw_log(self) -> str:
        return (self.home / "log").read_text(encoding="utf-8")

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request on this thread's own connection; raises OSError where it is broken."""
        connection = getattr(self._connections, "one", None)
        if connection is None:
            connection = self._connections.one = http.client.HTTPConnection(
                "127.0.0.1", self.port, timeout=30
            )
        content = None if body is None else json.dumps(body)
        sent = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **headers}
        try:
            connection.request(method, path, content, sent)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            self.hang_up()
            raise ConnectionError(str(error)) from error
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, found, json.loads(text) if text[:1] in (b"{", b"[") else text)

    def hang_up(self) -> None:
        connection = getattr(self._connections, "one", None)
        if connection is not None:
            connection.close()
            self._connections.one = None

    def judge(self, **facts: Any) -> Answer:
        return self.ask("POST", "/v1/verdicts", {"facts": {**TICKET, **facts}})

    def ready(self) -> dict[str, Any]:
        answer = self.ask("GET", "/health/ready")
        assert isinstance(answer.body, dict)
        return answer.body

    def children(self, kind: str) -> list[int]:
        """Process ids as the log tells them: `worker` or `scribe`, of those that are alive."""
        said = SCRIBE if kind == "scribe" else WORKER
        return [pid for pid in map(int, said.findall(self.raw_log)) if is_running(pid)]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)

    def stored(self) -> set[str]:
        """The ids in the decision log."""
        with contextlib.closing(sqlite3.connect(self.home / "caiding.db", timeout=20)) as database:
            return {row[0] for row in database.execute("SELECT id FROM decisions")}


def is_running(pid: int) -> bool:
    """Whether the process is there and no mere entry that waits to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2][0] not in "ZX"
    except OSError:
        return False


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def command_line(home: Path, *options: str, lang: str = "en") -> list[str]:
    return [str(COMMAND), "--lang", lang, "serve", "--rules", str(home / "rules"), *options]


def environment(home: Path) -> dict[str, str]:
    """What the service puts into temporary folders can be looked at afterwards, at `home / "tmp"`.

    The folder itself has a short name, as sockets need one.
    """
    if not (home / "tmp").exists():
        (home / "tmp").symlink_to(tempfile.mkdtemp(prefix="cs-"))
    return {**os.environ, "TMPDIR": str((home / "tmp").resolve()), "PYTHONPATH": str(SMALL.parents[2])}


def refused(home: Path, *options: str, lang: str = "en") -> tuple[int, str]:
    """Exit code and what is said of a start that must not succeed."""
    run = subprocess.run(
        command_line(home, *options, lang=lang),
        cwd=home,
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return run.returncode, run.stderr


@contextlib.contextmanager
def serving(home: Path, *options: str, key: str = "", lang: str = "en") -> Iterator[Running]:
    """A service that answers; whatever is left of it at the end is killed."""
    if not (home / "rules").exists():
        write_rules(home / "rules")
    port = free_port()
    given = ["--second-opinion", "0%", "--rate", "0", *options, "--port", str(port)]
    with (home / "said").open("wb") as said, (home / "log").open("wb") as log:
        process = subprocess.Popen(
            command_line(home, *given, lang=lang),
            cwd=home,
            env=environment(home),
            stdout=said,
            stderr=log,
            start_new_session=True,
        )
    running = Running(home, process, port, key)
    try:
        _wait_for_address(running)
        running.key = key or KEY.findall(running.said)[0]
        yield running
    finally:
        running.hang_up()
        children = [*running.children("scribe"), *running.children("worker")]
        for pid in (process.pid, *children):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def clear(home: Path) -> None:
    """Removes what a killed service has left in its temporary folder."""
    if (home / "tmp").exists():
        shutil.rmtree((home / "tmp").resolve())


def _wait_for_address(running: Running) -> None:
    until = time.monotonic() + PATIENCE_S
    while str(running.port) not in running.said:
        assert running.process.poll() is None, running.raw_log
        assert time.monotonic() < until, running.raw_log
        time.sleep(0.02)


def wait_until(what: Any, patience: float = PATIENCE_S) -> None:
    """Waits until the callable says yes."""
    until = time.monotonic() + patience
    while not what():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)


@dataclass
class Load:
    """Threads that ask all the time; `acknowledged` are the ids of answers 201, `answers` all in order.

    A connection that breaks is counted in `broken` and opened anew.
    """

    running: Running
    threads: int = 4
    acknowledged: list[str] = field(default_factory=list)
    seen: list[list[tuple[float, float, str, str]]] = field(default_factory=list)
    others: list[Answer] = field(default_factory=list)
    broken: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        for _ in range(self.threads):
            mine: list[tuple[float, float, str, str]] = []
            self.seen.append(mine)
            self._threads.append(threading.Thread(target=self._ask, args=(mine,)))
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, count: int) -> None:
        """Until so many more are acknowledged."""
        goal = len(self.acknowledged) + count
        wait_until(lambda: len(self.acknowledged) >= goal)

    def _ask(self, mine: list[tuple[float, float, str, str]]) -> None:
        while not self._ended.is_set():
            sent = time.monotonic()
            try:
                answer = self.running.judge()
            except ConnectionError:
                self.broken += 1
                self._ended.wait(0.05)
                continue
            if answer.status == 201:
                self.acknowledged.append(answer.body["id"])
                verdict = answer.body["verdict"]
                amount = verdict["outcomes"][0]["amount"]
                mine.append((sent, time.monotonic(), verdict["edition"], f"{answer.edition} {amount}"))
            else:
                self.others.append(answer)
                self._ended.wait(0.01)
        self.running.hang_up()
