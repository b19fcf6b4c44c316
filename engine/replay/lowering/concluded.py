"""Outcomes as fields of slots, with their amounts. Its twin is `engine.evaluate.conclude`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, assert_never

from sqlglot import exp

from engine.replay.lowering.causes import Mask, together, where
from engine.replay.lowering.values import Cell, Scope, known_number
from engine.replay.lowering.writer import Writer
from engine.replay.sql import numbers
from engine.replay.sql.logic import Truth, case, conjunction, sql
from engine.replay.sql.numbers import Quantity
from engine.replay.sql.slots import Held, Path, Slot
from engine.rulebook.expressions import Expression, type_of
from engine.rulebook.outcomes import (
    Breach,
    Compensation,
    Fee,
    Fine,
    Gate,
    Obligation,
    Outcome,
    Review,
    Route,
    Score,
    Share,
    amounts,
)
from engine.rulebook.types import MONEY_DIGITS

Fields: TypeAlias = tuple[dict[str, Any], dict[Path, Held]]
"""The fields of one outcome that are the same for every ticket, and those that are not."""


@dataclass(frozen=True)
class Concluded:
    """All the outcomes of a rule or row; `known`: whether all their amounts are, never NULL."""

    outcomes: tuple[Fields, ...]
    known: Truth
    mask: Mask


def concluded(
    writer: Writer, outcomes: tuple[Outcome, ...], outputs: Mapping[str, Cell], present: Truth = True
) -> Concluded:
    """What a rule or a row concludes; its amounts are worked out once, where it is present."""
    scope = Scope(outputs=outputs)
    cells = {
        amount: _once(writer, writer.settled(amount, scope), present)
        for outcome in outcomes
        for amount in amounts(outcome)
    }
    known = conjunction(cell.worth.there for cell in cells.values())
    stated = () if known is False else tuple(_fields(outcome, cells) for outcome in outcomes)
    return Concluded(stated, known, together(cell.mask for cell in cells.values()))


def _once(writer: Writer, cell: Cell, present: Truth) -> Cell:
    """An amount that is worked out in a column of its own, on those tickets only that it is asked of."""
    number = cell.worth.number
    if not isinstance(number, Quantity) or isinstance(number.sql, exp.Column | exp.Literal | exp.Neg):
        return cell
    read = writer.columns.add("amount", case([(present, number.sql)], exp.Null()))
    return replace(cell, worth=replace(cell.worth, value=read, number=replace(number, sql=read)))


def _fields(outcome: Outcome, cells: Mapping[Expression, Cell]) -> Fields:
    match outcome:
        case Fine(amount=amount, payer=payer, per=per):
            return _with_money("fine", amount, cells, payer=payer, per=per)
        case Fee(amount=amount, payer=payer):
            return _with_money("fee", amount, cells, payer=payer)
        case Compensation(amount=amount, payee=payee, payer=payer):
            parties = _given(payee=payee, payer=payer)
            if amount is None:
                return {"kind": "compensation", "amount": None, **parties}, {}
            return _with_money("compensation", amount, cells, **parties)
        case Share():
            return _share(outcome, cells)
        case Breach(code=code, by=by):
            return {"kind": "breach", "code": code, **_given(by=by)}, {}
        case Obligation(acts=acts, by=by):
            return {"kind": "obligation", "acts": list(acts), **_given(by=by)}, {}
        case Gate(action=action, allowed=allowed, requires=requires):
            required = {"requires": list(requires)} if requires else {}
            return {"kind": "gate", "action": action, "allowed": allowed, **required}, {}
        case Route(to=to):
            return {"kind": "route", "to": to}, {}
        case Score(name=name, points=points):
            held: dict[Path, Held] = {("points",): Held(cells[points].worth.value, type_of(points))}
            return {"kind": "score", "name": name, "points": None}, held
        case Review(reason=reason):
            return {"kind": "review", "reason": reason}, {}
        case _:
            assert_never(outcome)


def _given(**parties: str | None) -> dict[str, str]:
    return {name: party for name, party in parties.items() if party is not None}


def _with_money(kind: str, amount: Expression, cells: Mapping[Expression, Cell], **rest: str) -> Fields:
    type_ = type_of(amount)
    held: dict[Path, Held] = {("amount",): Held(_money(cells[amount]).sql, type_)}
    return {"kind": kind, "amount": None, "unit": type_.unit, **rest}, held


def _money(cell: Cell) -> Quantity:
    """An amount with its two digits."""
    number = cell.worth.number
    if not isinstance(number, Quantity):
        return Quantity(cell.worth.value, numbers.constant(0).digits)
    return Quantity(numbers.as_type(number, MONEY_DIGITS), number.digits)


def _share(share: Share, cells: Mapping[Expression, Cell]) -> Fields:
    """Parts in order, each capped at what is left; the remainder party bears the rest."""
    money = type_of(share.of)
    parts: list[dict[str, Any]] = []
    held: dict[Path, Held] = {("of",): Held(_money(cells[share.of]).sql, money)}
    left: Any = known_number(cells[share.of].worth)
    for place, part in enumerate(share.parts):
        wanted = known_number(cells[part.amount].worth)
        borne = numbers.greatest([numbers.constant(0), numbers.least([wanted, left])])
        left = numbers.subtract(left, borne)
        held["shares", place, "amount"] = Held(numbers.as_type(_quantity(borne), MONEY_DIGITS), money)
        ceiling = {"up_to": True} if part.up_to else {}
        parts.append({"party": part.party, "amount": None, **ceiling})
    held["shares", len(parts), "amount"] = Held(numbers.as_type(_quantity(left), MONEY_DIGITS), money)
    parts.append({"party": share.remainder, "amount": None})
    return {"kind": "share", "of": None, "unit": money.unit, "shares": parts}, held


def _quantity(number: Any) -> Quantity:
    assert isinstance(number, Quantity), "an amount is rounded"
    return number


def undecided(writer: Writer, rule: str, present: Truth, mask: Mask) -> list[Slot]:
    """That something may apply, with why; the causes are worked out only where it is so."""
    if present is False or not writer.tells_undecided:
        return []
    asked = {
        word: writer.columns.add("causes", part, never_null=True)
        for word, part in where(present, mask).items()
    }
    return [Slot("undecided", rule, {}, sql(present), {}, writer.bits.causes(asked))]
