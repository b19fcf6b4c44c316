"""Interleaved rounds: A B C A B C …, so that whatever slows the machine slows every contender alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Contender:
    """Something that judges `count` tickets in a round; `round` does it and gives the seconds.

    `answers` gives the fines of every ticket, by the id of their rules; `target` is the least ratio of its
    speed to the hand-written function's.
    """

    name: str
    count: int
    round: Callable[[], float]
    answers: Callable[[], list[list[tuple[str, Any]]]]
    target: float | None = None


@dataclass(frozen=True)
class Measured:
    """The median of the rounds: microseconds a ticket, and the speed as a part of the first contender's."""

    name: str
    microseconds: float
    ratio: float
    target: float | None


def timed(decide: Callable[..., object], tickets: Iterable[object], *further: object) -> Callable[[], float]:
    """A round that calls `decide(ticket, *further)` on every ticket, with the garbage collector off.

    An untimed lap goes before, so that nobody pays for what the contender before left in the caches.
    """
    calls = [(ticket, *further) for ticket in tickets]

    def one_round() -> float:
        gc.collect()
        gc.disable()
        try:
            for call in calls:
                decide(*call)
            started = time.perf_counter()
            for call in calls:
                decide(*call)
            return time.perf_counter() - started
        finally:
            gc.enable()

    return one_round


def measure(contenders: Sequence[Contender], rounds: int) -> list[Measured]:
    """The first contender is the one that the others are measured by.

    Ratios are medians of the ratios within a round: a slow moment then weighs on both sides.
    """
    for contender in contenders:
        contender.round()
    taken = [[c.round() / c.count for c in contenders] for _ in range(rounds)]
    return [
        Measured(
            contender.name,
            median(seconds[i] for seconds in taken) * 1_000_000,
            median(seconds[0] / seconds[i] for seconds in taken),
            contender.target,
        )
        for i, contender in enumerate(contenders)
    ]
