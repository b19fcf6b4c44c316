"""A receiver of webhooks on the loopback, which answers as it is told and remembers what it got."""

from __future__ import annotations

import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeAlias

Answer: TypeAlias = int | str
"""A status, or what the receiver does instead: `hang`, `drip`, `close`."""

PATIENCE = 30.0


@dataclass(frozen=True)
class Call:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """`answers` are given in turn; after the last one everything is taken with 204."""

    url: str = ""
    answers: deque[Answer] = field(default_factory=deque)
    calls: list[Call] = field(default_factory=list)
    body: bytes = b""
    on_call: Callable[[Call], None] | None = None
    ending: threading.Event = field(default_factory=threading.Event)

    def wait_for(self, count: int) -> list[Call]:
        """Waits until so many requests have come; fails after a while."""
        until = time.monotonic() + PATIENCE
        while len(self.calls) < count:
            assert time.monotonic() < until, f"{len(self.calls)} of {count} calls came"
            time.sleep(0.01)
        return list(self.calls)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """A caller that hangs up is part of the test."""


@contextmanager
def receiving(certificate: tuple[Path, Path] | None = None) -> Iterator[Receiver]:
    """A receiver while the block runs; with a certificate and its key it speaks https."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            call = Call(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            receiver.calls.append(call)
            if receiver.on_call is not None:
                receiver.on_call(call)
            self._answer(receiver.answers.popleft() if receiver.answers else 204)

        def do_GET(self) -> None:
            receiver.calls.append(Call(self.path, {}, b"a redirect was followed"))
            self._answer(200)

        def _answer(self, answer: Answer) -> None:
            match answer:
                case "hang":
                    receiver.ending.wait(PATIENCE)
                case "drip":
                    self._drip()
                case "close":
                    self.connection.close()
                case _:
                    self.send_response(int(answer))
                    self.send_header("Location", "/elsewhere")
                    self.send_header("Content-Length", str(len(receiver.body)))
                    self.end_headers()
                    self.wfile.write(receiver.body)

        def _drip(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not receiver.ending.wait(0.05):
                self.wfile.write(b".")

        def log_message(self, *_: object) -> None:
            """Nothing is written."""

    server = _Server(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.url = f"{'http' if certificate is None else 'https'}://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.ending.set()
        server.shutdown()
        server.server_close()
        thread.join()
