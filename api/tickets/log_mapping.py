"""The part of an import mapping that tells how a log of events is read: one row, one event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.tickets.mapping_notes import Notes, declared, entries, items, keys_of, literal, word
from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.evaluate.walk.changes import NOW, Change, open_record
from engine.read.nodes import MappingNode, Node, ScalarNode
from engine.rulebook.fields import Unreadable
from engine.rulebook.fields import words as both_languages
from engine.rulebook.model import FactDeclaration, Words
from engine.rulebook.types import Kind

LOG_KEYS = ("ticket", "fact", "at", "activity", "every", "activities", "others")
AT_KEYS = ("column", "format")
EFFECT_KEYS = ("first", "last", "set", "open", "close")
MOMENTS = (Kind.INSTANT, Kind.DATE, Kind.MONTH)
MOST_ACTIVITIES = 1_000


@dataclass(frozen=True, slots=True)
class Effects:
    """What an activity does: facts that get its instant, the first time or each time, facts that are set
    (None: taken away), and lists whose field gets its instant in a new record or in the open one.
    """

    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    sets: Mapping[str, Any] = field(default_factory=dict)
    opens: tuple[tuple[str, str], ...] = ()
    closes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Activity:
    """An activity by its name in the log."""

    title: Words
    effects: Effects


@dataclass(frozen=True, slots=True)
class LogMapping:
    """The columns of a log, the fact that is the ticket's number, and what activities do.

    `every` is done before an activity's own effects. `refuse_others`: an activity that is not named is a
    finding; else `every` is all it does. `format` is that of Python's `strptime`.
    """

    ticket: str
    at: str
    activity: str
    fact: str | None
    format: str | None
    every: Effects
    activities: Mapping[str, Activity]
    refuse_others: bool

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.ticket, self.at, self.activity)))


def changes_by(mapping: LogMapping, activity: str, facts: Mapping[str, Any]) -> tuple[Change, ...]:
    """What an event does to the facts as they are: what every event does, then what its activity does."""
    found = mapping.activities.get(activity)
    effects = [mapping.every] if found is None else [mapping.every, found.effects]
    return tuple(_change(one, facts) for one in effects)


def _change(effects: Effects, facts: Mapping[str, Any]) -> Change:
    moments = {name: NOW for name in effects.first if name not in facts}
    moments |= dict.fromkeys(effects.last, NOW)
    closes = {
        name: {end: NOW}
        for name, end in effects.closes
        if open_record(list(facts.get(name, ())), {end: NOW}) is not None
    }
    appends = {name: ({start: NOW},) for name, start in effects.opens}
    return Change({**effects.sets, **moments}, appends, closes)


def log_mapping(node: Node, notes: Notes) -> LogMapping:
    """The log part of a mapping; what is wrong with it goes into the notes."""
    keys = keys_of(node, LOG_KEYS, notes)
    for key in ("ticket", "at", "activity"):
        if key not in keys:
            notes.say("D072", node, key=key)
    at, form = _at(keys.get("at"), notes)
    return LogMapping(
        ticket=_word(keys.get("ticket"), notes),
        at=at,
        activity=_word(keys.get("activity"), notes),
        fact=_number(keys.get("fact"), notes),
        format=form,
        every=_effects(keys["every"], notes) if "every" in keys else Effects(),
        activities=dict(_activities(keys.get("activities"), notes)),
        refuse_others=_refuses_others(keys.get("others"), notes),
    )


def _word(node: Node | None, notes: Notes) -> str:
    return "" if node is None else word(node, notes)


def _at(node: Node | None, notes: Notes) -> tuple[str, str | None]:
    """The column of the instant, and how its cells are written where that is not ISO 8601."""
    if not isinstance(node, MappingNode):
        return _word(node, notes), None
    keys = keys_of(node, AT_KEYS, notes)
    if "column" not in keys:
        notes.say("D072", node, key="column")
    return _word(keys.get("column"), notes), _word(keys["format"], notes) if "format" in keys else None


def _number(node: Node | None, notes: Notes) -> str | None:
    """The fact that the ticket's number becomes, `ticket_no` where the catalogue has that."""
    if node is None:
        return "ticket_no" if "ticket_no" in notes.plan.facts else None
    fact = declared(node, notes) if isinstance(node, ScalarNode) else None
    return None if fact is None else fact.name


