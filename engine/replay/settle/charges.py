"""What of an edition's slots a statement shows: amounts, and whatever may cost money and is open."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from engine.evaluate.values import Cause, reason_and_missing
from engine.plan.nodes import ClockPlan, ItemPlan, Plan, expressions_of
from engine.replay.settle.aggregates import resting_on
from engine.replay.sql.slots import MONEY_KINDS, Held, Lowered, Path, Slot, Sql
from engine.rulebook.expressions import facts_in
from engine.rulebook.outcomes import Compensation, Fee, Fine, Outcome, Share
from engine.rulebook.types import Kind

AMOUNT_OPEN = "amount_open"
"""Something is due and the rules fix no amount."""


@dataclass(frozen=True)
class Charge:
    """One thing that a statement may say of a ticket: an amount, or why there is none yet.

    `reason` is None for an amount and for what is undecided, whose causes tell it. `others`: what the other
    readings of a gap would cost, by reading. `groups`: whether it rests on what is counted of the month.
    """

    rule: str
    table_row: str | None
    kind: str | None
    unit: str | None
    payer: str | None
    present: Sql
    amount: Sql | None = None
    reason: str | None = None
    words: tuple[tuple[Sql, tuple[Cause, ...]], ...] = ()
    others: Mapping[str, Sql] = field(default_factory=dict)
    groups: bool = False

    @property
    def money(self) -> tuple[str, str]:
        """Kind and unit of an amount."""
        assert self.kind is not None, "an amount is of some kind"
        assert self.unit is not None, "an amount has a unit"
        return self.kind, self.unit

    def why(self, masks: Sequence[int | None]) -> tuple[str, tuple[str, ...]]:
        """Reason and missing names of an open one, by its masks on a ticket."""
        if self.reason is not None:
            return self.reason, ()
        causes = [
            cause
            for (_, names), mask in zip(self.words, masks, strict=False)
            for bit, cause in enumerate(names)
            if (mask or 0) >> bit & 1
        ]
        reason, missing = reason_and_missing(causes)
        return reason, tuple(missing)


def charges(lowered: Lowered, group_facts: Collection[str]) -> tuple[Charge, ...]:
    """The charges in the order of the plan; `group_facts`: the facts that stand for a group of tickets."""
    matter = _Matter(lowered.plan, group_facts)
    return tuple(charge for slot in lowered.slots for charge in _of_slot(slot, matter))


class _Matter:
    """Which rules cost money, who pays by them, and which rest on the month's counts."""

    def __init__(self, plan: Plan, group_facts: Collection[str]) -> None:
        self.payers: dict[str, str | None] = {}
        self.sections: set[str] = set()
        self.grouped: set[str] = set()
        counted = resting_on(plan, group_facts) | set(group_facts)
        for item in plan.items:
            names = _names(item)
            paid = [outcome for outcome in _outcomes(item) if isinstance(outcome, _COSTLY)]
            if paid:
                self.payers |= dict.fromkeys(names, _payer(paid[0]))
                self.sections.add(_section(item.origin.id))
            if any(fact.name in counted for fact in facts_in(*expressions_of(item))):
                self.grouped.update(names)

    def costs(self, rule: str) -> bool:
        return rule in self.payers

    def is_watched(self, rule: str) -> bool:
        """Whether a review by it is about money: it stands beside rules that cost some."""
        return _section(rule) in self.sections or self.costs(rule)


_COSTLY = (Fine, Fee, Compensation, Share)


def _names(item: ItemPlan) -> list[str]:
    """The ids under which a verdict may speak of an item: its own and its exceptions'."""
    exemptions = () if isinstance(item, ClockPlan) else item.exemptions
    return [item.origin.id, *(exemption.origin.id for exemption in exemptions)]


def _outcomes(item: ItemPlan) -> tuple[Outcome, ...]:
    return item.on_breach if isinstance(item, ClockPlan) else item.outcomes


def _payer(outcome: Outcome) -> str | None:
    match outcome:
        case Fine(payer=payer) | Fee(payer=payer) | Compensation(payer=payer):
            return payer
        case _:
            return None


def _section(rule: str) -> str:
    """`book/section` of `book/section/rule`."""
    return "/".join(rule.split("/")[:2])


def _of_slot(slot: Slot, matter: _Matter) -> Iterator[Charge]:
    common: dict[str, Any] = {
        "rule": slot.rule,
        "table_row": slot.fixed.get("row"),
        "present": slot.present,
        "groups": slot.rule in matter.grouped,
    }
    kind = slot.fixed.get("kind")
    payer = slot.fixed.get("payer", matter.payers.get(slot.rule))
    match slot.part, kind:
        case "undecided", _ if matter.costs(slot.rule) and slot.causes is not None:
            yield Charge(**common, kind=None, unit=None, payer=payer, words=slot.causes.words)
        case "outcomes", "review" if matter.is_watched(slot.rule):
            reason, others = slot.fixed["reason"], _others(slot.held)
            yield Charge(**common, kind=None, unit=None, payer=payer, reason=reason, others=others)
        case "outcomes", "share":
            yield from _shares(slot, common)
        case "outcomes", kind if kind in MONEY_KINDS:
            yield _money(slot, common)


def _money(slot: Slot, common: Mapping[str, Any]) -> Charge:
    kind, unit, payer = (slot.fixed.get(name) for name in ("kind", "unit", "payer"))
    if slot.amount is None:
        return Charge(**common, kind=kind, unit=None, payer=payer, reason=AMOUNT_OPEN)
    return Charge(**common, kind=kind, unit=unit, payer=payer, amount=slot.amount.expression)


def _shares(slot: Slot, common: Mapping[str, Any]) -> Iterator[Charge]:
    """What each party bears; one that bears nothing has no line."""
    for place, share in enumerate(slot.fixed["shares"]):
        amount = slot.held["shares", place, "amount"].expression
        bears = exp.and_(slot.present.copy(), amount.copy() > exp.Literal.number(0))
        named = {**common, "present": bears}
        unit = slot.fixed["unit"]
        yield Charge(**named, kind="share", unit=unit, payer=share["party"], amount=amount)


def _others(held: Mapping[Path, Held]) -> dict[str, Sql]:
    """The money of each other reading of a gap."""
    return {
        str(path[1]): one.expression
        for path, one in held.items()
        if path[0] == "alternatives" and one.type.kind is Kind.MONEY
    }
