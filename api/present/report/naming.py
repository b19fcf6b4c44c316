"""What rules, facts, values and sources are called, by the libraries of both sides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from api.present.amounts import plain_value
from api.present.labels import label, label_or
from api.present.report.wording import say
from api.present.verdict_text import VerdictText
from engine.base.findings import Language
from engine.evaluate.verdict import WordsOut
from engine.library import Library
from engine.replay.dry_run.impact import MoneyKind
from engine.rulebook.model import Catalogue, FactDeclaration, Item, Rule, RuleException, Source, Table, Words
from engine.rulebook.types import Kind

MONEY = ("fine", "fee", "compensation")
"""The kinds of outcome that carry money."""
MOST_LETTERS = 120
"""How much of a text that a ticket carries is shown."""


@dataclass(frozen=True)
class SourceName:
    """A source document as a reader knows it."""

    key: str
    title: str
    date: str


class Names:
    """Words in one language; what both libraries declare is called as the later one calls it."""

    def __init__(self, libraries: Sequence[Library], language: Language) -> None:
        self.language = language
        self.catalogue = _together([c for library in libraries if (c := library.catalogue) is not None])
        self.verdicts = VerdictText(self.catalogue, language)
        self._sources: Mapping[str, Source] = {k: v for side in libraries for k, v in side.sources.items()}
        items = [item for side in libraries for book in side.rulebooks for item in book.items]
        self._titles = {item.head.id: item.head.title for item in items}
        self._titles |= {exception.id: exception.title for item in items for exception in _exceptions(item)}
        books = [book for side in libraries for book in side.rulebooks]
        self._parameters = {p.id: p.label for book in books for p in book.parameters.values()}

    def title(self, rule: str, given: WordsOut | Mapping[str, str] | None = None) -> str:
        """A rule's or an exception's title; its id where no library has it."""
        if given:
            return given["zh"] if self.language == "zh" else given["en"]
        return self._titles[rule].in_language(self.language) if rule in self._titles else rule

    def missing(self, name: str) -> str:
        """The label of a fact or parameter; the name itself for what has none."""
        if name in self._parameters:
            return self._parameters[name].in_language(self.language)
        return say("as_of", self.language) if name == "as_of" else self.verdicts.fact(name)

    def kind(self, kind: MoneyKind) -> str:
        """`fine (CNY)`."""
        return say("kind_in_unit", self.language, kind=self.kind_alone(kind), unit=self.unit(kind))

    def sum_of(self, kind: MoneyKind) -> str:
        """What a sum of such money is of: `fines`."""
        return say(f"sum_of_{kind[0]}", self.language) if kind[0] in MONEY else self.kind_alone(kind)

    def kind_alone(self, kind: MoneyKind) -> str:
        return label_or("kind", kind[0], self.language, kind[0])

    def unit(self, kind: MoneyKind) -> str:
        return label_or("unit", kind[1], self.language, kind[1])

    def reason(self, reason: str) -> str:
        return label_or("reason", reason, self.language, self.verdicts.code(reason))

    def group(self, fact: str, value: str | None) -> str:
        """A value of a fact by which tickets are parted."""
        if value is None:
            return say("not_given", self.language)
        known = self.catalogue.facts.get(fact)
        return plain_value(value, known, self.language) if known else value

    def dimension(self, name: str, fact: str) -> str:
        """What tickets are parted by: outlet, month, category, or the fact's label."""
        if name in ("outlet", "month", "category"):
            return say(f"by_{name}", self.language)
        known = self.catalogue.facts.get(fact)
        shown = self.verdicts.fact(fact)
        dated = known is not None and known.type.kind in (Kind.DATE, Kind.INSTANT)
        return say("month_of", self.language, fact=shown) if dated else shown

    def source(self, key: str) -> SourceName:
        """A source's title and date; its key alone where no library declares it."""
        known = self._sources.get(key)
        if known is None:
            return SourceName(key, key, "")
        return SourceName(key, known.title.in_language(self.language), known.date or "")

    def value(self, fact: str, value: Any) -> str:
        """A value of a ticket; what is personal is left out, as reports are passed on."""
        known = self.catalogue.facts.get(fact)
        if known is not None and known.personal and value is not None:
            return say("personal", self.language)
        if isinstance(value, list | tuple) and value:
            records = (f"[{self._record(entry)}]" for entry in value)
            return _cut(" ".join(records))
        return _cut(plain_value(value, known, self.language))

    def _record(self, entry: Any) -> str:
        """One record of a list."""
        if not isinstance(entry, Mapping):
            return str(entry)
        listed = label("words", "list", self.language)
        return listed.join(f"{name}={_plain(value)}" for name, value in entry.items() if value is not None)


def _plain(value: Any) -> str:
    match value:
        case datetime():
            return value.isoformat(timespec="minutes")
        case date() | Decimal():
            return str(value)
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"


def _exceptions(item: Item) -> Iterator[RuleException]:
    if isinstance(item, Rule | Table):
        yield from item.exceptions


def _together(catalogues: Sequence[Catalogue]) -> Catalogue:
    """One catalogue that knows the facts, parties and codes of all; later ones win."""
    last = catalogues[-1]
    parties: dict[str, Words] = {}
    codes: dict[str, Words] = {}
    facts: dict[str, FactDeclaration] = {}
    for catalogue in catalogues:
        facts |= catalogue.facts
        parties |= catalogue.parties
        codes |= catalogue.codes
    return replace(last, facts=facts, parties=parties, codes=codes)
