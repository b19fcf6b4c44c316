"""Limits that an impact must keep to, as `--fail-on` writes them: `changed > 2%`, `delta.fine > 10000 CNY`.

A limit names a measure, a comparison and a number. Tickets are counted, or given as a share of those
judged; money is the difference that the change makes, or that difference as a share of what was before.
`rule(NAME).` before the measure speaks of one rule, and with `*` in its name of each rule that fits.
`unvisited` counts the zones of a proved change that no past ticket lies in.
"""

from __future__ import annotations

import operator
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Literal, TypeAlias

from engine.base.exact import EXACT
from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.replay.dry_run.impact import Amounts, Impact, Money, Reach, RuleImpact

Operator: TypeAlias = Literal[">", ">=", "<", "<="]

MONEY = ("delta.fine", "delta.fee", "delta.compensation")
UNVISITED = "unvisited"
OF_TICKETS = ("changed", "changed_in_money", "undecided", "delta.undecided", "bad", "repeated", UNVISITED)
OF_RULES = ("changed", "delta.applied", "delta.undecided")

COMPARE: Mapping[Operator, Callable[[Decimal, Decimal], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
ZONES = "zones"
_LIMIT = re.compile(
    r"(?:rule\((?P<rule>[^()]+)\)\s*\.\s*)?(?P<measure>[a-z_.]+)\s*(?P<operator>>=|<=|>|<)\s*"
    r"(?P<number>-?[0-9][0-9,]*(?:\.[0-9]+)?)\s*(?P<unit>%|[^\s0-9%]\S*)?"
)
_GROUPED = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Limit:
    """`text` is what was written; `unit` is that of money, `%`, or None for a number of tickets or zones."""

    text: str
    rule: str | None
    measure: str
    operator: Operator
    number: Decimal
    unit: str | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What a limit came to. `rule` is the one that was measured, where the limit speaks of rules.

    `value` and `over` (how far beyond the limit, never negative) are in the limit's own unit; both are None
    where a share of nothing was asked for and there is something. Zones are counted in `ZONES`.
    """

    limit: Limit
    rule: str | None
    unit: str | None
    value: Decimal | None
    over: Decimal | None
    exceeded: bool


def limit_from(written: str) -> Limit | Finding:
    """The limit that was written; full-width signs are read as the plain ones.

    >>> limit_from("changed > 2%").number
    Decimal('2')
    """
    text = unicodedata.normalize("NFKC", written).strip()
    found = _LIMIT.fullmatch(text)
    if found is None or ("," in found["number"] and not _GROUPED.fullmatch(found["number"])):
        return Finding("Q072", {"written": written})
    rule, measure, unit = found["rule"], found["measure"], found["unit"]
    allowed = (*OF_RULES, *MONEY) if rule else (*OF_TICKETS, *MONEY)
    if measure not in allowed:
        values = {"written": measure, "allowed": ", ".join(allowed)}
        return Finding("Q073", values, suggestion=closest(measure, allowed))
    if unit not in (None, "%") and measure not in MONEY:
        return Finding("Q075", {"limit": written, "unit": str(unit)})
    sign: Operator = found["operator"]  # type: ignore[assignment]  # the pattern admits no other
    number = Decimal(found["number"].replace(",", ""))
    return Limit(written, rule.strip() if rule else None, measure, sign, number, unit)


def unknown_names(
    limit: Limit, rules: Iterable[str], units: Iterable[str], *, proves: bool = False
) -> Finding | None:
    """What is wrong with a limit for these two editions: a rule or a unit that neither of them has.

    Zones are known only to a dry run that `proves` where the change applies.
    """
    if limit.measure == UNVISITED and not proves:
        return Finding("Q084", {"limit": limit.text})
    known, used = list(rules), sorted(set(units))
    if limit.rule is not None and not any(fnmatchcase(rule, limit.rule) for rule in known):
        values = {"written": limit.rule, "limit": limit.text}
        return Finding("Q074", values, suggestion=closest(limit.rule, known))
    if limit.unit not in (None, "%", *used):
        return Finding("Q076", {"unit": str(limit.unit), "limit": limit.text, "allowed": ", ".join(used)})
    return None


def measured(limit: Limit, impact: Impact) -> tuple[Measured, ...]:
    """The limit held against an impact: once, or for each rule and unit that it speaks of.

    Of rules that do not differ there is no impact: nothing of them changes.
    """
    if limit.measure == UNVISITED:
        return (_of_zones(limit, impact.reach),)
    if limit.rule is None:
        return tuple(_measured(limit, None, impact.money, _of_tickets(limit.measure, impact), impact))
    found = tuple(
        one
        for rule in impact.rules
        if fnmatchcase(rule.rule, limit.rule)
        for one in _measured(limit, rule.rule, rule.money, _of_rule(limit.measure, rule), impact)
    )
    alike = None if limit.measure in MONEY else 0
    return found or tuple(_measured(limit, limit.rule, {}, alike, impact))


def _of_zones(limit: Limit, reach: Reach | None) -> Measured:
    """How many zones history never visited, or their share of all."""
    unvisited, zones = (reach.unvisited, reach.zones) if reach else (0, 0)
    return _held(limit, None, ZONES, Decimal(unvisited), Decimal(zones))


def _measured(
    limit: Limit, rule: str | None, money: Amounts, count: int | None, impact: Impact
) -> Iterator[Measured]:
    if count is not None:
        yield _held(limit, rule, None, Decimal(count), Decimal(impact.tickets))
        return
    for unit, amount in _money(limit, money).items():
        yield _held(limit, rule, unit, amount.delta, abs(amount.before))


def _held(limit: Limit, rule: str | None, unit: str | None, value: Decimal, whole: Decimal) -> Measured:
    if limit.unit != "%":
        exceeded = COMPARE[limit.operator](value, limit.number)
        return Measured(limit, rule, unit, value, _over(limit, value, exceeded=exceeded), exceeded)
    exceeded = COMPARE[limit.operator](
        EXACT.multiply(value, Decimal(100)), EXACT.multiply(limit.number, whole)
    )
    if not whole:
        there = None if value else Decimal(0)
        exceeded = exceeded if value else COMPARE[limit.operator](Decimal(0), limit.number)
        return Measured(limit, rule, "%", there, None, exceeded)
    share = _percent(value, whole)
    return Measured(limit, rule, "%", share, _over(limit, share, exceeded=exceeded), exceeded)


def _over(limit: Limit, value: Decimal, *, exceeded: bool) -> Decimal | None:
    return abs(value - limit.number) if exceeded else None


def _percent(value: Decimal, whole: Decimal) -> Decimal:
    """For people, to four digits; whether a limit is kept is told exactly."""
    return Decimal(f"{value * 100 / whole:.4f}").normalize() + 0


def _money(limit: Limit, money: Amounts) -> Mapping[str, Money]:
    """By unit; nothing at all is nothing in the limit's own unit."""
    kind = limit.measure.partition(".")[2]
    found = {unit: amount for (name, unit), amount in money.items() if name == kind}
    if limit.unit not in (None, "%"):
        found = {unit: amount for unit, amount in found.items() if unit == limit.unit}
    return found or {limit.unit or "": Money(Decimal(0), Decimal(0))}


def _of_tickets(measure: str, impact: Impact) -> int | None:
    """None: the measure is of money."""
    counts = {
        "changed": impact.changed,
        "changed_in_money": impact.changed_in_money,
        "undecided": impact.undecided.after,
        "delta.undecided": impact.undecided.delta,
        "bad": impact.bad,
        "repeated": impact.repeated,
    }
    return counts.get(measure)


def _of_rule(measure: str, rule: RuleImpact) -> int | None:
    counts = {
        "changed": rule.changed,
        "delta.applied": rule.applied.delta,
        "delta.undecided": rule.undecided.delta,
    }
    return counts.get(measure)
