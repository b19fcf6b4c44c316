"""Who bears how much, as compiled source builds it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.base.exact import EXACT
from engine.evaluate.compiled.runtime import shown_money

ZERO = Decimal(0)


def shares_of(
    of: Decimal, parties: tuple[tuple[str, bool], ...], amounts: tuple[Decimal, ...], remainder: str
) -> list[dict[str, Any]]:
    """Parts in order, each capped at what is left; `remainder` bears the rest."""
    left, shares = of, []
    for (party, up_to), amount in zip(parties, amounts, strict=True):
        borne = max(ZERO, min(amount, left))
        left = EXACT.subtract(left, borne)
        share = {"party": party, "amount": shown_money(borne)}
        shares.append({**share, "up_to": True} if up_to else share)
    shares.append({"party": remainder, "amount": shown_money(left)})
    return shares
