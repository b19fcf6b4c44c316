"""One type for everything that is said about a rulebook, a fact catalogue or a ticket.

A finding is a code and the values that fill its text; the text itself stands once in Chinese and
once in English in `messages/*.toml`, and the door that shows it chooses the language.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal, TypeAlias

from engine.base.spans import Span

Language: TypeAlias = Literal["zh", "en"]


class Severity(StrEnum):
    """`error` stops a library from being used; `warning` and `information` do not."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding, as it stands in the catalogue."""

    id: str
    severity: Severity
    text: Mapping[Language, str]
    help: Mapping[Language, str]


@dataclass(frozen=True, slots=True)
class Label:
    """A further place that a finding speaks of, and a few words from the catalogue about it."""

    span: Span
    code: str
    values: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def text(self, language: Language) -> str:
        return codes()[self.code].text[language].format_map(self.values)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing said about one place.

    `span` is where a file is at fault, `pointer` (a JSON pointer such as `/facts/month`) where a
    ticket is. `suggestion` is the word that was probably meant.
    """

    code: str
    values: Mapping[str, str]
    span: Span | None = None
    labels: tuple[Label, ...] = ()
    pointer: str | None = None
    suggestion: str | None = None

    @property
    def severity(self) -> Severity:
        return codes()[self.code].severity

    def message(self, language: Language) -> str:
        return codes()[self.code].text[language].format_map(self._spoken(language))

    def _spoken(self, language: Language) -> Mapping[str, str]:
        """The values; those that name a type of the rulebook language are said in Chinese too."""
        if language == "en":
            return self.values
        return {name: _type_in_chinese(v) if name in TYPE_VALUES else v for name, v in self.values.items()}

    def help(self, language: Language) -> str | None:
        """The mend: "did you mean" when a word is close, else the code's own instruction."""
        if self.suggestion is not None:
            return codes()["H001"].text[language].format_map({"word": self.suggestion})
        template = codes()[self.code].help.get(language)
        return template.format_map(self._spoken(language)) if template else None


TYPE_VALUES = frozenset({"type", "left", "right"})
"""The values of a finding that are types, such as `money (CNY)`."""

TYPES_IN_CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "boolean": "是非值",
        "integer": "整数",
        "decimal": "数",
        "money": "金额",
        "enum": "选项",
        "text": "文字",
        "date": "日期",
        "instant": "时刻",
        "month": "月份",
        "time": "钟点",
        "duration": "时长",
        "list": "记录列表",
    }
)


def _type_in_chinese(written: str) -> str:
    kind, _, unit = written.partition(" ")
    word = TYPES_IN_CHINESE.get(kind, kind)
    return f"{word}（{unit.strip('()')}）" if unit else word


@cache
def codes() -> Mapping[str, Code]:
    """The catalogue of codes: every `messages/*.toml` beside this file, by code."""
    catalogue: dict[str, Code] = {}
    for file in sorted(files("engine.base").joinpath("messages").iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".toml"):
            continue
        for code, entry in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if code in catalogue:
                raise ValueError(f"code {code} stands twice in the catalogue of codes")
            catalogue[code] = _code(code, entry)
    return MappingProxyType(catalogue)


def _code(code: str, entry: Mapping[str, str]) -> Code:
    languages: tuple[Language, Language] = ("zh", "en")
    return Code(
        id=code,
        severity=Severity(entry.get("severity", "error")),
        text={language: entry[language] for language in languages},
        help={language: entry[f"help_{language}"] for language in languages if f"help_{language}" in entry},
    )


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Sorted by place, each said once; findings without a place come first."""
    unique = {(f.code, f.span, f.pointer, tuple(sorted(f.values.items()))): f for f in findings}
    return sorted(unique.values(), key=_place)


def _place(finding: Finding) -> tuple[tuple[str, int, int], str, str]:
    return (finding.span.order if finding.span else ("", 0, 0), finding.pointer or "", finding.code)


def has_errors(findings: Iterable[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)
