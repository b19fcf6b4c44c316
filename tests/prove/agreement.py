"""Whether the formulas of a plan say of a ticket what the reference evaluator says, item by item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from engine.base.calendar import Due
from engine.evaluate.clocks import shown_due
from engine.evaluate.facts import Facts
from engine.evaluate.values import NONE, Unknown
from engine.plan.nodes import Plan
from engine.prove.asking.trial import Trial
from engine.prove.encoding.encoding import Encoding
from engine.prove.encoding.items import Effect, ItemForm, item_form
from engine.prove.encoding.records import MOST_RECORDS
from engine.prove.encoding.symbols import Symbols
from engine.prove.encoding.worth import Worth
from engine.prove.encoding.zone import moment_of
from engine.prove.solver import Model, Term
from tests.prove.evaluated import Evaluated, as_number, evaluated, pair_of


class Formulas:
    """A plan's formulas for tickets that may lack facts, made once."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.encoding = Encoding(plan, Symbols(partial=True))
        self.forms: dict[str, ItemForm] = {
            item.origin.id: item_form(self.encoding, item) for item in plan.items
        }
        self.derived: dict[str, Worth] = {
            d.fact.name: self.encoding.fact(d.fact.name) for d in plan.definitions
        }
        self.terms = [*self._terms()]

    def _terms(self) -> Iterator[Term]:
        for form in self.forms.values():
            yield from (form.is_defeated, form.open)
            for effect in form.effects:
                yield effect.when
                yield from (worth.term for _, worth in effect.amounts)
        for worth in self.derived.values():
            yield from (worth.known, worth.there, worth.term)

    def differences(self, facts: Facts, as_of: datetime | None) -> Iterator[str]:
        """Every item, and every derived fact, of which the formulas say something else."""
        values = self._evaluated(facts, as_of)
        trial = Trial(self.plan, facts, as_of)
        for name, form in self.forms.items():
            found, expected = self._said(form, values), said_by_reference(trial, name)
            if found != expected:
                yield f"{name}: formulas {found}, reference {expected}"
        for name, worth in self.derived.items():
            value, known = self._value(name, worth, values), trial.worth(name)
            if value != ("unknown" if isinstance(known, Unknown) else known):
                yield f"{name}: formulas {value}, reference {known}"

    def _evaluated(self, facts: Facts, as_of: datetime | None) -> Evaluated:
        """Every term of the forms for one ticket: what is left open has the value that it has for it."""
        symbols = self.encoding.symbols
        pairs = [pair for pin in symbols.pins(facts, as_of) for pair in pair_of(pin)]
        for free in symbols.everything_free():
            operands = evaluated(free.operands, pairs)
            lemma = free.told([as_number(operand) for operand in operands])
            pairs += [] if lemma is None else pair_of(lemma)
        return Evaluated(self.terms, evaluated(self.terms, pairs))

    def _said(self, form: ItemForm, values: Evaluated) -> tuple[list[str], bool, bool]:
        stated = [self._stated(effect, values) for effect in form.effects if values.truth(effect.when)]
        return sorted(map(repr, stated)), values.truth(form.is_defeated), values.truth(form.open)

    def _stated(self, effect: Effect, values: Evaluated) -> Any:
        fixed = {name: part for name, part in effect.fixed if name != "alternatives"}
        if effect.kind == "deadline":
            amounts = dict(effect.amounts)
            instant = moment_of(values.number(amounts["due"].term), self.encoding.zone)
            due, inclusive = shown_due(Due(instant, values.truth(amounts["inclusive"].term)))
            return effect.kind, {**fixed, "due": due, "inclusive": inclusive}
        if effect.kind == "review":
            return effect.kind, fixed
        numbers = {name: _number(worth, values) for name, worth in effect.amounts}
        return effect.kind, {**fixed, **numbers}

    def _value(self, name: str, worth: Worth, values: Evaluated) -> Any:
        if not values.truth(worth.known):
            return "unknown"
        if not values.truth(worth.there):
            return NONE
        return self.encoding.symbols.decoded(
            cast(Model, values), worth, self.plan.facts[name].type, self.encoding.zone
        )


def _number(worth: Worth, values: Evaluated) -> str:
    return f"{Decimal(values.number(worth.term)).scaleb(-worth.scale).normalize():f}"


def sayable(facts: Facts) -> bool:
    """Whether all of the ticket is said exactly: no list is longer than what is written out, no pause."""
    return all(len(value) <= MOST_RECORDS for value in facts.values() if isinstance(value, tuple))


def said_by_reference(trial: Trial, item: str) -> tuple[list[str], bool, bool]:
    """What the reference says, in the same shape."""
    judgement = trial.said(item)
    stated = [_plain(outcome) for outcome in judgement.outcomes]
    return sorted(map(repr, stated)), bool(judgement.defeated), bool(judgement.undecided)


def _plain(outcome: Mapping[str, Any]) -> Any:
    kind = outcome["kind"]
    match kind:
        case "deadline":
            return kind, {name: outcome[name] for name in ("state", "due", "inclusive")}
        case "obligation":
            return kind, {"acts": " ".join(outcome["acts"])} | _given(outcome, "by")
        case "gate":
            requires = {"requires": " ".join(outcome["requires"])} if "requires" in outcome else {}
            return kind, {"action": outcome["action"], "allowed": str(outcome["allowed"]).lower()} | requires
        case "share":
            shares = {share["party"]: _decimal(share["amount"]) for share in outcome["shares"]}
            ceilings = " ".join(share["party"] for share in outcome["shares"] if "up_to" in share)
            fixed = {"unit": outcome["unit"]} | ({"up_to": ceilings} if ceilings else {})
            return kind, fixed | {"of": _decimal(outcome["of"])} | shares
        case "review":
            return kind, {"reason": outcome["reason"]}
        case "score":
            return kind, {"name": outcome["name"], "points": _decimal(str(outcome["points"]))}
        case "compensation" if outcome["amount"] is None:
            return kind, _given(outcome, "payee", "payer")
        case "compensation":
            parts = _given(outcome, "unit", "payee", "payer")
            return kind, parts | {"amount": _decimal(outcome["amount"])}
        case "fine" | "fee":
            return kind, _given(outcome, "unit", "payer", "per") | {"amount": _decimal(outcome["amount"])}
        case _:
            return kind, _given(outcome, "code", "by", "to")


def _given(outcome: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: outcome[name] for name in names if name in outcome}


def _decimal(text: str) -> str:
    return f"{Decimal(text).normalize():f}"
