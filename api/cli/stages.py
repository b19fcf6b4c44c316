"""How far a long run has come: a bar on a terminal, lines of JSON for programs, or nothing."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Literal, TypeAlias

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from api.present.labels import label
from engine.base.findings import Language

Stage: TypeAlias = Literal["reading", "proving", "judging", "comparing", "examples", "writing"]
Form: TypeAlias = Literal["auto", "json", "none"]
ENDS: Mapping[Stage, float] = {
    "reading": 0.15,
    "proving": 0.2,
    "judging": 0.8,
    "comparing": 0.93,
    "examples": 0.97,
    "writing": 1.0,
}
"""How much of a whole run is done at the end of each stage, as far as can be told before."""
SELDOM = 0.25
"""Seconds between two lines of JSON within a stage."""


class Stages:
    """Is told how far a run has come, by stages and within them, from any thread; it never goes back."""

    def __init__(self, form: Form, language: Language) -> None:
        self._form = form if form != "auto" or sys.stderr.isatty() else "none"
        self._language: Language = language
        self._stage: Stage = "reading"
        self._done = 0.0
        self._said = 0.0
        self._lock = Lock()
        self._bar = _bar() if self._form == "auto" else None
        self._task = None if self._bar is None else self._bar.add_task("", total=1.0)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The bar stands as long as this lasts."""
        if self._bar is None:
            yield
            return
        with self._bar:
            yield

    def begin(self, stage: Stage) -> None:
        """A stage begins, so all before it are done."""
        names = list(ENDS)
        before = names.index(stage) - 1
        with self._lock:
            self._stage = stage
            self._done = max(self._done, ENDS[names[before]] if before >= 0 else 0.0)
            self._say(at_once=True)

    def within(self, share: float) -> None:
        """So much of the present stage is done, from 0 to 1."""
        names = list(ENDS)
        with self._lock:
            before = names.index(self._stage) - 1
            begun = ENDS[names[before]] if before >= 0 else 0.0
            self._done = max(self._done, begun + (ENDS[self._stage] - begun) * min(max(share, 0.0), 1.0))
            self._say(at_once=False)

    def end(self) -> None:
        """All is done."""
        with self._lock:
            self._done = 1.0
            self._say(at_once=True)

    def _say(self, *, at_once: bool) -> None:
        if self._bar is not None and self._task is not None:
            words = label("stage", self._stage, self._language)
            self._bar.update(self._task, completed=self._done, description=words)
        now = time.monotonic()
        if self._form == "json" and (at_once or now - self._said >= SELDOM):
            self._said = now
            line = json.dumps({"step": self._stage, "done": round(self._done, 3)})
            print(line, file=sys.stderr, flush=True)  # noqa: T201 - a line for the program that reads it


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(file=sys.stderr), transient=True)
