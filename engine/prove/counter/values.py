"""The values of a fact at which something may change: enough that each piece of its range has one.

Numbers, days and instants change what is concluded at the constants of the rules, at what a ticket's
other facts say, and at due times; they are offered with their neighbours on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import islice, product
from typing import Any, TypeGuard
from zoneinfo import ZoneInfo

from engine.base.calendar import EARLIEST, LATEST, instant_of
from engine.evaluate.clocks import read_clock
from engine.evaluate.facts import value_from
from engine.evaluate.values import Unknown
from engine.plan.nodes import Plan
from engine.prove.asking.trial import Trial
from engine.prove.counter.reach import Reach
from engine.rulebook.expressions import Constant, FieldValue, ParameterValue, walk
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import ORDERED, Kind, Scalar, Type

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
FAR = 10**9
MOST_RECORDS = 48
"""So many made-up records are tried in a list."""
MOST_DAYS = 400
"""Constants up to this many may be days or months of something."""
SMALL = 64
"""A range of so few whole numbers is tried out in full."""


@dataclass(frozen=True)
class Values:
    """What is worth trying for the facts that some items rest on, beside one ticket."""

    trial: Trial
    reaches: tuple[Reach, ...]

    @property
    def plan(self) -> Plan:
        return self.trial.plan

    def of(self, name: str) -> list[Any]:
        """Values within the catalogue, ordered ones in their order, others in the catalogue's; not none."""
        declared = self.plan.facts[name]
        if declared.type.kind is Kind.LIST:
            return list(self._lists(declared))
        found = dict.fromkeys(self._scalars(declared.type, declared, self.trial.facts.get(name)))
        kept = [value for value in found if declared.admits(value)]
        return sorted(kept) if declared.type.kind in ORDERED else kept

    def of_field(self, records: str, field: str) -> list[Any]:
        """The same of a field of a list's records."""
        type_ = self.plan.facts[records].type.fields[field].type
        found = list(dict.fromkeys(self._scalars(type_, None, None)))
        return sorted(found) if type_.kind in ORDERED else found

    def around(self, name: str) -> Any:
        """Where a fact that is not given would lie: when it is due, beside what happened, at its example."""
        declared, zone = self.plan.facts[name], self.trial.case.zone
        latest = max((instant_of(moment, zone) for moment in self._dues or self._moments), default=None)
        example = value_from(declared.example, declared, self.plan.zone)
        if latest is None or declared.type.kind not in (Kind.DATE, Kind.INSTANT):
            return example
        found = latest if declared.type.kind is Kind.INSTANT else latest.date()
        return found if declared.admits(found) else example

    def _scalars(self, type_: Type, declared: FactDeclaration | None, now: Any) -> Iterator[Any]:
        match type_.kind:
            case Kind.BOOLEAN:
                yield from (True, False)
            case Kind.ENUM:
                yield from type_.members
            case Kind.TEXT:
                yield from self._texts(declared)
            case Kind.INTEGER | Kind.DECIMAL | Kind.MONEY:
                yield from self._numbers(type_, declared, now)
            case Kind.DATE | Kind.MONTH:
                yield from self._days(type_, now)
            case Kind.INSTANT:
                yield from self._instants(now)
            case _:
                return

    def _texts(self, declared: FactDeclaration | None) -> Iterator[str]:
        yield from (value for value in self._constants if isinstance(value, str))
        yield from (value for value in self.trial.facts.values() if isinstance(value, str))
        if declared is not None:
            yield str(declared.example)

    def _numbers(self, type_: Type, declared: FactDeclaration | None, now: Any) -> Iterator[Any]:
        step = Decimal((0, (1,), -(type_.scale or 0)))
        low, high = (declared.minimum, declared.maximum) if declared is not None else (None, None)
        known = [n for n in (low, high, now, 0, 1, -FAR, FAR) if _is_number(n)]
        known += [value for value in self._constants if _is_number(value)]
        known += [value for value in self.trial.facts.values() if _is_number(value)]
        if type_.kind is Kind.INTEGER and _is_number(low) and _is_number(high) and high - low <= SMALL:
            known += range(int(low), int(high) + 1)
        for number in known:
            at = (Decimal(number) / step).to_integral_value() * step
            for found in (at - step, at, at + step):
                yield int(found) if type_.kind is Kind.INTEGER else found

    def _days(self, type_: Type, now: Any) -> Iterator[date]:
        """Days beside those known, and as far from the ticket's own as the rules count."""
        anchors = {_day(value) for value in (now, *self._moments) if isinstance(value, date)}
        known = anchors | {_day(value) for value in self._constants if isinstance(value, date)}
        found = {EARLIEST, LATEST, *(day + by for day in known for by in (-DAY, 0 * DAY, DAY))}
        found |= {day + by * DAY for day in anchors for by in self._spans}
        for day in sorted(found):
            if EARLIEST <= day <= LATEST:
                yield day.replace(day=1) if type_.kind is Kind.MONTH else day

    def _instants(self, now: Any) -> Iterator[datetime]:
        """Instants beside those known and beside due times, and days away from the ticket's own."""
        zone = self.trial.case.zone
        moments = {value for value in (now, *self._moments, *self._dues) if isinstance(value, date)}
        constants = {value for value in self._constants if isinstance(value, date)}
        starts = {_midnight(_day(value), zone) + by for value in moments | constants for by in (0 * DAY, DAY)}
        known = {value for value in moments | constants if isinstance(value, datetime)} | starts
        found = {value + by for value in known for by in (-MINUTE, 0 * MINUTE, MINUTE)}
        found |= {value + by * DAY for value in known for by in self._spans}
        found |= {_midnight(EARLIEST, zone), _midnight(LATEST, zone)}
        yield from (value for value in sorted(found) if EARLIEST <= value.date() <= LATEST)

    @cached_property
    def _moments(self) -> frozenset[date]:
        """Every day and instant that the ticket names."""
        scalars = list(self.trial.facts.values())
        scalars += [
            v for value in scalars if isinstance(value, tuple) for each in value for v in each.values()
        ]
        found = {value for value in scalars if isinstance(value, date)}
        return frozenset(found if self.trial.as_of is None else {*found, self.trial.as_of})

    @cached_property
    def _dues(self) -> frozenset[datetime]:
        clocks = [clock for reach in self.reaches for clock in reach.clocks]
        faces = [read_clock(self.trial.case, clock) for clock in clocks]
        return frozenset(face.due.instant for face in faces if not isinstance(face, Unknown) and face.due)

    @cached_property
    def _spans(self) -> frozenset[int]:
        """Numbers of days before and after."""
        amounts = {int(n) for n in self._constants if _is_number(n) and n <= MOST_DAYS and n == int(n)}
        return frozenset(sign * n for n in {1, *amounts} for sign in (-1, 1) if n > 0)

    @cached_property
    def _constants(self) -> tuple[Scalar, ...]:
        """The constants of the rules, and the values and days of the parameters that they read."""
        parts = [part for reach in self.reaches for whole in reach.expressions for part in walk(whole)]
        found = dict.fromkeys(part.value for part in parts if isinstance(part, Constant))
        for part in parts:
            if isinstance(part, ParameterValue):
                found |= dict.fromkeys(v for step in self.plan.parameters[part.id].steps for v in step)
        return tuple(found)

    def _lists(self, declared: FactDeclaration) -> Iterator[tuple[Mapping[str, Any], ...]]:
        """The list with one record changed in one field, without one of them, with one more, without any."""
        now = self.trial.facts.get(declared.name, ())
        assert isinstance(now, tuple)
        rests = [(record, now[:place], now[place + 1 :]) for place, record in enumerate(now)]
        for record, before, behind in rests:
            yield from ((*before, other, *behind) for other in self._records(record, declared.type))
        yield from ((*before, *behind) for _, before, behind in rests)
        if not (declared.is_record and now):
            yield from ((*now, more) for more in islice(self._more(declared), MOST_RECORDS))
        if len(now) != 1:
            yield ()

    def _records(self, record: Mapping[str, Any], type_: Type) -> Iterator[Mapping[str, Any]]:
        for name in self._fields(type_):
            field = type_.fields[name]
            for value in dict.fromkeys(self._scalars(field.type, None, record.get(name))):
                yield {**record, name: value}
            if field.absent_is_none and name in record:
                yield {key: value for key, value in record.items() if key != name}

    def _more(self, declared: FactDeclaration) -> Iterator[Mapping[str, Any]]:
        """Records in which each field that is asked about takes each of its values."""
        example = value_from(declared.example, declared, self.plan.zone)
        assert isinstance(example, tuple), "the example of a list is a list"
        names = self._fields(declared.type)
        choices = [tuple(self._scalars(declared.type.fields[name].type, None, None)) for name in names]
        for chosen in product(*choices):
            yield {**example[0], **dict(zip(names, chosen, strict=True))}

    def _fields(self, type_: Type) -> list[str]:
        """The fields that the rules ask about."""
        parts = (part for reach in self.reaches for whole in reach.expressions for part in walk(whole))
        pauses = [clock.pauses for reach in self.reaches for clock in reach.clocks if clock.pauses]
        asked = {part.name for part in parts if isinstance(part, FieldValue)}
        asked |= {name for pause in pauses for name in (pause.start, pause.until)}
        return [name for name in type_.fields if name in asked]


def _is_number(value: object) -> TypeGuard[int | Decimal]:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)
