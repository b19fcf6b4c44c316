"""Facts as the catalogue has read them, in the form in which Arrow takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from engine.rulebook.types import Kind, Type


def by_column(tickets: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The columns that have values. Tickets have few of all the facts, so that is filled in ticket by ticket.

    >>> by_column([{"a": 1}, {"b": 2}])
    {'a': [1, None], 'b': [None, 2]}
    """
    columns: dict[str, list[Any]] = {}
    for index, facts in enumerate(tickets):
        for name, value in facts.items():
            if name not in columns:
                columns[name] = [None] * len(tickets)
            columns[name][index] = value
    return columns


def column_of(values: Sequence[Any], type_: Type) -> list[Any]:
    """Months as texts, `2015-10`; all else Arrow takes as it is.

    >>> column_of([date(2015, 10, 1), None], Type(Kind.MONTH))
    ['2015-10', None]
    """
    if type_.kind is Kind.LIST:
        return [None if value is None else [_record(record, type_) for record in value] for value in values]
    if type_.kind is Kind.MONTH:
        return [_month(value) for value in values]
    return list(values)


def _record(record: Mapping[str, Any], type_: Type) -> dict[str, Any]:
    return {
        name: _month(value) if type_.fields[name].type.kind is Kind.MONTH else value
        for name, value in record.items()
    }


def _month(value: Any) -> str | None:
    return f"{value:%Y-%m}" if isinstance(value, date) else None
