"""The address of the service: taken before anything starts, so that it is ours alone."""

from __future__ import annotations

import errno
import ipaddress
import socket
from dataclasses import dataclass

from engine.base.findings import Finding


@dataclass(frozen=True)
class Address:
    """A port that this process holds; workers may listen on it, nobody else."""

    host: str
    port: int
    holder: socket.socket

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def answers(self) -> bool:
        """Whether somebody takes connections there."""
        try:
            socket.create_connection((self.host, self.port), timeout=1).close()
        except OSError:
            return False
        return True

    @property
    def is_loopback(self) -> bool:
        return ipaddress.ip_address(self.host).is_loopback


def take_address(host: str, port: int) -> Address | Finding:
    """Holds the port (0: any free one), or says why it cannot be had.

    Workers listen with SO_REUSEPORT, which would let a second service in beside the first without a word.
    So the port is bound here without it, which fails where anybody listens, and only then opened to sockets
    of the same user.
    """
    try:
        family, _, _, _, found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        return _cannot(host, port, error)
    holder = socket.socket(family)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holder.bind(found)
    except OSError as error:
        holder.close()
        return (
            Finding("D131", {"port": str(port)})
            if error.errno == errno.EADDRINUSE
            else _cannot(host, port, error)
        )
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    name = holder.getsockname()
    return Address(str(name[0]), int(name[1]), holder)


def _cannot(host: str, port: int, error: OSError) -> Finding:
    return Finding("D132", {"host": host, "port": str(port), "reason": error.strerror or ""})
