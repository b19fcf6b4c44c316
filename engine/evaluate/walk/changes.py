"""What an event does to a ticket's facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.evaluate.facts import MOST_RECORDS, Facts, facts_from
from engine.evaluate.values import shown
from engine.plan.nodes import Plan
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import Kind, Record, Type

NOW = "now"
How: TypeAlias = Literal["set", "taken", "added", "closed"]


@dataclass(frozen=True, slots=True)
class FactChange:
    """One change of one fact; `value` is what it was set to, or the record, as a verdict shows values.

    `taken`: the fact is no longer known. `added` and `closed`: a record of a list came, or got the fields
    that were open.
    """

    fact: str
    how: How
    value: Any = None


@dataclass(frozen=True, slots=True)
class Change:
    """What an event changes, as it was written: facts set (None: taken away), records closed, then added."""

    sets: Mapping[str, Any] = field(default_factory=dict)
    appends: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    closes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changed:
    """The facts after a change, what was changed, and what did not fit (by JSON pointer into the event)."""

    facts: Facts
    changes: tuple[FactChange, ...]
    findings: tuple[Finding, ...] = ()


def changed(facts: Facts, change: Change, at: datetime, plan: Plan) -> Changed:
    """The facts once an event has happened at that instant, which `now` and `today` stand for."""
    work = _Work(dict(facts), at, plan)
    for name, value in change.sets.items():
        work.set(name, value)
    for name, fields in change.closes.items():
        work.close(name, fields)
    for name, records in change.appends.items():
        work.append(name, records)
    return Changed(work.facts, tuple(work.changes), tuple(work.findings))


def facts_set(facts: Facts, plan: Plan) -> Iterator[FactChange]:
    """These facts as they are said where all of them are new."""
    return (FactChange(name, "set", shown(value, plan.facts[name].type)) for name, value in facts.items())


class _Work:
    """The facts while one event changes them."""

    def __init__(self, facts: dict[str, Any], at: datetime, plan: Plan) -> None:
        self.facts = facts
        self.at = at
        self.plan = plan
        self.changes: list[FactChange] = []
        self.findings: list[Finding] = []

    def set(self, name: str, value: Any) -> None:
        declared = self.plan.facts.get(name)
        known, findings = facts_from({name: self._meant(value, declared)}, self.plan, "/facts")
        self.findings += findings
        if findings:
            return
        if name in known:
            self._put(name, "set", known[name])
        elif self.facts.pop(name, None) is not None:
            self.changes.append(FactChange(name, "taken"))

    def append(self, name: str, records: tuple[Any, ...]) -> None:
        declared = self._list(name, "append")
        added = None if declared is None else self._records(declared, records, "append")
        if declared is None or added is None:
            return
        before = self.facts.get(name, ())
        most = 1 if declared.is_record else MOST_RECORDS
        if len(before) + len(added) > most:
            self._say("W005", name, "append", most=f"{most:,}")
            return
        self.facts[name] = (*before, *added)
        self.changes += [FactChange(name, "added", self._shown(name, record)) for record in added]

    def close(self, name: str, fields: Mapping[str, Any]) -> None:
        declared = self._list(name, "close")
        late = None if declared is None else self._records(declared, (dict(fields),), "close")
        if late is None:
            return
        records = list(self.facts.get(name, ()))
        which = open_record(records, fields)
        if which is None:
            self._say("W004", name, "close", fields=", ".join(fields))
            return
        records[which] = {**records[which], **late[0]}
        self.facts[name] = tuple(records)
        self.changes.append(FactChange(name, "closed", self._shown(name, records[which])))

    def _say(self, code: str, name: str, place: str, /, **values: str) -> None:
        self.findings.append(Finding(code, {"fact": name, **values}, pointer=f"/{place}/{name}"))

    def _shown(self, name: str, record: Record) -> Any:
        return shown((record,), self.plan.facts[name].type)[0]

    def _records(
        self, declared: FactDeclaration, records: tuple[Any, ...], key: str
    ) -> tuple[Record, ...] | None:
        """The records as values; None where something does not fit, which is then said."""
        meant = [self._meant(record, declared) for record in records]
        known, findings = facts_from({declared.name: meant}, self.plan, f"/{key}")
        self.findings += map(_without_position, findings) if key == "close" else findings
        found: Any = known.get(declared.name)
        return None if findings else found

    def _put(self, name: str, how: How, value: Any) -> None:
        self.facts[name] = value
        self.changes.append(FactChange(name, how, shown(value, self.plan.facts[name].type)))

    def _list(self, name: str, key: str) -> FactDeclaration | None:
        """The list of records of that name; None where it is none or not there at all, which is then said."""
        declared = self.plan.facts.get(name)
        if declared is not None and declared.type.kind is Kind.LIST:
            return declared
        if declared is not None:
            self._say("W003", name, key, key=key)
            return None
        near = closest(name, [n for n, fact in self.plan.facts.items() if fact.type.kind is Kind.LIST])
        self.findings.append(Finding("F001", {"name": name}, pointer=f"/{key}/{name}", suggestion=near))
        return None

    def _meant(self, value: Any, declared: FactDeclaration | None) -> Any:
        """The value with `now` and `today` as the instant or the day that they stand for."""
        if declared is None:
            return value
        if declared.type.kind is not Kind.LIST:
            return moment(value, declared.type, self.at)
        if isinstance(value, Mapping):
            return _record_meant(value, declared.type, self.at)
        if isinstance(value, list | tuple):
            return [_record_meant(record, declared.type, self.at) for record in value]
        return value


def _record_meant(record: Any, type_: Type, at: datetime) -> Any:
    if not isinstance(record, Mapping):
        return record
    fields = type_.fields
    return {
        name: moment(value, fields[name].type, at) if name in fields else value
        for name, value in record.items()
    }


def moment(value: Any, type_: Type, at: datetime) -> Any:
    """`now` and `today` by the type of what they are written for; any other value as it is."""
    match value, type_.kind:
        case ("now", Kind.INSTANT):
            return at.isoformat()
        case ("now" | "today", Kind.DATE):
            return at.date().isoformat()
        case ("now" | "today", Kind.MONTH):
            return at.date().isoformat()[:7]
        case _:
            return value


def open_record(records: list[Any], fields: Mapping[str, Any]) -> int | None:
    """The place of the last record that has none of these fields yet."""
    places: Iterator[int] = reversed(range(len(records)))
    return next((place for place in places if not any(name in records[place] for name in fields)), None)


def _without_position(finding: Finding) -> Finding:
    """`/close/waits/0/ended` is written as `/close/waits/ended`."""
    pointer = (finding.pointer or "").replace("/0/", "/", 1)
    return Finding(finding.code, finding.values, pointer=pointer, suggestion=finding.suggestion)
