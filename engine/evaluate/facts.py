"""A ticket's facts, checked against the catalogue: exact, typed, or an error by JSON pointer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from sys import intern
from typing import Any, NoReturn, TypeAlias
from zoneinfo import ZoneInfo

from engine.base.calendar import EARLIEST, LATEST
from engine.base.exact import digits_after_point, parse_decimal
from engine.base.findings import Finding
from engine.base.suggest import closest, nearest_day
from engine.plan.nodes import Plan
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import FieldType, Kind, Scalar, Type, Value

Facts: TypeAlias = Mapping[str, Value]
"""Values by fact name; absent facts are left out. Money and decimals are `Decimal`, instants carry the
catalogue's zone, months are their first day, lists are tuples of records."""

MOST_DIGITS = 18
MOST_TEXT = 10_000
MOST_RECORDS = 10_000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?")


class _Refused(Exception):
    """A value does not fit; carries the finding."""

    def __init__(self, code: str, pointer: str, suggestion: str | None = None, **values: str) -> None:
        self.finding = Finding(code, values, pointer=pointer, suggestion=suggestion)


def facts_from(raw: Mapping[str, Any], plan: Plan, pointer: str = "/facts") -> tuple[Facts, list[Finding]]:
    """The facts of one ticket as JSON carries them (numbers as `int` or `Decimal`), and all its problems.

    A null counts as absent. Where there are findings, the facts are those that could be read.
    """
    facts: dict[str, Value] = {}
    findings: list[Finding] = []
    for name, value in raw.items():
        place = f"{pointer}/{_escaped(name)}"
        try:
            declaration = _declared(name, plan, place)
            if value is not None:
                facts[name] = _within_bounds(_value(value, declaration, plan.zone, place), declaration, place)
        except _Refused as refusal:
            findings.append(refusal.finding)
    return facts, findings


def value_from(raw: Any, declaration: FactDeclaration, zone: str) -> Value | None:
    """The value of one fact from what JSON or a catalogue's `example` carries; None where it does not fit."""
    try:
        return _within_bounds(_value(raw, declaration, zone, ""), declaration, "")
    except _Refused:
        return None


def _escaped(name: str) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")


def _declared(name: str, plan: Plan, place: str) -> FactDeclaration:
    declaration = plan.facts.get(name)
    if declaration is None:
        raise _Refused("F001", place, closest(name, plan.facts), name=_brief(name))
    if declaration.derived == "engine":
        raise _Refused("F002", place, name=name)
    return declaration


def _value(value: Any, declaration: FactDeclaration, zone: str, place: str) -> Value:
    if declaration.type.kind is Kind.LIST:
        return _records(value, declaration, zone, place)
    scalar: Scalar = _scalar(value, declaration.type, zone, place)
    return scalar


def _records(value: Any, declaration: FactDeclaration, zone: str, place: str) -> Value:
    if declaration.is_record and isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list | tuple):
        raise _not_a(("a list […]", "列表 […]"), value, place)
    if declaration.is_record and len(value) > 1:
        raise _not_a(("a single record {…}", "一条记录 {…}"), value, place)
    if len(value) > MOST_RECORDS:
        raise _Refused("F011", place, found=f"{len(value):,}", most=f"{MOST_RECORDS:,}")
    fields = declaration.type.fields
    return tuple(_record(record, fields, zone, f"{place}/{i}") for i, record in enumerate(value))


def _record(record: Any, fields: Mapping[str, FieldType], zone: str, place: str) -> Mapping[str, Any]:
    if not isinstance(record, Mapping):
        raise _not_a(("a record {…}", "一条记录 {…}"), record, place)
    found = {}
    for name, value in record.items():
        if name not in fields:
            raise _Refused("F001", f"{place}/{_escaped(name)}", closest(name, fields), name=_brief(name))
        if value is not None:
            found[name] = _scalar(value, fields[name].type, zone, f"{place}/{_escaped(name)}")
    return found


def _scalar(value: Any, type_: Type, zone: str, place: str) -> Any:
    match type_.kind:
        case Kind.BOOLEAN:
            return value if isinstance(value, bool) else _wrong(value, type_, place)
        case Kind.INTEGER:
            return _integer(value, type_, place)
        case Kind.DECIMAL | Kind.MONEY:
            return _decimal(value, type_, place)
        case Kind.ENUM:
            return _member(value, type_, place)
        case Kind.TEXT:
            return _text(value, type_, place)
        case Kind.DATE:
            return _day(value, type_, place)
        case Kind.MONTH:
            return _month(value, type_, place)
        case Kind.INSTANT:
            return _instant(value, type_, zone, place)
        case _:
            return _wrong(value, type_, place)


_TYPE_WORDS: Mapping[Kind, tuple[str, str]] = {
    Kind.BOOLEAN: ("true or false", "“是”或“否”（true、false）"),
    Kind.INTEGER: ("a whole number", "整数"),
    Kind.DECIMAL: ("a number", "数"),
    Kind.MONEY: ("an amount of money such as 12.50", "形如 12.50 的金额"),
    Kind.TEXT: ("text", "文字"),
    Kind.DATE: ("a date such as 2015-10-01", "形如 2015-10-01 的日期"),
    Kind.MONTH: ("a month such as 2015-10", "形如 2015-10 的月份"),
    Kind.INSTANT: ("an instant such as 2015-10-01T12:00", "形如 2015-10-01T12:00 的时刻"),
}


def _wrong(value: Any, type_: Type, place: str) -> NoReturn:
    raise _not_a(_TYPE_WORDS.get(type_.kind, (f"a {type_}", f" {type_} 的写法")), value, place)


def _not_a(words: tuple[str, str], value: Any, place: str) -> _Refused:
    english, chinese = words
    return _Refused("F003", place, written=_brief(value), type_en=english, type_zh=chinese)


