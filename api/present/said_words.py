"""What two editions conclude on one ticket, side by side in words: `fine: 50.00 → 80.00 CNY`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.present.amounts import money, plain_value, truth
from api.present.catalogue_words import CatalogueWords
from api.present.labels import label, label_or
from engine.base.findings import Language
from engine.plan.nodes import ClockPlan, ItemPlan, Plan
from engine.prove.change import Said
from engine.rulebook.expressions import type_of
from engine.rulebook.model import Catalogue
from engine.rulebook.outcomes import Compensation, Fee, Fine

MONEY = ("fine", "fee", "compensation")
HIDDEN = ("nothing", "rows", "reason")
"""Keys of `expect` that say nothing, or that others say already."""


class SaidWords(CatalogueWords):
    """Words for what items conclude, by one edition's catalogue."""

    def __init__(self, catalogue: Catalogue, plan: Plan, language: Language) -> None:
        super().__init__(catalogue, language)
        self._units = dict(_units(plan))

    def change(self, item: str, before: Said, after: Said) -> str:
        """What differs: one part each where both say something of the kind, else the two as wholes."""
        old, new = dict(self._parts(item, before)), dict(self._parts(item, after))
        different = {key for key in (*old, *new) if old.get(key) != new.get(key)}
        old, new = ({k: v for k, v in one.items() if k in different} for one in (old, new))
        if old.keys() == new.keys():
            parts = (self._both(key, old[key], new[key], self._unit(item, key)) for key in old)
            return self._list(parts) if old else self.whole(item, after)
        return self._arrow(self._whole(item, old), self._whole(item, new))

    def whole(self, item: str, said: Said) -> str:
        """All that one edition says: `fine: 50.00 CNY`, `nothing`."""
        return self._whole(item, dict(self._parts(item, said)))

    def _whole(self, item: str, parts: Mapping[str, str]) -> str:
        shown = (self._one(key, text, self._unit(item, key)) for key, text in parts.items())
        return self._list(shown) if parts else self._say("nothing")

    def _parts(self, item: str, said: Said) -> Iterator[tuple[str, str]]:
        """Each key with its value in words; the rows come last."""
        for key, value in said.items():
            if key != "row" and key not in HIDDEN:
                yield key, self._value(item, key, value, said)
        rows = said.get("rows") or [said["row"]] if "row" in said else ()
        if rows:
            yield "row", self._list(map(str, rows))

    def _value(self, item: str, key: str, value: Any, said: Said) -> str:
        match key, value:
            case _, bool():
                return truth(value, self.language)
            case ("undecided", list() | tuple()):
                reason = str(said.get("reason", ""))
                why = label_or("reason", reason, self.language, reason)
                missing = self._list(map(self.fact, value))
                return f"{why}{self._colon}{missing}" if missing else why
            case ("compensation", "due"):
                return label("truth", "due", self.language)
            case ("deadline", str()):
                return label_or("state", value, self.language, value)
            case ("gate", Mapping()):
                return self._list(f"{self.code(a)} {self._allowed(ok)}" for a, ok in value.items())
            case ("share", Mapping()):
                return self._list(f"{self.party(p)} {amount}" for p, amount in value.items())
            case _, list() | tuple():
                return self._list(self._value(item, key, one, said) for one in value)
            case _, str() if key in ("breach", "obligation", "route", "review"):
                return label_or("reason", value, self.language, self.code(value))
            case _, str() if key in MONEY:
                return money(value, None, self.language)
            case _:
                return plain_value(value, self.catalogue.facts.get(key), self.language)

    def _both(self, key: str, before: str, after: str, unit: str) -> str:
        arrow = self._arrow(before, after)
        return f"{self._name(key)}{self._colon}{arrow} {unit}".rstrip()

    def _one(self, key: str, text: str, unit: str) -> str:
        return f"{self._name(key)}{self._colon}{text} {unit}".rstrip()

    def _arrow(self, before: str, after: str) -> str:
        return f"{before} → {after}"

    def _name(self, key: str) -> str:
        match key:
            case "undecided" | "defeated" | "row":
                return label("heading", key, self.language)
            case "due":
                return self._say("due")
            case _:
                return label_or("kind", key, self.language, self.fact(key))

    def _unit(self, item: str, key: str) -> str:
        """The unit of a kind of money: `CNY`; nothing for what is no money."""
        unit = self._units.get((item, key), self.catalogue.currency) if key in MONEY else ""
        return label_or("unit", unit, self.language, unit)

    def _allowed(self, allowed: Any) -> str:
        return label("truth", "allowed" if allowed else "refused", self.language)

    def _say(self, key: str) -> str:
        return label("diff", key, self.language)

    @property
    def _colon(self) -> str:
        return label("words", "colon", self.language)


def _units(plan: Plan) -> Iterator[tuple[tuple[str, str], str]]:
    """The unit of each kind of money that an item concludes."""
    for item in plan.items:
        for outcome in _outcomes(item):
            match outcome:
                case Fine(amount=amount) | Fee(amount=amount) | Compensation(amount=amount) if amount:
                    kind = type(outcome).__name__.lower()
                    yield (item.origin.id, kind), type_of(amount).unit or plan.currency
                case _:
                    pass


def _outcomes(item: ItemPlan) -> tuple[object, ...]:
    return item.on_breach if isinstance(item, ClockPlan) else item.outcomes
