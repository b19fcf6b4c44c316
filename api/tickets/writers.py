"""Tickets to NDJSON and CSV, in batches."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import BinaryIO

import msgspec

from api.tickets.ticket import Raw

AT_ONCE = 50_000
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def write_ndjson(out: BinaryIO, tickets: Iterable[Mapping[str, Raw]]) -> None:
    """`{"facts": {…}}` on each line."""
    out.writelines(_ENCODER.encode_lines([{"facts": facts} for facts in batch]) for batch in batches(tickets))


def write_csv(out: BinaryIO, tickets: Iterable[Mapping[str, Raw]], columns: Sequence[str]) -> None:
    """A column for each fact; lists as JSON, booleans as words, an absent fact as an empty cell."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for batch in batches(tickets):
        writer.writerows([_cell(facts.get(name)) for name in columns] for facts in batch)
    text.flush()
    text.detach()


def _cell(value: Raw) -> Raw:
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return _ENCODER.encode(value).decode()
        case _:
            return value


def batches(tickets: Iterable[Mapping[str, Raw]]) -> Iterator[list[Mapping[str, Raw]]]:
    """The tickets in lists that fit into memory."""
    stream = iter(tickets)
    while batch := list(islice(stream, AT_ONCE)):
        yield batch
