"""Tickets of every form as Parquet that an engine reads: through the row-by-row readers, in batches."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa

from api.tickets.csv_tickets import UnreadableHeader
from api.tickets.mapping import ImportMapping
from api.tickets.parquet_tickets import Arrow
from api.tickets.parquet_values import by_column, column_of
from api.tickets.parquet_writer import arrow_type, write_groups
from api.tickets.refusal import TicketsRefused, Trouble
from api.tickets.sources import Form, Reading, tickets_of
from api.tickets.ticket import Ticket
from engine.base.findings import Finding
from engine.evaluate.facts import Facts, as_of_from, facts_from
from engine.plan.nodes import Plan
from engine.replay.engines.engine import EngineFailure, Progress
from engine.replay.tickets.bad import BadTicket
from engine.replay.tickets.canonical import widest
from engine.replay.tickets.table import AS_OF, PLACE, Bad, declared
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import Type

AT_ONCE, IN_A_GROUP = 2_000, 60
"""Tickets in a batch, and batches in a group of rows."""
_PLACE = [(f"{PLACE}file", pa.string()), (f"{PLACE}row", pa.int64()), (AS_OF, pa.timestamp("us", tz="UTC"))]


@dataclass(frozen=True, eq=False)
class TicketStream:
    """Tickets that stand in no file; `name` is said where a file's would be."""

    name: str
    tickets: Iterable[Ticket]

    def __str__(self) -> str:
        return self.name


Input: TypeAlias = str | TicketStream


@dataclass(frozen=True)
class Conversion:
    """The file that was written, if any, its columns that have values, and the tickets that are not in it."""

    file: Path | None
    facts: frozenset[str]
    bad: Bad


@dataclass(frozen=True)
class _Good:
    """A ticket that every plan takes, with its place."""

    file: str
    line: int
    as_of: Any
    facts: Facts


class Reader:
    """Reads inputs one after another, and keeps what is wrong with tickets and with whole files."""

    def __init__(
        self,
        forms: Mapping[str, Form],
        plans: Sequence[Plan],
        mapping: ImportMapping | None,
        progress: Progress | None,
    ) -> None:
        self.types = _types(plans)
        self.zone = plans[0].zone
        self.bad = Bad()
        self.troubles: list[Trouble] = []
        self._forms = forms
        self._plans = different(plans)
        self._reading = Reading(replace(plans[0], facts=every_fact(plans)), mapping)
        self._progress = progress
        self._size = sum(map(_size, forms)) or 1
        self._done = 0

    def good(self, inputs: Sequence[Input]) -> Iterator[_Good]:
        """The tickets that every plan takes."""
        for one in inputs:
            for ticket in self._file(one) if isinstance(one, str) else one.tickets:
                good = self._good(str(one), ticket)
                if good is not None:
                    yield good

    def _file(self, name: str) -> Iterator[Ticket]:
        try:
            with Path(name).open("rb") as stream:
                tickets = tickets_of(stream, name, self._forms[name], self._reading)
                for count, ticket in enumerate(tickets):
                    yield ticket
                    if count % 1000 == 0 and self._progress is not None:
                        self._progress((self._done + stream.tell()) / self._size)
        except UnreadableHeader as error:
            self.troubles += [(name, finding) for finding in error.findings]
        self._done += _size(name)

    def _good(self, file: str, ticket: Ticket) -> _Good | None:
        findings = list(ticket.findings)
        facts: dict[str, Any] = {}
        for plan in self._plans:
            read, trouble = facts_from(self._meant_for(plan, ticket.facts), plan, ticket.pointer)
            findings += [finding for finding in trouble if finding not in findings]
            facts.update(read)
        as_of = as_of_from(ticket.as_of, self.zone) if ticket.as_of else None
        if isinstance(as_of, Finding):
            findings.append(as_of)
        if not findings:
            return _Good(file, ticket.line, as_of, facts)
        self.bad = self.bad.and_then(Bad(1, (BadTicket(file, ticket.line, tuple(findings)),)))
        return None

    def _meant_for(self, plan: Plan, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        """Without what only another of the plans knows, or this one alone works out itself."""
        if len(self._plans) == 1:
            return facts
        return {name: value for name, value in facts.items() if self._is_meant_for(plan, name)}

    def _is_meant_for(self, plan: Plan, name: str) -> bool:
        own = plan.facts.get(name)
        if own is None or own.derived == "engine":
            return all(fact.derived == "engine" for fact in declared(self._plans, name))
        return True


def _size(name: str) -> int:
    return Path(name).stat().st_size


def convert(inputs: Sequence[Input], reader: Reader, target: Path) -> Conversion:
    """Writes the good tickets of the inputs to `target`, in their order.

    Raises TicketsRefused for files of which nothing can be read, EngineFailure where the disk is full.
    """
    try:
        given = _write(target, reader.good(inputs), reader)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise EngineFailure(Finding("Q051", {"folder": str(target.parent.parent)})) from error
    if reader.troubles:
        raise TicketsRefused(reader.troubles)
    return Conversion(target, given, reader.bad)


def _write(target: Path, tickets: Iterator[_Good], reader: Reader) -> frozenset[str]:
    """Writes batches together, as engines like long groups of rows; gives the columns that have values."""
    facts = {name: arrow_type(type_, "UTC", "us") for name, type_ in reader.types.items()}
    schema = pa.schema([*_PLACE, *facts.items()])
    given: set[str] = set()
    batches = iter(lambda: list(islice(tickets, AT_ONCE)), [])
    made = (_record_batch(batch, reader.types, schema, given) for batch in batches)
    write_groups(str(target), schema, made, IN_A_GROUP)
    return frozenset(given)


def _record_batch(
    tickets: Sequence[_Good], types: Mapping[str, Type], schema: Arrow, given: set[str]
) -> Arrow:
    columns = by_column([ticket.facts for ticket in tickets])
    columns[f"{PLACE}file"] = [ticket.file for ticket in tickets]
    columns[f"{PLACE}row"] = [ticket.line for ticket in tickets]
    columns[AS_OF] = [ticket.as_of for ticket in tickets]
    given.update(columns)
    arrays = [
        _array(columns.get(part.name), types.get(part.name), part.type, len(tickets)) for part in schema
    ]
    return pa.record_batch(arrays, schema=schema)


def _array(values: list[Any] | None, type_: Type | None, arrow: Arrow, rows: int) -> Arrow:
    if values is None:
        return pa.nulls(rows, arrow)
    return pa.array(values if type_ is None else column_of(values, type_), arrow)


def every_fact(plans: Sequence[Plan]) -> Mapping[str, FactDeclaration]:
    """The facts of all plans by name; what the first says of one counts."""
    return {name: fact for plan in reversed(plans) for name, fact in plan.facts.items()}


def different(plans: Sequence[Plan]) -> list[Plan]:
    """One plan of each catalogue; the editions of a dry run mostly share theirs."""
    return [
        plan
        for n, plan in enumerate(plans)
        if not any(plan.facts == other.facts and plan.zone == other.zone for other in plans[:n])
    ]


def _types(plans: Sequence[Plan]) -> dict[str, Type]:
    """The facts that tickets may give under one of the plans at least."""
    names = {n for plan in plans for n, fact in plan.facts.items() if fact.derived != "engine"}
    return {name: widest([fact.type for fact in declared(plans, name)]) for name in sorted(names)}
