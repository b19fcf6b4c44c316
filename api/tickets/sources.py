"""Files and standard input as streams of tickets, by their form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, TypeAlias

from api.tickets import csv_tickets
from api.tickets.csv_tickets import UnreadableHeader
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
    mapping = reading.mapping
    if mapping is not None:
        return _mapped(stream, name, form, mapping)
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


def _mapped(stream: BinaryIO, name: str, form: Form, mapping: ImportMapping) -> Iterator[Ticket]:
    match form:
        case "csv":
            header, rows = csv_tickets.rows_of(stream)
            _require_columns(mapping, header)
            for line, cells, trouble in rows:
                yield Ticket(line, findings=trouble) if trouble else ticket_by(mapping, cells, line)
        case "parquet":
            from api.tickets.parquet_tickets import rows_of

            header, values = rows_of(stream, name, from_float=mapping.from_float)
            _require_columns(mapping, header)
            for line, row in enumerate(values, start=1):
                yield ticket_by(mapping, row, line)
        case "ndjson":
            for ticket in read_ndjson(stream):
                yield ticket if ticket.findings else ticket_by(mapping, ticket.facts, ticket.line)
        case "json":
            raise UnreadableHeader([Finding("D079", {})])


def _require_columns(mapping: ImportMapping, header: list[str]) -> None:
    findings = check_named_columns(mapping, header)
    if findings:
        raise UnreadableHeader(findings)


def ndjson_line(document: Mapping[str, Any]) -> str:
    """A document on one line."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
