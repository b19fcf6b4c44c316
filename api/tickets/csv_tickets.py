"""Tickets from CSV: the header names facts, an empty cell is an absent fact."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, TypeAlias

from api.tickets.exact_json import MOST_BYTES
from api.tickets.text_values import NotAListError, text_value
from api.tickets.ticket import Raw, Ticket, escaped
from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.rulebook.model import FactDeclaration

Row: TypeAlias = tuple[int, Mapping[str, Any], tuple[Finding, ...]]
"""Line, cells by column, and what is wrong with the row's form."""

CsvReader: TypeAlias = Any
"""What `csv.reader` gives; its type has no public name."""

OTHER_MARKS = {";": "`;`", "\t": "TAB", "；": "`；`", "，": "`，`", "|": "`|`"}
"""What parts columns in files that are not quite CSV, and how it is shown."""

csv.field_size_limit(MOST_BYTES)


class UnreadableHeader(Exception):
    """The header cannot be used; nothing of the file is read."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(*(finding.code for finding in findings))
        self.findings = tuple(findings)


def rows_of(stream: BinaryIO) -> tuple[list[str], Iterator[Row]]:
    """The header and the rows, which are read as they are asked for; raises UnreadableHeader.

    UTF-8 with or without a byte order mark. Bytes that are not UTF-8 spoil their own row only.
    """
    reader = csv.reader(_lines(stream), strict=True)
    header = _header(reader)
    return header, _rows(reader, header)


def _lines(stream: BinaryIO) -> Iterator[str]:
    for number, line in enumerate(stream):
        text = line.decode("utf-8", errors="surrogateescape")
        yield text.removeprefix("\ufeff") if number == 0 else text


def _header(reader: CsvReader) -> list[str]:
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        raise UnreadableHeader([_broken(error)]) from error
    if not any(header):
        raise UnreadableHeader([Finding("D030", {})])
    for character, mark in OTHER_MARKS.items():
        if len(header) == 1 and character in header[0]:
            raise UnreadableHeader([Finding("D056", {"mark": mark})])
    findings = []
    for number, name in enumerate(header, start=1):
        if not name:
            findings.append(Finding("D055", {"number": str(number)}))
        elif not _is_text(name):
            findings.append(Finding("D039", {"byte": _bad_byte(name)}))
        elif name in header[: number - 1]:
            findings.append(Finding("D051", {"column": name}))
    if findings:
        raise UnreadableHeader(findings)
    return header


def _rows(reader: CsvReader, header: list[str]) -> Iterator[Row]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield line, {}, (_broken(error),)
            continue
        if cells is None:
            return
        if any(cells):  # a spreadsheet leaves rows of bare commas behind its last one
            yield line, dict(zip(header, cells, strict=False)), tuple(_trouble(cells, header))


def _trouble(cells: list[str], header: list[str]) -> Iterator[Finding]:
    if len(cells) != len(header):
        yield Finding("D052", {"cells": str(len(cells)), "columns": str(len(header))})
    for number, cell in enumerate(cells):
        if not _is_text(cell):
            name = header[min(number, len(header) - 1)]
            yield Finding("D039", {"byte": _bad_byte(cell)}, pointer=f"/{escaped(name)}")


def _is_text(cell: str) -> bool:
    return cell.isascii() or not any("\udc80" <= character <= "\udcff" for character in cell)


def _bad_byte(cell: str) -> str:
    """Which byte of the cell is the first that is not UTF-8, counted from 1."""
    good = next(index for index, character in enumerate(cell) if "\udc80" <= character <= "\udcff")
    return str(len(cell[:good].encode()) + 1)


def _broken(error: csv.Error) -> Finding:
    """What Python's reader says in English only, in words of ours."""
    match str(error):
        case "unexpected end of data":
            return Finding("D057", {})
        case reason if "expected after" in reason:
            return Finding("D058", {})
        case reason if "field larger" in reason:
            return Finding("D059", {"maximum": f"{MOST_BYTES:,}"})
        case reason:
            return Finding("D053", {"reason": reason})


def check_columns(header: Sequence[str], facts: Mapping[str, FactDeclaration]) -> None:
    """Raises UnreadableHeader with a finding for each column that names no fact; a label is not a name."""
    by_label = {words: name for name, fact in facts.items() for words in (fact.label.zh, fact.label.en)}
    findings = [
        Finding("D050", {"column": name}, suggestion=by_label.get(name) or closest(name, facts))
        for name in header
        if name not in facts and name != "as_of"
    ]
    if findings:
        raise UnreadableHeader(findings)


def read_csv(stream: BinaryIO, facts: Mapping[str, FactDeclaration]) -> Iterator[Ticket]:
    """One ticket a row, by columns that are facts or `as_of`; raises UnreadableHeader at the first step."""
    header, rows = rows_of(stream)
    check_columns(header, facts)
    for line, cells, trouble in rows:
        yield Ticket(line, findings=trouble) if trouble else _ticket(line, cells, facts)


def _ticket(line: int, cells: Mapping[str, str], facts: Mapping[str, FactDeclaration]) -> Ticket:
    values: dict[str, Raw] = {}
    findings: list[Finding] = []
    for name, cell in cells.items():
        text = cell.strip()
        if text and name != "as_of":
            try:
                values[name] = text_value(facts[name].type, text)
            except NotAListError:
                findings.append(Finding("D054", {}, pointer=f"/{name}"))
    return Ticket(line, values, cells.get("as_of", "").strip() or None, "", tuple(findings))
