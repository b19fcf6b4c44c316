"""Bodies that do not come: a client that begins a request and falls silent must not hold a thread for ever.

The server reads headers with a time limit, and bodies without one; a thread that waits for a body cannot be
called back. So a thread beside them looks for requests whose body has been awaited for long, and hangs up on
the silent connections of the same address. Their requests then end as cut short, and the thread is free.
Who has waited for a thread as long, at the same address, is cut off with them and asks again.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

PATIENCE_S = 12.0
"""Longer than any request waits for its commit, as a connection is silent then, too."""
LOOK_EVERY_S = 1.0

_TCP_INFO_BYTES = 104
_LAST_DATA_RECEIVED = slice(52, 56)
"""Where Linux's `struct tcp_info` says how many milliseconds ago something came."""


class StalledBodies:
    """The bodies that are awaited in this process, by thread: since when (monotonic seconds), and from which
    address; `start` begins to look after them.
    """

    def __init__(self) -> None:
        self.awaited: dict[int, tuple[float, str]] = {}

    def start(self) -> None:
        threading.Thread(target=self._keep_looking, name="stalled", daemon=True).start()

    def _keep_looking(self) -> None:
        while True:
            time.sleep(LOOK_EVERY_S)
            before = time.monotonic() - PATIENCE_S
            late = {address for since, address in tuple(self.awaited.values()) if since < before}
            if late:
                hang_up_on(late, PATIENCE_S)


def hang_up_on(addresses: Collection[str], silent_s: float) -> int:
    """Closes for reading what this process has open to these addresses and has been silent so long."""
    closed = 0
    for handle in list(Path("/proc/self/fd").iterdir()):
        with suppress(OSError):
            number = os.dup(int(handle.name))
            try:
                one = socket.socket(fileno=number)
            except OSError:
                os.close(number)
                continue
            with one:
                closed += _hang_up(one, addresses, silent_s)
    return closed


def _hang_up(one: socket.socket, addresses: Collection[str], silent_s: float) -> bool:
    """Raises OSError for what is no connection."""
    if one.family not in (socket.AF_INET, socket.AF_INET6) or one.getpeername()[0] not in addresses:
        return False
    told = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    if int.from_bytes(told[_LAST_DATA_RECEIVED], "little") < 1000 * silent_s:
        return False
    one.shutdown(socket.SHUT_RD)
    return True
