"""How far a proof has come: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

Told: TypeAlias = Callable[[str, int, int], None]
"""Is told the item at hand, its number, and how many there are."""


def told_nobody(item: str, number: int, of: int) -> None:
    """Says nothing."""
    del item, number, of


@contextmanager
def told_on_a_terminal() -> Iterator[Told]:
    """Something to tell how far the work has come; the bar stands as long as this lasts."""
    if not sys.stderr.isatty():
        yield told_nobody
        return
    columns = (BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(file=sys.stderr, markup=False), transient=True) as bar:
        task = bar.add_task("", total=None)

        def told(item: str, number: int, of: int) -> None:
            bar.update(task, completed=number, total=of, description=item)

        yield told
