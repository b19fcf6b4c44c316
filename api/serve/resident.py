"""How much memory a process and all that it has started hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
GROUP, RESIDENT = 2, 21
"""Where the numbers stand in `/proc/N/stat`, counted from behind the name (proc(5))."""


def resident_bytes(group: int) -> int:
    """The resident memory of a process group; 0 where there is no /proc to tell."""
    return sum(pages for number, pages in _processes() if number == group) * os.sysconf("SC_PAGE_SIZE")


def _processes() -> Iterator[tuple[int, int]]:
    """Each process of this machine that may be seen: its group and its pages."""
    for folder in PROC.glob("[0-9]*"):
        try:
            said = (folder / "stat").read_text(encoding="ascii", errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        words = said.rpartition(") ")[2].split()
        yield int(words[GROUP]), int(words[RESIDENT])
