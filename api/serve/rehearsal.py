"""One dry run: the command line in a process of its own, in a folder of its own, within limits.

The folder holds both editions, the tickets, what the command spills to disk, and what comes of it; it goes
with the run, however that ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO

from api.serve.resident import resident_bytes
from api.store.dry_runs import DryRun, Found
from engine.base.findings import Finding

FOR_DUCKDB = 60
"""Percent of the memory; the rest is for Python, for reading files and for the report."""
MOST_RESULT = 64_000_000
URL_VARIABLE = "CAIDING_DATABASE_URL"
NOT_FOR_IT = ("PROMETHEUS_MULTIPROC_DIR", URL_VARIABLE)
END_PATIENCE_S = 10.0
DECISIONS = "decisions.ndjson"
MEANT_AS_PATTERN = re.compile(r"[*?\[\]]")
CODE = re.compile(r"[^\s\[]+\[([A-Z]\d{3})\]")
OWN_MISTAKE, KIND = "D001", re.compile(r"[(（]([A-Za-z]+)[)）]")
EXPORTED = 10
"""Percent of a run on the decision log that reading the log counts for."""


@dataclass(frozen=True)
class Limits:
    """Seconds and bytes that a run may take."""

    seconds: int
    memory: int


@dataclass(frozen=True)
class Job:
    """What a run needs: the texts of both sides by file, and where tickets come from.

    `command` are the words that start the command line. `history` are patterns of files.
    """

    run: DryRun
    base: Mapping[str, bytes]
    candidate: Mapping[str, bytes]
    command: Sequence[str]
    database_url: str
    history: Sequence[str]
    limits: Limits


class NotDone(Exception):
    """The run came to nothing; `trouble` says why, as the table keeps it.

    `codes` are those that the command named in plain words, for the log, which holds no words of tickets.
    """

    def __init__(self, finding: Finding, findings: Sequence[Any] = (), codes: Sequence[str] = ()) -> None:
        super().__init__(finding.code)
        self.codes = codes
        self.trouble: dict[str, Any] = {"code": finding.code, "values": dict(finding.values)}
        if findings:
            self.trouble["findings"] = list(findings)


@dataclass
class Progress:
    """How far a run is: a step by name, and percent of the whole."""

    step: str | None = None
    done: int = 0


@dataclass
class _Said:
    """What the command has said on standard error so far, read as it comes."""

    file: BinaryIO
    findings: Sequence[Any] = ()
    codes: set[str] = field(default_factory=set)
    rest: bytes = b""

    def lines(self) -> Iterator[dict[str, Any]]:
        """The whole lines since the last time, those that are objects of JSON."""
        *whole, self.rest = (self.rest + self.file.read()).split(b"\n")
        for line in whole:
            self.codes.update(codes_in(line.decode(errors="replace")))
            with contextlib.suppress(ValueError):
                said = json.loads(line)
                if isinstance(said, dict):
                    yield said


def codes_in(line: str) -> Iterator[str]:
    """The code at the head of a finding in plain words; nothing that a ticket says.

    >>> list(codes_in("error[D001]: a mistake of Caiding's own (KeyError): run it again"))
    ['D001 KeyError']
    >>> list(codes_in("错误[Q051]: `(王小明)`")), list(codes_in("  help: [Q051]"))
    (['Q051'], [])
    """
    found = CODE.match(line)
    if found is not None:
        kind = KIND.search(line) if found[1] == OWN_MISTAKE else None
        yield found[1] if kind is None else f"{found[1]} {kind[1]}"


class Rehearsal:
    """A run under way; `look` is called again and again until it says that it is over."""

    def __init__(self, job: Job, folder: Path) -> None:
        self.job, self.progress = job, Progress("reading")
        self._folder = folder
        self._asked: Mapping[str, Any] = json.loads(job.run.asked)
        self._began = monotonic()
        self._from_log = job.run.source == "log"
        self._stages = iter([self._export, self._dry_run] if self._from_log else [self._dry_run])
        self._process: subprocess.Popen[bytes] | None = None
        self._said: _Said | None = None

    def start(self) -> None:
        """Lays everything out and starts the first command; raises NotDone, OSError."""
        write_texts(self._folder / self.job.run.base, self.job.base)
        write_texts(self._folder / "candidate", self.job.candidate)
        (self._folder / "tickets").mkdir()
        (self._folder / "spilled").mkdir()
        if not self._from_log:
            link_history(self.job.history, self._folder / "tickets")
        self._start(next(self._stages)())

    def look(self) -> bool:
        """Whether it is over; notes how far it is. Raises NotDone where it must not or cannot go on."""
        assert self._process is not None, "it has been started"
        exit_code = self._process.poll()
        self._listen()
        if exit_code is None:
            self._keep_to_limits()
            return False
        stage = next(self._stages, None)
        if exit_code != 0 and (stage is not None or not self._is_there()):
            raise self._why(exit_code)
        if stage is None:
            return True
        self._start(stage())
        return False

    def found(self) -> Found:
        """What came of it; raises NotDone."""
        size = sum(self._path(name).stat().st_size for name in ("result.json", "report.html"))
        if size > MOST_RESULT:
            raise NotDone(Finding("S144", {"limit": megabytes(MOST_RESULT)}))
        result = self._path("result.json").read_bytes()
        return Found(summary_of(result), result, self._path("report.html").read_bytes())

    def end(self) -> None:
        """Ends whatever still runs, with all that it has started."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(END_PATIENCE_S)
            self._process = None
        if self._said is not None:
            self._said.file.close()
            self._said = None

    def _path(self, name: str) -> Path:
        return self._folder / name

    def _is_there(self) -> bool:
        return self._path("result.json").is_file() and self._path("report.html").is_file()

    def _start(self, words: Sequence[str]) -> None:
        self.end()
        lowly = (sys.executable, "-P", "-m", "api.serve.lowly", str(os.getpid()))
        with self._path("said").open("wb") as said:
            self._process = subprocess.Popen(  # noqa: S603 - words of our own, without a shell
                [*lowly, *self.job.command, "--lang", str(self._asked["language"]), *words],
                cwd=self._folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
            )
        self._said = _Said(self._path("said").open("rb"))

    def _environment(self) -> dict[str, str]:
        """What it spills goes where it is cleared away; the database's password is not among its words."""
        kept = {name: value for name, value in os.environ.items() if name not in NOT_FOR_IT}
        return {**kept, "TMPDIR": str(self._path("spilled")), URL_VARIABLE: self.job.database_url}

    def _export(self) -> list[str]:
        """The decisions asked for, out of the log."""
        days = [f"--{name}={day}" for name, day in self._asked["tickets"].items()]
        return ["log", "export", "--output", f"tickets/{DECISIONS}", *days]

    def _dry_run(self) -> list[str]:
        """The dry run itself, over whatever lies in the folder of tickets."""
        asked = self._asked
        tickets = sorted(str(p.relative_to(self._folder)) for p in self._path("tickets").rglob("*.*"))
        memory = self.job.limits.memory * FOR_DUCKDB // 100
        return [
            "dry-run",
            f"--base={self.job.run.base}",
            "--candidate=candidate",
            *(f"--readings={name}={option}" for name, option in asked["readings"].items()),
            *(f"--by={name}" for name in asked["by"]),
            *(f"--fail-on={limit}" for limit in asked["fail_on"]),
            *([f"--as-of={asked['as_of']}"] if asked["as_of"] else []),
            f"--memory={megabytes(memory)}",
            "--format=json",
            "--progress=json",
            "--mask",
            "--output=result.json",
            "--report=report.html",
            *(f"--tickets={name}" for name in tickets),
        ]

    def _listen(self) -> None:
        assert self._said is not None, "it has been started"
        for said in self._said.lines():
            if "step" in said:
                self._note(str(said["step"]), said.get("done", 0))
            elif "findings" in said:
                # Files have names of this run's own folder, which say nothing to whoever asked for it.
                self._said.findings = [
                    {k: v for k, v in one.items() if k != "file"} for one in said["findings"]
                ]

    def _note(self, step: str, share: Any) -> None:
        done = int(min(max(share, 0), 1) * 100) if isinstance(share, int | float) else 0
        if self._from_log:
            done = EXPORTED + done * (100 - EXPORTED) // 100
        self.progress = Progress(step, max(done, self.progress.done))

    def _keep_to_limits(self) -> None:
        limits = self.job.limits
        if monotonic() - self._began > limits.seconds:
            raise NotDone(Finding("S140", {"limit": _time(limits.seconds)}))
        assert self._process is not None, "it runs"
        if resident_bytes(self._process.pid) > limits.memory:
            raise NotDone(Finding("S141", {"limit": megabytes(limits.memory)}))

    def _why(self, exit_code: int) -> NotDone:
        assert self._said is not None, "it has run"
        if self._said.findings:
            return NotDone(Finding("S142", {}), self._said.findings)
        return NotDone(Finding("S145", {"exit": str(exit_code)}), codes=sorted(self._said.codes))


