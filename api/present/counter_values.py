"""Changes of facts in words: what a ticket says, and what it would have to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.present.amounts import plain_value
from api.present.labels import label
from engine.base.findings import Language
from engine.evaluate.values import shown
from engine.prove.counter.counterfactual import Change, Piece, Worth
from engine.rulebook.model import Catalogue, FactDeclaration, Words
from engine.rulebook.types import Kind

MOST_VALUES = 6
"""So many values are named; of more the rest is told as such."""


class ChangeWords:
    """Words for values and changes of values, by the catalogue's labels."""

    def __init__(self, catalogue: Catalogue, language: Language) -> None:
        self.catalogue = catalogue
        self.language = language

    def say(self, key: str, **values: object) -> str:
        return label("counter", key, self.language, **values)

    def list(self, parts: Sequence[str]) -> str:
        return label("words", "list", self.language).join(parts)

    def fact(self, name: str) -> str:
        """The label of a fact, or of a field of a list's records."""
        records, _, field = name.partition(".")
        declared = self.catalogue.facts[records]
        words = declared.field_labels[field] if field else declared.label
        return words.in_language(self.language)

    def change(self, change: Change) -> str:
        """`invoice given (invoice_given): no → yes (or …)`."""
        declared = self.catalogue.facts[change.fact]
        words = {"label": self.fact(change.fact), "fact": change.fact}
        if declared.type.kind is Kind.LIST:
            before, after = _records(change.before), _records(change.after)
            said = self._counted(before), self._records(declared, before, after)
        else:
            said = self.value(declared, change.before), self.value(declared, change.after)
        also = [self.value(declared, worth) for worth in change.also if not isinstance(worth, tuple)]
        rest = self.say("also", values=self.list(also)) if also else ""
        return self.say("change", **words, before=said[0], after=said[1]) + rest

    def value(self, declared: FactDeclaration, worth: Worth) -> str:
        if worth is None:
            none = declared.absence == "none"
            return label("heading", "none", self.language) if none else self.say("not_given")
        return plain_value(shown(worth, declared.type), declared, self.language)

    def _counted(self, records: Sequence[Mapping[str, Any]]) -> str:
        return (
            label("heading", "none", self.language)
            if not records
            else plain_value(records, None, self.language)
        )

    def _records(
        self,
        declared: FactDeclaration,
        before: Sequence[Mapping[str, Any]],
        after: Sequence[Mapping[str, Any]],
    ) -> str:
        """Which record is missing, added or otherwise."""
        if not after:
            return self.say("no_records")
        if len(after) > len(before):
            return self.say("record_added", what=self._record(declared, after[-1]))
        place = next((n for n, record in enumerate(after) if record != before[n]), len(after))
        if len(after) < len(before):
            return self.say("record_removed", number=place + 1)
        new = {name: value for name, value in after[place].items() if value != before[place].get(name)}
        gone = {name: None for name in before[place] if name not in after[place]}
        return self.say("record", number=place + 1, what=self._record(declared, {**new, **gone}))

    def _record(self, declared: FactDeclaration, record: Mapping[str, Any]) -> str:
        colon = label("words", "colon", self.language)
        return self.list(
            [
                f"{self.fact(f'{declared.name}.{name}')}{colon}{self._field(declared, name, value)}"
                for name, value in record.items()
            ]
        )

    def _field(self, declared: FactDeclaration, name: str, value: Any) -> str:
        labels: Mapping[str, Words] = declared.field_member_labels.get(name, {})
        if value in labels:
            return labels[value].in_language(self.language)
        return plain_value(shown(value, declared.type.fields[name].type), None, self.language)

    def piece(self, name: str, piece: Piece) -> str:
        """The values of a piece: `yes`, `2 or more`, `below 18.00`."""
        records, _, field = name.partition(".")
        declared = self.catalogue.facts[records]

        def said(worth: Worth) -> str:
            return self._field(declared, field, worth) if field else self._said(declared, worth)

        if piece.low is not None and piece.below is not None:
            return self.say("between", low=said(piece.low), below=said(piece.below))
        if piece.low is not None:
            return self.say("from", low=said(piece.low))
        if piece.below is not None:
            return self.say("below", below=said(piece.below))
        return self.list([said(member) for member in piece.members[:MOST_VALUES]]) or self.say("others")

    def _said(self, declared: FactDeclaration, worth: Worth) -> str:
        if isinstance(worth, tuple):
            return self._record(declared, worth[-1]) if worth else self.say("no_records")
        return self.value(declared, worth)


def _records(worth: Worth) -> Sequence[Mapping[str, Any]]:
    return worth if isinstance(worth, tuple) else ()
