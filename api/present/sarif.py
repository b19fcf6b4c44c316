"""Findings as SARIF 2.1.0, which code hosts and editors show beside the lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from api.present.findings_json import Members, no_members
from api.present.findings_text import Beneath, nothing
from engine.base.findings import Finding, Label, Language, Severity, codes
from engine.base.spans import Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFORMATION: "note"}


def sarif(
    findings: Sequence[Finding],
    language: Language,
    beneath: Beneath = nothing,
    members: Members = no_members,
) -> dict[str, Any]:
    """One run; each code that occurs is a rule of the tool. `members` become the properties of a result."""
    rules = sorted({finding.code for finding in findings})
    driver = {
        "name": "caiding",
        "version": version("caiding"),
        "language": language,
        "rules": [_rule(code, language) for code in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(finding, rules.index(finding.code), language, beneath) | _properties(members(finding))
            for finding in findings
        ],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str, language: Language) -> dict[str, Any]:
    entry = codes()[code]
    rule: dict[str, Any] = {
        "id": code,
        "shortDescription": {"text": entry.text[language]},
        "defaultConfiguration": {"level": LEVELS[entry.severity]},
    }
    if language in entry.help:
        rule["help"] = {"text": entry.help[language]}
    return rule


def _properties(members: Mapping[str, Any]) -> dict[str, Any]:
    return {"properties": dict(members)} if members else {}


def _result(finding: Finding, index: int, language: Language, beneath: Beneath) -> dict[str, Any]:
    mend = finding.help(language)
    further = (f"{heading}: {words}" for heading, words in beneath(finding))
    text = "\n".join((finding.message(language), *further, *([mend] if mend else [])))
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": _physical(finding.span)}] if finding.span else [],
    }
    if finding.labels:
        result["relatedLocations"] = list(_related(finding.labels, language))
    return result


def _related(labels: Iterable[Label], language: Language) -> Iterable[dict[str, Any]]:
    for number, further in enumerate(labels):
        text = {"text": further.text(language)}
        yield {"id": number, "message": text, "physicalLocation": _physical(further.span)}


def _physical(span: Span) -> dict[str, Any]:
    end_line, end_column = span.source.line_and_column(span.end)
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": end_line,
        "endColumn": end_column,
    }
    return {"artifactLocation": {"uri": quote(span.source.name.replace("\\", "/"))}, "region": region}
