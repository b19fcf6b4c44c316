"""Examples on one evaluator or all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.base.findings import Finding, Severity
from engine.evaluate.durable import Disagreement, DurableFailure, Unavailable
from engine.evaluate.examples import ExampleResult, run_examples
from engine.library import Library

ALL = ("reference", "compiled", "durable")


@dataclass(frozen=True)
class Runs:
    """Results by evaluator; `unavailable` says which evaluators cannot run here, and why."""

    results: Mapping[str, list[ExampleResult]]
    unavailable: tuple[Finding, ...]

    @property
    def notes(self) -> list[Finding]:
        """What is merely to be known: an evaluator that does not exist here."""
        return [finding for finding in self.unavailable if finding.severity is Severity.INFORMATION]

    @property
    def failures(self) -> list[Finding]:
        """What went wrong, as findings; where the evaluators differ, the one that fails is named (D027)."""
        errors = [finding for finding in self.unavailable if finding.severity is Severity.ERROR]
        passed = {_key(result) for results in self.results.values() for result in results if result.passed}
        errors += [
            _of_evaluator(result.finding, name) if _key(result) in passed else result.finding
            for name, results in self.results.items()
            for result in results
            if result.finding is not None
        ]
        return errors


def _key(result: ExampleResult) -> tuple[str, str, int]:
    return result.item, result.example, result.span.start


def _of_evaluator(finding: Finding, name: str) -> Finding:
    if not {"name", "expected", "got"} <= finding.values.keys():
        return finding
    return replace(finding, code="D027", values={**finding.values, "evaluator": name})


def run_on(library: Library, choice: str) -> Runs:
    """The library's examples on the evaluator of that name, or on `all`.

    An evaluator that cannot run here is an error (D023) where it was asked for by name, else a note
    (D022); one that gives up on the way is always an error (D025).
    """
    results: dict[str, list[ExampleResult]] = {}
    unavailable = []
    for name in ALL if choice == "all" else (choice,):
        try:
            results[name] = run_examples(library, name)
        except Unavailable as reason:
            code = "D022" if choice == "all" else "D023"
            unavailable.append(Finding(code, {"evaluator": name, "reason": str(reason)}))
        except (DurableFailure, Disagreement) as reason:
            unavailable.append(Finding("D025", {"evaluator": name, "reason": str(reason)}))
    return Runs(results, tuple(unavailable))
