"""Lists of what is present, and looking up by number what the same entries always say.

Of each ticket there is first a list of the numbers of the entries that are present. What an entry says is
looked up by its number, and so are the values that differ from ticket to ticket, for the few that are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, assert_never

from sqlglot import exp

from engine.replay.engines.engine import Dialect
from engine.replay.sql import lists
from engine.replay.sql import vocabulary as v
from engine.replay.sql.logic import Truth, disjunction, sql, whole
from engine.replay.sql.slots import Column, Slot, Sql
from engine.replay.verdicts.shape import Many, Parts, Shape, sql_type

T = TypeVar("T")

TOGETHER = 10
"""So many conditions stand together under one that asks whether any holds: measured on DuckDB 2.0."""
ENTRY, NUMBER, PART = "entry", "number", "part"


@dataclass(frozen=True)
class Chooser:
    """Picks what is present, each database by what is quickest for it: DuckDB works on thousands of tickets
    at once and picks constants by a mask, Spark works ticket by ticket.
    """

    dialect: Dialect

    def numbers(self, presents: Sequence[Sql]) -> Sql:
        """The numbers, from 1, of the conditions that hold; there is at least one condition."""
        entries = [(present, whole(number)) for number, present in enumerate(presents, 1)]
        if self.dialect != "duckdb":
            return self.some(entries)
        return self.flat([v.when(any_of(run), _picked(run)) for run in slices(entries, TOGETHER)])

    def some(self, entries: Sequence[tuple[Sql, Sql]]) -> Sql:
        """The values whose conditions hold, worked out for those alone; there is at least one."""
        if self.dialect == "duckdb":
            return self.flat([v.when(present, lists.array([value])) for present, value in entries])
        return _there([v.when(present, value) for present, value in entries])

    def constants(self, entries: Sequence[tuple[Sql, Sql]]) -> Sql:
        """The constants whose conditions hold; there is at least one."""
        return _picked(entries) if self.dialect == "duckdb" else self.some(entries)

    def looked_up(self, numbers: Sql, shape: Parts, records: Sequence[Mapping[str, Any]]) -> Sql:
        """The records, which are the same for every ticket, of the numbers; there is at least one record."""
        word = "ROW" if self.dialect == "duckdb" else "STRUCT"
        rows = [v.call(word, *(written(one.get(name)) for name in shape.fields)) for one in records]
        constants = exp.cast(lists.array(rows), sql_type(Many(shape)))
        return lists.mapped(numbers, NUMBER, lists.element(constants, exp.to_identifier(NUMBER)))

    def flat(self, parts: Sequence[Sql]) -> Sql:
        """The lists as one, without those that are NULL."""
        listed = lists.array(parts) if self.dialect == "duckdb" else _there(parts)
        return v.call("FLATTEN", listed)


def _there(values: Sequence[Sql]) -> Sql:
    """Those of the values that are not NULL."""
    there = exp.Not(this=exp.Is(this=exp.to_identifier(PART), expression=exp.Null()))
    return lists.kept(lists.array(values), PART, there)


def _picked(entries: Sequence[tuple[Sql, Sql]]) -> Sql:
    values, presents = lists.array([value for _, value in entries]), [present for present, _ in entries]
    return v.call("LIST_WHERE", values, lists.array(presents))


def any_of(entries: Sequence[tuple[Sql, Any]]) -> Sql:
    """Whether one of the conditions holds; none of them is ever NULL."""
    return sql(disjunction(_truth(present) for present, _ in entries))


def _truth(present: Sql) -> Truth:
    return bool(present.this) if isinstance(present, exp.Boolean) else present


def truth_of(slot: Slot) -> Truth:
    """Whether the slot is present."""
    return _truth(slot.present)


def slices(entries: Sequence[T], size: int) -> Iterator[list[T]]:
    """The entries in order, so many at a time."""
    yield from (list(entries[start : start + size]) for start in range(0, len(entries), size))


class Values:
    """Values that differ from ticket to ticket, in a column that is the list of them, each once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._values: list[Sql] = []
        self._places: dict[str, int] = {}

    def place(self, value: Sql) -> int:
        """Where the value stands, from 1."""
        text = value.sql("duckdb")
        if text not in self._places:
            self._values.append(value)
            self._places[text] = len(self._values)
        return self._places[text]

    def column(self, where: Sql | None = None) -> Column:
        """The column; with a condition its values are worked out only where that holds."""
        listed = lists.array(self._values)
        return Column(self.name, listed if where is None else v.when(where, listed))

    def at(self, place: Sql) -> Sql:
        """The value at a place; NULL where the place is."""
        return lists.element(exp.column(self.name), place)


def of_entry(name: str) -> Sql:
    """A field of the entry at hand."""
    return lists.field(ENTRY, name)


def nothing(shape: Shape) -> Sql:
    """An empty list."""
    return exp.cast(exp.Array(), sql_type(Many(shape)))


def record(shape: Parts, values: Mapping[str, Any]) -> Sql:
    """A record of that shape; what is not among the values is NULL."""
    return lists.struct(
        {name: v.cast(written(values.get(name)), sql_type(part)) for name, part in shape.fields.items()}
    )


def written(value: Any) -> Sql:
    """What a verdict says, as SQL: text, whole numbers, truths, lists of texts."""
    match value:
        case exp.Expr():
            found: Sql = value
            return found
        case None:
            return exp.Null()
        case bool():
            return exp.Boolean(this=value)
        case int():
            return whole(value)
        case str():
            return exp.Literal.string(value)
        case list() | tuple():
            return lists.array([written(part) for part in value]) if value else exp.Array()
        case _:
            assert_never(value)