def write_texts(folder: Path, texts: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, text in texts.items():
        (folder / Path(name).name).write_bytes(text)


def files_of(patterns: Sequence[str]) -> list[Path]:
    """The files that fit any of the patterns, each once, in order."""
    named = {os.path.realpath(name) for pattern in patterns for name in glob(pattern, recursive=True)}  # noqa: PTH207 - patterns begin anywhere
    return [path for path in map(Path, sorted(named)) if path.is_file()]


def link_history(patterns: Sequence[str], folder: Path) -> None:
    """A link to each file of the history, so that no path of this machine stands in a result.

    Raises NotDone where there is none. Files of one name in several folders are told apart by a number.
    """
    files = files_of(patterns)
    if not files:
        raise NotDone(Finding("S146", {}))
    for number, file in enumerate(files, start=1):
        link = folder / MEANT_AS_PATTERN.sub("_", file.name)
        if link.is_symlink():
            link = link.with_name(f"{number}-{link.name}")
        link.symlink_to(file)


def summary_of(result: bytes) -> str:
    """The numbers of an impact that a list shows; raises NotDone for what is no impact."""
    try:
        impact = json.loads(result)
        kept = {name: impact[name] for name in ("tickets", "bad", "changed", "changed_in_money", "undecided")}
        limits = impact["limits"]
    except (ValueError, KeyError, TypeError):
        raise NotDone(Finding("S145", {"exit": "0"})) from None
    return json.dumps({**kept, "passed": not any(limit["exceeded"] for limit in limits), "limits": limits})


def megabytes(count: int) -> str:
    """An amount of memory as it is written in options."""
    return f"{count // 10**6}MB"


def _time(seconds: int) -> str:
    """A time as it is written in options.

    >>> _time(90), _time(5400), _time(7200)
    ('90s', '90m', '2h')
    """
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def clear(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
