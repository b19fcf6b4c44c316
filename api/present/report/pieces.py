"""What the templates of all pages share: the words that they may call, and large numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.present.report.wording import count_of, say
from engine.base.findings import Finding, Language


@dataclass(frozen=True)
class Tile:
    """One of the large numbers: what it counts, the number, and a line beneath."""

    label: str
    number: str
    unit: str
    below: str


def words(language: Language) -> dict[str, Any]:
    """What every template may call: the words of its language, and what findings say in it."""

    def told(key: str, **filled: object) -> str:
        return say(key, language, **filled)

    def counted(key: str, number: int) -> str:
        return count_of(key, number, language)

    def told_of(finding: Finding) -> ToldFinding:
        return ToldFinding(finding.code, finding.message(language), finding.help(language) or "")

    return {"language": language, "say": told, "count_of": counted, "told_of": told_of}


@dataclass(frozen=True)
class ToldFinding:
    code: str
    message: str
    help: str
