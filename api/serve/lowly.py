"""Runs a command that gives way to the service and ends with it: `python -P -m api.serve.lowly COMMAND…`.

The service's answers come first: for the processor by niceness, and for memory, as the kernel ends this
process before any other. It never outlives the thread of the supervisor that started it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

GIVES_WAY = 15
ENDED_FIRST = "1000"
PR_SET_PDEATHSIG = 1


def main(command: list[str], starter: int) -> None:
    """Becomes the command; `starter` is the process that may not die before."""
    os.nice(GIVES_WAY)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(ENDED_FIRST, encoding="ascii")
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # what it holds in memory are tickets
    _end_with_the_starter()
    if os.getppid() == starter:  # else it has died meanwhile
        os.execv(command[0], command)  # noqa: S606 - words of our own, without a shell


def _end_with_the_starter() -> None:
    """Linux alone can be asked for it; elsewhere a killed service leaves a run to its end."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[2:], int(sys.argv[1]))
