"""The workbook of a settled month, read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from api.present import settlement_xlsx
from api.present.settlement_words import SettlementWords
from api.present.settlement_xlsx import SettlementXlsx
from engine.replay.settle.settlement import Change, Month, Statement
from tests.present.made_up_month import LINES, MONTH, QUIET, SETTLED, STATEMENT, line
from tests.shipped.shipped import library

FACTS = ("appeals_total", "appeal_rate_per_million")


def _written(folder: Path, *statements: Statement, month: Month = MONTH) -> Any:
    words = SettlementWords(library(), month, "zh")
    with SettlementXlsx(folder / "month.xlsx", words, month, FACTS, datetime(2015, 12, 1)) as book:
        for statement in statements:
            book.write(statement)
    return openpyxl.load_workbook(folder / "month.xlsx")


def _rows(book: Any, sheet: str) -> list[tuple[Any, ...]]:
    return list(book[sheet].iter_rows(values_only=True))


def test_more_lines_than_a_sheet_has_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They go on in the next sheet, under the same heading."""
    monkeypatch.setattr(settlement_xlsx, "MOST_ROWS", 4)
    book = _written(tmp_path, Statement("ZTO-0001", 1, {}, LINES, (), {}))
    first, second = _rows(book, "金额明细"), _rows(book, "金额明细 2")
    assert (len(first), len(second)) == (4, 4)
    assert first[0] == second[0]
    assert [row[1] for row in (*first[1:], *second[1:])] == [one.ticket for one in LINES]


def test_numbers_are_numbers(tmp_path: Path) -> None:
    """Amounts and counts can be added up; what lies between two numbers is text."""
    book = _written(tmp_path, STATEMENT, QUIET)
    outlets = {row[0]: row for row in _rows(book, "网点汇总")}
    assert outlets["ZTO-0001"][2:4] == ("12–14", "10.47619–12.380952")
    assert outlets["ZTO-0002"][2] == 0
    assert isinstance(_rows(book, "金额明细")[1][4], int | float)


def test_amounts_that_doubles_cannot_hold(tmp_path: Path) -> None:
    """They are written out as text, every digit of them."""
    rich = line(1, LINES[0].rule, None, "12345678901234567.89")
    book = _written(tmp_path, Statement("ZTO-0001", 1, {}, (rich,), (), {}))
    assert _rows(book, "金额明细")[1][4] == "12345678901234567.89"


def test_a_text_is_never_a_formula(tmp_path: Path) -> None:
    """A ticket number that looks like a formula stays a text."""
    odd = replace(line(1, LINES[0].rule, None, "1.00"), ticket_no="=1+1")
    book = _written(tmp_path, Statement("ZTO-0001", 1, {}, (odd,), (), {}))
    cell = book["金额明细"].cell(2, 2)
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_changes(tmp_path: Path) -> None:
    """A correction has a sheet of what was added, changed and taken away."""
    month = replace(MONTH, correction_of=SETTLED)
    changes = (Change("added", None, LINES[0]), Change("taken_away", LINES[1], None))
    statement = Statement("ZTO-0001", 1, {}, LINES[:1], (), {}, changes, {("fine", "CNY"): Decimal(50)})
    rows = _rows(_written(tmp_path, statement, month=month), "更正明细")
    assert [(row[3], row[5], row[6], row[7]) for row in rows[1:]] == [
        ("新增", None, 50, 50),
        ("撤销", 50, None, -50),
    ]
