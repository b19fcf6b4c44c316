"""A client that begins a request and falls silent holds a thread for a while, not for ever."""

from __future__ import annotations

import socket
import time
from pathlib import Path

from api.serve.stalled import PATIENCE_S, hang_up_on
from tests.serve.running import serving

HEAD = "POST /v1/verdicts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Length: 500\r\n\r\n{{"


def test_only_the_silent_connections_of_an_address_are_ended() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        silent = socket.create_connection(server.getsockname())
        ours, _ = server.accept()
        time.sleep(0.4)
        lively = socket.create_connection(server.getsockname())
        other, _ = server.accept()
        lively.sendall(b"x")
        time.sleep(0.05)
        assert hang_up_on(["192.0.2.1"], 0.3) == 0
        hang_up_on(["127.0.0.1"], 0.3)
        ours.settimeout(5)
        assert ours.recv(1) == b"", "it reads the end"
        ours.sendall(b"answer")
        assert silent.recv(10) == b"answer", "and can still answer"
        assert other.recv(1) == b"x"
        for one in (silent, ours, lively, other):
            one.close()


def test_silent_clients_in_every_thread(tmp_path: Path) -> None:
    """All threads wait for bodies that do not come; some seconds later the service answers again."""
    with serving(tmp_path, "--workers", "1", "--threads", "2") as running:
        stalled = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(6)]
        for one in stalled:
            one.sendall(HEAD.format(running.key).encode())
            one.settimeout(PATIENCE_S * 2)
        assert running.judge().status == 201
        told = [one.recv(1000).partition(b"\r\n")[0] for one in stalled]
        for one in stalled:
            one.close()
    assert set(told) == {b"HTTP/1.1 400 Bad Request"}
