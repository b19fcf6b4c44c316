"""Money, units and days as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from api.present.labels import counted, label, label_or
from engine.base.findings import Language
from engine.rulebook.model import FactDeclaration


def money(amount: str | Decimal | int, unit: str | None, language: Language) -> str:
    """`1,500.00 CNY`, `1,500.00 元`; digits after the point are kept as they are.

    >>> money("1500.00", "CNY", "zh")
    '1,500.00 元'
    """
    number = f"{Decimal(amount):,}"
    return f"{number} {label_or('unit', unit or '', language, unit or '')}".rstrip()


def truth(value: bool, language: Language) -> str:
    return label("truth", "true" if value else "false", language)


def plain_value(value: object, declaration: FactDeclaration | None, language: Language) -> str:
    """A value as a verdict shows it, with the catalogue's words for enum values."""
    match value:
        case None:
            return label("heading", "none", language)
        case bool():
            return truth(value, language)
        case str() if declaration and value in declaration.member_labels:
            return declaration.member_labels[value].in_language(language)
        case datetime():
            return value.isoformat(timespec="minutes")
        case date():
            return value.isoformat()
        case list() | tuple():
            return counted("record", len(value), language)
        case Mapping():
            return "{…}"
        case _:
            return str(value)
