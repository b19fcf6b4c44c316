"""Many requests over kept connections from one thread, at a given rate or as quickly as they are answered.

At a rate this is an open loop: each request has an instant at which it is due, its time counts from there,
and a slow answer does not keep the next request back as long as there is a free connection.
"""

from __future__ import annotations

import re
import select
import socket
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Protocol

PATIENCE_S = 10.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """`kind` is the script's own; `wire` is the whole request as it is sent."""

    kind: str
    wire: bytes


class Script(Protocol):
    """What is asked, and what is made of the answers."""

    def next(self) -> Request: ...
    def answered(self, request: Request, status: int, head: bytes, seconds: float) -> None: ...
    def broken(self, request: Request) -> None:
        """The connection ended before the answer; nobody knows whether the request was done."""


def post(path: str, key: str, body: bytes, **headers: str) -> bytes:
    """A whole request; `idempotency_key=…` becomes `idempotency-key: …`."""
    given = {"host": "127.0.0.1", "content-type": "application/json", "content-length": str(len(body))}
    given |= {"authorization": f"Bearer {key}"} if key else {}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


class _Connection:
    """One kept connection with at most one request on its way."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request: Request | None = None
        self.due = 0.0
        self.got = b""

    def ask(self, request: Request, due: float) -> None:
        self.request, self.due, self.got = request, due, b""
        self.socket.sendall(request.wire)

    def head(self) -> bytes | None:
        """The head of the answer once all of the answer is there; raises ConnectionError at its end."""
        received = self.socket.recv(262_144)
        if not received:
            raise ConnectionError
        self.got += received
        end = self.got.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self.got[: end + 2]
        length = _LENGTH.search(head)
        return head if length is None or len(self.got) >= end + 4 + int(length[1]) else None


class Wire:
    """Drives a script against one server; made, driven and closed by one thread."""

    def __init__(self, host: str, port: int, connections: int, script: Script) -> None:
        self._place = (host, port)
        self._script = script
        self._poll = select.epoll()
        self._all: dict[int, _Connection] = {}
        self._idle: deque[_Connection] = deque()
        self._random = Random(1)
        self._due = time.perf_counter()
        for _ in range(connections):
            self._open()

    def drive(self, rate: float | None, goes_on: Callable[[], bool]) -> None:
        """Asks as long as `goes_on`, at `rate` a second or, with None, whenever a connection is free."""
        due = max(self._due, time.perf_counter() - PATIENCE_S)
        while goes_on():
            now = time.perf_counter()
            while self._idle and due <= now and goes_on():
                self._ask(self._idle.popleft(), now if rate is None else due)
                due = now if rate is None else due + self._random.expovariate(rate)
            self._take(min(0.05, max(0.0, due - time.perf_counter())) if self._idle else 0.05)
        self._due = due

    def close(self) -> None:
        """Waits for the answers that are still on their way, as long as is bearable."""
        ends = time.perf_counter() + PATIENCE_S
        while len(self._idle) < len(self._all) and time.perf_counter() < ends:
            self._take(0.05)
        for connection in list(self._all.values()):
            if connection.request is not None:
                self._script.broken(connection.request)
            self._close(connection)
        self._poll.close()

    def _open(self) -> None:
        connection = _Connection(*self._place)
        self._all[connection.socket.fileno()] = connection
        self._poll.register(connection.socket, select.EPOLLIN)
        self._idle.append(connection)

    def _ask(self, connection: _Connection, due: float) -> None:
        request = self._script.next()
        try:
            connection.ask(request, due)
        except OSError:
            self._replace(connection)

    def _take(self, patience: float) -> None:
        for number, _ in self._poll.poll(patience):
            connection = self._all[number]
            try:
                head = connection.head()
            except OSError:
                self._replace(connection)
                continue
            if head is not None:
                self._answered(connection, head)

    def _answered(self, connection: _Connection, head: bytes) -> None:
        request, connection.request = connection.request, None
        assert request is not None, "an answer without a request"
        self._script.answered(request, int(head[9:12]), head, time.perf_counter() - connection.due)
        if _CLOSES.search(head):
            self._replace(connection)
        else:
            self._idle.append(connection)

    def _replace(self, connection: _Connection) -> None:
        """Another connection in its place; what was on its way has no answer."""
        if connection.request is not None:
            self._script.broken(connection.request)
        if connection in self._idle:
            self._idle.remove(connection)
        self._close(connection)
        self._open()

    def _close(self, connection: _Connection) -> None:
        del self._all[connection.socket.fileno()]
        self._poll.unregister(connection.socket)
        connection.socket.close()
