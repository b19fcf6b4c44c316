"""Columns named by what they compute, and queries that work them out layer upon layer."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlglot import exp

from engine.replay.sql.deep import room_for_deep_trees
from engine.replay.sql.logic import Truth, is_unknown
from engine.replay.sql.slots import Column, Sql, columns_read

DIGITS = 10


class Columns:
    """The columns of one or several editions, each once, in an order in which they can be worked out."""

    def __init__(self) -> None:
        self._by_text: dict[str, Column] = {}

    def add(self, stem: str, expression: Sql, *, never_null: bool = False) -> Sql:
        """Reads the column that computes the expression; a constant or another column needs none."""
        if isinstance(expression, exp.Column | exp.Literal | exp.Boolean | exp.Null):
            return expression
        text = _text(expression)
        column = self._by_text.get(text)
        if column is None:
            name = f"{stem}_{hashlib.sha256(text.encode()).hexdigest()[:DIGITS]}"
            column = self._by_text[text] = Column(name, expression)
        read = column.read
        read.meta["never_null"] = never_null
        return read

    def truth(self, stem: str, truth: Truth) -> Truth:
        """Reads the column that works out a truth; one that is the same for every ticket needs none."""
        if truth is None or isinstance(truth, bool):
            return truth
        return self.add(stem, truth, never_null=is_unknown(truth) is False)

    def all(self) -> tuple[Column, ...]:
        return tuple(self._by_text.values())


def _text(node: Sql) -> str:
    """All that an expression says; sqlglot's own text takes ten times as long."""
    match node:
        case exp.Column() if node.args.get("table") is None:
            return str(node.name)
        case exp.Literal():
            return repr(node.this) if node.is_string else str(node.this)
        case _:
            said = (_said(value) for value in node.args.values() if value is not None)
            return f"{type(node).__name__}({','.join(said)})"


def _said(value: object) -> str:
    match value:
        case exp.Expr():
            return _text(value)
        case list():
            return f"[{','.join(map(_said, value))}]"
        case _:
            return repr(value)


def merged(*columns: Iterable[Column]) -> tuple[Column, ...]:
    """The columns of several editions, what they share once."""
    return tuple({column.name: column for some in columns for column in some}.values())


@room_for_deep_trees()
def judged(source: exp.Select, columns: Iterable[Column], select: Sequence[Sql]) -> exp.Select:
    """`select` over the source's own columns and the given ones, of which only the needed are worked out.

    What is read once is written where it is read, so that a database which asks no more than it must does
    not ask it. A column that is read often stands one layer above the columns that it reads.
    """
    known = {column.name: column for column in columns}
    known, select = _inlined(known, select)
    needed = _needed(known, select)
    read = {name for part in select for name in columns_read(part)}
    read |= {name for column in needed for name in known[column].reads}
    carried, query = sorted(read - set(known)), source
    for layer in _layers(known, needed):
        made = [exp.alias_(known[name].expression, name, copy=False) for name in layer]
        query = _over(query, [*map(exp.column, carried), *made])
        carried += layer
    return _over(query, select)


def _inlined(known: Mapping[str, Column], select: Sequence[Sql]) -> tuple[dict[str, Column], list[Sql]]:
    """Copies of the columns and the select list; every column that is read once is in its reader's place."""
    needed = _needed(known, select)
    parts = [*select, *(known[name].expression for name in needed)]
    read = Counter(name for part in select for name in columns_read(part))
    read.update(name for column in needed for name in known[column].reads)
    read.update(name for part in parts for name in _read_by_records(part))
    once = {name for name in needed if read[name] == 1}
    written: dict[str, Column] = {}
    for name, column in known.items():  # what a column reads stands before it
        if name in needed:
            written[name] = Column(name, _put_in(column.expression, once, written))
    chosen = [_put_in(part, once, written) for part in select]
    return {name: column for name, column in written.items() if name not in once}, chosen


def _read_by_records(expression: Sql) -> list[str]:
    """What is asked again for each record of a list, and so is better worked out before."""
    bodies = [node.args["body"] for node in expression.walk() if "body" in node.args]
    return [name for body in bodies for name in columns_read(body)]


def _put_in(expression: Sql, once: Collection[str], written: Mapping[str, Column]) -> Sql:
    def replaced(node: Sql) -> Sql:
        if isinstance(node, exp.Column) and node.name in once:
            return exp.Paren(this=written[node.name].expression)
        return node

    return expression.copy().transform(replaced, copy=False)


def _over(query: exp.Select, expressions: Sequence[Sql]) -> exp.Select:
    return exp.select(*expressions, copy=False).from_(query.subquery("t", copy=False), copy=False)


def _needed(known: Mapping[str, Column], select: Sequence[Sql]) -> set[str]:
    needed: set[str] = set()
    waiting = [name for part in select for name in columns_read(part)]
    while waiting:
        name = waiting.pop()
        if name in known and name not in needed:
            needed.add(name)
            waiting += known[name].reads
    return needed


def _layers(known: Mapping[str, Column], needed: set[str]) -> list[list[str]]:
    level: dict[str, int] = {}
    for name in known:  # in the order in which they can be worked out
        if name in needed:
            level[name] = 1 + max((level.get(read, -1) for read in known[name].reads), default=-1)
    return [[n for n in level if level[n] == depth] for depth in range(max(level.values(), default=-1) + 1)]
