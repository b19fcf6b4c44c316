"""Tickets to Parquet, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import BinaryIO, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from api.tickets.parquet_tickets import Arrow
from api.tickets.ticket import Raw
from api.tickets.writers import batches
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import Kind, Type


def write_parquet(
    out: BinaryIO,
    tickets: Iterable[Mapping[str, Raw]],
    columns: Sequence[str],
    facts: Mapping[str, FactDeclaration],
    zone: str,
) -> None:
    """Columns of the facts' own types: exact decimals, days, instants in the zone, lists of records."""
    schema = pa.schema([(name, _arrow_type(facts[name].type, zone)) for name in columns])
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in batches(tickets):
            arrays = [
                _array([ticket.get(name) for ticket in batch], schema.field(name).type, facts[name].type)
                for name in columns
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def _arrow_type(type_: Type, zone: str) -> Arrow:
    if type_.kind is Kind.LIST:
        # Within records instants stay text: Arrow casts no text inside a structure.
        return pa.list_(pa.struct([(name, pa.string()) for name in type_.fields]))
    return plain_arrow_type(type_, zone, "s")


def plain_arrow_type(type_: Type, zone: str, precision: Literal["s", "us"]) -> Arrow:
    """The exact type of a column for a fact that is no list; months are texts."""
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
            return pa.timestamp(precision, tz=zone)
        case _:
            return pa.string()


def _array(values: list[Raw], arrow_type: Arrow, type_: Type) -> Arrow:
    match type_.kind:
        case Kind.DATE:
            return pa.array(values, pa.string()).cast(arrow_type)
        case Kind.INSTANT:
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
