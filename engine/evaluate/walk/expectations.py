"""What a case expects, held against its walk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.base.findings import Finding
from engine.evaluate.examples import agrees, as_text, got_by, hit_rows, table_named
from engine.evaluate.reference import new_case
from engine.evaluate.values import shown
from engine.evaluate.walk.case_file import CaseFile, Expected
from engine.evaluate.walk.moments import Moment
from engine.library import Library
from engine.plan.nodes import Plan
from engine.rulebook.model import Item, Table


def disappointed(
    case: CaseFile, moments: Iterable[Moment], library: Library, plan: Plan
) -> Iterator[Finding]:
    """A finding for each expectation that the walk does not meet, at its place in the case file."""
    items = {item.head.id: item for book in library.rulebooks for item in book.items}
    events = (moment for moment in moments if moment.happened == "event")
    for moment, expected in zip(events, case.expected, strict=False):
        for one in expected:
            finding = _disappointment(one, moment, items, plan)
            if finding is not None:
                yield finding


def _disappointment(
    expected: Expected, moment: Moment, items: Mapping[str, Item], plan: Plan
) -> Finding | None:
    match expected.kind:
        case "item":
            item = items[expected.what]
            got = _got(item, moment, plan)
            return (
                None if agrees(expected.value, got, moment.verdict, item) else _finding(expected, got, moment)
            )
        case "totals":
            totals = moment.verdict["totals"]
            met = same_totals(expected.value, totals, plan.currency)
            return None if met else _finding(expected, _briefly(totals, plan.currency), moment)
        case "action":
            found = {action.action: action.permission for action in moment.actions}
            permission = found.get(expected.what, "unsaid")
            return None if permission == expected.value else _finding(expected, permission, moment)


def _got(item: Item, moment: Moment, plan: Plan) -> Mapping[str, Any]:
    """What the verdict says of the item, with the rows that count also where they conclude nothing."""
    facts = moment.step.facts
    given = {name: shown(value, plan.facts[name].type) for name, value in facts.items()}
    table = table_named(plan, item.head.id) if isinstance(item, Table) else None
    rows = [] if table is None else hit_rows(new_case(plan, facts, moment.at), table)
    return got_by(item, given, moment.verdict, rows)


def _finding(expected: Expected, got: Any, moment: Moment) -> Finding:
    values = {
        "at": f"{moment.at:%Y-%m-%d %H:%M}",
        "item": expected.what,
        "expected": _text(expected.value),
        "got": _text(got),
    }
    return Finding("W007", values, expected.span)


def _text(value: Any) -> str:
    return (as_text(value) or "nothing") if isinstance(value, Mapping) else str(value)


def same_totals(expected: Mapping[str, Any], totals: Mapping[str, Mapping[str, str]], currency: str) -> bool:
    """All the money: a plain amount is in the catalogue's currency."""
    wanted = {kind: _by_unit(amount, currency) for kind, amount in expected.items()}
    found = {kind: {unit: Decimal(amount) for unit, amount in sums.items()} for kind, sums in totals.items()}
    return wanted == found


def _by_unit(amount: Any, currency: str) -> Mapping[str, Decimal | None]:
    by_unit = amount if isinstance(amount, Mapping) else {currency: amount}
    return {unit: _number(one) for unit, one in by_unit.items()}


def _number(written: Any) -> Decimal | None:
    try:
        return Decimal(str(written))
    except InvalidOperation:
        return None


def _briefly(totals: Mapping[str, Mapping[str, str]], currency: str) -> Mapping[str, Any]:
    return {
        kind: sums.get(currency) if len(sums) == 1 and currency in sums else sums
        for kind, sums in totals.items()
    }
