"""What comes of a question: proved, refuted by a ticket that shows it, or not known and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from engine.evaluate.facts import Facts
from engine.evaluate.values import shown
from engine.plan.nodes import Plan
from engine.rulebook.types import Type

Doubt: TypeAlias = Literal["out_of_reach", "time_limit", "not_confirmed"]
"""Why something is not known: it hangs on what is not said exactly, the solver's allowance is used up, or
every ticket that the solver found was refuted by the evaluators."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A ticket that shows something, as few facts as do; the evaluators have been asked and agree."""

    facts: Facts
    as_of: datetime | None

    def ticket(self, plan: Plan) -> dict[str, Any]:
        """As JSON carries it and `caiding decide` takes it."""
        facts = {name: _written(value, plan.facts[name].type) for name, value in self.facts.items()}
        return {"facts": facts} | ({} if self.as_of is None else {"as_of": self.as_of.isoformat()})


def _written(value: Any, type_: Type) -> Any:
    """As a verdict shows it, but to the microsecond: a ticket must be read back as it was judged."""
    match value:
        case tuple():
            fields = type_.fields
            return [
                {name: _written(part, fields[name].type) for name, part in each.items()} for each in value
            ]
        case datetime(microsecond=part) if part:
            return value.isoformat()
        case _:
            return shown(value, type_)


@dataclass(frozen=True, slots=True)
class Proved:
    """No ticket does it. `free` are the texts of what was left open: it holds whatever they are."""

    free: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refuted:
    """A ticket does it."""

    witness: Witness


@dataclass(frozen=True, slots=True)
class NotKnown:
    """Neither was found; `about` are the texts of the expressions in doubt."""

    why: Doubt
    about: tuple[str, ...] = ()


Answer: TypeAlias = Proved | Refuted | NotKnown

Readings: TypeAlias = Mapping[str, str]
