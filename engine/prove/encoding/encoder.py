"""What tables and clocks ask of the encoding that they are part of."""

from __future__ import annotations

from typing import Protocol

from engine.base.calendar import Limit
from engine.plan.nodes import Plan
from engine.prove.encoding.rails import Rails
from engine.prove.encoding.symbols import Symbols
from engine.prove.encoding.times import Times
from engine.prove.encoding.worth import Worth
from engine.prove.solver import Bool
from engine.rulebook.expressions import Expression


class Encoder(Protocol):
    """Conditions and values of one plan over the symbols of a ticket."""

    plan: Plan
    symbols: Symbols
    times: Times

    def condition(self, expression: Expression) -> Rails:
        """A condition on two rails."""

    def worth(self, expression: Expression) -> Worth:
        """What an expression is worth."""

    def limits(self, limit: Limit | Expression) -> list[tuple[Bool, Limit]]:
        """The limits that may hold, each with its condition."""
