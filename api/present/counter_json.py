"""What would have avoided an outcome, and what to ask next, as plain data."""

from __future__ import annotations

from typing import Any

from engine.evaluate.values import shown
from engine.plan.nodes import Plan
from engine.prove.counter.counterfactual import (
    Alternative,
    Apart,
    Ask,
    Change,
    Counter,
    Counterfactual,
    Piece,
)
from engine.rulebook.types import Type


def counter_json(counter: Counter, plan: Plan) -> dict[str, Any]:
    """`avoided`, `ask` and `apart`; values as verdicts show them."""
    return {
        "avoided": [_counterfactual(one, plan) for one in counter.avoided],
        "ask": [_ask(ask, plan) for ask in counter.asks],
        "apart": [_apart(one) for one in counter.apart],
    }


def _counterfactual(one: Counterfactual, plan: Plan) -> dict[str, Any]:
    return {
        "outcome": one.outcome,
        "status": one.status,
        "alternatives": [_alternative(alternative, plan) for alternative in one.alternatives],
        "more": one.more,
    }


def _alternative(alternative: Alternative, plan: Plan) -> dict[str, Any]:
    return {
        "changes": [_change(change, plan) for change in alternative.changes],
        "instead": list(alternative.instead),
    }


def _change(change: Change, plan: Plan) -> dict[str, Any]:
    type_ = plan.facts[change.fact].type
    return {
        "fact": change.fact,
        "before": shown(change.before, type_),
        "after": shown(change.after, type_),
        "also": [shown(worth, type_) for worth in change.also],
    }


def _ask(ask: Ask, plan: Plan) -> dict[str, Any]:
    """A fact to ask; `average` is a decimal text with two digits."""
    records, _, field = ask.fact.partition(".")
    type_ = plan.facts[records].type
    type_ = type_.fields[field].type if field else type_
    return {
        "fact": ask.fact,
        "waiting": list(ask.waiting),
        "worst": ask.worst,
        "average": f"{float(ask.average):.2f}",
        "pieces": [_piece(piece, type_) for piece in ask.pieces],
    }


def _piece(piece: Piece, type_: Type) -> dict[str, Any]:
    ends = {"low": piece.low, "below": piece.below}
    members = {"values": [shown(member, type_) for member in piece.members]}
    values = members if piece.members else {name: shown(worth, type_) for name, worth in ends.items()}
    return {**values, "left": piece.left, "gains": list(piece.gains)}


def _apart(one: Apart) -> dict[str, Any]:
    return {"reason": one.reason, "names": list(one.names), "waiting": list(one.waiting)}
