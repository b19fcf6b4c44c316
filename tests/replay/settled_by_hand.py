"""A month settled ticket by ticket on the reference evaluator, with counts in plain Python: the slow way.

Written from the description of what a settlement is, not from its SQL; for the shipped rulebooks only, as it
knows their three counts by name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from itertools import product
from typing import Any, TypeAlias

from engine.evaluate.facts import facts_from
from engine.evaluate.reference import ReferenceEvaluator
from engine.evaluate.verdict import Verdict
from engine.plan.nodes import ClockPlan, Plan
from engine.rulebook.outcomes import Compensation, Fee, Fine, Share

Facts: TypeAlias = dict[str, Any]
Said: TypeAlias = tuple[Any, ...]
"""An amount: rule, row, kind, amount, payer. What is open: rule, row, reason, missing."""

COUNTED = ("appeals_total", "appeals_attitude", "appeals_false_signoff")
WORKED_OUT = (*COUNTED, "rate_eligible_appeals", "appeal_rate_per_million", "monthly_parcel_volume")
KINDS = ("attitude", "false_signoff", "delay")
"""Of the types of appeals those that count differently."""


@dataclass
class ByHand:
    """What each outlet pays, and what is open, by ticket."""

    lines: dict[str | None, set[Said]] = field(default_factory=lambda: defaultdict(set))
    open_lines: dict[str | None, set[Said]] = field(default_factory=lambda: defaultdict(set))


def settled_by_hand(plan: Plan, tickets: Sequence[Mapping[str, Any]], month: date, as_of: datetime) -> ByHand:
    """The month's statements; `tickets` are raw facts."""
    read: list[Facts] = [dict(facts_from(raw, plan)[0]) for raw in tickets]
    here = [facts for facts in read if _month(facts) == month]
    for facts in here:
        facts["month"] = month
    groups: dict[str | None, list[Facts]] = defaultdict(list)
    for facts in here:
        groups[facts.get("outlet_level1_id")].append(facts)
    found, judge, money = ByHand(), ReferenceEvaluator(plan), _Money(plan)
    for outlet, members in groups.items():
        worlds = list(_worlds(members)) if outlet is not None else [{}]
        for facts in members:
            own = {name: value for name, value in facts.items() if name not in WORKED_OUT}
            said = [money.said(judge.decide({**own, **world}, as_of), own) for world in worlds]
            _add(found, facts["ticket_no"], said, _doubtful(worlds))
    return found


def _month(facts: Facts) -> date | None:
    for name in ("month", "complaint_at", "created_at"):
        value = facts.get(name)
        if isinstance(value, datetime):
            value = value.date()
        if value is not None:
            return date(value.year, value.month, 1)
    return None


def _worlds(members: Sequence[Facts]) -> Iterator[Facts]:
    """The counts of a group in every way in which appeals without a type may count; each way once."""
    appeals = [facts for facts in members if "appeal_body" in facts]
    told = [facts["appeal_type"] for facts in appeals if "appeal_type" in facts]
    volumes = {facts["monthly_parcel_volume"] for facts in members if "monthly_parcel_volume" in facts}
    common = {"monthly_parcel_volume": volumes.pop()} if len(volumes) == 1 else {}
    seen = set()
    for guessed in product(KINDS, repeat=len(appeals) - len(told)):
        types = [*told, *guessed]
        counts = (len(appeals), types.count("attitude"), types.count("false_signoff"))
        if counts not in seen:
            seen.add(counts)
            yield {**dict(zip(COUNTED, counts, strict=True)), **common}


def _doubtful(worlds: Sequence[Facts]) -> tuple[str, ...]:
    return tuple(n for n in sorted(COUNTED) if len({world.get(n) for world in worlds}) > 1)


class _Money:
    """What of a verdict is about money, and whose it is."""

    def __init__(self, plan: Plan) -> None:
        self.payers: dict[str, str | None] = {}
        for item in plan.items:
            outcomes = item.on_breach if isinstance(item, ClockPlan) else item.outcomes
            costly = [o for o in outcomes if isinstance(o, Fine | Fee | Compensation | Share)]
            exemptions = () if isinstance(item, ClockPlan) else item.exemptions
            for origin in (item.origin, *(e.origin for e in exemptions)):
                if costly:
                    self.payers[origin.id] = getattr(costly[0], "payer", None)
        self.sections = {"/".join(rule.split("/")[:2]) for rule in self.payers}

    def said(self, verdict: Verdict, facts: Facts) -> set[tuple[str | None, bool, Said]]:
        """Outlet, whether it is an amount, what is said."""
        found: set[tuple[str | None, bool, Said]] = set()
        for outcome in verdict["outcomes"]:
            rule, row, kind = outcome["rule"], outcome.get("row"), outcome["kind"]
            if kind == "share":
                for share in outcome["shares"]:
                    if Decimal(share["amount"]):
                        party = share["party"]
                        line = (rule, row, kind, Decimal(share["amount"]), party)
                        found.add((_outlet(party, facts), True, line))
            elif kind in ("fine", "fee", "compensation") and outcome["amount"] is not None:
                payer = outcome.get("payer")
                found.add((_outlet(payer, facts), True, (rule, row, kind, Decimal(outcome["amount"]), payer)))
            elif kind == "compensation":
                found.add((self._whose(rule, facts), False, (rule, row, "amount_open", ())))
            elif kind == "review" and "/".join(rule.split("/")[:2]) in self.sections:
                found.add((self._whose(rule, facts), False, (rule, row, outcome["reason"], ())))
        for entry in verdict["undecided"]:
            if entry["rule"] in self.payers:
                missing = set(entry["missing"])
                if not missing.isdisjoint(COUNTED) and "outlet_level1_id" not in facts:
                    missing = missing - set(WORKED_OUT) | {"outlet_level1_id"}
                why = (entry["rule"], None, entry["reason"], tuple(sorted(missing)))
                found.add((self._whose(entry["rule"], facts), False, why))
        return found

    def _whose(self, rule: str, facts: Facts) -> str | None:
        payer = self.payers.get(rule)
        if payer is None:
            own: str | None = facts.get("outlet_id", facts.get("outlet_level1_id"))
            return own
        return _outlet(payer, facts)


def _outlet(party: str | None, facts: Facts) -> str | None:
    match party:
        case "first_level_outlet":
            return facts.get("outlet_level1_id")
        case "responsible_outlet":
            return facts.get("outlet_id")
        case _:
            return None


def _add(
    found: ByHand,
    ticket: str,
    worlds: Sequence[set[tuple[str | None, bool, Said]]],
    doubtful: tuple[str, ...],
) -> None:
    """What is said in every world; of the rest, by rule, that it hangs on the counts."""
    everywhere = set.intersection(*worlds)
    for outlet, is_amount, said in everywhere:
        (found.lines if is_amount else found.open_lines)[outlet].add((ticket, *said))
    for outlet, _, said in set.union(*worlds) - everywhere:
        found.open_lines[outlet].add((ticket, said[0], None, "fact_missing", doubtful))
