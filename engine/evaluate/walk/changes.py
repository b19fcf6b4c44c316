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

NOW, TODAY = "now", "today"
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
        declared = self.plan.facts.get(name)
        if not self._is_list(declared, name, "append"):
            return
        meant = [self._meant(record, declared) for record in records]
        known, findings = facts_from({name: meant}, self.plan, "/append")
        self.findings += findings
        if findings:
            return
        added: tuple[Record, ...] = known[name]  # type: ignore[assignment]  # a list is a tuple of records
        self._lengthen(name, added, declared)

    def _lengthen(self, name: str, added: tuple[Record, ...], declared: FactDeclaration | None) -> None:
        before = self.facts.get(name, ())
        most = 1 if declared is not None and declared.is_record else MOST_RECORDS
        if len(before) + len(added) > most:
            values = {"fact": name, "most": f"{most:,}"}
            self.findings.append(Finding("W005", values, pointer=f"/append/{name}"))
            return
        self.facts[name] = (*before, *added)
        type_ = self.plan.facts[name].type
        self.changes += [FactChange(name, "added", shown((record,), type_)[0]) for record in added]

    def close(self, name: str, fields: Mapping[str, Any]) -> None:
        declared = self.plan.facts.get(name)
        if not self._is_list(declared, name, "close") or not self._has_fields(declared, fields):
            return
        known, findings = facts_from({name: [self._meant(dict(fields), declared)]}, self.plan, "/close")
        self.findings += [_without_position(finding) for finding in findings]
        if findings:
            return
        late: Record = known[name][0]  # type: ignore[index,assignment]  # a list is a tuple of records
        records = list(self.facts.get(name, ()))
        which = open_record(records, fields)
        if which is None:
            values = {"fact": name, "fields": ", ".join(fields)}
            self.findings.append(Finding("W004", values, pointer=f"/close/{name}"))
            return
        records[which] = {**records[which], **late}
        self.facts[name] = tuple(records)
        said = shown((records[which],), self.plan.facts[name].type)[0]
        self.changes.append(FactChange(name, "closed", said))

    def _put(self, name: str, how: How, value: Any) -> None:
        self.facts[name] = value
        self.changes.append(FactChange(name, how, shown(value, self.plan.facts[name].type)))

    def _is_list(self, declared: FactDeclaration | None, name: str, key: str) -> bool:
        """Whether a fact is a list of records; the finding where it is none or not there at all."""
        pointer = f"/{key}/{name}"
        if declared is not None and declared.type.kind is Kind.LIST:
            return True
        if declared is None:
            lists = [n for n, fact in self.plan.facts.items() if fact.type.kind is Kind.LIST]
            near = closest(name, lists)
            self.findings.append(Finding("F001", {"name": name}, pointer=pointer, suggestion=near))
        else:
            self.findings.append(Finding("W003", {"fact": name, "key": key}, pointer=pointer))
        return False

    def _has_fields(self, declared: FactDeclaration | None, fields: Mapping[str, Any]) -> bool:
        known = declared.type.fields if declared is not None else {}
        unknown = [name for name in fields if name not in known]
        of = declared.name if declared is not None else ""
        for name in unknown:
            near = closest(name, known)
            self.findings.append(
                Finding("F001", {"name": name}, pointer=f"/close/{of}/{name}", suggestion=near)
            )
        return not unknown

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
