"""The second opinion: the plan lowered to durable-rules (Rete, forward chaining), run in a child process.

Which items, rows and exceptions hold or may hold comes out of that library's matching over flat facts of
integers; amounts, causes and explanations come from the code that all evaluators share. The library can
crash, hang or answer wrongly outside a narrow fragment (see `native`), so no other process imports it.
"""

from __future__ import annotations


class Unavailable(Exception):
    """The library that gives the second opinion cannot be used here; the text says why."""


class DurableFailure(Exception):
    """No second opinion on one ticket: the child process crashed, hung or refused; the text says which."""


class DurableTimeout(DurableFailure):
    """The child process did not answer within its time limit."""


class Disagreement(Exception):
    """The two engines differ on whether something is known, so there is no verdict to hand out."""

    def __init__(self, place: str, durable: str, walk: str) -> None:
        super().__init__(f"{place}: durable-rules says {durable}, the plan's own walk says {walk}")
        self.place = place
