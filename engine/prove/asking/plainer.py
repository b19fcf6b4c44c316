"""Plainer values in place of one: the catalogue's example, few digits, whole days, few records.

`takes` is told of a plainer value and answers whether it will do; it keeps the last one that did. What is
offered lies within the catalogue's bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import partial
from typing import Any, TypeAlias

from engine.base.calendar import EARLIEST, LATEST
from engine.rulebook.types import Kind, Type

Takes: TypeAlias = Callable[[Any], bool]

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Aim:
    """Where plainer values of one type lie: at the example, else within the bounds. None: not given."""

    type: Type
    example: Any = None
    minimum: Any = None
    maximum: Any = None

    def admits(self, value: Any) -> bool:
        above = self.minimum is None or value >= self.minimum
        return bool(above and (self.maximum is None or value <= self.maximum))


def make_plainer(value: Any, aim: Aim, takes: Takes) -> None:
    """Offers plainer values than `value` until one will do, and from there whatever is plainer still."""

    def within(found: Any) -> bool:
        return found != value and aim.admits(found) and takes(found)

    exemplary = aim.example is not None and aim.type.kind is not Kind.LIST
    if exemplary and (value == aim.example or within(aim.example)):
        return
    match aim.type.kind:
        case Kind.INTEGER | Kind.DECIMAL | Kind.MONEY:
            _plainer_number(value, aim, takes)
        case Kind.ENUM:
            any(within(member) for member in aim.type.members[: aim.type.members.index(value)])
        case Kind.DATE | Kind.MONTH:
            _nearer_day(value, aim, takes)
        case Kind.INSTANT:
            _plainer_instant(value, aim, takes)
        case Kind.LIST:
            _plainer_records(value, aim, takes)
        case _:
            return


def _plainer_number(value: Any, aim: Aim, takes: Takes) -> None:
    """As few digits after the point as will do, then as near to nought as will do."""
    for digits in range((aim.type.scale or 0) + 1):
        step = Decimal((0, (1,), -digits))
        will_do = partial(_is_taken, step, value, aim, takes)
        start = next(filter(will_do, _rounded(value, step)), None)
        if start is not None:
            _nearest(_home(aim, step), start, will_do)
            return


def _rounded(value: Any, step: Decimal) -> tuple[int, int]:
    """The value in steps, the one nearer to nought first."""
    steps = Decimal(value) / step
    both = (int(steps.to_integral_value(way)) for way in (ROUND_FLOOR, ROUND_CEILING))
    low, high = sorted(both, key=abs)
    return low, high


def _home(aim: Aim, step: Decimal) -> int:
    """The number of steps nearest to nought within the bounds."""
    if aim.minimum is not None and aim.minimum > 0:
        return int((Decimal(aim.minimum) / step).to_integral_value(ROUND_CEILING))
    if aim.maximum is not None and aim.maximum < 0:
        return int((Decimal(aim.maximum) / step).to_integral_value(ROUND_FLOOR))
    return 0


def _is_taken(step: Decimal, value: Any, aim: Aim, takes: Takes, steps: int) -> bool:
    number = steps * step
    found = int(number) if aim.type.kind is Kind.INTEGER else number
    return found == value or (aim.admits(found) and takes(found))


def _nearest(home: int, away: int, will_do: Callable[[int], bool]) -> None:
    """From a number that will do towards home, by halves: to a place where the next would not do."""
    if home == away or will_do(home):
        return
    while abs(away - home) > 1:
        middle = (home + away) // 2
        if will_do(middle):
            away = middle
        else:
            home = middle


def is_reasonable(day: date) -> bool:
    """Whether a fact may name the day."""
    return EARLIEST <= day <= LATEST


def _nearer_day(value: date, aim: Aim, takes: Takes) -> None:
    """As near to the example as will do; a month stays its first day."""
    first = aim.type.kind is Kind.MONTH

    def will_do(ordinal: int) -> bool:
        day = date.fromordinal(ordinal)
        day = day.replace(day=1) if first else day
        return day == value or (is_reasonable(day) and aim.admits(day) and takes(day))

    if aim.example is not None:
        _nearest(aim.example.toordinal(), value.toordinal(), will_do)


def _plainer_instant(value: datetime, aim: Aim, takes: Takes) -> None:
    """A whole day, hour or minute as near to the example as will do."""
    value = _whole(value, takes)
    if aim.example is None:
        return
    home = (aim.example.date() - value.date()).days

    def will_do(days: int) -> bool:
        found = value + days * DAY
        return is_reasonable(found.date()) and aim.admits(found) and takes(found)

    _nearest(home, 0, will_do)


def _whole(value: datetime, takes: Takes) -> datetime:
    minute = value.replace(second=0, microsecond=0)
    hour = minute.replace(minute=0)
    for found in (hour.replace(hour=0), hour, minute, value.replace(microsecond=0)):
        if found == value or takes(found):
            return found
    return value


def _plainer_records(value: tuple[Mapping[str, Any], ...], aim: Aim, takes: Takes) -> None:
    """Fewer records, of fewer fields, with plainer values."""
    kept = list(value)

    def put(place: int, *records: Mapping[str, Any]) -> bool:
        found = [*kept[:place], *records, *kept[place + 1 :]]
        if not takes(tuple(found)):
            return False
        kept[:] = found
        return True

    if kept and takes(()):
        return
    for place in reversed(range(len(kept))):
        put(place)
    for place in range(len(kept)):
        _plainer_record(place, kept, aim, put)


def _plainer_record(place: int, kept: list[Mapping[str, Any]], aim: Aim, put: Callable[..., bool]) -> None:
    for name in tuple(kept[place]):
        put(place, {field: value for field, value in kept[place].items() if field != name})
    example = aim.example[0] if aim.example else {}
    for name, value in kept[place].items():
        field = Aim(aim.type.fields[name].type, example.get(name))
        make_plainer(value, field, partial(_put_field, place, kept, put, name))


def _put_field(
    place: int, kept: list[Mapping[str, Any]], put: Callable[..., bool], name: str, value: Any
) -> bool:
    return put(place, {**kept[place], name: value})
