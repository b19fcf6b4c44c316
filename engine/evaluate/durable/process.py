"""The parent's side of the child process: lines out, lines back, a time limit, and no child left behind."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from engine.evaluate.durable import DurableFailure, DurableTimeout, Unavailable
from engine.evaluate.durable.fields import FlatFact

SCRIPT = Path(__file__).with_name("child.py")
LIBRARY = "durable"
CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: for loading all rulesets, and for each answer."""

    loading: float = 30.0
    answer: float = 2.0


def require_library() -> None:
    """Raises `Unavailable` where the library is not installed or cannot be loaded, found out in a child."""
    if find_spec(LIBRARY) is None:
        raise Unavailable("durable-rules is not installed")
    command = [sys.executable, "-P", "-c", "from durable import engine"]
    try:
        run = subprocess.run(command, capture_output=True, check=False, timeout=30, stdin=subprocess.DEVNULL)  # noqa: S603  # our own words
    except subprocess.TimeoutExpired:
        raise Unavailable("durable-rules does not finish loading") from None
    if run.returncode != 0:
        said = run.stderr.decode(errors="replace").strip().splitlines()
        raise Unavailable(f"durable-rules cannot be loaded: {said[-1] if said else run.returncode}")


class Child:
    """One child process with its rulesets loaded; after a failure it is gone and of no more use."""

    def __init__(self, rulesets: Mapping[str, Any], limits: Limits) -> None:
        self.limits = limits
        self._process = subprocess.Popen(  # noqa: S603  # our own script
            [sys.executable, "-P", str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self._unread = b""
        try:
            next(self._exchange([rulesets], limits.loading))
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def answers(self, facts: Sequence[FlatFact]) -> Iterator[list[str]]:
        """The names of the rules that fired, for each flat fact in turn.

        Raises DurableFailure at the first that has no answer; the child is killed then.
        """
        try:
            yield from self._exchange(facts, self.limits.answer)
        except DurableFailure:
            self.kill()
            raise

    def _exchange(self, lines: Sequence[Mapping[str, Any]], seconds: float) -> Iterator[list[str]]:
        """Writes and reads by turns, so that neither side waits on a full pipe."""
        unsent = b"".join(json.dumps(line, separators=(",", ":")).encode() + b"\n" for line in lines)
        stdin, stdout = _pipe(self._process.stdin), _pipe(self._process.stdout)
        os.set_blocking(stdin.fileno(), False)
        answered, deadline = 0, time.monotonic() + seconds
        with selectors.DefaultSelector() as ready:
            ready.register(stdout, selectors.EVENT_READ)
            ready.register(stdin, selectors.EVENT_WRITE)
            while answered < len(lines):
                for key, _ in self._wait(ready, deadline):
                    if key.fileobj is stdout:
                        for answer in self._read(stdout):
                            answered += 1
                            yield answer
                            deadline = time.monotonic() + seconds
                    else:
                        unsent = self._write(stdin, unsent)
                        if not unsent:
                            ready.unregister(stdin)

    def _wait(
        self, ready: selectors.BaseSelector, deadline: float
    ) -> list[tuple[selectors.SelectorKey, int]]:
        events = ready.select(max(0.0, deadline - time.monotonic()))
        if not events:
            raise DurableTimeout("the child process did not answer within its time limit")
        return events

    def _write(self, stdin: IO[bytes], unsent: bytes) -> bytes:
        try:
            return unsent[os.write(stdin.fileno(), unsent[:CHUNK]) :]
        except BlockingIOError:
            return unsent
        except BrokenPipeError:
            raise self._ended() from None

    def _read(self, stdout: IO[bytes]) -> Iterator[list[str]]:
        received = os.read(stdout.fileno(), CHUNK)
        if not received:
            raise self._ended()
        *lines, self._unread = (self._unread + received).split(b"\n")
        for line in lines:
            answer = json.loads(line)
            if isinstance(answer, dict):
                raise DurableFailure(f"the child process refused: {answer['error']}")
            yield answer

    def _ended(self) -> DurableFailure:
        self.kill()
        code = self._process.returncode
        how = f"by signal {-code}" if code < 0 else f"with status {code}"
        return DurableFailure(f"the child process ended {how}")

    def close(self) -> None:
        """Ends the child by closing its input; kills it where that does not end it."""
        _pipe(self._process.stdin).close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1)
        self.kill()

    def kill(self) -> None:
        """Ends the child at once, whatever it is doing, and reaps it."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            _pipe(pipe).close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None, "both ends were asked for"
    return pipe
