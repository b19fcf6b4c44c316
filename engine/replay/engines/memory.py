"""Amounts of memory: as people write them, and as much as this process may use."""

from __future__ import annotations

import os
import re
import resource
from contextlib import suppress
from pathlib import Path

from engine.base.findings import Finding
from engine.replay.engines.engine import EngineFailure

_WRITTEN = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,3})?) ?([KMGT]?)(i?)B?", re.IGNORECASE)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
LEAST = 50_000_000
"""With less DuckDB cannot so much as read a file."""
CONTROL_GROUPS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where Linux says how much a container may use, by the second and the first version of control groups."""


def memory_written(text: str) -> int:
    """So many bytes; raises EngineFailure for what is no amount, or too little to work with.

    >>> memory_written("4GB"), memory_written("512MiB"), memory_written("1.5 g")
    (4000000000, 536870912, 1500000000)
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise EngineFailure(Finding("Q054", {"written": text}))
    number, unit, binary = found.groups()
    whole, _, part = number.partition(".")
    thousandths = int(whole) * 1000 + int(part.ljust(3, "0") or "0")
    size: int = thousandths * (1024 if binary else 1000) ** _POWERS[unit.upper()] // 1000
    if size < LEAST:
        raise EngineFailure(Finding("Q056", {"written": text, "least": in_words(LEAST)}))
    return size


def in_words(size: int) -> str:
    """An amount of memory as people say it.

    >>> in_words(4_000_000_000), in_words(250_000_000)
    ('4.0 GB', '250 MB')
    """
    return f"{size / 10**9:.1f} GB" if size >= 10**9 else f"{size // 10**6} MB"


def memory_of_process() -> int:
    """Bytes that the process may use: the machine's, or less by its container or its own limit."""
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    own, _ = resource.getrlimit(resource.RLIMIT_AS)
    if own != resource.RLIM_INFINITY:
        sizes.append(own)
    for file in CONTROL_GROUPS:
        with suppress(OSError, ValueError):  # no such file, or the word `max`
            sizes.append(int(file.read_text(encoding="ascii")))
    return min(sizes)
