"""Speed says nothing where answers are wrong: each ticket is judged, answered with 201 and stored once."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Sequence
from urllib.parse import urlsplit

from sqlalchemy import func, select

from api.store.database import open_database
from api.store.tables import decisions
from benchmarks.service.load import Target
from benchmarks.service.wire import Request, Wire, post

CONNECTIONS = 8
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nlocation: *(\S+)", re.IGNORECASE)


class WrongError(Exception):
    """A server answered otherwise than it must; the text says how."""


class _Each:
    """Posts each body once and keeps what came back."""

    def __init__(self, target: Target, bodies: Sequence[bytes]) -> None:
        self.left = [Request("post", post(target.path, target.key, body)) for body in bodies]
        self.statuses: list[int] = []
        self.sizes: list[int] = []
        self.locations: set[bytes] = set()
        self.lost = 0

    def next(self) -> Request:
        return self.left.pop()

    def answered(self, request: Request, status: int, head: bytes, seconds: float) -> None:  # noqa: ARG002
        length, location = _LENGTH.search(head), _LOCATION.search(head)
        self.statuses.append(status)
        self.sizes.append(int(length[1]) if length else 0)
        if location:
            self.locations.add(location[1])

    def broken(self, request: Request) -> None:  # noqa: ARG002 - all are alike
        self.lost += 1


def check_each(target: Target, bodies: Sequence[bytes]) -> int:
    """Posts every ticket once and gives the mean size of an answer; raises WrongError."""
    place = urlsplit(target.address)
    script = _Each(target, bodies)
    wire = Wire(place.hostname or "127.0.0.1", place.port or 80, CONNECTIONS, script)
    wire.drive(None, lambda: bool(script.left))
    wire.close()
    wrong = [status for status in script.statuses if status != 201]
    if wrong or script.lost or len(script.locations) != len(bodies):
        raise WrongError(
            f"{target.address}: {len(bodies)} tickets, {len(script.locations)} verdicts, {script.lost}"
            f" without an answer, other answers than 201: {sorted(set(wrong))}"
        )
    return sum(script.sizes) // len(script.sizes)


def check_batch(target: Target) -> None:
    """Posts the first batch and looks at every result in it; raises WrongError."""
    with target.bodies.open("rb") as bodies:
        body = bodies.readline()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {target.key}"}
    request = urllib.request.Request(target.address + target.path, body, headers)  # noqa: S310 - the loopback
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        results = json.load(answer)["results"]
    wrong = [result for result in results if result["status"] != 201]
    if wrong or len(results) != len(json.loads(body)["tickets"]):
        raise WrongError(f"{len(results)} results of a batch, of which {len(wrong)} are wrong: {wrong[:1]}")


def count_rows(database_url: str) -> int:
    """The decisions that are stored."""
    database = open_database(database_url)
    try:
        with database.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(decisions)).scalar_one())
    finally:
        database.close()
