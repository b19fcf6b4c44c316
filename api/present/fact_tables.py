"""The fact catalogue as tables: what a ticket can tell, in which words, and what it means not to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich import box
from rich.console import Console
from rich.rule import Rule as Line
from rich.table import Table as Grid
from rich.text import Text

from api.present.amounts import truth
from api.present.labels import label, label_or
from engine.base.findings import Language
from engine.rulebook.model import Catalogue, FactDeclaration, Words
from engine.rulebook.types import Kind, Type


class FactTables:
    """Renders the fact catalogue in one language."""

    def __init__(self, catalogue: Catalogue, language: Language) -> None:
        self.catalogue = catalogue
        self.language = language

    def write(self, console: Console) -> None:
        """A table for each entity that has facts, in the order of the catalogue."""
        title = f"{self._heading('facts')}  facts"
        console.print(Line(Text(title, style="bold"), style="bold"))
        for entity, words in self.catalogue.entities.items():
            facts = [fact for fact in self.catalogue.facts.values() if fact.entity == entity]
            if facts:
                console.print(self._table(words.in_language(self.language), facts))

    def _heading(self, key: str, **values: object) -> str:
        return label("heading", key, self.language, **values)

    def _table(self, title: str, facts: list[FactDeclaration]) -> Grid:
        table = Grid(title=title, title_justify="left", title_style="bold", box=box.ROUNDED, show_lines=True)
        for key in ("fact", "type", "written_as", "when_absent"):
            table.add_column(self._heading(key), overflow="fold")
        for fact in facts:
            name = Text(f"{fact.label.in_language(self.language)}\n").append(fact.name, style="dim")
            table.add_row(name, self._type(fact), "\n".join(self._values(fact)), self._absence(fact))
        return table

    def _type(self, fact: FactDeclaration) -> str:
        kind = label("type", "record" if fact.is_record else fact.type.kind, self.language)
        lines = [f"{kind}{self._unit(fact.type)}"]
        if fact.minimum is not None:
            lines.append(f"≥ {fact.minimum}")
        if fact.maximum is not None:
            lines.append(f"≤ {fact.maximum}")
        return "\n".join(lines)

    def _unit(self, type_: Type) -> str:
        unit = label_or("unit", type_.unit or "", self.language, type_.unit or "")
        return label("words", "where", self.language, what=unit) if unit else ""

    def _values(self, fact: FactDeclaration) -> Iterator[str]:
        """How a value is written: the words of an enum, the fields of a record, else the example."""
        if fact.type.kind is Kind.ENUM:
            yield from self._members(fact.member_labels)
        elif fact.type.kind is Kind.LIST:
            for name, field in fact.type.fields.items():
                words = fact.field_labels[name].in_language(self.language)
                kind = label("type", field.type.kind, self.language)
                yield f"{name}{self._colon}{words}{label('words', 'where', self.language, what=kind)}"
                yield from (f"  {line}" for line in self._members(fact.field_member_labels.get(name, {})))
        elif fact.type.kind is Kind.BOOLEAN:
            yield f"true{self._colon}{truth(True, self.language)}"
            yield f"false{self._colon}{truth(False, self.language)}"
        else:
            yield self._heading("for_example", value=fact.example)

    @property
    def _colon(self) -> str:
        return label("words", "colon", self.language)

    def _members(self, members: Mapping[str, Words]) -> Iterator[str]:
        for name, words in members.items():
            yield f"{name}{self._colon}{words.in_language(self.language)}"

    def _absence(self, fact: FactDeclaration) -> str:
        if fact.derived == "engine":
            return self._heading("derived_engine")
        if fact.derived == "fallback":
            return self._heading("derived_fallback")
        return self._heading(f"absent_{fact.absence}")
