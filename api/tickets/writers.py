"""Tickets to NDJSON, CSV and Parquet, in batches."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from itertools import islice
from typing import Any, BinaryIO

import msgspec

from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import Kind, Type

AT_ONCE = 50_000
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def write_ndjson(out: BinaryIO, tickets: Iterable[Mapping[str, Any]]) -> None:
    """`{"facts": {…}}` on each line."""
    for batch in _batches(tickets):
        out.write(_ENCODER.encode_lines([{"facts": facts} for facts in batch]))


def write_csv(out: BinaryIO, tickets: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """A column for each fact; lists as JSON, yes and no as true and false, an absent fact as an empty cell."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for batch in _batches(tickets):
        writer.writerows([_cell(facts.get(name)) for name in columns] for facts in batch)
    text.flush()
    text.detach()


def _cell(value: Any) -> Any:
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return _ENCODER.encode(value).decode()
        case _:
            return value


def write_parquet(
    out: BinaryIO,
    tickets: Iterable[Mapping[str, Any]],
    columns: Sequence[str],
    facts: Mapping[str, FactDeclaration],
    zone: str,
) -> None:
    """Columns of the facts' own types: exact decimals, days, instants in the zone, lists of records."""
    # pyarrow takes a while to import, and only Parquet needs it.
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet as pq  # noqa: PLC0415

    schema = pa.schema([(name, _arrow_type(pa, facts[name].type, zone)) for name in columns])
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in _batches(tickets):
            arrays = [
                _array(pa, [ticket.get(name) for ticket in batch], schema.field(name).type, facts[name].type)
                for name in columns
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def _arrow_type(pa: Any, type_: Type, zone: str) -> Any:
    match type_.kind:
        case Kind.BOOLEAN:
            return pa.bool_()
        case Kind.INTEGER:
            return pa.int64()
        case Kind.DECIMAL | Kind.MONEY:
            return pa.decimal128(18 + (type_.scale or 0), type_.scale or 0)
        case Kind.DATE:
            return pa.date32()
        case Kind.INSTANT:
            return pa.timestamp("s", tz=zone)
        case Kind.LIST:
            # Within records instants stay text: Arrow casts no text inside a structure.
            return pa.list_(pa.struct([(name, pa.string()) for name in type_.fields]))
        case _:
            return pa.string()


def _array(pa: Any, values: list[Any], arrow_type: Any, type_: Type) -> Any:
    match type_.kind:
        case Kind.DATE:
            return pa.array(values, pa.string()).cast(arrow_type)
        case Kind.INSTANT:
            import pyarrow.compute as pc  # noqa: PLC0415 - as above

            walls = pa.array([value and _ordinary(value) for value in values], pa.string())
            return pc.assume_timezone(walls.cast(pa.timestamp("s")), arrow_type.tz)
        case _:
            return pa.array(values, arrow_type)


def _ordinary(instant: str) -> str:
    """24:00, which only the rulebook language has, as 00:00 of the next day."""
    return f"{_next_day(instant[:10])}T00:00:00" if instant.endswith("T24:00") else f"{instant}:00"


@lru_cache(maxsize=1000)
def _next_day(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _batches(tickets: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    stream = iter(tickets)
    while batch := list(islice(stream, AT_ONCE)):
        yield batch
