"""A quick way in for facts that are plainly right; whatever is not goes the long way, which explains.

`facts_from` says everything that is wrong with a ticket. Most tickets are right, and for them this asks
the same questions of each value in the fewest steps. It takes nothing that `facts_from` would refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from sys import intern
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from engine.base.calendar import EARLIEST, LATEST
from engine.evaluate.facts import MOST_DIGITS, MOST_TEXT, Facts, facts_from, instant_from
from engine.plan.nodes import Plan
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import Kind, Type


class NotPlain(Exception):
    """The long way has to look at this value."""


MOST_PLAIN_RECORDS = 1_000
FIRST_YEAR, LAST_YEAR = EARLIEST.year, LATEST.year

Check: TypeAlias = Callable[[Any], Any]


class Intake:
    """Checks made once for every fact of a catalogue."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._checks = {
            name: _within(_check(fact.type, plan.zone), fact)
            for name, fact in plan.facts.items()
            if fact.derived != "engine"
        }

    def facts(self, raw: Mapping[str, Any]) -> Facts | None:
        """The validated facts, or None where only `facts_from` can tell."""
        checks = self._checks
        try:
            facts = {}
            for name, value in raw.items():
                check = checks[name]
                if value is not None:
                    facts[name] = check(value)
        except (AttributeError, KeyError, NotPlain, TypeError, ValueError):
            long_way, findings = facts_from(raw, self.plan)
            return None if findings else long_way
        return facts


def _check(type_: Type, zone: str) -> Check:
    match type_.kind:
        case Kind.BOOLEAN:
            return _truth
        case Kind.INTEGER:
            return _whole
        case Kind.MONEY | Kind.DECIMAL:
            return _number(type_.scale or 0)
        case Kind.ENUM:
            return {member: intern(member) for member in type_.members}.__getitem__
        case Kind.TEXT:
            return _text
        case Kind.DATE:
            return _day
        case Kind.MONTH:
            return _month
        case Kind.INSTANT:
            return _instant(zone)
        case Kind.LIST:
            return _records({name: _check(field.type, zone) for name, field in type_.fields.items()})
        case _:
            return _refuse


def _within(check: Check, fact: FactDeclaration) -> Check:
    """The same check with the catalogue's bounds."""
    low, high = fact.minimum, fact.maximum
    if low is None and high is None:
        return check

    def at_least(value: Any) -> Any:
        found = check(value)
        if found < low:
            raise NotPlain
        return found

    def bounded(value: Any) -> Any:
        found = check(value)
        if (low is not None and found < low) or found > high:
            raise NotPlain
        return found

    return at_least if high is None else bounded


def _refuse(_value: Any) -> Any:
    raise NotPlain


def _truth(value: Any) -> bool:
    if value is True or value is False:
        return value
    raise NotPlain


def _whole(value: Any) -> int:
    if type(value) is int and -(10**9) < value < 10**9:
        return value
    raise NotPlain


def _number(scale: int) -> Check:
    def number(value: Any) -> Decimal:
        if type(value) is int and -(10**9) < value < 10**9:
            return Decimal(value)
        if type(value) is not Decimal:
            raise NotPlain
        text = str(value)
        point = text.find(".")
        if 0 < point < MOST_DIGITS and len(text) <= point + 1 + scale and "E" not in text:
            return value
        raise NotPlain

    return number


def _records(checks: Mapping[str, Check]) -> Check:
    def records(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or len(value) > MOST_PLAIN_RECORDS:
            raise NotPlain
        return tuple([{name: checks[name](v) for name, v in record.items()} for record in value])

    return records


def _text(value: Any) -> str:
    if type(value) is str and len(value) <= MOST_TEXT:
        return value
    raise NotPlain


@lru_cache(maxsize=4096)  # the tickets of a time name few days
def _day(value: Any) -> date:
    if len(value) == 10 and value[4] == value[7] == "-" and value[5] != "W":
        day = date.fromisoformat(value)
        if FIRST_YEAR <= day.year <= LAST_YEAR:
            return day
    raise NotPlain


@lru_cache(maxsize=1024)
def _month(value: Any) -> date:
    """A month is its first day."""
    if len(value) != 7:
        raise NotPlain
    return _day(f"{value}-01")


def _instant(zone: str) -> Check:
    home = ZoneInfo(zone)

    def instant(value: Any) -> datetime:
        """Most are written without an offset, to the minute."""
        if len(value) == 16 and value[10] == "T" and value[4] == value[7] == "-" and value[11:13] != "24":
            found = datetime.fromisoformat(value)
            if FIRST_YEAR <= found.year <= LAST_YEAR and value[13] == ":":
                return found.replace(tzinfo=home)
        known = instant_from(value, zone)
        if known is None or not EARLIEST <= known.date() <= LATEST:
            raise NotPlain
        return known

    return instant
