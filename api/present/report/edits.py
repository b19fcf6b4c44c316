"""What was edited between two editions in an officer's words: the lines that went and those that came."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from api.present.condition_words import ConditionWords
from api.present.labels import label
from api.present.outcome_words import OutcomeWords
from api.present.report.naming import Names
from api.present.report.sides import SIGNS, Marked, marked
from api.present.report.wording import say
from engine.base.calendar import Limit
from engine.base.findings import Language
from engine.library import Library
from engine.replay.dry_run.impact import Edit
from engine.rulebook.model import (
    Aggregate,
    Clock,
    Definition,
    Head,
    Item,
    Parameter,
    Row,
    Rule,
    RuleException,
    Table,
    Undefined,
)

Line: TypeAlias = tuple[str, str]
"""A heading, and the text beside it."""


@dataclass(frozen=True)
class EditView:
    """One edit: what it is about, what it said before and what it says now."""

    sign: str
    word: str
    thing: str
    title: str
    name: str
    words_only: bool
    before: tuple[tuple[str, Marked], ...]
    after: tuple[tuple[str, Marked], ...]


class Edits:
    """Lays out edits in one language; the libraries are base and candidate."""

    def __init__(self, libraries: Sequence[Library], names: Names) -> None:
        self.names = names
        self.language = names.language
        self._sides = [_Side(library, names) for library in libraries]

    def of(self, edits: Sequence[Edit]) -> Iterator[EditView]:
        for edit in edits:
            old, new = (list(side.lines(edit)) for side in (self._sides[0], self._sides[-1]))
            whole = edit.kind == "parameter"
            went = [line for line in old if whole or line not in new] or self._short(edit.before, old, new)
            came = [line for line in new if whole or line not in old] or self._short(edit.after, old, new)
            yield EditView(
                sign=SIGNS[edit.change],
                word=say(edit.change, self.language),
                thing=say(f"edit_{edit.kind}", self.language),
                title=self._title(edit),
                name=edit.name,
                words_only=edit.words_only,
                before=tuple(_beside(went, came)),
                after=tuple(_beside(came, went)),
            )

    def _short(self, text: str | None, old: list[Line], new: list[Line]) -> list[Line]:
        """What the edit itself tells, where the libraries' own words show no difference."""
        return [("", text)] if text is not None and old == new else []

    def _title(self, edit: Edit) -> str:
        match edit.kind:
            case "rule" | "definition":
                return self.names.title(edit.name)
            case "parameter" | "fact":
                return self.names.missing(edit.name)
            case "reading":
                questions = (side.library.readings.get(edit.name) for side in reversed(self._sides))
                return next((q.question.in_language(self.language) for q in questions if q), edit.name)
            case "calendar":
                known = self.names.catalogue.calendar_labels.get(edit.name)
                return known.in_language(self.language) if known else edit.name


def _beside(lines: Sequence[Line], others: Sequence[Line]) -> Iterator[tuple[str, Marked]]:
    """Each line with the words marked that the line under the same heading does not have."""
    left = list(others)
    for heading, text in lines:
        if (heading, text) in left:
            left.remove((heading, text))
            yield heading, ((text, False),)
            continue
        partner = next((line for line in left if line[0] == heading), None)
        if partner is not None:
            left.remove(partner)
        yield heading, marked(text, partner[1] if partner else "")


