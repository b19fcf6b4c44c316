"""A month's volumes from a file: for each group of tickets (an outlet) the numbers beside its counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO, TypeAlias

from api.tickets.csv_tickets import UnreadableHeader
from api.tickets.sources import Form, Reading, tickets_of
from api.tickets.ticket import WHOLE_FILE
from engine.base.findings import Finding
from engine.evaluate.facts import Facts, facts_from
from engine.plan.nodes import Plan
from engine.replay.settle.aggregates import Grouping
from engine.rulebook.types import Kind

Trouble: TypeAlias = tuple[int, tuple[Finding, ...]]
"""A line of the file, and what is wrong with it."""


@dataclass(frozen=True)
class Volumes:
    """`rows`: the facts of each group of the month; where there is `trouble`, nothing is settled by them."""

    rows: tuple[Mapping[str, Any], ...]
    trouble: tuple[Trouble, ...]


def read_volumes(
    stream: BinaryIO, name: str, form: Form, plan: Plan, groupings: Sequence[Grouping], month: date
) -> Volumes:
    """The rows of the month; the columns are facts: those that make a group, a month, and the numbers.

    Rows of other months are passed over; a file without a column for the month is all of the month.
    """
    rows: list[Mapping[str, Any]] = []
    trouble: list[Trouble] = []
    told: dict[tuple[Any, ...], int] = {}
    try:
        for line, facts, findings in _facts(stream, name, form, plan):
            if not findings and _of_another_month(facts, plan, month):
                continue
            wrong = findings or tuple(_lacking(facts, groupings))
            wrong = wrong or tuple(_twice(facts, groupings, line, told))
            if wrong:
                trouble.append((line, wrong))
            else:
                rows.append(facts)
    except UnreadableHeader as error:
        trouble.append((WHOLE_FILE, error.findings))
    return Volumes(tuple(rows), tuple(trouble))


def _facts(
    stream: BinaryIO, name: str, form: Form, plan: Plan
) -> Iterator[tuple[int, Facts, tuple[Finding, ...]]]:
    for ticket in tickets_of(stream, name, form, Reading(plan)):
        facts, findings = facts_from(ticket.facts, plan, ticket.pointer)
        yield ticket.line, facts, (*ticket.findings, *findings)


def _of_another_month(facts: Facts, plan: Plan, month: date) -> bool:
    months = [value for name, value in facts.items() if plan.facts[name].type.kind is Kind.MONTH]
    return bool(months) and month not in months


def _lacking(facts: Facts, groupings: Sequence[Grouping]) -> Iterator[Finding]:
    """What a row must say: one grouping's keys with all its numbers."""
    wanted = [(*some.keys, *some.numbers) for some in groupings if some.numbers]
    if not any(all(name in facts for name in names) for names in wanted):
        for name in wanted[0] if wanted else ():
            if name not in facts:
                yield Finding("Q111", {"fact": name}, pointer=f"/{name}")


def _twice(
    facts: Facts, groupings: Sequence[Grouping], line: int, told: dict[tuple[Any, ...], int]
) -> Iterator[Finding]:
    for some in groupings:
        if some.numbers and all(name in facts for name in (*some.keys, *some.numbers)):
            key = (some.keys, *(facts[name] for name in some.keys))
            first = told.setdefault(key, line)
            if first != line:
                named = ", ".join(str(facts[name]) for name in some.keys)
                yield Finding("Q110", {"group": named, "line": str(first)})