def _refuses_others(node: Node | None, notes: Notes) -> bool:
    written = _word(node, notes) if node is not None else "refuse"
    if node is not None and written not in ("refuse", "pass"):
        notes.say("W021", node)
    return written != "pass"


def _activities(node: Node | None, notes: Notes) -> Iterator[tuple[str, Activity]]:
    written = list(entries(node, notes))
    if len(written) > MOST_ACTIVITIES and node is not None:
        notes.say("W022", node, most=f"{MOST_ACTIVITIES:,}")
    for key, value in written:
        if isinstance(value, ScalarNode) and not value.text:
            yield key.text, Activity(Words(key.text, key.text), Effects())
            continue
        keys = keys_of(value, (*EFFECT_KEYS, "event"), notes)
        title = _title(keys.get("event"), notes) or Words(key.text, key.text)
        yield key.text, Activity(title, _effects_of(keys, notes))


def _title(node: Node | None, notes: Notes) -> Words | None:
    if node is None or isinstance(node, ScalarNode):
        return None if node is None else Words(node.text, node.text)
    try:
        return both_languages(node)
    except Unreadable:
        notes.say("W023", node)
        return None


def _effects(node: Node, notes: Notes) -> Effects:
    return _effects_of(keys_of(node, EFFECT_KEYS, notes), notes)


def _effects_of(keys: Mapping[str, Node], notes: Notes) -> Effects:
    return Effects(
        first=tuple(_moments(keys.get("first"), notes)),
        last=tuple(_moments(keys.get("last"), notes)),
        sets=dict(_sets(keys.get("set"), notes)),
        opens=tuple(_fields(keys.get("open"), notes)),
        closes=tuple(_fields(keys.get("close"), notes)),
    )


def _moments(node: Node | None, notes: Notes) -> Iterator[str]:
    """Facts that take an instant or a day."""
    for item in items(node):
        fact = declared(item, notes) if isinstance(item, ScalarNode) else None
        if not isinstance(item, ScalarNode):
            notes.say("D081", item)
        elif fact is not None and fact.type.kind not in MOMENTS:
            notes.say("W024", item, fact=fact.name)
        elif fact is not None:
            yield fact.name


def _sets(node: Node | None, notes: Notes) -> Iterator[tuple[str, Any]]:
    for key, value in entries(node, notes):
        if declared(key, notes) is not None:
            yield key.text, literal(key.text, value, notes)


def _fields(node: Node | None, notes: Notes) -> Iterator[tuple[str, str]]:
    """`{waits: began}`: a list of records and its field that takes an instant or a day."""
    for key, value in entries(node, notes):
        fact = declared(key, notes)
        name = word(value, notes)
        if fact is not None and _takes_a_moment(fact, key, value, notes):
            yield key.text, name


def _takes_a_moment(fact: FactDeclaration, key: ScalarNode, value: Node, notes: Notes) -> bool:
    if fact.type.kind is not Kind.LIST:
        notes.say("W025", key, fact=fact.name)
        return False
    name = value.text if isinstance(value, ScalarNode) else ""
    known = fact.type.fields
    if name in known and known[name].type.kind in MOMENTS:
        return True
    near = closest(name, [field for field, of in known.items() if of.type.kind in MOMENTS])
    notes.findings.append(Finding("W026", {"fact": fact.name, "field": name}, value.span, suggestion=near))
    return False


def instant_format(text: str, form: str) -> datetime:
    """An instant as a log writes it; raises ValueError for another one."""
    return datetime.strptime(text, form)  # noqa: DTZ007 - a zone is read where the form has one