def _no_such(kind: Kind, value: Any, place: str, near: str | None = None) -> _Refused:
    """What is no day, month or instant: written otherwise, or not in the calendar."""
    english, chinese = _TYPE_WORDS[kind]
    return _Refused("F008", place, near, written=_brief(value), type_en=english, type_zh=chinese)


def _brief(value: Any) -> str:
    """What was given, short enough to read; a number of 400 digits is not repeated whole."""
    most = 60
    try:
        text = str(value) if isinstance(value, str | int | Decimal) else _as_json(value)
    except ValueError:
        return "…"
    text = {"True": "true", "False": "false"}.get(text, text) if isinstance(value, bool) else text
    return text if len(text) <= most else f"{text[:most]}…"


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _integer(value: Any, type_: Type, place: str) -> int:
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        value = int(value) if abs(value.adjusted()) < MOST_DIGITS else _too_long(value, place)
    if isinstance(value, bool) or not isinstance(value, int):
        _wrong(value, type_, place)
    if abs(value) >= 10**MOST_DIGITS:
        _too_long(value, place)
    return int(value)


def _too_long(value: Any, place: str) -> NoReturn:
    raise _Refused("F004", place, written=_brief(value), digits=str(MOST_DIGITS))


def _decimal(value: Any, type_: Type, place: str) -> Decimal:
    """Money as text (`"50.00"`) is welcome too: verdicts carry it that way."""
    given = parse_decimal(value) if isinstance(value, str) else value
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        _wrong(value, type_, place)
    number = Decimal(given)
    if not number.is_finite():
        _wrong(value, type_, place)
    if number and number.adjusted() >= MOST_DIGITS:
        _too_long(value, place)
    scale = type_.scale or 0
    tiny = bool(number) and (
        number.adjusted() < -MOST_DIGITS or len(number.as_tuple().digits) > 2 * MOST_DIGITS
    )
    if tiny or digits_after_point(number) > scale:
        raise _Refused("F005", place, written=_brief(value), digits=str(scale))
    return number


def _member(value: Any, type_: Type, place: str) -> str:
    if isinstance(value, str) and value in type_.members:
        return intern(value)
    near = closest(value, type_.members) if isinstance(value, str) else None
    raise _Refused("F006", place, near, written=_brief(value), members=", ".join(type_.members))


def _text(value: Any, type_: Type, place: str) -> str:
    if not isinstance(value, str):
        _wrong(value, type_, place)
    if len(value) > MOST_TEXT:
        raise _Refused("F007", place, written=_brief(value), most=str(MOST_TEXT))
    return str(value)


def _day(value: Any, type_: Type, place: str) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return _plausible(value, value, place)
    if not isinstance(value, str):
        _wrong(value, type_, place)
    return _written_day(value, value, type_, place)


def _month(value: Any, type_: Type, place: str) -> date:
    """A month is its first day."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return _plausible(value, value, place)
    if not isinstance(value, str):
        _wrong(value, type_, place)
    return _written_day(f"{value}-01", value, type_, place)


def _written_day(text: str, value: Any, type_: Type, place: str) -> date:
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise _no_such(type_.kind, value, place, nearest_day(text) if text == value else None)
    return _plausible(day, value, place)


def _plausible(day: date, value: Any, place: str) -> date:
    if not EARLIEST <= day <= LATEST:
        raise _Refused("F009", place, written=_brief(value), earliest=str(EARLIEST), latest=str(LATEST))
    return day


def _instant(value: Any, type_: Type, zone: str, place: str) -> datetime:
    if isinstance(value, datetime):
        value = value.isoformat()
    if not isinstance(value, str):
        _wrong(value, type_, place)
    found = instant_from(value, zone)
    if found is None:
        raise _no_such(Kind.INSTANT, value, place)
    _plausible(found.date(), value, place)
    return found


def as_of_from(written: str, zone: str) -> datetime | Finding:
    """The instant of judging that a ticket asks for, in whole seconds as verdicts show it."""
    found = instant_from(written, zone)
    if found is None:
        return _no_such(Kind.INSTANT, written, "/as_of").finding
    try:
        _plausible(found.date(), written, "/as_of")
    except _Refused as refusal:
        return refusal.finding
    return found.replace(microsecond=0)


def instant_from(text: str, zone: str) -> datetime | None:
    """`2015-06-20T10:00[:ss][+08:00|Z]`; without an offset in `zone`; `24:00` is the end of the day.

    The result carries `zone`; None where the text is no such instant.
    """
    home = ZoneInfo(zone)
    day, _, rest = text.partition("T" if "T" in text else " ")
    if not (_DAY.fullmatch(day) and _TIME.fullmatch(rest)):
        return None
    ends = rest[:5] == "24:00" and rest[5:8] in ("", ":00", "Z", "+08")
    try:
        written = f"{day}T00:00{rest[5:]}" if ends else f"{day}T{rest}"
        found = datetime.fromisoformat(written)
        if found.tzinfo is None:
            found = found.replace(tzinfo=home)
        at_home = found.astimezone(home)
        return at_home + timedelta(days=1) if ends else at_home  # adding nothing would forget the second pass
    except (ValueError, OverflowError):
        return None


def _within_bounds(value: Value, declaration: FactDeclaration, place: str) -> Value:
    low, high = declaration.minimum, declaration.maximum
    below = low is not None and value < low  # type: ignore[operator]  # bounds are of the fact's type
    above = high is not None and value > high  # type: ignore[operator]  # bounds are of the fact's type
    if below or above:
        bound = f">= {low}" if below else f"<= {high}"
        raise _Refused("F010", place, written=_brief(value), bound=bound)
    return value
