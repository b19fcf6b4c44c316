"""A case file: a ticket's timeline, held against the catalogue and with every place kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from engine.base.spans import Span
from engine.evaluate.facts import Facts
from engine.evaluate.walk.changes import FactChange
from engine.rulebook.model import Words

Permission: TypeAlias = Literal["allowed", "refused", "unsaid"]


@dataclass(frozen=True, slots=True)
class Step:
    """One event: since `at` the ticket says `facts`; `changes` are what the event changed of them."""

    at: datetime
    title: Words | None
    facts: Facts = field(hash=False)
    changes: tuple[FactChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """What one event expects: of one item, of all the money, or of one action; `what` names it."""

    kind: Literal["item", "totals", "action"]
    what: str
    value: Any = field(hash=False)
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """`beginning` are the facts that hold before the first step; `expected` is for each step what follows."""

    name: str
    title: Words | None
    readings: Mapping[str, str] = field(hash=False)
    beginning: tuple[FactChange, ...]
    steps: tuple[Step, ...]
    expected: tuple[tuple[Expected, ...], ...]
    until: datetime | None
