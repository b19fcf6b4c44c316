"""Limits of a dry run and what they came to, in words."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from api.present.amounts import money
from api.present.labels import counted, label
from engine.base.findings import Finding, Language
from engine.replay.dry_run.limits import Measured


def finding_of(measured: Measured, language: Language) -> Finding:
    """That a limit is exceeded, and by how much."""
    limit = measured.limit
    values = {"limit": limit.text, "value": value_of(measured, language)}
    if not measured.over:
        return Finding("Q079", values)
    more = limit.operator in (">", ">=")
    return Finding(
        "Q077" if more else "Q078", {**values, "over": _over(measured.over, measured.unit, language)}
    )


def _over(value: Decimal, unit: str | None, language: Language) -> str:
    if unit == "%":
        return label("impact", "points", language, value=f"{value:,f}")
    return _number(value, unit, language)


def value_of(measured: Measured, language: Language) -> str:
    """What a limit came to: a number of tickets, an amount or a share, with the rule it is of."""
    if measured.value is None:
        value = label("impact", "without_end", language)
    else:
        value = _number(measured.value, measured.unit, language)
    if measured.rule is None or measured.rule == measured.limit.rule:
        return value
    return label("impact", "of_rule", language, value=value, rule=measured.rule)


def telling(measured: Sequence[Measured]) -> list[Measured]:
    """Of a limit that speaks of many rules only those that exceed it, or one where none does."""
    by_limit: dict[str, list[Measured]] = {}
    for one in measured:
        by_limit.setdefault(one.limit.text, []).append(one)
    return [one for ones in by_limit.values() for one in [each for each in ones if each.exceeded] or ones[:1]]


def _number(value: Decimal, unit: str | None, language: Language) -> str:
    match unit:
        case None:
            return counted("ticket", int(value), language)
        case "zones":
            return counted("zone", int(value), language)
        case "%":
            return f"{value:,f}%"
        case _:
            return money(value, unit, language)
