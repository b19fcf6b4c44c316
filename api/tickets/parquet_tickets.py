"""Tickets from Parquet: columns are facts with their own exact types, null is an absent fact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, BinaryIO, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from api.tickets.csv_tickets import UnreadableHeader, check_columns
from api.tickets.ticket import Raw, Ticket
from engine.base.findings import Finding
from engine.rulebook.model import FactDeclaration

Arrow: TypeAlias = Any
"""Something of pyarrow, which comes without types."""

ROWS_AT_ONCE = 4096
LAST_ODD_OFFSETS = 1972
"""Until then zones were ahead of UTC by seconds too (Liberia was the last), which no ISO 8601 text says."""
DECISION_COLUMNS = "decision."
"""What the log tells of a ticket stands in columns that begin so; they are no part of the ticket."""


def rows_of(
    stream: BinaryIO, name: str, *, from_float: bool = False
) -> tuple[list[str], Iterator[Mapping[str, Raw]]]:
    """The columns, and the rows as plain values, read in batches as they are asked for.

    Raises UnreadableHeader for a file that is broken or a column that is not exact. With `from_float`
    a floating-point number is read as the shortest decimal that writes it.
    """
    try:
        file = pq.ParquetFile(stream)
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableHeader([Finding("D060", {"file": name})]) from error
    findings = [f for column in file.schema_arrow for f in _trouble(column, from_float=from_float)]
    if findings:
        raise UnreadableHeader(findings)
    return list(file.schema_arrow.names), _rows(file, name)


def _trouble(column: Arrow, *, from_float: bool) -> Iterator[Finding]:
    type_ = column.type
    if _holds_floats(type_) and not from_float:
        yield Finding("D061", {"column": column.name})
    if pa.types.is_binary(type_) or pa.types.is_large_binary(type_) or pa.types.is_map(type_):
        yield Finding("D062", {"column": column.name, "type": str(type_)})


def _holds_floats(type_: Arrow) -> bool:
    if pa.types.is_list(type_) or pa.types.is_large_list(type_):
        return _holds_floats(type_.value_type)
    if pa.types.is_struct(type_):
        return any(_holds_floats(field.type) for field in type_)
    return bool(pa.types.is_floating(type_))


def _rows(file: Arrow, name: str) -> Iterator[Mapping[str, Raw]]:
    try:
        for batch in file.iter_batches(batch_size=ROWS_AT_ONCE):
            columns = [_to_microseconds(column).to_pylist() for column in batch.columns]
            for values in zip(*columns, strict=True):
                yield dict(zip(batch.schema.names, map(_plain, values), strict=True))
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableHeader([Finding("D060", {"file": name})]) from error


def _to_microseconds(column: Arrow) -> Arrow:
    """Python's instants have microseconds; what is finer is cut off."""
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        return column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return column


def _plain(value: Raw) -> Raw:
    """As JSON would carry it: days and instants as ISO 8601 text."""
    match value:
        case datetime(tzinfo=tzinfo) if tzinfo is not None and value.year <= LAST_ODD_OFFSETS:
            return value.astimezone(UTC).isoformat()
        case datetime() | date():
            return value.isoformat()
        case float():
            return Decimal(repr(value)) if value == value and abs(value) < 1e30 else str(value)  # noqa: PLR0124
        case list():
            return [_plain(part) for part in value]
        case dict():
            return {key: _plain(part) for key, part in value.items()}
        case _:
            return value


def read_parquet(stream: BinaryIO, name: str, facts: Mapping[str, FactDeclaration]) -> Iterator[Ticket]:
    """One ticket a row (the first row is line 1); raises UnreadableHeader at the first step."""
    header, rows = rows_of(stream, name)
    check_columns([column for column in header if not column.startswith(DECISION_COLUMNS)], facts)
    for line, row in enumerate(rows, start=1):
        values = {key: value for key, value in row.items() if value is not None and key in facts}
        yield Ticket(line, values, _as_of(row.get("as_of")), "")


def _as_of(value: Raw) -> str | None:
    return None if value is None else str(value)
