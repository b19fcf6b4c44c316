"""The answer for one ticket, as plain data in a fixed order of keys: what is stored, sent and compared.

A verdict is a pure function of (plan, facts, as_of). Money is a decimal string, days and instants are
ISO 8601. Keys may be added in later editions of Caiding, never renamed.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypedDict

Reason: TypeAlias = Literal[
    "fact_missing",
    "clock_running",
    "parameter_missing",
    "undefined_by_source",
    "no_row_applies",
    "rows_overlap",
    "out_of_bounds",
    "calendar_missing",
]
"""Why something is undecided, the one that the ticket system can mend first."""

REASONS: tuple[Reason, ...] = (
    "fact_missing",
    "clock_running",
    "parameter_missing",
    "undefined_by_source",
    "no_row_applies",
    "rows_overlap",
    "out_of_bounds",
    "calendar_missing",
)


class WordsOut(TypedDict):
    zh: str
    en: str


class CitationOut(TypedDict):
    source: str
    quote: str


class Because(TypedDict):
    """One condition that mattered: the fact, the value seen (null: none), the test as written."""

    fact: str
    value: Any
    test: str


Outcome: TypeAlias = dict[str, Any]
"""`rule`, `kind`, the kind's own fields, `title`, `citations`, `because`; `row` for a table."""


class Defeated(TypedDict):
    """What would have applied, and the exception that took it away."""

    rule: str
    by: str
    title: WordsOut
    citations: list[CitationOut]
    because: list[Because]


class Undecided(TypedDict):
    """What might apply, and what would decide it: names of facts, parameters (`rulebook/name`) or `as_of`."""

    rule: str
    title: WordsOut
    missing: list[str]
    reason: Reason


class Verdict(TypedDict):
    edition: str
    as_of: str | None
    outcomes: list[Outcome]
    defeated: list[Defeated]
    undecided: list[Undecided]
    derived: dict[str, Any]
    totals: dict[str, dict[str, str]]
