"""Findings as workflow commands, which GitHub Actions shows beside the lines of a pull request."""

from __future__ import annotations

from api.present.findings_text import Beneath, nothing
from engine.base.findings import Finding, Language, Severity

COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFORMATION: "notice"}


def github_line(finding: Finding, language: Language, beneath: Beneath = nothing) -> str:
    """`::error file=…,line=…,col=…,title=R230::message`, all on one line.

    >>> github_line(Finding("D030", {}), "en")
    '::error title=D030::the file is empty'
    """
    mend = finding.help(language)
    further = (f"{heading}: {words}" for heading, words in beneath(finding))
    text = "\n".join((finding.message(language), *further, *([mend] if mend else [])))
    properties = ",".join(f"{key}={_property(value)}" for key, value in _properties(finding).items())
    return f"::{COMMANDS[finding.severity]} {properties}::{_data(text)}"


def _properties(finding: Finding) -> dict[str, str]:
    span = finding.span
    if span is None:
        return {"title": finding.code}
    end_line, end_column = span.source.line_and_column(span.end)
    return {
        "file": span.source.name,
        "line": str(span.line),
        "endLine": str(end_line),
        "col": str(span.column),
        "endColumn": str(end_column),
        "title": finding.code,
    }


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
