"""What the words of a command name as tickets: files, patterns, or a decision log by its URL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from api.cli.stores import opened
from api.store.database import DRIVERS, Database, require_tables
from api.store.ids import first_id_at
from api.store.instants import EPOCH
from api.store.reading import decisions_between
from api.tickets.again import ticket_from_stored
from api.tickets.conversion import Input, TicketStream
from api.tickets.ticket import Ticket


@contextmanager
def ticket_inputs(names: Sequence[str]) -> Iterator[list[Input]]:
    """The names for `read_tickets`; databases stay open as long as this lasts.

    Raises Stop for a database that is not there, or is none of ours, or fails while it is read.
    """
    with ExitStack() as stack:
        yield [
            _logged(stack.enter_context(opened(name, require_tables))) if is_database(name) else name
            for name in names
        ]


def is_database(name: str) -> bool:
    """Whether a name is the URL of a database.

    >>> is_database("sqlite:///caiding.db"), is_database("hdfs://history/2015"), is_database("a.csv")
    (True, False, False)
    """
    scheme, joined, _ = name.partition("://")
    return bool(joined) and scheme in DRIVERS


def _logged(database: Database) -> TicketStream:
    """The tickets of all decisions until now, the oldest is row 1."""
    return TicketStream(database.shown, _tickets(database))


def _tickets(database: Database) -> Iterator[Ticket]:
    found = decisions_between(database, first_id_at(EPOCH), first_id_at(datetime.now(UTC)))
    for row, decision in enumerate(found, start=1):
        yield ticket_from_stored(decision.facts, decision.as_of, row)
