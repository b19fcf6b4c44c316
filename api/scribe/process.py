"""The scribe's loop: one thread that takes records from all workers and stores them in groups."""

from __future__ import annotations

import multiprocessing
import os
import selectors
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from time import monotonic, sleep

import msgspec

from api.scribe.commits import Commits, Committed, Waiting, uncounted
from api.scribe.peer import Gone, Peer
from api.scribe.protocol import STORED, Answer, decode_request, frame_of
from api.store.database import Database, open_database

LINGER_S = 0.001
"""How long a group waits for more where the last one held more than one: those it answered come back at once.
Without this, groups stay small and commits take the workers' time; a lone client never waits."""

SCRATCH_BYTES = 2**18
LAST_WORDS_S = 1.0
END_PATIENCE_S = 10.0


def run(database_url: str, socket_path: Path, committed: Committed = uncounted) -> None:
    """The scribe as a process: ends after SIGTERM, or when the process that started it is gone.

    It finishes what it has been sent before it ends; `committed` is told of its groups. Started by
    `multiprocessing`, so that the URL with its password stands neither among the arguments nor in the
    environment.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for the supervisor, who says when the work is done
    scribe = Scribe(open_database(database_url), socket_path, committed)
    signal.signal(signal.SIGTERM, lambda *_: scribe.stop())
    parent = multiprocessing.parent_process()
    if parent is not None:
        scribe.end_with(parent.sentinel)
    scribe.run()


@contextmanager
def in_thread(database_url: str, socket_path: Path) -> Iterator[Scribe]:
    """The scribe in this process, for tests: in a thread of its own."""
    scribe = Scribe(open_database(database_url), socket_path)
    thread = threading.Thread(target=scribe.run, name="scribe")
    thread.start()
    try:
        yield scribe
    finally:
        scribe.stop()
        thread.join()


class Scribe:
    """Listens at a path from the moment it is made; `run` works until `stop` is called, from anywhere.

    A connection has one record in here at a time, so that memory is bounded by the number of connections.
    """

    def __init__(self, database: Database, socket_path: Path, committed: Committed = uncounted) -> None:
        self._database = database
        self._commits = Commits(database, committed)
        self._peers: dict[Peer, Waiting | None] = {}
        self._scratch = memoryview(bytearray(SCRATCH_BYTES))
        self._ending = False
        self._bell, self._rope = socket.socketpair()
        self._rope.setblocking(False)
        self._listener = _listening(socket_path)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self.end_with(self._bell)

    def end_with(self, sign: int | socket.socket) -> None:
        """Has it end when there is something to read here."""
        self._selector.register(sign, selectors.EVENT_READ, self._end)

    def stop(self) -> None:
        """Has it finish what it has been sent, and end; one that is ending, or has ended, is left in peace.

        Whoever stops a service may say so twice, and a signal comes whenever it comes.
        """
        with suppress(OSError):
            self._rope.send(b"!")

    def run(self) -> None:
        """Works until it is to end."""
        while not self._ending:
            self._look(self._commits.pause())
            if self._commits and self._commits.last_group > 1:
                sleep(LINGER_S)
                self._look(0)
            self._commits.settle()
        self._finish()

    def _look(self, patience: float | None) -> None:
        """Takes in what has come, waiting for something so many seconds (None: as long as it takes)."""
        for key, events in self._selector.select(patience):
            key.data(events)

    def _end(self, _events: int) -> None:
        self._ending = True

    def _accept(self, _events: int) -> None:
        with suppress(OSError):  # there are no more of them, or too many
            while True:
                peer = Peer(self._listener.accept()[0])
                self._peers[peer] = None
                self._selector.register(peer, selectors.EVENT_READ, partial(self._serve, peer))

    def _serve(self, peer: Peer, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE and peer.flush():
                self._await(peer, selectors.EVENT_READ)
            if events & selectors.EVENT_READ:
                self._read(peer)
        except (Gone, msgspec.MsgspecError):
            self._forget(peer)

    def _read(self, peer: Peer) -> None:
        body = peer.receive(self._scratch)
        if body is None:
            return
        if self._peers[peer] is not None:
            raise Gone  # it speaks out of turn
        request = decode_request(body)
        if request is None:
            self._send(peer, frame_of(self._commits.state()))
        else:
            self._peers[peer] = waiting = Waiting(request, partial(self._answer, peer))
            self._commits.add(waiting)

    def _answer(self, peer: Peer, answer: Answer) -> None:
        self._peers[peer] = None
        try:
            self._send(peer, STORED if answer is None else frame_of(answer))
        except Gone:
            self._forget(peer)

    def _send(self, peer: Peer, frame: bytes | bytearray) -> None:
        if not peer.send(frame):
            self._await(peer, selectors.EVENT_READ | selectors.EVENT_WRITE)

    def _await(self, peer: Peer, events: int) -> None:
        self._selector.modify(peer, events, partial(self._serve, peer))

    def _forget(self, peer: Peer) -> None:
        waiting = self._peers.pop(peer)
        if waiting is not None:
            waiting.abandon()
        self._selector.unregister(peer)
        peer.close()

    def _finish(self) -> None:
        """Stores and answers what has been sent until now; whoever comes later finds nobody."""
        self._accept(0)
        self._selector.unregister(self._listener)
        self._listener.close()
        self._look(0)
        until = monotonic() + END_PATIENCE_S
        while self._commits and monotonic() < until:
            sleep(self._commits.pause() or 0)
            self._commits.settle()
        for peer in self._peers:
            peer.finish(LAST_WORDS_S)
        self._selector.close()
        self._bell.close()
        self._rope.close()
        self._database.close()


def _listening(path: Path) -> socket.socket:
    """Takes the place of a scribe before it in one step, so that there is always one to connect to."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(fresh))
    listener.listen(1024)
    listener.setblocking(False)
    fresh.replace(path)
    return listener
