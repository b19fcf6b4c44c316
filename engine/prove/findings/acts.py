"""What outcomes are about: two of one act cannot both be meant where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from engine.plan.nodes import ItemPlan
from engine.prove.asking.trial import Trial
from engine.prove.encoding.items import Effect, item_form
from engine.prove.encoding.worth import Worth, aligned, first_of
from engine.prove.findings.context import Context
from engine.prove.findings.heads import section_of
from engine.prove.solver import FALSE, TRUE, Bool, disjunction, equal, negation
from engine.rulebook.outcomes import Compensation, Fee, Fine, Gate, Outcome, Route, Score, Share

Act: TypeAlias = tuple[str, ...]
"""The kind of an outcome, and what of it two outcomes must share to be about one act."""
Said: TypeAlias = Mapping[str, Any]
"""An outcome as a verdict has it."""

PARTIES: Mapping[str, tuple[str, ...]] = {
    "gate": ("action",),
    "score": ("name",),
    "fine": ("payer", "per"),
    "fee": ("payer",),
    "compensation": ("payee", "payer"),
}
"""The fields that the acts of a kind are told apart by, after which stands the section."""
IN_ONE_SECTION = frozenset({"fine", "fee", "compensation"})


def act_of(outcome: Outcome, item: ItemPlan) -> Act | None:
    """None for what may stand beside anything: breaches, obligations, reviews."""
    match outcome:
        case Gate(action=action):
            return "gate", action
        case Route():
            return ("route",)
        case Score(name=name):
            return "score", name
        case Share():
            return ("share",)
        case Fine(payer=payer, per=per):
            return "fine", payer, per, section_of(item)
        case Fee(payer=payer):
            return "fee", payer, section_of(item)
        case Compensation(payee=payee, payer=payer, amount=amount) if amount is not None:
            return "compensation", payee or "", payer or "", section_of(item)
        case _:
            return None


def effects_of(context: Context, item: ItemPlan, act: Act) -> list[Effect]:
    """What an item concludes of an act; of a table of which one row counts as one effect."""
    effects = item_form(context.encoding, item).effects
    found = [effect for effect in effects if effect.kind == act[0] and _is_of(dict(effect.fixed), act)]
    rows = {id(effect.row) for effect in found if effect.row is not None}
    alike = len({effect.like for effect in found}) == 1
    return [_merged(found)] if alike and len(rows) == len(found) else found


def _merged(effects: list[Effect]) -> Effect:
    """One of them stands at most."""
    names = [name for name, _ in effects[0].amounts]
    worths = [
        first_of([(effect.when, effect.amounts[n][1]) for effect in effects], effects[0].amounts[n][1])
        for n in range(len(names))
    ]
    return replace(
        effects[0],
        when=disjunction(effect.when for effect in effects),
        amounts=tuple(zip(names, worths, strict=True)),
    )


def said_of(trial: Trial, item: ItemPlan, act: Act) -> list[Said]:
    """The same on the reference evaluator."""
    outcomes = trial.said(item.origin.id).outcomes
    return [outcome for outcome in outcomes if outcome["kind"] == act[0] and _is_of(outcome, act)]


def _is_of(fields: Said, act: Act) -> bool:
    if act[0] == "compensation" and fields.get("amount", "") is None:
        return False
    names = PARTIES.get(act[0], ())
    return all((fields.get(name) or "") == own for name, own in zip(names, act[1:], strict=False))


def differ(one: Effect, other: Effect) -> Bool:
    """Two effects of one act that cannot both be meant; money adds up, be it the same amount."""
    match one.kind:
        case kind if kind in IN_ONE_SECTION:
            return TRUE
        case "gate":
            return FALSE if dict(one.fixed)["allowed"] == dict(other.fixed)["allowed"] else TRUE
        case "route":
            return FALSE if one.fixed == other.fixed else TRUE
        case _:
            return _amounts_differ(dict(one.amounts), dict(other.amounts))


def _amounts_differ(one: Mapping[str, Worth], other: Mapping[str, Worth]) -> Bool:
    """A party that only one of them names bears another amount."""
    if one.keys() != other.keys():
        return TRUE
    pairs = (aligned(one[name], other[name]) for name in one)
    return disjunction(negation(equal(a.term, b.term)) for a, b in pairs)


def unlike(one: Said, other: Said) -> bool:
    """The same on the reference evaluator."""
    return one["kind"] in IN_ONE_SECTION or bool(_measure(one) != _measure(other))


def _measure(said: Said) -> Any:
    match said["kind"]:
        case "gate":
            return said["allowed"]
        case "route":
            return said["to"]
        case "score":
            return said["points"]
        case "share":
            return {share["party"]: share["amount"] for share in said["shares"]}
        case _:
            return said["amount"]


def said_text(said: Said, currency: str) -> str:
    """As an example's `expect` would say it, with its unit."""
    match said["kind"]:
        case "gate":
            return f"{said['action']}: {str(said['allowed']).lower()}"
        case "share":
            return ", ".join(f"{share['party']}: {share['amount']} {currency}" for share in said["shares"])
        case "route" | "score":
            return str(_measure(said))
        case _:
            return f"{said['amount']} {currency}"
