"""A settled month as Parquet: lines, what is open, statements, and in a correction the changes.

The files are read by other programs, and by the next correction; their columns are documented in
docs/settlement.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from engine.replay.settle.settlement import Between, Change, Line, OpenLine, Statement
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import Kind, Type

Arrow: TypeAlias = Any
"""pyarrow has no types of its own for a checker."""

ROWS_AT_ONCE = 10_000
MONEY = pa.decimal128(38, 2)
_TEXT = pa.string()
_TICKET = [("outlet", _TEXT), ("ticket_no", _TEXT), ("source_file", _TEXT), ("source_row", pa.int64())]
_RULE = [("rule", _TEXT), ("table_row", _TEXT)]
LINES = pa.schema(
    [
        *_TICKET,
        *_RULE,
        ("kind", _TEXT),
        ("amount", MONEY),
        ("unit", _TEXT),
        ("payer", _TEXT),
        ("schemes", pa.list_(_TEXT)),
    ]
)
OPEN = pa.schema(
    [
        *_TICKET,
        *_RULE,
        ("reason", _TEXT),
        ("missing", pa.list_(_TEXT)),
        ("alternatives", pa.list_(pa.struct([("reading", _TEXT), ("amount", MONEY)]))),
    ]
)
CHANGES = pa.schema(
    [
        *_TICKET,
        *_RULE,
        ("kind", _TEXT),
        ("unit", _TEXT),
        ("payer", _TEXT),
        ("change", _TEXT),
        ("before", MONEY),
        ("after", MONEY),
        ("delta", MONEY),
    ]
)


class SettlementParquet:
    """Writes the files of a month into a folder, statement by statement; a context manager.

    `facts`: the facts that statements have in common with their group; `kinds`: the kinds of money and their
    units; both fix the columns of `statements.parquet` before the first statement is known.
    """

    def __init__(
        self,
        folder: Path,
        facts: Sequence[FactDeclaration],
        kinds: Sequence[tuple[str, str]],
        *,
        correction: bool,
    ) -> None:
        self._facts, self._kinds, self._correction = facts, kinds, correction
        files = {"lines": LINES, "open": OPEN, "statements": self._statement_schema()}
        files |= {"changes": CHANGES} if correction else {}
        self._stack = ExitStack()
        self._out = {name: _Rows(folder / f"{name}.parquet", schema) for name, schema in files.items()}

    def __enter__(self) -> Self:
        for rows in self._out.values():
            self._stack.callback(rows.close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def write(self, statement: Statement) -> None:
        """Adds one outlet's statement."""
        self._out["lines"].add(_line(statement.outlet, line) for line in statement.lines)
        self._out["open"].add(_open(statement.outlet, line) for line in statement.open_lines)
        self._out["statements"].add([self._statement(statement)])
        if self._correction:
            self._out["changes"].add(_change(statement.outlet, change) for change in statement.changes)

    def _statement_schema(self) -> Arrow:
        columns = [("outlet", _TEXT), ("tickets", pa.int64()), ("lines", pa.int64()), ("open", pa.int64())]
        for fact in self._facts:
            columns += [(f"{fact.name}{part}", _arrow_type(fact.type)) for part in ("", "_least", "_most")]
        for kind, unit in self._kinds:
            columns.append((f"{kind}_{unit}", MONEY))
            columns += [(f"{kind}_{unit}_before", MONEY)] if self._correction else []
        return pa.schema(columns)

    def _statement(self, statement: Statement) -> dict[str, Any]:
        row: dict[str, Any] = {
            "outlet": statement.outlet,
            "tickets": statement.tickets,
            "lines": len(statement.lines),
            "open": len(statement.open_lines),
        }
        for fact in self._facts:
            row |= _fact(fact.name, statement.aggregates)
        for kind, unit in self._kinds:
            row[f"{kind}_{unit}"] = statement.totals.get((kind, unit))
            row[f"{kind}_{unit}_before"] = (statement.before or {}).get((kind, unit))
        return row


def _arrow_type(type_: Type) -> Arrow:
    scale = type_.scale or 0
    return pa.int64() if type_.kind is Kind.INTEGER else pa.decimal128(18 + scale, scale)


def _fact(name: str, known: Mapping[str, Any]) -> dict[str, Any]:
    value = known.get(name)
    if isinstance(value, Between):
        return {f"{name}_least": value.least, f"{name}_most": value.most}
    return {name: value, f"{name}_least": value, f"{name}_most": value}


def _line(outlet: str | None, line: Line) -> dict[str, Any]:
    return {
        **_ticket(outlet, line),
        "kind": line.kind,
        "amount": line.amount,
        "unit": line.unit,
        "payer": line.payer,
        "schemes": list(line.schemes),
    }


def _ticket(outlet: str | None, line: Line | OpenLine) -> dict[str, Any]:
    return {
        "outlet": outlet,
        "ticket_no": line.ticket_no,
        "source_file": line.file,
        "source_row": line.row,
        "rule": line.rule,
        "table_row": line.table_row,
    }


def _open(outlet: str | None, line: OpenLine) -> dict[str, Any]:
    others = [{"reading": name, "amount": amount} for name, amount in line.alternatives.items()]
    missing = list(line.missing)
    return {**_ticket(outlet, line), "reason": line.reason, "missing": missing, "alternatives": others}


def _change(outlet: str | None, change: Change) -> dict[str, Any]:
    line = change.line
    return {
        **_ticket(outlet, line),
        "kind": line.kind,
        "unit": line.unit,
        "payer": line.payer,
        "change": change.kind,
        "before": change.before.amount if change.before else None,
        "after": change.after.amount if change.after else None,
        "delta": change.delta,
    }


class _Rows:
    """A file that rows are added to, written ten thousand at a time, so that its bytes are the same."""

    def __init__(self, path: Path, schema: Arrow) -> None:
        self._schema = schema
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
        self._waiting: list[dict[str, Any]] = []

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            self._waiting.append(row)
            if len(self._waiting) == ROWS_AT_ONCE:
                self._write()

    def _write(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._waiting, self._schema))
        self._waiting.clear()

    def close(self) -> None:
        if self._waiting:
            self._write()
        self._writer.close()


def settled_lines(path: Path) -> Iterator[tuple[str | None, Line]]:
    """The lines of a settled month with their outlets, in the order of the file."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS_AT_ONCE):
            for row in batch.to_pylist():
                yield (
                    row["outlet"],
                    Line(
                        row["ticket_no"],
                        row["source_file"],
                        row["source_row"],
                        row["rule"],
                        row["table_row"],
                        row["kind"],
                        row["amount"],
                        row["unit"],
                        row["payer"],
                        tuple(row["schemes"]),
                    ),
                )
