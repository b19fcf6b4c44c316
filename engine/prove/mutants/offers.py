"""Examples that notice what no example noticed: few of them, near those that are there, ready to paste."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from engine.base.findings import Language
from engine.base.spans import Span
from engine.evaluate.values import Unknown, reason_and_missing
from engine.plan.nodes import Plan
from engine.prove.asking.trial import Trial
from engine.prove.mutants.bench import Ticket, Trying, passes, read_example
from engine.prove.mutants.mutant import Mutant
from engine.prove.mutants.names import example_name, more_names
from engine.prove.mutants.nodes import ItemNode
from engine.prove.mutants.search import said
from engine.rulebook.checks import defined_by
from engine.rulebook.model import Example, Item
from engine.rulebook.types import Kind, Type

DETAIL = ("due", "row", "reason")
"""What `expect` may leave out; an example of ours says the first two wherever they are there."""


@dataclass(frozen=True)
class Offer:
    """An example to be added to `item`; `given` lies over the background of item and section.

    `head` is the identity of the item's head: under other readings another item may have the same id.
    """

    item: str
    head: int
    name: str
    given: Mapping[str, Any]
    as_of: str | None
    readings: Mapping[str, str]
    expect: Mapping[str, Any]
    mutants: tuple[Mutant, ...]
    ticket: Ticket


@dataclass(frozen=True)
class Candidate:
    """A ticket that may become an example of an item, and which mutants it would notice (their numbers)."""

    item: Item
    ticket: Ticket
    expect: Mapping[str, Any]
    notices: frozenset[int]


def candidate(
    plan: Plan, item: Item, ticket: Ticket, mutants: Sequence[Mutant], plans: Mapping[int, Plan]
) -> Candidate | None:
    """The ticket with what the plan says of it; None where that is not to be said in an example.

    The words of `expect` are as few as notice all that can be noticed.
    """
    whole = expected(plan, item, ticket)
    best: Candidate | None = None
    for expect in _shorter(whole):
        trying = _trying(plan, item, ticket, expect)
        if trying is None or not passes(plan, trying):
            continue
        reached = (n for n, mutant in enumerate(mutants) if n in plans and item.head.id in mutant.reach)
        notices = frozenset(n for n in reached if not passes(plans[n], trying))
        if best is None or notices > best.notices:
            best = Candidate(item, ticket, expect, notices)
    return best


def _shorter(whole: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Without the reason, if something else is said; then with all of it."""
    brief = {name: value for name, value in whole.items() if name != "reason" or not whole.get("undecided")}
    return [brief, dict(whole)] if brief != whole else [dict(whole)]


def expected(plan: Plan, item: Item, ticket: Ticket) -> dict[str, Any]:
    """What the plan concludes of the item, in the words and the brevity of `expect`."""
    found = dict(said(plan, ticket, item.head.id))
    fact = defined_by(item)
    if fact is not None and fact.name not in found and set(found) <= {"nothing", "row", "rows"}:
        value = Trial(plan, ticket.facts, ticket.as_of).worth(fact.name)
        if isinstance(value, Unknown):
            reason, missing = reason_and_missing(value.causes)
            found = {"undecided": missing, "reason": reason} | _row_of(found)
    found.pop("rows", None)
    return {name: _brief(name, value) for name, value in found.items()}


def _row_of(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"row": found["row"]} if "row" in found else {}


def _brief(name: str, value: Any) -> Any:
    """Numbers as numbers, instants to the minute, parameters by their own name."""
    match value:
        case dict():
            return {key: _brief(name, inner) for key, inner in value.items()}
        case list():
            return [_brief(name, inner) for inner in value]
        case str() if value[10:11] == "T":
            return value[:16]
        case str() if name == "undecided":
            return value.rpartition("/")[2]
        case str() if value.replace(".", "", 1).replace("-", "", 1).isdigit() and value[4:5] != "-":
            return _number(Decimal(value))
        case _:
            return value


def _number(value: Decimal) -> int | Decimal:
    return int(value) if value == value.to_integral_value() else value.normalize()


def _trying(plan: Plan, item: Item, ticket: Ticket, expect: Mapping[str, Any]) -> Trying | None:
    """The example as it would be read from a file."""
    given = {name: written(value, plan.facts[name].type, plan.zone) for name, value in ticket.facts.items()}
    span: Span = item.head.span
    as_of = None if ticket.as_of is None else _instant(ticket.as_of, plan.zone)
    example = Example("", given, as_of, {}, expect, span, {}, span)
    return read_example(plan, item, example)


def written(value: Any, type_: Type, zone: str) -> Any:
    """A value as an example writes it: instants on the catalogue's clock, numbers without zeros."""
    match value:
        case Decimal():
            return _number(value)
        case datetime():
            return _instant(value, zone)
        case date():
            return value.isoformat()[:7] if type_.kind is Kind.MONTH else value.isoformat()
        case tuple():
            fields = type_.fields
            return [{n: written(v, fields[n].type, zone) for n, v in record.items()} for record in value]
        case _:
            return value


def _instant(value: datetime, zone: str) -> str:
    local = value.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return local.isoformat(timespec="auto" if local.second or local.microsecond else "minutes")


def chosen(candidates: Iterable[Candidate], open_mutants: Iterable[int]) -> list[Candidate]:
    """Few candidates that notice as many of the mutants as can be: the one that notices most, and so on.

    Of those that notice as many the first, which is nearest to the examples that are there.
    """
    waiting, left, taken = list(candidates), set(open_mutants), []
    while waiting:
        best = max(waiting, key=lambda c: len(c.notices & left))
        if not best.notices & left:
            break
        taken.append(replace(best, notices=frozenset(best.notices & left)))
        left -= best.notices
        waiting.remove(best)
    return taken


@dataclass(frozen=True)
class Setting:
    """What an example is written into: the plan, the item's node, the names it has, their language."""

    plan: Plan
    node: ItemNode
    names: set[str]
    language: Language


def offer(setting: Setting, taken: Candidate, mutants: Sequence[Mutant]) -> Offer:
    """The candidate as an example, its facts without those of the background, its name one of its own."""
    plan, head = setting.plan, taken.item.head
    noticed = tuple(mutants[n] for n in sorted(taken.notices))
    given = _over(setting.node.background, taken.ticket, plan)
    trial = Trial(plan, taken.ticket.facts, taken.ticket.as_of)
    name = example_name(trial, noticed, setting.language)
    more = more_names(name, trial, [n for n in given if n in taken.ticket.facts], setting.language)
    unique = next(found for found in more if found not in setting.names)
    setting.names.add(unique)
    as_of = None if taken.ticket.as_of is None else _instant(taken.ticket.as_of, plan.zone)
    readings = noticed[0].world.readings
    return Offer(head.id, id(head), unique, given, as_of, readings, taken.expect, noticed, taken.ticket)


def _over(background: Mapping[str, Any], ticket: Ticket, plan: Plan) -> dict[str, Any]:
    """What the example itself has to give: all that the background does not; null takes a fact of it away."""
    given = {name: written(value, plan.facts[name].type, plan.zone) for name, value in ticket.facts.items()}
    over = {n: v for n, v in given.items() if n not in background or not _alike(background[n], v)}
    return over | {n: None for n, value in background.items() if n not in given and value is not None}


def _alike(one: Any, other: Any) -> bool:
    """`50` and `50.0` are one number, true is not 1."""
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)
