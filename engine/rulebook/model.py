"""A library as its authors mean it: typed, frozen, with the place of everything that can be at fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, TypeAlias

from engine.base.calendar import Calendar, Limit
from engine.base.findings import Language
from engine.base.spans import Span
from engine.rulebook.expressions import Expression, FactValue
from engine.rulebook.outcomes import Outcome
from engine.rulebook.types import Scalar, Type

Absence: TypeAlias = Literal["unknown", "none"]
Derivation: TypeAlias = Literal["engine", "fallback"]
HitPolicy: TypeAlias = Literal[
    "unique",
    "any",
    "first",
    "priority",
    "rule order",
    "output order",
    "collect",
    "collect sum",
    "collect min",
    "collect max",
    "collect count",
]
SINGLE_HIT: frozenset[HitPolicy] = frozenset({"unique", "any", "first", "priority"})
AGGREGATING: frozenset[HitPolicy] = frozenset({"collect sum", "collect min", "collect max", "collect count"})


@dataclass(frozen=True, slots=True)
class Words:
    """A text for people, in both languages."""

    zh: str
    en: str

    def in_language(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Citation:
    """The sentence of a source that something rests on; `source` is a key of `sources.yaml`."""

    source: str
    quote: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Source:
    key: str
    file: str
    title: Words
    date: str | None
    sha256: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Statement:
    """A row of the sources' normative statements, to be encoded or given up with a reason."""

    id: str
    rulebook: str
    source: str
    quote: str
    says: Words | None
    not_encodable: Words | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FactDeclaration:
    """One entry of the fact catalogue."""

    name: str
    entity: str
    label: Words
    type: Type
    absence: Absence
    derived: Derivation | None
    minimum: Scalar | None
    maximum: Scalar | None
    example: Any
    member_labels: Mapping[str, Words] = field(hash=False)
    field_labels: Mapping[str, Words] = field(hash=False)
    field_member_labels: Mapping[str, Mapping[str, Words]] = field(hash=False)
    personal: bool
    is_record: bool
    span: Span = field(compare=False, repr=False)

    def admits(self, value: Any) -> bool:
        """Whether a value of the fact's type lies within its bounds."""
        above = self.minimum is None or value >= self.minimum
        return bool(above and (self.maximum is None or value <= self.maximum))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What tickets may say, and the words for parties and codes that verdicts use."""

    zone: str
    currency: str
    facts: Mapping[str, FactDeclaration]
    entities: Mapping[str, Words]
    parties: Mapping[str, Words]
    codes: Mapping[str, Words]
    calendars: Mapping[str, Calendar]
    calendar_labels: Mapping[str, Words]
    units: Mapping[str, Words] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """An entry of the register of ambiguities: the ways a source can be read, and which one is preferred."""

    id: str
    question: Words
    options: Mapping[str, Words]
    preferred: str
    because: Words | None
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """Dated values, each in force from its day until the next; `missing` says why there are none."""

    id: str
    label: Words
    type: Type
    values: tuple[tuple[date, Scalar], ...]
    missing: Words | None
    statements: tuple[str, ...]
    citations: tuple[Citation, ...]
    span: Span = field(compare=False, repr=False)


ReadingGuard: TypeAlias = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open days `[start, until)`."""

    start: date | None = None
    until: date | None = None

    @property
    def is_open(self) -> bool:
        return self.start is None and self.until is None


@dataclass(frozen=True, slots=True)
class Example:
    """Facts and what an item is expected to make of them; run by `check` and `test`."""

    name: str
    given: Mapping[str, Any] = field(hash=False)
    as_of: str | None
    readings: Mapping[str, str] = field(hash=False)
    expect: Mapping[str, Any] = field(hash=False)
    span: Span = field(compare=False, repr=False)
    fact_spans: Mapping[str, Span] = field(compare=False, repr=False)
    expect_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Head:
    """What all items share. `scope`, `period` and `event_date` have the section's merged in.

    `rises_with` and `implements` (ids of items) are promises about the item, for the proof alone: no verdict
    rests on them. `promised_at` is where each fact and each id among them is written.
    """

    id: str
    title: Words
    statements: tuple[str, ...]
    citations: tuple[Citation, ...]
    note: Words | None
    reading: ReadingGuard
    scope: Expression
    period: Period
    event_date: FactValue | None
    examples: tuple[Example, ...]
    span: Span = field(compare=False, repr=False)
    rises_with: tuple[FactValue, ...] = ()
    implements: tuple[str, ...] = ()
    promised_at: Mapping[str, Span] = field(compare=False, repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleException:
    """`defeats`: the outcome falls away; `review`: it stands and is marked for a person."""

    id: str
    title: Words
    statements: tuple[str, ...]
    citations: tuple[Citation, ...]
    reading: ReadingGuard
    condition: Expression
    effect: Literal["defeats", "review"]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rule:
    head: Head
    condition: Expression
    exceptions: tuple[RuleException, ...]
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Input:
    """A column that rows test: an expression, its heading, and the type that cells must meet."""

    expression: Expression
    label: Words
    text: str
    type: Type
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Output:
    """`order` ranks the values, highest first, for the hit policies `priority` and `output order`."""

    name: str
    type: Type
    order: tuple[Scalar, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Undefined:
    """A gap that the source itself leaves: what each other reading would conclude."""

    alternatives: tuple[tuple[str, tuple[Expression, ...]], ...]


Conclusion: TypeAlias = tuple[Expression, ...] | Undefined | None
"""The output cells; or a declared gap; or None: the row is covered and concludes nothing."""


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    statements: tuple[str, ...]
    citations: tuple[Citation, ...]
    reading: ReadingGuard
    cells: tuple[Expression, ...]
    cell_texts: tuple[str, ...]
    conclusion: Conclusion
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Table:
    """A decision table. With `defines`, its one output is that fact and there are no outcomes."""

    head: Head
    policy: HitPolicy
    given: Expression
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    outcomes: tuple[Outcome, ...]
    defines: FactValue | None
    rows: tuple[Row, ...]
    otherwise: Row | None
    exceptions: tuple[RuleException, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """A fact that is worked out from others by a formula or a condition."""

    head: Head
    fact: FactValue
    body: Expression
    text: str


@dataclass(frozen=True, slots=True)
class Pauses:
    list: FactValue
    start: str
    until: str


@dataclass(frozen=True, slots=True)
class Clock:
    """A time limit: `limit` runs from `starts`; with `due` the due moment itself is given."""

    head: Head
    condition: Expression
    starts: Expression | None
    limit: Limit | Expression | None
    due: Expression | None
    stops: tuple[FactValue, ...]
    pauses: Pauses | None
    defines: FactValue | None
    on_breach: tuple[Outcome, ...]
    limit_text: str


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What `settle` works out over a month's tickets, for each group of `per`."""

    head: Head
    fact: FactValue
    per: tuple[FactValue, ...]
    where: Expression
    sum_of: FactValue | None


Item: TypeAlias = Rule | Table | Definition | Clock | Aggregate


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    title: Words
    items: tuple[Item, ...]
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """One YAML file of rules on one subject; `unreadable` are the ids of items that could not be read."""

    name: str
    title: Words
    readings: Mapping[str, Reading]
    parameters: Mapping[str, Parameter]
    sections: tuple[Section, ...]
    span: Span = field(compare=False, repr=False)
    unreadable: frozenset[str] = frozenset()

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for section in self.sections for item in section.items)
