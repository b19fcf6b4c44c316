"""Files and standard input as streams of tickets, by their form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, TypeAlias

from api.tickets import csv_tickets
from api.tickets.csv_tickets import Row, UnreadableHeader
from api.tickets.event_log import log_tickets, read_log
from api.tickets.json_tickets import read_json, read_ndjson
from api.tickets.mapping import ImportMapping, check_named_columns, ticket_by
from api.tickets.ticket import Ticket
from engine.base.findings import Finding
from engine.plan.nodes import Plan

Form: TypeAlias = Literal["json", "ndjson", "csv", "parquet"]
FORMS: Mapping[str, Form] = {
    "json": "json",
    "ndjson": "ndjson",
    "jsonl": "ndjson",
    "csv": "csv",
    "parquet": "parquet",
}
"""Forms by the ending of a file's name."""


def form_of(name: str) -> Form | None:
    """The form that a file's name tells, if it tells one."""
    return FORMS.get(name.rpartition(".")[2].lower())


@dataclass(frozen=True)
class Reading:
    """How tickets are read: the plan whose facts they name, and the mapping of columns, if there is one."""

    plan: Plan
    mapping: ImportMapping | None = None


def tickets_of(stream: BinaryIO, name: str, form: Form, reading: Reading) -> Iterator[Ticket]:
    """The tickets of one file, read as they are asked for.

    Raises UnreadableHeader where the file as a whole cannot be read, OSError where reading fails.
    """
    if reading.mapping is not None:
        return _mapped(stream, name, form, reading)
    match form:
        case "json":
            return read_json(stream)
        case "ndjson":
            return read_ndjson(stream)
        case "csv":
            return csv_tickets.read_csv(stream, reading.plan.facts)
        case "parquet":
            # pyarrow takes a while to import, and only Parquet needs it.
            from api.tickets.parquet_tickets import read_parquet

            return read_parquet(stream, name, reading.plan.facts)


def _mapped(stream: BinaryIO, name: str, form: Form, reading: Reading) -> Iterator[Ticket]:
    mapping = reading.mapping
    assert mapping is not None, "without a mapping, a file has tickets of its own"
    rows = rows_of(stream, name, form, mapping)
    if mapping.log is not None:
        return log_tickets(read_log(rows, mapping.log, reading.plan), mapping.constants)
    return (
        Ticket(line, findings=trouble) if trouble else ticket_by(mapping, cells, line)
        for line, cells, trouble in rows
    )


def rows_of(stream: BinaryIO, name: str, form: Form, mapping: ImportMapping) -> Iterator[Row]:
    """The rows of a file of which a mapping speaks, with their lines, cells and what is wrong with them.

    Raises UnreadableHeader at the first step where the file cannot be read, or lacks a column.
    """
    match form:
        case "csv":
            header, rows = csv_tickets.rows_of(stream)
            _require_columns(mapping, header)
            yield from rows
        case "parquet":
            from api.tickets.parquet_tickets import rows_of as parquet_rows

            header, values = parquet_rows(stream, name, from_float=mapping.from_float)
            _require_columns(mapping, header)
            yield from ((line, row, ()) for line, row in enumerate(values, start=1))
        case "ndjson":
            for ticket in read_ndjson(stream):
                yield ticket.line, dict(ticket.facts), ticket.findings
        case "json":
            raise UnreadableHeader([Finding("D079", {})])


def _require_columns(mapping: ImportMapping, header: list[str]) -> None:
    findings = check_named_columns(mapping, header)
    if findings:
        raise UnreadableHeader(findings)


def ndjson_line(document: Mapping[str, Any]) -> str:
    """A document on one line."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
