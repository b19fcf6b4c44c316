"""What an engine concluded, in the form in which the function written by hand says it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from benchmarks.by_hand import Conclusion
from engine.evaluate.verdict import Outcome, Verdict


def from_verdict(verdict: Verdict) -> list[Conclusion]:
    """Rule, kind and amount of every outcome; of a share, what its first party bears."""
    return [(o["rule"], o["kind"], _amount(o)) for o in verdict["outcomes"]]


def _amount(outcome: Outcome) -> Decimal | None:
    written = outcome["shares"][0]["amount"] if outcome["kind"] == "share" else outcome.get("amount")
    return None if written is None else Decimal(written)


def fines(conclusions: Iterable[tuple[Any, ...]]) -> list[tuple[str, Decimal]]:
    """The fines alone, in the order of their rules' ids: what every engine must agree on."""
    return sorted((rule, Decimal(amount)) for rule, kind, amount, *_ in conclusions if kind == "fine")
