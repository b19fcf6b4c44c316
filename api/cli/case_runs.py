"""The case files of a folder on one evaluator or several, for `caiding test`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from api.cli.walking import Bench, read_cases
from api.present.junit import Suite
from api.present.labels import counted, label
from engine.base.findings import Finding, Language, in_order
from engine.evaluate.walk.case_file import CaseFile
from engine.library import Library


@dataclass(frozen=True)
class CaseRuns:
    """`broken` is wrong with files that are no cases; `missed` are by evaluator the expectations not met."""

    cases: int
    expectations: int
    broken: tuple[Finding, ...]
    missed: Mapping[str, tuple[Finding, ...]]

    @property
    def findings(self) -> list[Finding]:
        """All that is wrong, each once."""
        return in_order([*self.broken, *(finding for missed in self.missed.values() for finding in missed)])

    def summary(self, language: Language) -> Iterable[str]:
        """A line for each evaluator."""
        cases = counted("case", self.cases, language)
        for name, missed in self.missed.items():
            met = self.expectations - len(missed)
            values = {"evaluator": name, "met": met, "all": self.expectations, "cases": cases}
            yield label("summary", "cases", language, **values)

    def suites(self) -> list[Suite]:
        """As suites of a build server: files that are no cases, then each evaluator's expectations."""
        broken = [(_file_of(finding), finding) for finding in self.broken]
        files = [("cases", self.cases + len(broken), broken)] if broken else []
        missed = [
            (f"cases {name}", self.expectations, [(_file_of(finding), finding) for finding in found])
            for name, found in self.missed.items()
        ]
        return [*files, *missed]

    def json(self) -> dict[str, Any]:
        """As plain data: how many, and how many expectations each evaluator missed."""
        missed = {name: len(found) for name, found in self.missed.items()}
        return {"cases": self.cases, "expectations": self.expectations, "missed": missed}


def _file_of(finding: Finding) -> str:
    return finding.span.source.name if finding.span is not None else ""


def run_cases(library: Library, files: Sequence[str], evaluators: Iterable[str]) -> CaseRuns:
    """The cases of these files on each evaluator; nothing where there are no files."""
    cases, broken = read_cases(files, library)
    expectations = sum(len(expected) for case in cases for expected in case.expected)
    missed = {name: _missed(library, cases, name) for name in evaluators} if files else {}
    return CaseRuns(len(cases), expectations, tuple(broken), missed)


def _missed(library: Library, cases: Iterable[CaseFile], name: str) -> tuple[Finding, ...]:
    with closing(Bench(library, name)) as bench:
        return tuple(finding for case in cases for finding in bench.walked(case).missed)
