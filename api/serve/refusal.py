"""Findings as the history of activations keeps them: in both languages, since the door chooses later."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from api.present.findings_json import place_json
from engine.base.findings import Finding, Label

MOST_KEPT = 50
"""Of a folder that is wrong all over so many are enough; `caiding check` shows the rest."""


def refusal_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Each finding with its values, its place and its texts by language."""
    return [_finding(finding) for finding in list(findings)[:MOST_KEPT]]


def _finding(finding: Finding) -> dict[str, Any]:
    help_en, help_zh = finding.help("en"), finding.help("zh")
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "values": dict(finding.values),
        "message": {"zh": finding.message("zh"), "en": finding.message("en")},
        "help": None if help_en is None else {"zh": help_zh, "en": help_en},
        "place": place_json(finding.span),
        "pointer": finding.pointer,
        "labels": [_label(label) for label in finding.labels],
    }


def _label(label: Label) -> dict[str, Any]:
    return {"message": {"zh": label.text("zh"), "en": label.text("en")}, "place": place_json(label.span)}
