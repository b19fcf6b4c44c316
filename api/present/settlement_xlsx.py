"""A settled month as a workbook for people: a sheet for the outlets, the lines, what is open, the rules.

Rows are written to disk as they come. A workbook carries numbers as doubles, which show every amount of
fifteen digits exactly; larger ones are written as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import xlsxwriter  # type: ignore[import-untyped]  # it comes without types

from api.present.settlement_words import SettlementWords
from engine.replay.settle.settlement import Between, Change, Line, Month, OpenLine, Statement

Cell: TypeAlias = "str | int | Decimal | None"
Sheet: TypeAlias = Any
"""xlsxwriter has no types of its own for a checker."""

MOST_ROWS = 1_048_576
"""Rows that a sheet can have; what goes beyond them goes on in the next one."""
MOST_DIGITS = 15


@dataclass
class _Table:
    """A sheet with a heading that stays in sight, filled from top to bottom; more rows make more sheets."""

    book: Any
    name: str
    columns: Sequence[tuple[str, int]]
    formats: dict[str, Any]
    above: Sequence[str] = ()
    _sheet: Sheet = field(default=None, init=False)
    _heading: int = field(default=0, init=False)
    _row: int = field(default=0, init=False)
    _parts: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._begin()

    def add(self, cells: Sequence[Cell], style: str = "") -> None:
        if self._row == MOST_ROWS:
            self.finish()
            self._begin()
        for column, cell in enumerate(cells):
            self._write(column, cell, style)
        self._row += 1

    def finish(self) -> None:
        """A filter over the heading."""
        last = max(self._row - 1, self._heading)
        self._sheet.autofilter(self._heading, 0, last, len(self.columns) - 1)

    def _begin(self) -> None:
        self._parts += 1
        name = self.name if self._parts == 1 else f"{self.name} {self._parts}"
        self._sheet = self.book.add_worksheet(name)
        for column, (_, width) in enumerate(self.columns):
            self._sheet.set_column(column, column, width)
        for row, text in enumerate(self.above):
            self._sheet.write_string(row, 0, text, self.formats["title" if row == 0 else "plain"])
        heading = len(self.above) + bool(self.above)
        for column, (title, _) in enumerate(self.columns):
            self._sheet.write_string(heading, column, title, self.formats["heading"])
        self._sheet.freeze_panes(heading + 1, 1)
        self._sheet.set_landscape()
        self._sheet.fit_to_pages(1, 0)
        self._sheet.repeat_rows(heading)
        self._heading, self._row = heading, heading + 1

    def _write(self, column: int, cell: Cell, style: str) -> None:
        match cell:
            case None:
                return
            case Decimal() if len(cell.as_tuple().digits) <= MOST_DIGITS:
                self._sheet.write_number(self._row, column, cell, self.formats[f"{style}amount"])
            case int() if abs(cell) < 10**MOST_DIGITS:
                self._sheet.write_number(self._row, column, cell, self.formats[f"{style}whole"])
            case _:
                kind = "wrapped" if "\n" in str(cell) else "plain"
                self._sheet.write_string(self._row, column, str(cell), self.formats[f"{style}{kind}"])


class SettlementXlsx:
    """Writes the workbook of a month statement by statement; a context manager."""

    def __init__(
        self, path: Path, words: SettlementWords, month: Month, facts: Sequence[str], created: datetime
    ) -> None:
        options = {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_formulas": False}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._book.set_properties({"title": words.say("title", month=month.month), "created": created})
        self._words, self._month, self._facts = words, month, facts
        self._kinds = month.kinds
        formats = _formats(self._book)
        self._outlets = self._table("outlets", self._outlet_columns(), formats, self._above())
        self._lines = self._table("lines", _LINE_COLUMNS, formats)
        self._open = self._table("open", _OPEN_COLUMNS, formats)
        correction = month.correction_of is not None
        self._changes = self._table("changes", _CHANGE_COLUMNS, formats) if correction else None
        self._rules = self._table("rules", _RULE_COLUMNS, formats)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._finish()
        self._book.close()

    def _table(
        self,
        name: str,
        columns: Sequence[tuple[str, int]],
        formats: dict[str, Any],
        above: Sequence[str] = (),
    ) -> _Table:
        say = self._words.say
        titled = [(say(key) if key in _KEYS else key, width) for key, width in columns]
        return _Table(self._book, say(f"sheet_{name}"), titled, formats, above)

    def _above(self) -> list[str]:
        month, say = self._month, self._words.say
        lines = [
            say("title", month=month.month),
            say("edition", edition=month.edition, as_of=month.as_of),
            say("tickets_settled", tickets=f"{month.tickets:,}", bad=f"{month.bad:,}"),
        ]
        if month.correction_of is not None:
            lines.append(say("correction_of", folder=month.correction_of.folder))
        return lines

    def _outlet_columns(self) -> list[tuple[str, int]]:
        columns = [("outlet", 18), ("tickets", 10)]
        columns += [(self._words.fact(name), 16) for name in self._facts]
        for kind, unit in self._kinds:
            title = f"{self._words.kind(kind)} ({self._words.unit(unit)})"
            columns.append((title, 16))
            if self._month.correction_of is not None:
                columns.append((self._words.say("was", what=title), 16))
        return [*columns, ("open_items", 10)]

    def write(self, statement: Statement) -> None:
        """Adds one outlet's statement."""
        self._outlets.add(self._outlet_row(statement))
        outlet = self._words.outlet(statement.outlet)
        for line in statement.lines:
            self._lines.add(self._line_row(outlet, line))
        for open_line in statement.open_lines:
            self._open.add(self._open_row(outlet, open_line))
        if self._changes is not None:
            for change in statement.changes:
                self._changes.add(self._change_row(outlet, change))

    def _outlet_row(self, statement: Statement) -> list[Cell]:
        row: list[Cell] = [self._words.outlet(statement.outlet), statement.tickets]
        row += [self._number(statement.aggregates, name) for name in self._facts]
        for key in self._kinds:
            row.append(statement.totals.get(key, Decimal(0)))
            if self._month.correction_of is not None:
                row.append((statement.before or {}).get(key, Decimal(0)))
        return [*row, len(statement.open_lines)]

    def _number(self, known: Any, name: str) -> Cell:
        """A number; what lies between two or is not known, as text; nothing where nothing is counted."""
        if name not in known:
            return None
        value = known[name]
        return self._words.number(value) if value is None or isinstance(value, Between) else _shortest(value)

    def _line_row(self, outlet: str, line: Line) -> list[Cell]:
        words = self._words
        beside = [self._title_of(rule) for rule in line.schemes if rule != line.rule]
        return [
            outlet,
            line.ticket,
            words.title(line),
            words.kind(line.kind),
            line.amount,
            words.unit(line.unit),
            words.party(line.payer),
            "\n".join(beside) or None,
            words.quotes(line),
            line.rule if line.table_row is None else f"{line.rule}/{line.table_row}",
            line.file,
            line.row,
        ]

    def _title_of(self, rule: str) -> str:
        return self._month.words_of(rule, None).title[self._words.language]

    def _open_row(self, outlet: str, line: OpenLine) -> list[Cell]:
        words = self._words
        return [
            outlet,
            line.ticket,
            words.title(line),
            words.reason(line.reason),
            words.missing(line) or None,
            words.others(line) or None,
            words.quotes(line),
            line.rule if line.table_row is None else f"{line.rule}/{line.table_row}",
            line.file,
            line.row,
        ]

    def _change_row(self, outlet: str, change: Change) -> list[Cell]:
        words, line = self._words, change.line
        return [
            outlet,
            line.ticket,
            words.title(line),
            words.say(f"change_{change.kind}"),
            words.kind(line.kind),
            change.before.amount if change.before else None,
            change.after.amount if change.after else None,
            change.delta,
            words.unit(line.unit),
            line.rule if line.table_row is None else f"{line.rule}/{line.table_row}",
        ]

    def _finish(self) -> None:
        """The totals under the outlets, and the rules with what they cite."""
        total: list[Cell] = [
            self._words.say("all_outlets"),
            self._month.tickets,
            *([None] * len(self._facts)),
        ]
        for key in self._kinds:
            total.append(self._month.totals.get(key, Decimal(0)))
            if self._month.correction_of is not None:
                total.append(self._month.correction_of.totals.get(key, Decimal(0)))
        self._outlets.add([*total, self._month.open_lines], "total_")
        for rule, words in self._month.rules.items():
            cited = "\n".join(map(self._words.quote, words.citations))
            self._rules.add([rule, words.title[self._words.language], cited])
        for table in self._tables():
            table.finish()

    def _tables(self) -> Iterable[_Table]:
        tables = (self._outlets, self._lines, self._open, self._changes, self._rules)
        return [table for table in tables if table is not None]


