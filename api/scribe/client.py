"""How a worker has its decisions committed: it sends them to the scribe and waits for the answer."""

from __future__ import annotations

import ctypes
import socket
import struct
import threading
from collections.abc import Sequence
from math import inf
from pathlib import Path
from time import monotonic, sleep
from weakref import WeakSet

from api.scribe.protocol import (
    HEADER,
    STORED,
    Reason,
    Reply,
    ScribeState,
    decode_reply,
    frame_of,
    framed,
    length_of,
)
from api.store.decisions import Claim, Decision, Held

STATE_PATIENCE_S = 1.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.005, 0.1
HEAD_START = 0.1
"""The scribe gives up earlier by this part of the patience, so that the waiter still hears the reason."""


_SEND = ctypes.PyDLL(None).send
"""The system's `send`, by a call that keeps the interpreter's lock (`socket.send` lets go of it)."""
_SEND.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_SEND.restype = ctypes.c_ssize_t


class LogUnavailable(Exception):
    """The record is not known to be stored; `reason` says why (`timeout`: nobody answered in time)."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class ScribeClient:
    """Has decisions committed by the scribe behind a socket; every thread speaks on a line of its own.

    `patience` (seconds) is for a whole call, in which the scribe may be restarted: what was sent and not
    acknowledged is sent again, and as its ids are the same, it counts once.
    """

    def __init__(self, socket_path: Path, patience: float) -> None:
        self._path = str(socket_path)
        self._patience = patience
        self._mine = _Mine()
        self._lines: WeakSet[_Line] = WeakSet()
        self._lock = threading.Lock()

    def record(self, decisions: Sequence[Decision], claim: Claim | None = None) -> Held | None:
        """Returns once all is committed: None; or, nothing being stored, what the claimed key is held for.

        Raises LogUnavailable. Then the record is not acknowledged; whether it is stored is known only where
        the reason is not `timeout` or `away`.
        """
        until = monotonic() + self._patience
        entry = (until - HEAD_START * self._patience, decisions, claim)
        reply = self._ask(framed(entry, self._mine.frame), until)
        if isinstance(reply, str):
            raise LogUnavailable(reply)
        assert not isinstance(reply, ScribeState), "an entry is not answered by a state"
        return reply

    def state(self) -> ScribeState:
        """How the scribe is doing, within a second. Raises LogUnavailable."""
        reply = self._ask(frame_of(None), monotonic() + min(self._patience, STATE_PATIENCE_S))
        return reply if isinstance(reply, ScribeState) else ScribeState()

    def close(self) -> None:
        """Closes the lines of all threads; the next call opens a new one."""
        with self._lock:
            for line in list(self._lines):
                line.close()

    def _ask(self, frame: bytearray, until: float) -> Reply:
        """Asks until there is an answer or no time is left."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                return self._line(until).ask(frame, until)
            except (BlockingIOError, TimeoutError):
                self._hang_up()
                raise LogUnavailable("timeout") from None
            except OSError:
                self._hang_up()
            if monotonic() + pause >= until:
                raise LogUnavailable("away")
            sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _line(self, until: float) -> _Line:
        line = self._mine.line
        if line is None:
            line = self._mine.line = _Line(self._path, until)
            with self._lock:
                self._lines.add(line)
        return line

    def _hang_up(self) -> None:
        """A line with an open question is never used again: its answer would come for the next one."""
        if self._mine.line is not None:
            self._mine.line.close()
            self._mine.line = None


class NoLog:
    """Stores nothing and says yes: for measuring what the log costs."""

    def record(self, decisions: Sequence[Decision], claim: Claim | None = None) -> Held | None:
        """Takes the record for stored."""
        del decisions, claim
        return None

    def state(self) -> ScribeState:
        return ScribeState()


class _Mine(threading.local):
    """What a thread keeps: its line, and the buffer in which it writes."""

    def __init__(self) -> None:
        self.line: _Line | None = None
        self.frame = bytearray(HEADER)


class _Line:
    """A connection to the scribe. Its time limits are the kernel's: those of Python cost a `poll` a call."""

    def __init__(self, path: str, until: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._limit = inf
        try:
            self._wait_until(until)
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise

    def ask(self, frame: bytearray, until: float) -> Reply:
        self._wait_until(until)
        self._send(frame)
        self._wait_until(until)
        answer = self._socket.recv(4096)
        if answer == STORED:
            return None
        reply: Reply = decode_reply(memoryview(self._whole(bytearray(answer)))[HEADER:])
        return reply

    def _send(self, frame: bytearray) -> None:
        """The kernel takes a frame in two microseconds. A thread that let go of the interpreter's lock for
        that would have to wait for its turn behind all others before it could listen for the answer.
        """
        start = ctypes.addressof(ctypes.c_char.from_buffer(frame))
        sent = _SEND(self._socket.fileno(), start, len(frame), socket.MSG_DONTWAIT)
        if sent < len(frame):
            self._socket.sendall(memoryview(frame)[max(sent, 0) :])

    def close(self) -> None:
        self._socket.close()

    def __del__(self) -> None:
        """The line goes with its thread."""
        self._socket.close()

    def _wait_until(self, until: float) -> None:
        """For both directions, at least a millisecond (none would mean for ever).

        Setting it costs more than sending, so a limit that is right within a twentieth is left as it is.
        """
        rest = max(until - monotonic(), 0.001)
        if 0.95 * self._limit < rest <= self._limit:
            return
        self._limit = rest * 1.01
        limit = _timeval(self._limit)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)

    def _whole(self, answer: bytearray) -> bytearray:
        while len(answer) < HEADER or len(answer) < HEADER + length_of(answer):
            chunk = self._socket.recv(2**16)
            if not answer or not chunk:
                raise ConnectionResetError("the scribe has gone")
            answer += chunk
        return answer


def _timeval(seconds: float) -> bytes:
    whole, rest = divmod(seconds, 1)
    return struct.pack("ll", int(whole), int(rest * 1_000_000))
