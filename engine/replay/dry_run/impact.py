"""What a change of rules does to past tickets and to the money: plain data, for every way of showing it.

An Impact compares two sides, base and candidate, over the same tickets. Money is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from engine.evaluate.verdict import Reason, Verdict
from engine.replay.tickets.bad import BadTicket

MoneyKind: TypeAlias = tuple[str, str]
"""Kind of outcome and unit: `("fine", "CNY")`."""

Share: TypeAlias = Literal["appears", "disappears", "changes"]

EditKind: TypeAlias = Literal["rule", "definition", "parameter", "fact", "calendar", "reading"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A count on both sides."""

    before: int
    after: int

    @property
    def delta(self) -> int:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Money:
    """An amount on both sides."""

    before: Decimal
    after: Decimal

    @property
    def delta(self) -> Decimal:
        return self.after - self.before


Amounts: TypeAlias = Mapping[MoneyKind, Money]


@dataclass(frozen=True, slots=True)
class Side:
    """`label` is what the user named it by: a revision, a folder, a reading."""

    label: str
    edition: str
    readings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Edit:
    """Something that differs between the two editions themselves, whatever the tickets are.

    `words_only`: titles and citations differ, the meaning does not. `before` and `after` are the option of a
    reading, or a parameter's values as `2015-04-01: 50.00`; None for what has no short form or is not there.
    """

    kind: EditKind
    name: str
    change: Share
    words_only: bool = False
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RuleImpact:
    """One rule or table that differs for at least one ticket, or whose meaning differs unseen.

    `applied`, `defeated`, `undecided`: tickets on which it is so, on each side; `changed`: tickets of which
    the two sides say different things by this rule; `edited`: whether the two editions' rule itself differs
    (else it changed through a fact, a parameter or an aggregate that it reads).
    """

    rule: str
    title: Mapping[str, str]
    edited: bool
    applied: Pair
    defeated: Pair
    undecided: Pair
    changed: int
    money: Amounts


@dataclass(frozen=True, slots=True)
class GroupImpact:
    """The tickets with one value of a fact (None: tickets without it)."""

    value: str | None
    tickets: int
    changed: int
    money: Amounts


@dataclass(frozen=True, slots=True)
class Dimension:
    """The groups by one fact, the largest change of money first; `name` is outlet, month or category where
    the dimension was chosen for one of these, else the fact. Days and instants are grouped by month, as
    `2015-10`. `left_out`: groups beyond the thousand that are listed.
    """

    name: str
    fact: str
    groups: tuple[GroupImpact, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Bin:
    """Tickets whose amount lies in `[low, high)`; `high` None: no end; `low == high`: that very amount."""

    low: Decimal
    high: Decimal | None
    tickets: Pair


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many tickets cost how much by one kind of money; what costs nothing is a bin of its own."""

    kind: MoneyKind
    bins: tuple[Bin, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """A past ticket with both verdicts in full, as the compiled evaluator gives them."""

    file: str
    row: int
    ticket_no: str | None
    facts: Mapping[str, Any]
    before: Verdict
    after: Verdict


@dataclass(frozen=True, slots=True)
class Said:
    """What one side says of one rule, without amounts."""

    part: Literal["outcomes", "defeated", "undecided"]
    fixed: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What changes of one rule in a class of tickets."""

    rule: str
    kind: Share
    before: tuple[Said, ...]
    after: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class ChangeClass:
    """All the tickets on which the same rules change in the same way, with a few of them in full."""

    changes: tuple[RuleChange, ...]
    tickets: int
    money: Amounts
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class TicketImpact:
    """One of the tickets whose money changes most."""

    file: str
    row: int
    ticket_no: str | None
    money: Amounts
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lacking:
    """Tickets on which a rule is undecided for the same reason and the same missing facts."""

    rule: str
    reason: Reason
    missing: tuple[str, ...]
    tickets: Pair


@dataclass(frozen=True, slots=True)
class ZoneImpact:
    """What history has of a zone: a set of tickets in which, by proof, an item may say something else.

    `words` say the zone in both languages; not `exact`: the item says something else in a part of it only.
    `tickets` lie in it, of which the item says something else on `changed`, by so much money; of `unknown`
    it cannot be told, as they lack a fact. `tickets` is None where the engine cannot say the condition.
    """

    words: Mapping[str, str]
    exact: bool
    tickets: int | None
    unknown: int
    changed: int
    money: Amounts

    @property
    def unvisited(self) -> bool:
        """Whether no past ticket lies in it, so that history says nothing about it."""
        return self.tickets == 0


@dataclass(frozen=True, slots=True)
class ItemReach:
    """Where one item may say something else. `complete`: nowhere else, by proof.

    `changed`: past tickets of which it does. `elsewhere`: those of them that lie in no zone for certain;
    where the zones are complete they differ in no conclusion, only in the name of a row or in what they lack.
    """

    item: str
    title: Mapping[str, str]
    complete: bool
    zones: tuple[ZoneImpact, ...]
    changed: int
    elsewhere: int


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the editions may say different things, by proof, and what history has of it.

    `items` are those that may, or of which it is not known; `same` others were proved to say the same.
    """

    items: tuple[ItemReach, ...]
    same: int

    @property
    def is_complete(self) -> bool:
        """Whether it is proved that no ticket outside of the zones is judged differently."""
        return all(item.complete for item in self.items)

    @property
    def zones(self) -> int:
        return sum(len(item.zones) for item in self.items)

    @property
    def unvisited(self) -> int:
        """How many zones no past ticket lies in."""
        return sum(zone.unvisited for item in self.items for zone in item.zones)


@dataclass(frozen=True, slots=True)
class Impact:
    """The whole answer. `tickets` were judged; `bad` could not be (the first ten are named); `repeated`
    share their number with an earlier one and were judged all the same. `reach`: where a proof was asked for.
    """

    base: Side
    candidate: Side
    as_of: str
    tickets: int
    bad: int
    bad_tickets: tuple[BadTicket, ...]
    repeated: int
    repeated_numbers: tuple[str, ...]
    changed: int
    changed_in_money: int
    undecided: Pair
    money: Amounts
    rules: tuple[RuleImpact, ...]
    dimensions: tuple[Dimension, ...]
    distributions: tuple[Distribution, ...]
    largest: tuple[TicketImpact, ...]
    classes: tuple[ChangeClass, ...]
    classes_left_out: int
    lacking: tuple[Lacking, ...]
    edits: tuple[Edit, ...] = ()
    reach: Reach | None = None