class _Side:
    """One library's words for what may be edited; parameters are named without their values, which are edits
    of their own.
    """

    def __init__(self, library: Library, names: Names) -> None:
        books = library.rulebooks
        self.library = library
        self.language: Language = names.language
        self.items: Mapping[str, Item] = {item.head.id: item for book in books for item in book.items}
        self.parameters = {p.id: p for book in books for p in book.parameters.values()}
        named = {name: replace(p, values=()) for name, p in self.parameters.items()}
        self.conditions = ConditionWords(names.catalogue, named, names.language)
        self.outcomes = OutcomeWords(self.conditions)

    def lines(self, edit: Edit) -> Iterator[Line]:
        """Everything that the side says of the thing, a line each."""
        if edit.kind in ("rule", "definition") and edit.name in self.items:
            yield from self._item(self.items[edit.name])
        if edit.kind == "parameter" and edit.name in self.parameters:
            yield from self._parameter(self.parameters[edit.name])

    def _heading(self, key: str, **values: object) -> str:
        return label("heading", key, self.language, **values)

    def _parameter(self, parameter: Parameter) -> Iterator[Line]:
        if parameter.missing is not None:
            yield "", self._heading("missing_value", why=parameter.missing.in_language(self.language))
        for day, value in parameter.values:
            yield "", self._heading("from_day", day=day, value=self.conditions.value(value, parameter.type))

    def _item(self, item: Item) -> Iterator[Line]:
        yield from self._head(item.head)
        match item:
            case Rule():
                yield from self._of("when", self.conditions.parts(item.condition))
                yield from self._of("then", map(self.outcomes.of, item.outcomes))
                yield from self._exceptions(item.exceptions)
            case Table():
                yield from self._table(item)
            case Definition():
                yield self._heading("defines"), self.conditions.together(item.body)
            case Clock():
                yield from self._clock(item)
            case Aggregate():
                yield from self._of("counts", self.conditions.parts(item.where))
            case _:
                assert_never(item)

    def _of(self, key: str, texts: Iterator[str] | Sequence[str]) -> Iterator[Line]:
        yield from ((self._heading(key), text) for text in texts)

    def _head(self, head: Head) -> Iterator[Line]:
        yield self._heading("rule"), head.title.in_language(self.language)
        yield from self._of("scope", self.conditions.parts(head.scope))
        if not head.period.is_open:
            yield self._heading("in_force"), f"[{head.period.start or ''}, {head.period.until or ''})"
        yield from self._of("cites", [f"「{cited.quote}」 {cited.source}" for cited in head.citations])

    def _exceptions(self, exceptions: Sequence[RuleException]) -> Iterator[Line]:
        for exception in exceptions:
            title = exception.title.in_language(self.language)
            colon = label("words", "colon", self.language)
            text = f"{title}{colon}{self.conditions.together(exception.condition)}"
            yield self._heading("unless"), f"{text} ({self._heading(f'effect_{exception.effect}')})"

    def _table(self, table: Table) -> Iterator[Line]:
        yield from self._of("given", self.conditions.parts(table.given))
        yield self._heading("hit"), label("hit", table.policy, self.language)
        for row in (*table.rows, *([table.otherwise] if table.otherwise else ())):
            cells = ", ".join(map(self.conditions.cell, row.cells)) or self._heading("otherwise")
            name = row.id.rpartition("/")[2]
            yield f"{self._heading('row')} {name}", f"{cells} ⇒ {self._concluded(row)}"
        yield from self._of("then", map(self.outcomes.of, table.outcomes))
        yield from self._exceptions(table.exceptions)

    def _concluded(self, row: Row) -> str:
        match row.conclusion:
            case None:
                return self._heading("no_conclusion")
            case Undefined():
                return self._heading("undefined")
            case cells:
                return ", ".join(map(self.conditions.cell, cells))

    def _clock(self, clock: Clock) -> Iterator[Line]:
        yield from self._of("when", self.conditions.parts(clock.condition))
        for key, moment in (("starts", clock.starts), ("limit", clock.limit), ("due", clock.due)):
            if isinstance(moment, Limit):
                yield self._heading(key), self.conditions.limit(moment)
            elif moment is not None:
                yield self._heading(key), self.conditions.of(moment)
        yield from self._of("stops", [self.conditions.fact(stop.name) for stop in clock.stops])
        yield from self._of("on_breach", map(self.outcomes.of, clock.on_breach))
