"""The words that a statement is made of: rules, parties, reasons, counts, as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from api.present.amounts import money
from api.present.labels import label, label_or
from engine.base.findings import Language
from engine.evaluate.verdict import CitationOut
from engine.library import Library
from engine.replay.settle.settlement import Between, Line, Month, OpenLine, Totals
from engine.rulebook.model import Catalogue, Words


class SettlementWords:
    """Words in one language for what a month's statements speak of."""

    def __init__(self, library: Library, month: Month, language: Language) -> None:
        assert library.catalogue is not None, "a library that settles has a catalogue"
        self.catalogue: Catalogue = library.catalogue
        self.month = month
        self.language = language
        self._sources = library.sources
        self._quotes: dict[tuple[str, str | None], str] = {}
        self._parameters = {p.id: p.label for book in library.rulebooks for p in book.parameters.values()}
        self._readings = {
            option: words
            for reading in library.readings.values()
            for option, words in reading.options.items()
        }

    def say(self, key: str, **values: object) -> str:
        """A heading of statements."""
        return label("settlement", key, self.language, **values)

    def outlet(self, outlet: str | None) -> str:
        return self.say("no_outlet") if outlet is None else outlet

    def title(self, line: Line | OpenLine) -> str:
        return self.month.words_of(line.rule, line.table_row).title[self.language]

    def quotes(self, line: Line | OpenLine) -> str:
        """The sentences of the sources on which the line rests."""
        known = self._quotes.get((line.rule, line.table_row))
        if known is None:
            cited = self.month.words_of(line.rule, line.table_row).citations
            known = self._quotes[line.rule, line.table_row] = "\n".join(map(self.quote, cited))
        return known

    def quote(self, citation: CitationOut) -> str:
        """A sentence of a source, and the source's title."""
        source = self._sources.get(citation["source"])
        titled = source.title.in_language(self.language) if source else citation["source"]
        return f"「{citation['quote']}」 {titled}"

    def kind(self, kind: str) -> str:
        return label_or("kind", kind, self.language, kind)

    def unit(self, unit: str) -> str:
        return label_or("unit", unit, self.language, unit)

    def party(self, name: str | None) -> str:
        return "" if name is None else self._known(self.catalogue.parties, name)

    def fact(self, name: str) -> str:
        """A fact's label, or a parameter's; the name itself for anything else."""
        declared = self.catalogue.facts.get(name)
        if declared is not None:
            return declared.label.in_language(self.language)
        return self._known(self._parameters, name)

    def reason(self, reason: str) -> str:
        known = label_or("reason", reason, self.language, "")
        return known or self._known(self.catalogue.codes, reason)

    def missing(self, line: OpenLine) -> str:
        return label("words", "list", self.language).join(map(self.fact, line.missing))

    def others(self, line: OpenLine) -> str:
        """What the other readings of a gap would cost."""
        unit = self.catalogue.currency
        shown = (
            f"{self._reading(name)} {money(amount, unit, self.language)}"
            for name, amount in line.alternatives.items()
        )
        return label("words", "list", self.language).join(shown)

    def _reading(self, name: str) -> str:
        return label_or("settlement", name, self.language, "") or self._known(self._readings, name)

    def number(self, value: Any) -> str:
        """A count, a rate; `3–5` where it lies between two."""
        match value:
            case None:
                return self.say("not_known")
            case Between(least=least, most=most):
                return f"{_plain(least)}–{_plain(most)}"
            case _:
                return _plain(value)

    def totals(self, totals: Totals) -> str:
        """`fine 550.00 CNY`, for each kind and unit."""
        shown = (
            f"{self.kind(kind)} {money(amount, unit, self.language)}"
            for (kind, unit), amount in totals.items()
        )
        return label("words", "list", self.language).join(shown)

    def _known(self, known: Mapping[str, Words], name: str) -> str:
        return known[name].in_language(self.language) if name in known else name


def _plain(value: object) -> str:
    """Without zeros that say nothing: `12`, `10.5`."""
    if isinstance(value, Decimal):
        value = value.normalize()
        return f"{value:,f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
