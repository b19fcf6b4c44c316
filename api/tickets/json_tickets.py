"""Tickets from JSON: one object in a file, or one on each line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from api.tickets.exact_json import MOST_BYTES, parse
from api.tickets.ticket import STORED, Ticket, ticket_from_value
from engine.base.findings import Finding

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_json(stream: BinaryIO) -> Iterator[Ticket]:
    """The one ticket of a JSON file; its line is 1, or that of the syntax error."""
    content = stream.read(MOST_BYTES + len(_BYTE_ORDER_MARK) + 1).removeprefix(_BYTE_ORDER_MARK)
    yield _ticket(content, 1)


def read_ndjson(stream: BinaryIO) -> Iterator[Ticket]:
    """One ticket a line; empty lines count as lines and hold no ticket, an empty file is a finding."""
    line, none_yet = 0, True
    while content := stream.readline(MOST_BYTES + 2):
        line += 1
        if line == 1:
            content = content.removeprefix(_BYTE_ORDER_MARK)
        if content.strip():
            none_yet = False
            yield _ticket(content, line)
        while not content.endswith(b"\n") and content:
            content = stream.readline(MOST_BYTES)
    if none_yet:
        yield Ticket(1, findings=(Finding("D030", {}),))


def _ticket(content: bytes, line: int) -> Ticket:
    if len(content.strip()) > MOST_BYTES:
        return Ticket(line, findings=(Finding("D038", {"maximum": f"{MOST_BYTES:,}"}),))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return Ticket(line, findings=(Finding("D039", {"byte": str(error.start + 1)}),))
    value, findings = parse(text)
    if line > 1:
        findings = [_on_line(finding, line) for finding in findings]
    return Ticket(line, findings=tuple(findings)) if findings else ticket_from_value(value, line, STORED)


def _on_line(finding: Finding, line: int) -> Finding:
    """A line that is counted from the ticket's own start becomes the file's."""
    if "line" not in finding.values:
        return finding
    return replace(finding, values={**finding.values, "line": str(int(finding.values["line"]) + line - 1)})
