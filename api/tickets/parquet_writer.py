"""Tickets to Parquet, in batches, with columns of the facts' own exact types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import accumulate, islice
from typing import BinaryIO, Literal, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from api.tickets.parquet_tickets import Arrow
from api.tickets.parquet_values import by_column
from api.tickets.ticket import Raw
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import Kind, Type

Precision: TypeAlias = Literal["ms", "us"]
AT_ONCE, IN_A_GROUP = 2_000, 60
"""Tickets in a batch, and batches in a group of rows."""
END_OF_DAY = "T24:00"
"""Only the rulebook language has it; elsewhere it is 00:00 of the next day."""
DAY_IN_MS = 24 * 60 * 60 * 1000


def write_parquet(
    out: BinaryIO,
    tickets: Iterable[Mapping[str, Raw]],
    columns: Sequence[str],
    facts: Mapping[str, FactDeclaration],
    zone: str,
) -> None:
    """Raw facts as exact decimals, days, instants in the zone, lists of records; months as text."""
    types = {name: facts[name].type for name in columns}
    schema = pa.schema([(name, arrow_type(type_, zone, "ms")) for name, type_ in types.items()])
    made = (_record_batch(batch, types, schema, zone) for batch in _batches(tickets))
    write_groups(out, schema, made, IN_A_GROUP)


def write_groups(out: BinaryIO | str, schema: Arrow, batches: Iterator[Arrow], in_a_group: int) -> None:
    """So many batches as one group of rows, as readers like their groups long.

    While a group is packed and written, for which Python is not needed, the next one is made.
    """
    with pq.ParquetWriter(out, schema, compression="zstd") as writer, ThreadPoolExecutor(1) as other:
        written: Future[None] | None = None
        while group := list(islice(batches, in_a_group)):
            if written is not None:
                written.result()
            written = other.submit(writer.write_table, pa.Table.from_batches(group))
        if written is not None:
            written.result()


def _batches(tickets: Iterable[Mapping[str, Raw]]) -> Iterator[list[Mapping[str, Raw]]]:
    """So few that they are still close at hand when they are looked at again."""
    stream = iter(tickets)
    while batch := list(islice(stream, AT_ONCE)):
        yield batch


def _record_batch(
    tickets: Sequence[Mapping[str, Raw]], types: Mapping[str, Type], schema: Arrow, zone: str
) -> Arrow:
    columns = by_column(tickets)
    arrays = [
        _array(columns[name], type_, zone)
        if name in columns
        else pa.nulls(len(tickets), schema.field(name).type)
        for name, type_ in types.items()
    ]
    return pa.record_batch(arrays, schema=schema)


def arrow_type(type_: Type, zone: str, precision: Precision) -> Arrow:
    """The exact type of a fact's column; a month is text, `2015-10`."""
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
        case Kind.LIST:
            fields = [(name, arrow_type(part.type, zone, precision)) for name, part in type_.fields.items()]
            return pa.list_(pa.struct(fields))
        case _:
            return pa.string()


def _array(values: Sequence[Raw], type_: Type, zone: str) -> Arrow:
    match type_.kind:
        case Kind.DATE:
            return pa.array(values, pa.string()).cast(pa.date32())
        case Kind.INSTANT:
            return pc.assume_timezone(_walls(pa.array(values, pa.string())), zone)
        case Kind.LIST:
            return _lists(values, type_, zone)
        case _:
            return pa.array(values, arrow_type(type_, zone, "ms"))


def _walls(texts: Arrow) -> Arrow:
    """What clocks show: `2015-06-20T10:00` or `2015-06-20T24:00`, as instants without a zone."""
    ends = pc.ends_with(texts, END_OF_DAY)
    ordinary = pc.if_else(ends, pc.replace_substring(texts, END_OF_DAY, "T00:00"), texts)
    shown = ordinary.cast(pa.timestamp("ms"))
    return pc.if_else(ends, pc.add(shown, pa.scalar(DAY_IN_MS, pa.duration("ms"))), shown)


def _lists(values: Sequence[Raw], type_: Type, zone: str) -> Arrow:
    """Lists of records; each field is made as a column of its own is."""
    records = [record for value in values for record in value or ()]
    fields = {
        name: _array([record.get(name) for record in records], part.type, zone)
        for name, part in type_.fields.items()
    }
    ends = [0, *accumulate(len(value or ()) for value in values)]
    starts = [None if value is None else start for value, start in zip(values, ends, strict=False)]
    structs = pa.StructArray.from_arrays(list(fields.values()), names=list(fields))
    return pa.ListArray.from_arrays(pa.array([*starts, ends[-1]], pa.int32()), structs)
