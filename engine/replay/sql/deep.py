"""Room for deep trees: a rulebook may define hundreds of facts one from another; Python stops at less."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

DEEP = 20_000


@contextmanager
def room_for_deep_trees() -> Iterator[None]:
    """Lets functions call one another that deep; as it was afterwards."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEEP))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
