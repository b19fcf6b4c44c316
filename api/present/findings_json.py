"""Findings as plain data for programs: keys may be added, never renamed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from engine.base.findings import Finding, Label, Language, Severity
from engine.base.spans import Span
from engine.library import Library

Members: TypeAlias = Callable[[Finding], Mapping[str, Any]]
"""What more programs are told of a finding: what shows the claims of a proof."""


def no_members(finding: Finding) -> Mapping[str, Any]:
    """Nothing more."""
    del finding
    return {}


def checked_json(
    findings: list[Finding], library: Library, language: Language, members: Members = no_members
) -> dict[str, Any]:
    """What `check` says of a library: every finding, and how many there are of what."""
    counts = {f"{severity}s": sum(f.severity is severity for f in findings) for severity in Severity}
    rules = sum(len(book.items) for book in library.rulebooks)
    summary = {"rulebooks": len(library.rulebooks), "rules": rules, **counts}
    found = [{**finding_json(finding, language), **members(finding)} for finding in findings]
    return {"findings": found, "summary": summary}


def findings_json(findings: Iterable[Finding], language: Language) -> list[dict[str, Any]]:
    """Each finding with its message in the language; lines and columns count from 1, in characters."""
    return [finding_json(finding, language) for finding in findings]


def finding_json(finding: Finding, language: Language) -> dict[str, Any]:
    """`help`, `place` and `pointer` are null where there is none."""
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "message": finding.message(language),
        "help": finding.help(language),
        "place": place_json(finding.span),
        "pointer": finding.pointer,
        "labels": [_label_json(further, language) for further in finding.labels],
    }


def place_json(span: Span | None) -> dict[str, Any] | None:
    """The half-open stretch of a file."""
    if span is None:
        return None
    end_line, end_column = span.source.line_and_column(span.end)
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": end_line,
        "end_column": end_column,
    }


def _label_json(further: Label, language: Language) -> dict[str, Any]:
    return {"message": further.text(language), "place": place_json(further.span)}
