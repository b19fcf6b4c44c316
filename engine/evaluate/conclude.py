"""Outcomes with their amounts worked out, as they stand in a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, assert_never

from engine.base.exact import EXACT, plain
from engine.evaluate.case import Case
from engine.evaluate.values import NONE, Unknown, shown, together, unknown
from engine.evaluate.verdict import Outcome
from engine.rulebook.expressions import Expression, facts_in, type_of
from engine.rulebook.outcomes import (
    Breach,
    Compensation,
    Fee,
    Fine,
    Gate,
    Obligation,
    Review,
    Route,
    Score,
    Share,
)
from engine.rulebook.outcomes import Outcome as OutcomePlan
from engine.rulebook.types import MONEY_DIGITS

ADDED_UP = ("fine", "fee", "compensation")


def fields(case: Case, outcome: OutcomePlan, outputs: Mapping[str, Any] | None = None) -> Outcome | Unknown:
    """`kind` and the kind's own fields in their fixed order, or why an amount is not known."""
    match outcome:
        case Fine(amount=amount, payer=payer, per=per):
            return _with_money(case, outputs, "fine", amount, payer=payer, per=per)
        case Fee(amount=amount, payer=payer):
            return _with_money(case, outputs, "fee", amount, payer=payer)
        case Compensation(amount=amount, payee=payee, payer=payer):
            parties = _given(payee=payee, payer=payer)
            if amount is None:
                return {"kind": "compensation", "amount": None, **parties}
            return _with_money(case, outputs, "compensation", amount, **parties)
        case Share():
            return _share(case, outcome, outputs)
        case Breach(code=code, by=by):
            return {"kind": "breach", "code": code, **_given(by=by)}
        case Obligation(acts=acts, by=by):
            return {"kind": "obligation", "acts": list(acts), **_given(by=by)}
        case Gate(action=action, allowed=allowed, requires=requires):
            required = {"requires": list(requires)} if requires else {}
            return {"kind": "gate", "action": action, "allowed": allowed, **required}
        case Route(to=to):
            return {"kind": "route", "to": to}
        case Score(name=name, points=points):
            value = settled(case, points, outputs)
            if isinstance(value, Unknown):
                return value
            return {"kind": "score", "name": name, "points": shown(value, type_of(points))}
        case Review(reason=reason):
            return {"kind": "review", "reason": reason}
        case _:
            assert_never(outcome)


def settled(case: Case, expression: Expression, outputs: Mapping[str, Any] | None = None) -> Any:
    """A value that can stand in an outcome or be added up: what is none is as good as missing there."""
    value = case.value(expression, outputs=outputs)
    if value is not NONE:
        return value
    names = [fact.name for fact in facts_in(expression) if case.fact(fact.name) is NONE]
    return together([unknown("fact_missing", name) for name in names or ["as_of"]])


def _given(**parties: str | None) -> dict[str, str]:
    return {name: party for name, party in parties.items() if party is not None}


def _with_money(
    case: Case, outputs: Mapping[str, Any] | None, kind: str, amount: Expression, **rest: str
) -> Outcome | Unknown:
    value = settled(case, amount, outputs)
    if isinstance(value, Unknown):
        return value
    return {"kind": kind, "amount": money(value), "unit": type_of(amount).unit, **rest}


def money(value: Decimal | int) -> str:
    """A decimal string with two digits."""
    return plain(Decimal(value), MONEY_DIGITS)


def _share(case: Case, share: Share, outputs: Mapping[str, Any] | None) -> Outcome | Unknown:
    """Parts in order, each capped at what is left; the remainder party bears the rest."""
    amounts = [settled(case, part, outputs) for part in (share.of, *(p.amount for p in share.parts))]
    missing = [amount for amount in amounts if isinstance(amount, Unknown)]
    if missing:
        return together(missing)
    left, shares = Decimal(amounts[0]), []
    for part, amount in zip(share.parts, amounts[1:], strict=True):
        borne = max(Decimal(0), min(Decimal(amount), left))
        left = EXACT.subtract(left, borne)
        ceiling = {"up_to": True} if part.up_to else {}
        shares.append({"party": part.party, "amount": money(borne), **ceiling})
    shares.append({"party": share.remainder, "amount": money(left)})
    return {"kind": "share", "of": money(amounts[0]), "unit": type_of(share.of).unit, "shares": shares}


def totals(outcomes: Sequence[Outcome]) -> dict[str, dict[str, str]]:
    """Money by kind and unit, added up: fines of different schemes do not set one another off.

    Only fines, fees and compensation have an amount; it is a text with two digits, so its cents are a
    whole number.
    """
    paid = None
    for outcome in outcomes:
        if outcome.get("amount") is not None:
            if paid is not None:
                return _added_up(outcomes)
            paid = outcome
    return {} if paid is None else {paid["kind"]: {paid["unit"]: paid["amount"]}}


def _added_up(outcomes: Sequence[Outcome]) -> dict[str, dict[str, str]]:
    cents: dict[tuple[str, str], int] = {}
    for outcome in outcomes:
        amount = outcome.get("amount")
        if amount is not None:
            key = outcome["kind"], outcome["unit"]
            cents[key] = cents.get(key, 0) + int(amount[:-3] + amount[-2:])
    sums: dict[str, dict[str, str]] = {}
    for kind, unit in sorted(cents, key=_place) if len(cents) > 1 else cents:
        sums.setdefault(kind, {})[unit] = _with_point(cents[kind, unit])
    return sums


def _place(key: tuple[str, str]) -> tuple[int, str]:
    return ADDED_UP.index(key[0]), key[1]


def _with_point(cents: int) -> str:
    whole, rest = divmod(abs(cents), 10**MONEY_DIGITS)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02d}"
