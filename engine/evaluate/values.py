"""What an expression can be worth: a value, known to be none, or unknown for stated causes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, NamedTuple

from engine.base.exact import digits_after_point, plain
from engine.evaluate.verdict import REASONS, Reason
from engine.rulebook.types import MONEY_DIGITS, Kind, Type


class Nothing(Enum):
    """The single value of a fact that is known to be none."""

    NONE = "none"


NONE: Final = Nothing.NONE


class Cause(NamedTuple):
    """Why a value is unknown; `name` is the fact, parameter, calendar or item to look at."""

    reason: Reason
    name: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not known, and what would settle it."""

    causes: frozenset[Cause]


def unknown(reason: Reason, name: str) -> Unknown:
    return Unknown(frozenset({Cause(reason, name)}))


def together(unknowns: Iterable[Unknown]) -> Unknown:
    """Unknown for all the causes of all of them."""
    return Unknown(frozenset().union(*(each.causes for each in unknowns)))


def reason_and_missing(causes: Iterable[Cause]) -> tuple[Reason, list[str]]:
    """The reason that can be mended first, and the names to look at: facts, parameters, `as_of`."""
    found = list(causes)
    reason = min((cause.reason for cause in found), key=REASONS.index)
    named = {cause.name for cause in found if cause.reason in NAMED}
    return reason, sorted(named)


NAMED: frozenset[Reason] = frozenset(
    {"fact_missing", "clock_running", "parameter_missing", "out_of_bounds", "calendar_missing"}
)


def shown(value: Any, type_: Type) -> Any:
    """A value as it stands in a verdict: decimals and money as text, times in ISO 8601, none as null."""
    match value:
        case Nothing() | Unknown() | None:
            return None
        case bool() | str() | int():
            return _as_text(Decimal(value), type_) if _is_text_number(value, type_) else value
        case Decimal():
            return int(value) if type_.kind is Kind.INTEGER else _as_text(value, type_)
        case datetime():
            return value.isoformat(timespec="seconds" if value.second else "minutes")
        case date():
            return value.isoformat()[:7] if type_.kind is Kind.MONTH else value.isoformat()
        case tuple():
            return [_shown_record(record, type_) for record in value]
        case _:
            return str(value)


def _is_text_number(value: Any, type_: Type) -> bool:
    return type_.kind in (Kind.MONEY, Kind.DECIMAL) and isinstance(value, int) and not isinstance(value, bool)


def _as_text(value: Decimal, type_: Type) -> str:
    return plain(value, _digits(value, type_))


def _digits(value: Decimal, type_: Type) -> int:
    """Money shows its two digits; other decimals as many as they need."""
    return MONEY_DIGITS if type_.kind is Kind.MONEY else digits_after_point(value)


def _shown_record(record: Any, type_: Type) -> dict[str, Any]:
    return {name: shown(value, type_.fields[name].type) for name, value in record.items()}
