"""A candidate's rulebooks looked through in a process of their own, before a dry run is queued.

Loading takes as long as thousands of verdicts, and texts from outside could make it take for ever. So a
worker hands them to a child, which has little memory and gives way to all others, and waits for what it says.
"""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from api.present.findings_json import checked_json
from engine.base.findings import Finding, Language, has_errors
from engine.base.suggest import closest
from engine.evaluate.facts import as_of_from
from engine.library import Library, load_texts
from engine.replay.dry_run.limits import Limit, limit_from, unknown_names

PATIENCE_S = 60.0
MOST_MEMORY = 2 * 2**30
GIVES_WAY = 5
COMMAND = (sys.executable, "-P", "-m", "api.http.dry_runs.examining")


class Candidate(msgspec.Struct, frozen=True):
    """All rulebooks of a candidate by the names of their files, and what is asked of them.

    `base` are the rulebooks that it is compared with.
    """

    files: Mapping[str, str]
    base: Mapping[str, str]
    readings: Mapping[str, str]
    as_of: str | None
    by: tuple[str, ...]
    fail_on: tuple[str, ...]
    language: Language


class Trouble(msgspec.Struct, frozen=True):
    """A finding about the request, on its way between the two processes."""

    code: str
    values: Mapping[str, str]
    pointer: str
    suggestion: str | None

    @property
    def finding(self) -> Finding:
        return Finding(self.code, self.values, pointer=self.pointer, suggestion=self.suggestion)


class Examined(msgspec.Struct, frozen=True):
    """What is to be said of a candidate: `checked` as `check` says it, `edition` None where it has errors."""

    edition: str | None
    checked: Mapping[str, Any]
    troubles: tuple[Trouble, ...] = ()


_ENCODER = msgspec.json.Encoder()


def examined(candidate: Candidate) -> Examined | None:
    """What a child says of the candidate; None where it took too long or too much memory."""
    try:
        run = subprocess.run(  # noqa: S603 - our own module, nothing of the request among the words
            COMMAND,
            input=_ENCODER.encode(candidate),
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return msgspec.json.decode(run.stdout, type=Examined) if run.returncode == 0 else None


def examine(candidate: Candidate) -> Examined:
    """Loads the candidate and looks at what is asked of it; where it has errors, at nothing else."""
    library = _library(candidate.files)
    checked = checked_json(list(library.findings), library, candidate.language)
    if library.plan is None or has_errors(library.findings):
        return Examined(None, checked)
    found = tuple(
        Trouble(finding.code, finding.values, finding.pointer or "", finding.suggestion)
        for finding in _troubles(candidate, library)
    )
    plan = library.plan if found else library.under(candidate.readings)
    return Examined(plan.edition, checked, found)


def _library(files: Mapping[str, str]) -> Library:
    return load_texts({name: text.encode() for name, text in files.items()})


def _troubles(candidate: Candidate, library: Library) -> Iterator[Finding]:
    yield from _reading_troubles(candidate.readings, library)
    catalogue = library.catalogue
    assert catalogue is not None, "a library without errors has one"
    if candidate.as_of is not None:
        instant = as_of_from(candidate.as_of, catalogue.zone)
        if isinstance(instant, Finding):
            yield replace(instant, pointer="/as_of")
    limits = [limit_from(written) for written in candidate.fail_on]
    for index, limit in enumerate(limits):
        if isinstance(limit, Finding):
            yield replace(limit, pointer=f"/fail_on/{index}")
    if limits or candidate.by:
        yield from _unknown_names(candidate, library, limits)


def _unknown_names(
    candidate: Candidate, library: Library, limits: Sequence[Limit | Finding]
) -> Iterator[Finding]:
    """Rules, units and facts that are named must be those of one side at least, as in `caiding dry-run`."""
    from engine.replay.dry_run.dimensions import not_grouped
    from engine.replay.dry_run.run import origins

    plans = [plan for plan in (_library(candidate.base).plan, library.plan) if plan is not None]
    rules = list(dict.fromkeys(origin.id for plan in plans for origin in origins(plan)))
    units = {plan.currency for plan in plans}
    for index, limit in enumerate(limits):
        unknown = None if isinstance(limit, Finding) else unknown_names(limit, rules, units)
        if unknown is not None:
            yield replace(unknown, pointer=f"/fail_on/{index}")
    for index, fact in enumerate(candidate.by):
        unknown = not_grouped(fact, plans)
        if unknown is not None:
            yield replace(unknown, pointer=f"/by/{index}")


def _reading_troubles(readings: Mapping[str, str], library: Library) -> Iterator[Finding]:
    for name, option in readings.items():
        reading, pointer = library.readings.get(name), f"/readings/{name}"
        if reading is None:
            suggestion = closest(name, library.readings)
            yield Finding("D020", {"written": name}, pointer=pointer, suggestion=suggestion)
        elif option not in reading.options:
            values = {"written": option, "reading": name, "allowed": ", ".join(reading.options)}
            yield Finding("D021", values, pointer=pointer, suggestion=closest(option, reading.options))


def main() -> None:
    """The child: a candidate on standard input, what is said of it on standard output."""
    os.nice(GIVES_WAY)
    with contextlib.suppress(ValueError, OSError):  # where the machine has no such limit, or a lower one
        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    candidate = msgspec.json.decode(sys.stdin.buffer.read(), type=Candidate)
    sys.stdout.buffer.write(_ENCODER.encode(examine(candidate)))


if __name__ == "__main__":
    main()
