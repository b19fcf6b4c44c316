"""How long the command line takes, start-up included."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

RUNS = 5
ROOT = Path(__file__).parents[1]
TARGETS = {("check", "rules"): 2.0, ("--help",): 0.3}


@dataclass(frozen=True)
class Command:
    """The median of some runs in seconds; `code` is what the command ended with."""

    command: str
    seconds: float
    target: float
    code: int


def measure_commands(runs: int = RUNS) -> list[Command]:
    return [_measured(arguments, target, runs) for arguments, target in TARGETS.items()]


def _measured(arguments: tuple[str, ...], target: float, runs: int) -> Command:
    taken = [_run(arguments) for _ in range(runs)]
    return Command(f"caiding {' '.join(arguments)}", median(s for s, _ in taken), target, taken[-1][1])


def _run(arguments: tuple[str, ...]) -> tuple[float, int]:
    program = [str(Path(sys.executable).with_name("caiding")), *arguments]
    started = time.perf_counter()
    ended = subprocess.run(program, cwd=ROOT, capture_output=True, check=False)  # noqa: S603  # our own command
    return time.perf_counter() - started, ended.returncode
