"""A rulebook as tables that an officer reads without knowing YAML."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import assert_never

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule as Line
from rich.table import Table as Grid
from rich.text import Text

from api.present.condition_words import ConditionWords
from api.present.labels import label
from api.present.outcome_words import OutcomeWords
from engine.base.calendar import Limit
from engine.base.findings import Language
from engine.library import Library
from engine.rulebook.model import (
    Aggregate,
    Catalogue,
    Citation,
    Clock,
    Definition,
    Head,
    Item,
    Parameter,
    Period,
    Reading,
    ReadingGuard,
    Row,
    Rule,
    Rulebook,
    RuleException,
    Section,
    Table,
    Undefined,
)
from engine.rulebook.types import Kind

Entry = tuple[str, str]
"""The key of a heading, and the text beside it."""


class RulebookTables:
    """Renders the rulebooks of a library in one language; with `on`, only what is in force that day."""

    def __init__(self, library: Library, catalogue: Catalogue, language: Language, on: date | None) -> None:
        parameters = {p.id: p for book in library.rulebooks for p in book.parameters.values()}
        self.conditions = ConditionWords(catalogue, parameters, language, on)
        self.outcomes = OutcomeWords(self.conditions)
        self.sources = library.sources
        self.titles = {item.head.id: item.head.title for book in library.rulebooks for item in book.items}
        self.preferred = {name: reading.preferred for name, reading in library.readings.items()}
        self.options = {name: reading.options for name, reading in library.readings.items()}
        self.language = language
        self.on = on

    def write(self, console: Console, book: Rulebook) -> None:
        """One rulebook: readings, parameters, then each section with what is in it."""
        console.print(
            Line(Text(f"{book.title.in_language(self.language)}  {book.name}", style="bold"), style="bold")
        )
        if book.readings:
            console.print(self._readings(book.readings.values()))
        if book.parameters:
            console.print(self._parameters(book.parameters.values()))
        sections = [section for section in book.sections if self._items(section)]
        for section in sections:
            console.print(Line(Text(section.title.in_language(self.language)), align="left", characters="·"))
            for item in self._items(section):
                console.print(self._item(item))
                console.print()
        if not sections and self.on is not None:
            console.print(self._heading("not_in_force", day=self.on))
        if sections:
            console.print(self._sources_of(book))

    def _sources_of(self, book: Rulebook) -> RenderableType:
        """The documents that the short names behind the quotes stand for."""
        heads = [item.head.citations for item in book.items]
        cited = [citation.source for citations in heads for citation in citations]
        cited += [citation.source for p in book.parameters.values() for citation in p.citations]
        rows = [(name, self._source(name)) for name in dict.fromkeys(cited) if name in self.sources]
        grid = Grid.grid(padding=(0, 1))
        for name, title in rows:
            grid.add_row(name, title)
        return Group(Text(self._heading("cited_sources"), style="bold"), Padding(grid, (0, 0, 1, 2)))

    def _source(self, name: str) -> str:
        source = self.sources[name]
        day = label("words", "where", self.language, what=source.date) if source.date else ""
        return f"{source.title.in_language(self.language)}{day} {source.file}"

    def _items(self, section: Section) -> list[Item]:
        return [item for item in section.items if self._in_force(item.head.period)]

    def _in_force(self, period: Period) -> bool:
        if self.on is None:
            return True
        begun = period.start is None or period.start <= self.on
        return begun and (period.until is None or self.on < period.until)

    def _heading(self, key: str, **values: object) -> str:
        return label("heading", key, self.language, **values)

    def _table(self, title: str, *columns: str) -> Grid:
        table = Grid(title=title, title_justify="left", title_style="bold", box=box.ROUNDED, show_lines=True)
        for column in columns:
            table.add_column(column, overflow="fold")
        return table

    def _readings(self, readings: Iterable[Reading]) -> Grid:
        names = (self._heading(key) for key in ("reading", "question", "chosen", "others"))
        _, *headings = names
        table = self._table(self._heading("readings"), "", *headings)
        for reading in readings:
            options = {name: words.in_language(self.language) for name, words in reading.options.items()}
            chosen = options.pop(reading.preferred, "")
            why = f"\n{reading.because.in_language(self.language)}" if reading.because else ""
            others = "\n".join(f"{name}: {text}" for name, text in options.items())
            question = reading.question.in_language(self.language)
            table.add_row(reading.id, question, f"{reading.preferred}: {chosen}{why}", others)
        return table

    def _parameters(self, parameters: Iterable[Parameter]) -> Grid:
        headings = [self._heading(key) for key in ("parameter", "value", "cites")]
        table = self._table(self._heading("parameters"), *headings)
        for parameter in parameters:
            name = f"{parameter.label.in_language(self.language)}\n{parameter.id.rpartition('/')[2]}"
            table.add_row(name, self._values(parameter), self._cites(parameter.citations))
        return table

    def _values(self, parameter: Parameter) -> Text:
        """Dated values; on a day, the one in force; a missing one is marked."""
        if parameter.missing is not None:
            why = parameter.missing.in_language(self.language)
            return Text(self._heading("missing_value", why=why), style="bold yellow")
        values = [v for v in parameter.values if self.on is None or v[0] <= self.on]
        shown = values if self.on is None else values[-1:]
        lines = [
            self._heading("from_day", day=day, value=self.conditions.value(value, parameter.type))
            for day, value in shown
        ]
        return Text("\n".join(lines) or self._heading("none"))

    def _item(self, item: Item) -> RenderableType:
        head = item.head
        title = Text(f"■ {head.title.in_language(self.language)}", style="bold")
        title.append(f"  {head.id}", style="dim")
        match item:
            case Rule():
                body = self._grid(self._rule(item))
            case Table():
                body = Group(self._grid(self._guard(item)), self._rows(item), self._grid(self._after(item)))
            case Definition():
                body = self._grid(self._definition(item))
            case Clock():
                body = self._grid(self._clock(item))
            case Aggregate():
                body = self._grid(self._aggregate(item))
            case _:
                assert_never(item)
        return Group(title, Padding(body, (0, 0, 0, 2)))

    def _grid(self, entries: Iterator[Entry]) -> RenderableType:
        """Headings beside their texts; the same heading is not repeated."""
        grid = Grid.grid(padding=(0, 1))
        grid.add_column(style="cyan", no_wrap=True)
        grid.add_column(overflow="fold")
        before = ""
        for key, text in entries:
            grid.add_row("" if key == before else self._heading(key), text)
            before = key
        return grid

    def _frame(self, head: Head) -> Iterator[Entry]:
        """What limits an item: scope, period, reading."""
        scope = self.conditions.parts(head.scope)
        if scope:
            yield "scope", self.conditions.list(scope)
        if not head.period.is_open:
            day = self.conditions.fact(head.event_date.name) if head.event_date else ""
            yield (
                "in_force",
                self._period(head.period) + (label("words", "where", self.language, what=day) if day else ""),
            )
        yield from self._guarded(head.reading)

    def _guarded(self, reading: ReadingGuard) -> Iterator[Entry]:
        for name, options in reading:
            yield "reading", self._option(name, options)

    def _option(self, name: str, options: Collection[str]) -> str:
        """`AMB-01 floor: the rate without its fraction decides`."""
        known = self.options.get(name, {})
        colon = label("words", "colon", self.language)
        shown = [
            f"{option}{colon}{known[option].in_language(self.language)}" if option in known else option
            for option in options
        ]
        return self._marked(f"{name} {self.conditions.list(shown)}", name, options)

    def _marked(self, text: str, name: str, options: Collection[str]) -> str:
        """The text, with a mark where another reading than these is the preferred one."""
        chosen = name not in self.preferred or self.preferred[name] in options
        return text if chosen else self._heading("not_chosen", option=text)

    def _period(self, period: Period) -> str:
        start, until = period.start, period.until
        if start and until:
            return self._heading("from_until", start=start, until=until)
        return self._heading("from_only", start=start) if start else self._heading("until_only", until=until)

    def _ending(self, head: Head) -> Iterator[Entry]:
        """What an item promises, its note and its sources."""
        if head.rises_with:
            yield "rises_with", self.conditions.list(self.conditions.fact(f.name) for f in head.rises_with)
        for other in head.implements:
            yield "implements", f"{self.titles[other].in_language(self.language)}  {other}"
        if head.note:
            yield "note", head.note.in_language(self.language)
        if head.citations:
            yield "cites", self._cites(head.citations)

    def _cites(self, citations: Iterable[Citation]) -> str:
        return "\n".join(f"「{citation.quote}」 {citation.source}" for citation in citations)

    def _rule(self, rule: Rule) -> Iterator[Entry]:
        yield from self._frame(rule.head)
        for text in self.conditions.parts(rule.condition):
            yield "when", text
        yield from self._exceptions(rule.exceptions)
        for outcome in rule.outcomes:
            yield "then", self.outcomes.of(outcome)
        yield from self._ending(rule.head)

    def _exceptions(self, exceptions: Iterable[RuleException]) -> Iterator[Entry]:
        for exception in exceptions:
            effect = self._heading(f"effect_{exception.effect}")
            conditions = self.conditions.together(exception.condition)
            title = exception.title.in_language(self.language)
            colon = label("words", "colon", self.language)
            bracketed = label("words", "where", self.language, what=effect)
            yield "unless", f"{title}{bracketed}{colon}{conditions}"
            if exception.citations:
                yield "unless", self._cites(exception.citations)

    def _guard(self, table: Table) -> Iterator[Entry]:
        yield from self._frame(table.head)
        for text in self.conditions.parts(table.given):
            yield "given", text
        yield "hit", label("hit", table.policy, self.language)

    def _rows(self, table: Table) -> Grid:
        grid = Grid(box=box.ROUNDED, show_lines=True)
        grid.add_column(self._heading("row"), overflow="fold", style="dim")
        for given in table.inputs:
            grid.add_column(given.label.in_language(self.language), overflow="fold")
        for name in self._output_names(table):
            grid.add_column(name, overflow="fold", style="bold")
        rows = [*table.rows, *((table.otherwise,) if table.otherwise else ())]
        for row in rows:
            grid.add_row(self._row_name(row), *self._cells(row, table), *self._concluded(row, table))
        return grid

    def _output_names(self, table: Table) -> list[str]:
        if table.defines is not None:
            return [self.conditions.fact(table.defines.name)]
        names = [
            self._heading("amount") if output.type.kind is Kind.MONEY else output.name
            for output in table.outputs
        ]
        return names or [self._heading("then")]

    def _row_name(self, row: Row) -> str:
        guard = "\n".join(
            self._marked(f"{name} {self.conditions.list(options)}", name, options)
            for name, options in row.reading
        )
        name = row.id.rpartition("/")[2]
        return f"{name}\n{guard}" if guard else name

    def _cells(self, row: Row, table: Table) -> list[str]:
        if not row.cells:
            return [self._heading("otherwise"), *[""] * (len(table.inputs) - 1)][: len(table.inputs)]
        return [self.conditions.cell(cell) for cell in row.cells]

    def _concluded(self, row: Row, table: Table) -> list[str]:
        width = max(len(table.outputs), 1)
        match row.conclusion:
            case None:
                texts = [self._heading("no_conclusion")]
            case Undefined(alternatives=alternatives):
                lines = [
                    f"{name}: {self.conditions.list(map(self.conditions.cell, cells))}"
                    for name, cells in alternatives
                ]
                texts = ["\n".join([self._heading("undefined"), *lines])]
            case cells:
                texts = [self.conditions.cell(cell) for cell in cells]
        return [*texts, *[""] * (width - len(texts))][:width]

    def _after(self, table: Table) -> Iterator[Entry]:
        for outcome in table.outcomes:
            yield "then", self.outcomes.of(outcome)
        yield from self._exceptions(table.exceptions)
        yield from self._ending(table.head)

    def _definition(self, definition: Definition) -> Iterator[Entry]:
        yield from self._guarded(definition.head.reading)
        name = self.conditions.fact(definition.fact.name)
        yield "defines", f"{name} = {self.conditions.together(definition.body)}"
        yield from self._ending(definition.head)

    def _clock(self, clock: Clock) -> Iterator[Entry]:
        yield from self._frame(clock.head)
        for text in self.conditions.parts(clock.condition):
            yield "when", text
        if clock.starts is not None:
            yield "starts", self.conditions.of(clock.starts)
        if clock.limit is not None:
            limit = clock.limit
            yield (
                "limit",
                self.conditions.limit(limit) if isinstance(limit, Limit) else self.conditions.of(limit),
            )
        if clock.due is not None:
            yield "due", self.conditions.of(clock.due)
        if clock.stops:
            yield "stops", self.conditions.list(self.conditions.fact(stop.name) for stop in clock.stops)
        if clock.pauses is not None:
            yield "pauses", self.conditions.fact(clock.pauses.list.name)
        for outcome in clock.on_breach:
            yield "on_breach", self.outcomes.of(outcome)
        if clock.defines is not None:
            yield "defines", self.conditions.fact(clock.defines.name)
        yield from self._ending(clock.head)

    def _aggregate(self, aggregate: Aggregate) -> Iterator[Entry]:
        yield "defines", self.conditions.fact(aggregate.fact.name)
        yield "per", self.conditions.list(self.conditions.fact(fact.name) for fact in aggregate.per)
        where = self.conditions.parts(aggregate.where)
        if aggregate.sum_of is not None:
            yield "sums", self.conditions.fact(aggregate.sum_of.name)
        if where:
            yield "counts", self.conditions.list(where)
        yield from self._ending(aggregate.head)
