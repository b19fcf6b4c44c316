"""Examples on one evaluator or all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.base.findings import Finding
from engine.evaluate.durable import Unavailable
from engine.evaluate.examples import ExampleResult, run_examples
from engine.library import Library

ALL = ("reference", "compiled", "durable")


@dataclass(frozen=True)
class Runs:
    """Results by evaluator; `unavailable` says which evaluators cannot run here, and why."""

    results: Mapping[str, list[ExampleResult]]
    unavailable: tuple[Finding, ...]

    @property
    def failures(self) -> list[Finding]:
        """What went wrong, as findings; a failure that all evaluators share is among them once for each."""
        every = (result for results in self.results.values() for result in results)
        return [result.finding for result in every if result.finding is not None]


def run_on(library: Library, choice: str) -> Runs:
    """The library's examples on the evaluator of that name, or on `all`.

    An evaluator that cannot run here is an error (D023) where it was asked for by name, else a note.
    """
    results: dict[str, list[ExampleResult]] = {}
    unavailable = []
    for name in ALL if choice == "all" else (choice,):
        try:
            results[name] = run_examples(library, name)
        except Unavailable as reason:
            code = "D022" if choice == "all" else "D023"
            unavailable.append(Finding(code, {"evaluator": name, "reason": str(reason)}))
    return Runs(results, tuple(unavailable))
