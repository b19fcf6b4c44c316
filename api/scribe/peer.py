"""One connection as the scribe sees it: requests come and answers go in pieces, holding up nobody else."""

from __future__ import annotations

import socket

from api.scribe.protocol import HEADER, MOST_BYTES, length_of


class Gone(Exception):
    """The other side has closed the connection, or speaks another language."""


class Peer:
    """A connection that never blocks."""

    __slots__ = ("_arrived", "_socket", "_unsent")

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._socket = connection
        self._arrived = bytearray()
        self._unsent = bytearray()

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self, scratch: memoryview) -> memoryview | None:
        """The body of a request, once all of it is here; it is valid until the scratch is used again.

        At most one scratch full is read, so that a long request leaves the others their turn. Raises Gone.
        """
        try:
            count = self._socket.recv_into(scratch)
        except BlockingIOError:
            return None
        except OSError as error:
            raise Gone from error
        if not count:
            raise Gone
        if not self._arrived and count == HEADER + length_of(scratch):
            return scratch[HEADER:count]
        return self._joined(scratch[:count])

    def _joined(self, piece: memoryview) -> memoryview | None:
        self._arrived += piece
        if len(self._arrived) < HEADER:
            return None
        missing = HEADER + length_of(self._arrived) - len(self._arrived)
        if missing < 0 or missing > MOST_BYTES:
            raise Gone
        if missing:
            return None
        whole, self._arrived = self._arrived, bytearray()
        return memoryview(whole)[HEADER:]

    def send(self, frame: bytes | bytearray) -> bool:
        """Sends what can be sent now, and says whether that was all. Raises Gone."""
        if self._unsent:
            self._unsent += frame
            return self.flush()
        sent = self._sent(frame)
        self._unsent += frame[sent:]
        return sent == len(frame)

    def flush(self) -> bool:
        """Goes on sending, and says whether all is sent. Raises Gone."""
        del self._unsent[: self._sent(self._unsent)]
        return not self._unsent

    def finish(self, patience: float) -> None:
        """Sends the rest within so many seconds, and closes."""
        try:
            self._socket.settimeout(patience)
            self._socket.sendall(self._unsent)
        except OSError:
            pass
        self.close()

    def close(self) -> None:
        self._socket.close()

    def _sent(self, frame: bytes | bytearray) -> int:
        try:
            return self._socket.send(frame)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise Gone from error
