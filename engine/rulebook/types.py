"""The types of facts, parameters and formulas.

Numbers are exact: an integer is an `int`, a decimal and money are `Decimal` with a known number of
digits after the point (`scale`), and a quotient has no such number (`scale` is None) until it is rounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from engine.base.calendar import Limit

Scalar: TypeAlias = bool | int | Decimal | str | date | datetime | time | Limit
Record: TypeAlias = Mapping[str, Any]
Value: TypeAlias = Scalar | tuple[Record, ...]


class Kind(StrEnum):
    """What a value is; the words are those of the fact catalogue."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    ENUM = "enum"
    TEXT = "text"
    DATE = "date"
    INSTANT = "instant"
    MONTH = "month"
    TIME = "time"
    DURATION = "duration"
    LIST = "list"


NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
ORDERED = NUMBERS | {Kind.DATE, Kind.INSTANT, Kind.MONTH, Kind.TIME}


@dataclass(frozen=True, slots=True)
class Type:
    """A kind with what else decides whether two values can meet: unit, digits, members, fields."""

    kind: Kind
    unit: str | None = None
    scale: int | None = 0
    members: tuple[str, ...] = ()
    fields: Mapping[str, FieldType] = field(default_factory=dict, hash=False)

    @property
    def is_number(self) -> bool:
        return self.kind in NUMBERS

    def meets(self, other: Type) -> bool:
        """Whether values of the two may be compared."""
        if self.is_number and other.is_number:
            if Kind.MONEY in (self.kind, other.kind):
                return self.kind is other.kind and self.unit == other.unit
            return self.unit == other.unit or None in (self.unit, other.unit)
        return self.kind is other.kind

    def __str__(self) -> str:
        return f"{self.kind} ({self.unit})" if self.unit else str(self.kind)


@dataclass(frozen=True, slots=True)
class FieldType:
    """A field of a record: its type, and whether an absent one means "there is none"."""

    type: Type
    absent_is_none: bool = False


def mismatch(left: Type, right: Type) -> str:
    """The code for two types that do not meet, by what would mend it."""
    if left.is_number and right.is_number:
        return "R236" if None in (left.unit, right.unit) else "R263"
    return "R237" if {left.kind, right.kind} == {Kind.DATE, Kind.INSTANT} else "R264"


BOOLEAN = Type(Kind.BOOLEAN)
INTEGER = Type(Kind.INTEGER)
TEXT = Type(Kind.TEXT)
DATE = Type(Kind.DATE)
INSTANT = Type(Kind.INSTANT)
MONTH = Type(Kind.MONTH)
TIME = Type(Kind.TIME)
DURATION = Type(Kind.DURATION)
MONEY_DIGITS = 2
