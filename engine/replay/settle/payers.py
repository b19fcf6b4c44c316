"""Which outlet a party is on a ticket: what tells a statement whose it is.

A rule says that `first_level_outlet` pays; a ticket says `outlet_level1_id: SH-0100`. The fact catalogue has
both words and nothing that joins them, so it stands here once, and whoever settles may say otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from engine.replay.sql.slots import Sql
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import Kind

OWN, LEVEL_1, ROLE = "outlet_id", "outlet_level1_id", "outlet_role"
PARTIES: Mapping[str, str] = {"first_level_outlet": LEVEL_1, "receiving_outlet": "assigned_outlet"}
"""The fact that names a party. The outlet of a ticket itself (`outlet_id`) is the responsible one unless
`outlet_role` says that it has another part in it."""
RESPONSIBLE = "responsible_outlet"


def names_outlets(fact: FactDeclaration) -> bool:
    """Whether a fact may name an outlet."""
    return fact.type.kind in (Kind.TEXT, Kind.ENUM)


def outlet_named(facts: Mapping[str, Any], party: str | None, chosen: Mapping[str, str]) -> str | None:
    """The outlet that a party is on one ticket; where no party is named, the ticket's own; None if not told.

    It says of one ticket what `Payers` says of many in SQL.
    """
    names: tuple[str, ...]
    if party is None:
        names = (OWN, LEVEL_1)
    elif party in chosen:
        names = (chosen[party],)
    else:
        plays = facts.get(ROLE) == party or (party == RESPONSIBLE and ROLE not in facts)
        names = (*((PARTIES[party],) if party in PARTIES else ()), *((OWN,) if plays else ()))
    return next((str(facts[name]) for name in names if name in facts), None)


@dataclass(frozen=True)
class Payers:
    """`given`: the facts there are; `chosen`: facts that name parties where whoever settles knows better."""

    given: Collection[str]
    chosen: Mapping[str, str]

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that name outlets, the ticket's own first."""
        named = (OWN, LEVEL_1, *PARTIES.values(), *self.chosen.values())
        return tuple(dict.fromkeys(name for name in named if name in self.given))

    def outlet_of(self, party: str | None) -> Sql:
        """The outlet that a party is; NULL where the ticket does not tell."""
        if party is None:
            return exp.Null()
        if party in self.chosen:
            return self._named(self.chosen[party])
        candidates = [self._named(PARTIES[party])] if party in PARTIES else []
        candidates.append(self._by_role(party))
        known = [candidate for candidate in candidates if not isinstance(candidate, exp.Null)]
        return (
            exp.Coalesce(this=known[0], expressions=known[1:])
            if len(known) > 1
            else (known or [exp.Null()])[0]
        )

    def own_outlet(self) -> Sql:
        """The outlet whose ticket it is, whatever its part; for what names no payer."""
        known = [self._named(name) for name in (OWN, LEVEL_1) if name in self.given]
        return (
            exp.Coalesce(this=known[0], expressions=known[1:])
            if len(known) > 1
            else (known or [exp.Null()])[0]
        )

    def _named(self, fact: str) -> Sql:
        return exp.column(fact) if fact in self.given else exp.Null()

    def _by_role(self, party: str) -> Sql:
        if OWN not in self.given:
            return exp.Null()
        if ROLE not in self.given:
            return exp.column(OWN) if party == RESPONSIBLE else exp.Null()
        plays: Sql = exp.column(ROLE).eq(exp.Literal.string(party))
        if party == RESPONSIBLE:
            plays = exp.or_(plays, exp.column(ROLE).is_(exp.Null()))
        return exp.Case(ifs=[exp.If(this=plays, true=exp.column(OWN))])
