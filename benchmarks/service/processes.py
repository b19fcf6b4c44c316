"""What a server and the processes that it started hold at a moment, from /proc."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import median

PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Held:
    """Sums over all processes; memory in bytes, shared pages counted once a process."""

    at: float
    memory: int
    handles: int
    threads: int
    processes: int


def held_by(pid: int, at: float) -> Held:
    """All that a process and its descendants hold; one that ends meanwhile holds nothing."""
    found = [holding for each in _with_descendants(pid) if (holding := _one(each))]
    memory, handles, threads = (sum(column) for column in zip(*found, strict=True)) if found else (0, 0, 0)
    return Held(at, memory, handles, threads, len(found))


def _one(pid: int) -> tuple[int, int, int] | None:
    process = Path(f"/proc/{pid}")
    try:
        memory = int((process / "statm").read_text().split()[1]) * PAGE
        return (
            memory,
            sum(1 for _ in (process / "fd").iterdir()),
            sum(1 for _ in (process / "task").iterdir()),
        )
    except OSError:
        return None


def _with_descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parent = _parent(entry)
            if parent is not None:
                children.setdefault(parent, []).append(int(entry.name))
    found = [pid]
    for each in found:
        found.extend(children.get(each, ()))
    return found


def _parent(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def slope(points: Sequence[tuple[float, float]]) -> float:
    """By how much the second grows with the first: the median of the slopes between any two points.

    A step or two, as a reload makes them, do not sway it.

    >>> slope([(0, 5), (1, 7), (2, 9), (3, 11), (4, 90)])
    2.0
    """
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2) if b[0] > a[0]]
    return median(slopes) if slopes else 0.0
