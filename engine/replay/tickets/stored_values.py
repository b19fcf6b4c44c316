"""Stored values as JSON would carry them, so that the row-by-row reader can say what is wrong with them."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from engine.replay.sql.slots import Sql
from engine.replay.tickets.canonical import LISTS, WALLS, fields_of

_D = exp.DataType.Type
MOMENTS = WALLS | {_D.DATE, _D.TIMESTAMPTZ}


def as_stored(column: Sql, stored: exp.DataType) -> Sql:
    """A column in types that every client understands: days and instants, of whatever year, as text."""
    shown = _shown(stored)
    return column if shown == stored else exp.Cast(this=column, to=shown)


def _shown(stored: exp.DataType) -> exp.DataType:
    if stored.this in MOMENTS:
        return exp.DataType.build("TEXT")
    changed = stored.copy()
    for part in list(changed.find_all(exp.DataType)):
        if part.this in MOMENTS:
            part.replace(exp.DataType.build("TEXT"))
    return changed


def plain(value: Any, stored: exp.DataType) -> Any:
    """What `as_stored` gave, with instants written as ISO 8601 does; the session's zone is UTC."""
    if stored.this in LISTS:
        fields = fields_of(stored) or {}
        return [_record(record, fields) for record in value]
    if stored.this is _D.TIMESTAMPTZ:
        return f"{value.removesuffix('+00').replace(' ', 'T')}+00:00"
    return value.replace(" ", "T") if stored.this in WALLS else value


def _record(record: Any, fields: Any) -> Any:
    if not isinstance(record, dict):
        return record
    return {name: plain(value, fields[name]) for name, value in record.items() if value is not None}
