"""Starts and asks the child process in which durable-rules judges."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from multiprocessing.connection import Connection
from typing import Any, Literal

from benchmarks.durable_child import serve
from benchmarks.flat_facts import Flat
from benchmarks.rounds import Contender

PATIENCE = 60
"""Seconds for an answer; beyond that the child hangs."""


@contextmanager
def in_child(facts: list[Flat], count: int) -> Iterator[Contender]:
    """The contender, for as long as its process lives; a round judges the first `count` tickets."""
    start = multiprocessing.get_context("spawn")
    pipe, far = start.Pipe()
    child = start.Process(target=serve, args=(far, facts, count), daemon=True)
    child.start()
    far.close()
    try:
        yield Contender(
            "durable-rules",
            min(count, len(facts)),
            lambda: float(_ask(pipe, "round")),
            lambda: [_fines(fired) for fired in _ask(pipe, "answers")],
        )
    finally:
        child.kill()
        child.join()


def _ask(pipe: Connection, what: Literal["answers", "round"]) -> Any:
    pipe.send(what)
    if not pipe.poll(PATIENCE):
        raise TimeoutError(f"durable-rules gave no {what} in {PATIENCE} seconds")
    return pipe.recv()


def _fines(fired: dict[str, int | None]) -> list[tuple[str, Decimal]]:
    return sorted((rule, Decimal(amount)) for rule, amount in fired.items() if amount is not None)
