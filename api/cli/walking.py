"""What commands that walk cases share: the cases of files, and evaluators for the readings of each."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from api.cli.door import Stop, cannot_read
from api.cli.loading import plan_under
from engine.base.findings import Finding
from engine.evaluate.durable import Disagreement, DurableFailure, Unavailable
from engine.evaluate.evaluators import Evaluator, evaluator
from engine.evaluate.walk.case_file import CaseFile, Step
from engine.evaluate.walk.expectations import disappointed
from engine.evaluate.walk.moments import Moment
from engine.evaluate.walk.reading import read_case
from engine.evaluate.walk.walk import walk
from engine.library import Library

STANDARD_INPUT = "-"
CASE_FILE = ".case.yaml"


@dataclass(frozen=True)
class Walked:
    """A case with its moments, and what it expected and did not get."""

    case: CaseFile
    moments: tuple[Moment, ...]
    missed: tuple[Finding, ...]


class Bench:
    """Walks cases; evaluators are made once for each choice of readings."""

    def __init__(self, library: Library, name: str, readings: tuple[str, ...] = ()) -> None:
        self.library = library
        self.name = name
        self.readings = readings
        self._made: dict[tuple[str, ...], Evaluator] = {}
        self._open = ExitStack()

    def walked(self, case: CaseFile) -> Walked:
        """The case's walk under its own readings and those of the command, which come first."""
        judge = self.judge(tuple(f"{name}={option}" for name, option in case.readings.items()))
        moments = self.moments(judge, case.steps, case.until)
        return Walked(case, moments, tuple(disappointed(case, moments, self.library, judge.plan)))

    def moments(
        self, judge: Evaluator, steps: Sequence[Step], until: datetime | None = None
    ) -> tuple[Moment, ...]:
        """The moments of a walk; raises Stop where the second opinion's engine fails."""
        try:
            return tuple(walk(judge, steps, until))
        except (DurableFailure, Disagreement) as reason:
            raise Stop(Finding("D025", {"evaluator": self.name, "reason": str(reason)})) from reason

    def judge(self, readings: tuple[str, ...] = ()) -> Evaluator:
        """The evaluator under these readings; raises Stop where it cannot run here."""
        chosen = (*readings, *self.readings)
        if chosen not in self._made:
            try:
                made = evaluator(self.name, plan_under(self.library, chosen))
            except Unavailable as reason:
                raise Stop(Finding("D023", {"evaluator": self.name, "reason": str(reason)})) from reason
            self._made[chosen] = self._open.enter_context(closing(made))
        return self._made[chosen]

    def close(self) -> None:
        """Lets go of whatever the evaluators hold."""
        self._open.close()


def cases_in(folder: str) -> list[str]:
    """The case files of a folder and the folders in it, by name; raises Stop where there is none."""
    if not Path(folder).is_dir():
        raise Stop(Finding("D011" if Path(folder).exists() else "D010", {"folder": folder}))
    found = sorted(str(path) for path in Path(folder).rglob(f"*{CASE_FILE}"))
    if not found:
        raise Stop(Finding("W035", {"folder": folder, "ending": CASE_FILE}))
    return found


def read_cases(files: Sequence[str], library: Library) -> tuple[list[CaseFile], list[Finding]]:
    """The cases of these files, and what is wrong with those that cannot be walked."""
    cases: list[CaseFile] = []
    findings: list[Finding] = []
    for name in files:
        with opened(name) as stream:
            case, found = read_case(name, stream.read(), library)
        findings += found
        cases += [] if case is None else [case]
    return cases, findings


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """A file or standard input to be read; raises Stop where that fails."""
    try:
        if name == STANDARD_INPUT and sys.stdin is not None:
            yield sys.stdin.buffer
        else:
            with Path(name).open("rb") as stream:
                yield stream
    except OSError as error:
        raise Stop(cannot_read(name, error)) from error
