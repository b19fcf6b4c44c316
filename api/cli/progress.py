"""Tickets from several inputs one after another, with a bar on a terminal when there is much to read."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from rich.console import Console
from rich.progress import Progress

from api.cli.door import Stop, cannot_read
from api.tickets.csv_tickets import UnreadableHeader
from api.tickets.sources import Form, Reading, tickets_of
from api.tickets.ticket import WHOLE_FILE, Ticket

MUCH = 5_000_000
"""Bytes of input from which on a bar is shown."""


def with_progress(inputs: Sequence[tuple[str, Form]], reading: Reading) -> Iterator[tuple[str, Ticket]]:
    """Each ticket with the name of its file; raises Stop for a file that cannot be opened or read."""
    size = sum(_size(name) for name, _ in inputs)
    if size < MUCH or not sys.stderr.isatty():
        for name, form in inputs:
            yield from _tickets(name, form, reading, None)
        return
    with Progress(console=Console(file=sys.stderr), transient=True) as bar:
        bar.add_task("", total=size)
        for name, form in inputs:
            yield from _tickets(name, form, reading, bar)


def _size(name: str) -> int:
    return os.path.getsize(name) if os.path.isfile(name) else 0  # noqa: PTH113, PTH202 - a name, maybe `-`


def _tickets(name: str, form: Form, reading: Reading, bar: Progress | None) -> Iterator[tuple[str, Ticket]]:
    """What is wrong with a whole file comes as a ticket of no line, so that the other files are judged."""
    try:
        with _stream(name, form) as stream:
            position = 0
            for count, ticket in enumerate(tickets_of(stream, name, form, reading)):
                yield name, ticket
                if bar is not None and count % 1000 == 0:
                    reached = stream.tell()
                    bar.advance(bar.task_ids[0], reached - position)
                    position = reached
    except UnreadableHeader as error:
        yield name, Ticket(WHOLE_FILE, findings=error.findings)
    except OSError as error:
        raise Stop(cannot_read(name, error)) from error


def _stream(name: str, form: Form) -> BinaryIO:
    """The file, or standard input; Parquet is read from its end, so that a pipe is taken in whole."""
    if name != "-":
        return open(name, "rb")  # noqa: PTH123 - the caller closes it
    stream = sys.stdin.buffer
    return io.BytesIO(stream.read()) if form == "parquet" else stream
