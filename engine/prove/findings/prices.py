"""What an item charges, pays or scores on a ticket: as formulas, and on the reference evaluator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from engine.base.exact import EXACT, digits_after_point, plain
from engine.evaluate.tables import selection
from engine.plan.nodes import ClockPlan, ItemPlan, TablePlan
from engine.prove.asking.trial import Trial
from engine.prove.encoding.encoding import Encoding
from engine.prove.encoding.items import Effect, item_form
from engine.prove.encoding.worth import Worth, aligned, arithmetic, chosen, first_of, value
from engine.prove.solver import (
    Bool,
    both,
    compared,
    conjunction,
    disjunction,
    either,
    equal,
    negation,
    number,
)
from engine.rulebook.model import SINGLE_HIT
from engine.rulebook.outcomes import Compensation, Fee, Fine, Outcome, Score
from engine.rulebook.types import MONEY_DIGITS

PRICED = ("fine", "fee", "compensation", "score")
NOTHING = value(number(0))
IS_LEFT_OPEN = ("reason", "undefined_by_source")

Sums: TypeAlias = Mapping[str, Decimal]
"""What comes together of each kind; a kind that is not named is not concluded."""


@dataclass(frozen=True, slots=True)
class Price:
    """The amounts of one kind added up, nothing concluded being zero."""

    kind: str
    total: Worth


@dataclass(frozen=True, slots=True)
class Priced:
    """All that an item comes to; `open`: something about it is not decided, and nothing is said of it."""

    prices: tuple[Price, ...]
    open: Bool


def outcomes_of(item: ItemPlan) -> tuple[Outcome, ...]:
    """What an item may conclude; a clock where it is breached."""
    return item.on_breach if isinstance(item, ClockPlan) else item.outcomes


def has_price(item: ItemPlan) -> bool:
    return any(
        isinstance(outcome, Fine | Fee | Score)
        or (isinstance(outcome, Compensation) and outcome.amount is not None)
        for outcome in outcomes_of(item)
    )


def priced(encoding: Encoding, item: ItemPlan) -> Priced:
    """What an item comes to on a complete ticket."""
    form = item_form(encoding, item)
    gaps = [effect.when for effect in form.effects if IS_LEFT_OPEN in effect.fixed]
    applies = encoding.applies(item)
    rows = both(applies.may, encoding.table(item).open) if isinstance(item, TablePlan) else applies.unknown
    kinds = [kind for kind in PRICED if any(_counts(effect, kind) for effect in form.effects)]
    single = isinstance(item, TablePlan) and item.policy in SINGLE_HIT and len(item.outcomes) == 1
    totals = [_total([e for e in form.effects if _counts(e, kind)], single) for kind in kinds]
    prices = tuple(Price(kind, total) for kind, total in zip(kinds, totals, strict=True))
    return Priced(prices, either(form.open, applies.unknown, rows, *gaps))


def _counts(effect: Effect, kind: str) -> bool:
    return effect.kind == kind and bool(effect.amounts)


def _total(effects: list[Effect], single: bool) -> Worth:
    cases = [(effect.when, effect.amounts[0][1]) for effect in effects]
    if single:
        return first_of(cases, NOTHING)
    total = NOTHING
    for when, amount in cases:
        total = arithmetic("+", total, chosen(when, amount, NOTHING))
    return total


def more(one: Priced, other: Priced) -> Bool:
    """Of some kind the first comes to more; both are settled."""
    pairs = [aligned(a.total, b.total) for a, b in zip(one.prices, other.prices, strict=True)]
    return both(settled(one, other), disjunction(compared(">", a.term, b.term) for a, b in pairs))


def unlike(one: Priced, other: Priced) -> Bool:
    """The two come to different amounts, and both are settled."""
    pairs = [aligned(a.total, b.total) for a, b in zip(one.prices, other.prices, strict=True)]
    return both(settled(one, other), disjunction(negation(equal(a.term, b.term)) for a, b in pairs))


def is_worth(found: Priced, sums: Sums) -> Bool:
    """It comes to exactly these."""
    return conjunction(_is(price.total, sums.get(price.kind, Decimal(0))) for price in found.prices)


def _is(total: Worth, sum_: Decimal) -> Bool:
    one, other = aligned(total, _number(sum_))
    return equal(one.term, other.term)


def _number(amount: Decimal) -> Worth:
    scale = digits_after_point(amount)
    return value(number(int(amount.scaleb(scale))), scale)


def settled(*found: Priced) -> Bool:
    return negation(disjunction(one.open for one in found))


# --- on the reference evaluator ---------------------------------------------------------------------------


def sums(trial: Trial, item: ItemPlan) -> Sums | None:
    """What a ticket comes to; None where something about it is not decided."""
    applies = trial.case.applies(item)
    if not isinstance(applies, bool):
        return None
    if isinstance(item, TablePlan) and applies and selection(trial.case, item).causes:
        return None
    said = trial.said(item.origin.id)
    if said.undecided or any(outcome.get("reason") == IS_LEFT_OPEN[1] for outcome in said.outcomes):
        return None
    return all_sums(trial, item)


def all_sums(trial: Trial, item: ItemPlan) -> Sums:
    """What is concluded, whatever else is not decided."""
    found: dict[str, Decimal] = {}
    for kind, amount in _amounts(trial.said(item.origin.id).outcomes):
        found[kind] = EXACT.add(found.get(kind, Decimal(0)), amount)
    return found


def _amounts(outcomes: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Decimal]]:
    for outcome in outcomes:
        amount = outcome.get("points") if outcome["kind"] == "score" else outcome.get("amount")
        if outcome["kind"] in PRICED and amount is not None:
            yield outcome["kind"], Decimal(str(amount))


def has_more(one: Sums, other: Sums) -> bool:
    return any(amount > other.get(kind, Decimal(0)) for kind, amount in one.items())


def as_sums(found: Sums) -> Sums:
    """Without what is zero: an amount of nothing is nothing."""
    return {kind: amount for kind, amount in found.items() if amount}


def sums_text(found: Sums, item: ItemPlan, currency: str) -> str:
    """As `expect` says them, with their unit: `50.00 CNY`; several kinds with their names."""
    kinds = dict.fromkeys(type(outcome).__name__.lower() for outcome in outcomes_of(item))
    several = len([kind for kind in kinds if kind in PRICED]) > 1
    texts = [
        f"{kind}: {amount_text(kind, amount, currency)}" if several else amount_text(kind, amount, currency)
        for kind, amount in found.items()
    ]
    return ", ".join(texts) or "nothing"


def amount_text(kind: str, amount: Decimal, currency: str) -> str:
    if kind == "score":
        return plain(amount, digits_after_point(amount))
    return f"{plain(amount, MONEY_DIGITS)} {currency}"
