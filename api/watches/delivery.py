"""One attempt to deliver: one request, no redirect, no proxy, bounded in time and in what is read back."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import Event, Timer

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from api.watches.targets import Target, target_of

MOST_READ = 200
GONE = 410
NO_ANSWER = "no answer in time"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for connecting, for each answer of the network, and for the whole attempt."""

    connect: float = 3.0
    read: float = 5.0
    whole: float = 10.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver has taken it."""


@dataclass(frozen=True, slots=True)
class Failed:
    """It has not, for this reason; `for_good` where the receiver wants no more of it (410)."""

    reason: str
    for_good: bool = False


def deliver(url: str, body: bytes, headers: Mapping[str, str], patience: Patience) -> Delivered | Failed:
    """Posts once; whatever goes wrong on the way is a reason, never an exception."""
    target = target_of(url)
    if not isinstance(target, Target):
        return Failed("the registered address may not be called", for_good=True)
    connection = _connection(target, patience)
    try:
        with _no_longer_than(patience.whole, connection) as hung_up:
            connection.connect()
            connection.timeout = patience.read
            connection.request("POST", target.path, body=body, headers=headers, preload_content=False)
            answer = _answer(connection.getresponse())
            return Failed(NO_ANSWER) if hung_up.is_set() else answer
    except (TimeoutError, HTTPError, OSError, ValueError) as error:
        return Failed(_reason(error))
    finally:
        connection.close()


def _connection(target: Target, patience: Patience) -> HTTPConnection:
    if target.scheme == "http":
        return HTTPConnection(target.host, target.port, timeout=patience.connect)
    context = ssl.create_default_context()
    return HTTPSConnection(target.host, target.port, timeout=patience.connect, ssl_context=context)


@contextlib.contextmanager
def _no_longer_than(seconds: float, connection: HTTPConnection) -> Iterator[Event]:
    """Hangs up on a receiver that answers a byte at a time, which no time limit of a socket notices."""
    hung_up = Event()

    def hang_up() -> None:
        hung_up.set()
        with contextlib.suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield hung_up
    finally:
        timer.cancel()


def _answer(response: BaseHTTPResponse) -> Delivered | Failed:
    """A status of 2xx is a receipt; of what comes back otherwise, the beginning is kept for the operator."""
    if 200 <= response.status < 300:
        return Delivered()
    said = response.read(MOST_READ).decode("utf-8", "replace")
    shown = "".join(letter if letter.isprintable() else " " for letter in said).strip()
    reason = f"status {response.status}: {shown}" if shown else f"status {response.status}"
    return Failed(reason, for_good=response.status == GONE)


def _reason(error: Exception) -> str:
    """In a few words, without addresses or Python's own names for things."""
    cause = error.__cause__ or error.__context__ or error
    match error, cause:
        case (TimeoutError(), _) | (_, TimeoutError()):
            return NO_ANSWER
        case (ssl.SSLError(), _) | (_, ssl.SSLError()):
            return "the certificate or the encryption was refused"
        case (_, socket.gaierror()):
            return "the host is not known"
        case (ConnectionRefusedError(), _) | (_, ConnectionRefusedError()):
            return "connection refused"
        case _:
            return "the connection broke off"
