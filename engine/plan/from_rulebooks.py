"""Rulebooks to one plan: readings chosen, scopes and periods made conditions, definitions put in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from engine.base.findings import Finding
from engine.plan.nodes import (
    ClockPlan,
    DefinitionPlan,
    Exemption,
    ItemPlan,
    Origin,
    OutputPlan,
    ParameterPlan,
    Plan,
    RowPlan,
    RulePlan,
    TablePlan,
)
from engine.plan.order import in_order_of_need
from engine.rulebook.checks import parts_of
from engine.rulebook.expressions import (
    TRUE,
    Comparison,
    Constant,
    DateFunction,
    Expression,
    FactValue,
    ParameterValue,
    Test,
    all_of,
    rebuild,
)
from engine.rulebook.model import (
    Aggregate,
    Catalogue,
    Clock,
    Definition,
    Head,
    Item,
    ReadingGuard,
    Row,
    Rule,
    Rulebook,
    RuleException,
    Table,
    Undefined,
)
from engine.rulebook.outcomes import Outcome, change_amounts
from engine.rulebook.types import DATE, Kind


def plan_from_rulebooks(
    catalogue: Catalogue,
    rulebooks: Iterable[Rulebook],
    readings: Mapping[str, str],
    findings: list[Finding],
    beside: Plan | None = None,
) -> Plan:
    """The plan under `readings` (an option for each reading id); a cycle of definitions is a finding.

    `beside` is the plan of the same rulebooks under other readings: items that hang on none come from it.
    """
    books = sorted(rulebooks, key=lambda book: book.name)
    chosen = [item for book in books for item in book.items if holds(item.head.reading, readings)]
    definitions = in_order_of_need(definitions_under(chosen, catalogue, readings), findings)
    made = {} if beside is None else {item.origin.id: item for item in beside.items}
    items = tuple(planned for item in chosen if (planned := _planned(item, readings, made)) is not None)
    parameters = {
        parameter.id: ParameterPlan(parameter.id, parameter.type, parameter.values)
        for book in books
        for parameter in book.parameters.values()
    }
    return Plan(
        zone=catalogue.zone,
        currency=catalogue.currency,
        facts=catalogue.facts,
        parameters=parameters,
        calendars=catalogue.calendars,
        readings=dict(sorted(readings.items())),
        definitions=definitions,
        items=items,
    )


def holds(guard: ReadingGuard, readings: Mapping[str, str]) -> bool:
    """Whether a thing exists under the chosen readings."""
    return all(readings.get(reading) in options for reading, options in guard)


def definitions_under(
    items: Iterable[Item], catalogue: Catalogue, readings: Mapping[str, str]
) -> list[DefinitionPlan]:
    """What the items define under the chosen readings."""
    there = (item for item in items if holds(item.head.reading, readings))
    return [planned for item in there if (planned := _definition(item, catalogue, readings)) is not None]


def _definition(item: Item, catalogue: Catalogue, readings: Mapping[str, str]) -> DefinitionPlan | None:
    match item:
        case Definition(head=head, fact=fact, body=body):
            return DefinitionPlan(_origin(head), fact, _is_fallback(fact, catalogue), _dated(body))
        case Table(defines=FactValue() as fact):
            return DefinitionPlan(
                _origin(item.head), fact, _is_fallback(fact, catalogue), _table(item, readings)
            )
        case Clock(defines=FactValue() as fact):
            return DefinitionPlan(_origin(item.head), fact, _is_fallback(fact, catalogue), _clock(item))
        case _:
            return None


def _is_fallback(fact: FactValue, catalogue: Catalogue) -> bool:
    return catalogue.facts[fact.name].derived == "fallback"


def _planned(item: Item, readings: Mapping[str, str], made: Mapping[str, ItemPlan]) -> ItemPlan | None:
    hangs_on_a_reading = item.head.reading or any(part.reading for part in parts_of(item))
    known = None if hangs_on_a_reading else made.get(item.head.id)
    return known or _outcome_item(item, readings)


def _outcome_item(item: Item, readings: Mapping[str, str]) -> ItemPlan | None:
    match item:
        case Rule():
            return _rule(item, readings)
        case Table(defines=None):
            return _table(item, readings)
        case Clock():
            return _clock(item)
        case Table() | Definition() | Aggregate():
            return None


def _rule(rule: Rule, readings: Mapping[str, str]) -> RulePlan:
    return RulePlan(
        origin=_origin(rule.head),
        guard=_guard(rule.head),
        own=_dated(rule.condition),
        exemptions=_exemptions(rule.exceptions, readings),
        outcomes=_outcomes(rule.outcomes),
    )


def _table(table: Table, readings: Mapping[str, str]) -> TablePlan:
    defines = table.defines is not None
    return TablePlan(
        origin=_origin(table.head),
        guard=TRUE if defines else _guard(table.head),
        own=_dated(table.given),
        policy=table.policy,
        rows=tuple(_row(row, table) for row in table.rows if holds(row.reading, readings)),
        otherwise=None if table.otherwise is None else _row(table.otherwise, table),
        outputs=tuple(OutputPlan(output.name, output.type, output.order) for output in table.outputs),
        outcomes=_outcomes(table.outcomes),
        defines=table.defines,
        exemptions=_exemptions(table.exceptions, readings),
    )


def _row(row: Row, table: Table) -> RowPlan:
    citations = row.citations or table.head.citations
    conclusion = row.conclusion
    if isinstance(conclusion, Undefined):
        dated = tuple((n, tuple(_dated(cell) for cell in cells)) for n, cells in conclusion.alternatives)
        conclusion = Undefined(dated)
    elif conclusion is not None:
        conclusion = tuple(_dated(cell) for cell in conclusion)
    return RowPlan(
        Origin(row.id, table.head.title, citations, row.span), _dated(all_of(*row.cells)), conclusion
    )


def _clock(clock: Clock) -> ClockPlan:
    limit = clock.limit
    return ClockPlan(
        origin=_origin(clock.head),
        guard=_guard(clock.head),
        own=_dated(clock.condition),
        starts=None if clock.starts is None else _dated(clock.starts),
        limit=_dated(limit) if isinstance(limit, ParameterValue) else limit,
        due=None if clock.due is None else _dated(clock.due),
        stops=clock.stops,
        pauses=clock.pauses,
        defines=clock.defines,
        on_breach=_outcomes(clock.on_breach),
    )


def _origin(head: Head) -> Origin:
    return Origin(head.id, head.title, head.citations, head.span)


def _exemptions(exceptions: tuple[RuleException, ...], readings: Mapping[str, str]) -> tuple[Exemption, ...]:
    return tuple(
        Exemption(Origin(e.id, e.title, e.citations, e.span), _dated(e.condition), e.effect)
        for e in exceptions
        if holds(e.reading, readings)
    )


def _outcomes(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    return tuple(change_amounts(outcome, _dated) for outcome in outcomes)


def _guard(head: Head) -> Expression:
    """Scope, and the period in force on the event date."""
    return all_of(_dated(head.scope), _in_force(head))


def _in_force(head: Head) -> Expression:
    if head.event_date is None or head.period.is_open:
        return TRUE
    day = _day(head.event_date)
    bounds = []
    if head.period.start is not None:
        bounds.append(Comparison(">=", day, Constant(head.period.start, DATE)))
    if head.period.until is not None:
        bounds.append(Comparison("<", day, Constant(head.period.until, DATE)))
    return Test((head.event_date,), _period_text(head), all_of(*bounds))


def _period_text(head: Head) -> str:
    start, until = head.period.start, head.period.until
    if until is None:
        return f">= {start}"
    return f"< {until}" if start is None else f"[{start}..{until})"


def _day(fact: FactValue) -> Expression:
    """The calendar day of an event date, which may be an instant."""
    return fact if fact.type.kind is Kind.DATE else DateFunction("date of", (fact,), None, DATE)


def _dated(expression: Expression) -> Expression:
    """Parameters read their value on a day, also where the event date is an instant."""

    def change(part: Expression) -> Expression:
        if isinstance(part, ParameterValue) and isinstance(part.on, FactValue):
            return replace(part, on=_day(part.on))
        return part

    return rebuild(expression, change)