def _shortest(value: Any) -> Cell:
    """A rate without zeros that say nothing; whole ones as whole numbers."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value.normalize()
    return int(value)


def _formats(book: Any) -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {
        "plain": {"valign": "top"},
        "wrapped": {"valign": "top", "text_wrap": True},
        "amount": {"valign": "top", "num_format": "#,##0.00####"},
        "whole": {"valign": "top", "num_format": "#,##0"},
    }
    total = {"bold": True, "top": 1}
    formats = {name: book.add_format(kind) for name, kind in kinds.items()}
    formats |= {f"total_{name}": book.add_format({**kind, **total}) for name, kind in kinds.items()}
    heading = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#E8EEF4"}
    formats["heading"] = book.add_format(heading)
    formats["title"] = book.add_format({"bold": True, "font_size": 14})
    return formats


_TICKET = [("outlet", 18), ("ticket", 26), ("rule", 38)]
_ENDING = [("citation", 50), ("rule_id", 40), ("file", 24), ("row", 9)]
_LINE_COLUMNS = [
    *_TICKET,
    ("kind", 10),
    ("amount", 14),
    ("unit", 8),
    ("payer", 16),
    ("beside", 34),
    *_ENDING,
]
_OPEN_COLUMNS = [*_TICKET, ("reason", 26), ("missing", 30), ("alternatives", 34), *_ENDING]
_CHANGE_COLUMNS = [
    *_TICKET,
    ("change", 12),
    ("kind", 10),
    ("before", 14),
    ("after", 14),
    ("delta", 14),
    ("unit", 8),
    ("rule_id", 40),
]
_RULE_COLUMNS = [("rule_id", 46), ("rule", 44), ("citation", 90)]
_KEYS = frozenset(
    key for columns in (_LINE_COLUMNS, _OPEN_COLUMNS, _CHANGE_COLUMNS, _RULE_COLUMNS) for key, _ in columns
) | {"tickets", "open_items"}
