"""What a rule concludes, in words, before any ticket has filled in the amounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from api.present.condition_words import ConditionWords
from api.present.labels import label, label_or
from engine.rulebook.model import Words
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
)


class OutcomeWords:
    """Words for outcomes, by the catalogue's parties and codes."""

    def __init__(self, conditions: ConditionWords) -> None:
        self.conditions = conditions
        self.language = conditions.language

    def of(self, outcome: Outcome) -> str:
        """`fine: 〈first-call fine〉 per waybill, paid by the responsible outlet`."""
        kind = label("kind", type(outcome).__name__.lower(), self.language)
        return f"{kind}{label('words', 'colon', self.language)}{self._body(outcome)}"

    def _body(self, outcome: Outcome) -> str:
        match outcome:
            case Fine(amount=amount, payer=payer, per=per):
                rate = f"{self.conditions.of(amount)} {label_or('per', per, self.language, per)}"
                return self._say("pays", amount=rate, payer=self.party(payer))
            case Fee(amount=amount, payer=payer):
                return self._say("pays", amount=self.conditions.of(amount), payer=self.party(payer))
            case Compensation():
                return self._compensation(outcome)
            case Share():
                return self._share(outcome)
            case Breach(code=code, by=by):
                return self._by(self.code(code), by)
            case Obligation(acts=acts, by=by):
                return self._by(self.conditions.list(map(self.code, acts)), by)
            case Gate(action=action, allowed=allowed, requires=requires):
                return self._gate(action, requires, allowed=allowed)
            case Route(to=to):
                return self.code(to)
            case Score(name=name, points=points):
                return f"{self.code(name)} = {self.conditions.of(points)}"
            case Review(reason=reason):
                return label_or("reason", reason, self.language, self.code(reason))
            case _:
                assert_never(outcome)

    def _say(self, key: str, **values: object) -> str:
        return label("words", key, self.language, **values)

    def _compensation(self, outcome: Compensation) -> str:
        fixed = outcome.amount is not None
        shown = self.conditions.of(outcome.amount) if outcome.amount is not None else ""
        text = shown if fixed else label("truth", "due", self.language)
        if outcome.payer is not None:
            text = self._say("pays", amount=text, payer=self.party(outcome.payer))
        return (
            text if outcome.payee is None else self._say("to", amount=text, payee=self.party(outcome.payee))
        )

    def _share(self, outcome: Share) -> str:
        parts = []
        for part in outcome.parts:
            amount = self.conditions.of(part.amount)
            shown = self._say("up_to", amount=amount) if part.up_to else amount
            parts.append(f"{self.party(part.party)} {shown}")
        rest = self._say("rest", party=self.party(outcome.remainder))
        return f"{self.conditions.of(outcome.of)} → {self.conditions.list([*parts, rest])}"

    def _by(self, what: str, party: str | None) -> str:
        return what if party is None else self._say("by", what=what, party=self.party(party))

    def _gate(self, action: str, requires: tuple[str, ...], *, allowed: bool) -> str:
        text = f"{self.code(action)} {label('truth', 'allowed' if allowed else 'refused', self.language)}"
        if not requires:
            return text
        needs = self._say("requires", what=self.conditions.list(map(self.code, requires)))
        return f"{text} ({needs})"

    def party(self, name: str) -> str:
        return self._known(self.conditions.catalogue.parties, name)

    def code(self, name: str) -> str:
        return self._known(self.conditions.catalogue.codes, name)

    def _known(self, known: Mapping[str, Words], name: str) -> str:
        return known[name].in_language(self.language) if name in known else name
