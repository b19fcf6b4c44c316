"""Lists in SQL: what holds of their records, by a body that reads the record by the name the caller gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlglot import exp

from engine.replay.sql import vocabulary as v
from engine.replay.sql.slots import Sql


def record(name: str) -> Sql:
    """The record at hand, in a body; no column, so that nobody looks for it in the table."""
    return exp.to_identifier(name)


def field(of: Sql | str, name: str) -> Sql:
    """A field of a record, which may be named as the parameter of a body."""
    return v.Field(this=record(of) if isinstance(of, str) else of, expression=exp.to_identifier(name))


def some(records: Sql, name: str, body: Sql) -> Sql:
    """Kleene's or over the records; FALSE for no list."""
    return v.Some(this=records, name=record(name), body=body)


def every(records: Sql, name: str, body: Sql) -> Sql:
    """Kleene's and over the records; TRUE for no list."""
    return v.Every(this=records, name=record(name), body=body)


def size(records: Sql) -> Sql:
    """How many records there are, BIGINT; NULL for no list."""
    return v.Size(this=records)


def count(records: Sql, name: str, body: Sql) -> Sql:
    """Of how many records the body is TRUE, BIGINT; NULL for no list."""
    return size(kept(records, name, body))


def first_index(records: Sql, name: str, body: Sql) -> Sql:
    """The index, from 1, of the first record of which the body is TRUE; NULL where there is none."""
    return v.FirstIndex(this=records, name=record(name), body=body)


def last_index(records: Sql, name: str, body: Sql) -> Sql:
    """The index, from 1, of the last record of which the body is TRUE; NULL where there is none."""
    return v.LastIndex(this=records, name=record(name), body=body)


def element(records: Sql, index: Sql) -> Sql:
    """The record at an index from 1; NULL where the index is NULL or beyond the end."""
    return v.Picked(this=records, expression=index)


def mapped(records: Sql, name: str, body: Sql) -> Sql:
    """The list of what the body gives for each record."""
    return v.Mapped(this=records, name=record(name), body=body)


def kept(records: Sql, name: str, body: Sql) -> Sql:
    """The records of which the body is TRUE."""
    return v.Kept(this=records, name=record(name), body=body)


def bits(records: Sql, name: str, mask: Sql) -> Sql:
    """The bits of the masks (BIGINT) of all records together; 0 where there are none."""
    return v.Bits(this=mapped(records, name, mask))


def sort(records: Sql) -> Sql:
    """The records in the order of their first field, then of the next."""
    return v.Sorted(this=records)


def reduced(records: Sql, initial: Sql, so_far: str, name: str, body: Sql) -> Sql:
    """`initial` joined with one record after another; what the body gives is of the records' own type."""
    return v.Reduced(this=records, initial=initial, so_far=record(so_far), name=record(name), body=body)


def struct(fields: Mapping[str, Sql]) -> Sql:
    """A record."""
    return v.Record(expressions=[exp.alias_(value, name, copy=False) for name, value in fields.items()])


def array(entries: Sequence[Sql]) -> Sql:
    """A list of the given entries; there is at least one."""
    return v.Listed(expressions=list(entries))
