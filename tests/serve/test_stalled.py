"""A client that begins a request and falls silent holds a thread for a while, not for ever."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from pathlib import Path

from api.serve.stalled import PATIENCE_S, hang_up_on
from tests.serve.running import Running, serving, wait_until

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
    with serving(tmp_path, "--workers", "1", "--threads", "2") as running, ExitStack() as stack:
        stalled = [stack.enter_context(_connection(running.port)) for _ in range(6)]
        for one in stalled:
            one.sendall(HEAD.format(running.key).encode())
        wait_until(lambda: _judges(running))
        told = [one.recv(1000).partition(b"\r\n")[0] for one in stalled]
    assert set(told) == {b"HTTP/1.1 400 Bad Request"}


def _connection(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S * 2)


def _judges(running: Running) -> bool:
    """Whoever has waited for a thread as long, at the same address, may be cut off too, and asks again."""
    try:
        return running.judge().status == 201
    except ConnectionError:
        return False
