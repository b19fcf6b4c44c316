"""Items with one part changed that is no test: periods, amounts, rows, exceptions, outcomes, limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from engine.base.calendar import Limit
from engine.base.spans import Span
from engine.plan.nodes import ClockPlan, Exemption, RowPlan, RulePlan, TablePlan
from engine.prove.mutants.bodies import Body
from engine.prove.mutants.change import Change, exchanged, left_out, spelled, turned
from engine.prove.mutants.variants import variants
from engine.prove.regions.wording import limit_words
from engine.rulebook.expressions import All, Expression, Test, facts_in
from engine.rulebook.model import HitPolicy
from engine.rulebook.outcomes import Gate, Obligation, Outcome, Share, amounts, change_amounts


class Changed(NamedTuple):
    """The body with the change, and the change in words; `what` it is at its place is alike in all readings.

    `facts`: those that the changed part reads.
    """

    body: Body
    change: Change
    span: Span
    what: str
    facts: tuple[str, ...]


BY_ORDER: frozenset[HitPolicy] = frozenset({"first"})
MINUTES_IN_A_DAY = 1440


def changed_parts(body: Body, span: Span) -> Iterator[Changed]:
    """Every copy of an item or a definition's body with one such part changed."""
    match body:
        case RulePlan():
            yield from _period(body, span)
            yield from _exceptions(body)
            for outcomes, change, what, facts in _outcomes(body.outcomes):
                yield Changed(replace(body, outcomes=outcomes), change, span, what, facts)
        case TablePlan():
            yield from _period(body, span)
            yield from _rows(body)
            yield from _cells(body)
            yield from _exceptions(body)
            for outcomes, change, what, facts in _outcomes(body.outcomes):
                yield Changed(replace(body, outcomes=outcomes), change, span, what, facts)
        case ClockPlan():
            yield from _period(body, span)
            yield from _clock(body, span)
            for outcomes, change, what, facts in _outcomes(body.on_breach):
                yield Changed(replace(body, on_breach=outcomes), change, span, what, facts)
        case Test(span=Span()) | All():
            return
        case formula:
            for new, change in variants(formula):
                yield Changed(new, change, span, "formula", _named(formula))


def _period(body: RulePlan | TablePlan | ClockPlan, span: Span) -> Iterator[Changed]:
    """The test of the event date has no place of its own: it comes from `in_force`."""
    tests = body.guard.items if isinstance(body.guard, All) else (body.guard,)
    for test in tests:
        if isinstance(test, Test) and test.span is None:
            for new, change in variants(test.condition):
                if len(change.values.get("before", "")) == len("2015-01-01"):
                    guard = _instead(body.guard, test, replace(test, condition=new))
                    facts = tuple(fact.name for fact in test.subjects)
                    yield Changed(replace(body, guard=guard), change, span, "in_force", facts)


def _instead(guard: Expression, old: Test, new: Test) -> Expression:
    if not isinstance(guard, All):
        return new
    return All(tuple(new if item is old else item for item in guard.items))


def _exceptions(body: RulePlan | TablePlan) -> Iterator[Changed]:
    for position, exemption in enumerate(body.exemptions):
        rest = body.exemptions[:position] + body.exemptions[position + 1 :]
        name, span = _short(exemption.origin.id), exemption.origin.span
        facts = _named(exemption.condition)
        yield Changed(replace(body, exemptions=rest), left_out(name), span, "exception", facts)
        other = _with_other_effect(exemption)
        exemptions = (*body.exemptions[:position], other, *body.exemptions[position + 1 :])
        words = turned(f"effect: {exemption.effect}", f"effect: {other.effect}")
        yield Changed(replace(body, exemptions=exemptions), words, span, "effect", facts)


def _with_other_effect(exemption: Exemption) -> Exemption:
    return replace(exemption, effect="review" if exemption.effect == "defeats" else "defeats")


def _short(identifier: str) -> str:
    return identifier.rpartition("/")[2]


def _rows(table: TablePlan) -> Iterator[Changed]:
    """Each row left out, and neighbours exchanged where their order decides."""
    for position, row in enumerate(table.rows):
        rest = table.rows[:position] + table.rows[position + 1 :]
        words, facts = left_out(_short(row.origin.id)), _named(row.condition)
        yield Changed(replace(table, rows=rest), words, row.origin.span, "row", facts)
    if table.otherwise is not None:
        words, span = left_out("otherwise"), table.otherwise.origin.span
        yield Changed(replace(table, otherwise=None), words, span, "row", ())
    for position in range(len(table.rows) - 1 if table.policy in BY_ORDER else 0):
        first, second = table.rows[position : position + 2]
        rows = (*table.rows[:position], second, first, *table.rows[position + 2 :])
        words = exchanged(_short(first.origin.id), _short(second.origin.id))
        yield Changed(replace(table, rows=rows), words, first.origin.span, "order", ())
    yield from _ranks(table)


def _ranks(table: TablePlan) -> Iterator[Changed]:
    """Neighbours in the order of an output's values, for the hit policies that rank."""
    for number, output in enumerate(table.outputs):
        for position in range(len(output.order) - 1):
            first, second = output.order[position : position + 2]
            order = (*output.order[:position], second, first, *output.order[position + 2 :])
            outputs = list(table.outputs)
            outputs[number] = replace(output, order=order)
            words = exchanged(spelled(first, output.type), spelled(second, output.type))
            changed = replace(table, outputs=tuple(outputs))
            yield Changed(changed, words, table.origin.span, f"order {position}", ())


def _cells(table: TablePlan) -> Iterator[Changed]:
    """What a row concludes; a row that concludes nothing, and a gap that is declared, have no cells."""
    for position, row in enumerate(table.rows):
        for new, change in _concluded(row):
            rows = (*table.rows[:position], new, *table.rows[position + 1 :])
            facts = _named(row.condition)
            yield Changed(replace(table, rows=rows), change, row.origin.span, "cell", facts)
    if table.otherwise is not None:
        for new, change in _concluded(table.otherwise):
            span = table.otherwise.origin.span
            yield Changed(replace(table, otherwise=new), change, span, "cell", ())


def _named(*expressions: Expression) -> tuple[str, ...]:
    return tuple(fact.name for fact in facts_in(*expressions))


def _concluded(row: RowPlan) -> Iterator[tuple[RowPlan, Change]]:
    cells = row.conclusion
    if not isinstance(cells, tuple):
        return
    for position, cell in enumerate(cells):
        for new, change in variants(cell):
            yield replace(row, conclusion=(*cells[:position], new, *cells[position + 1 :])), change


Outcomes: TypeAlias = tuple[Outcome, ...]


def _outcomes(outcomes: Outcomes) -> Iterator[tuple[Outcomes, Change, str, tuple[str, ...]]]:
    for position, outcome in enumerate(outcomes):
        before, after = outcomes[:position], outcomes[position + 1 :]
        kind, facts = type(outcome).__name__.lower(), _named(*amounts(outcome))
        yield before + after, left_out(kind), f"outcome {position}", facts
        for new, change in _changed_outcome(outcome):
            yield (*before, new, *after), change, f"outcome {position}", facts


def _changed_outcome(outcome: Outcome) -> Iterator[tuple[Outcome, Change]]:
    """Amounts, and what else an example's `expect` can tell."""
    for position, amount in enumerate(amounts(outcome)):
        for expression, change in variants(amount):
            yield _with_amount(outcome, position, expression), change
    match outcome:
        case Gate(allowed=allowed):
            words = turned(f"allowed: {str(allowed).lower()}", f"allowed: {str(not allowed).lower()}")
            yield replace(outcome, allowed=not allowed), words
        case Obligation(acts=acts) if len(acts) > 1:
            for position, act in enumerate(acts):
                yield replace(outcome, acts=acts[:position] + acts[position + 1 :]), left_out(act)
        case Share(parts=parts):
            for position, part in enumerate(parts):
                rest = parts[:position] + parts[position + 1 :]
                yield replace(outcome, parts=rest), left_out(part.party)
        case _:
            return


def _with_amount(outcome: Outcome, position: int, new: Expression) -> Outcome:
    reached = -1

    def change(amount: Expression) -> Expression:
        nonlocal reached
        reached += 1
        return new if reached == position else amount

    # `change_amounts` goes through the parts of a share before what is shared.
    if isinstance(outcome, Share):
        parts = len(outcome.parts)
        position = parts if position == 0 else position - 1
    return change_amounts(outcome, change)


def _clock(clock: ClockPlan, span: Span) -> Iterator[Changed]:
    moments = [moment for moment in (clock.starts, clock.due) if moment is not None]
    facts = _named(*moments, *clock.stops)
    if isinstance(clock.limit, Limit):
        for limit in other_limits(clock.limit):
            words = turned(limit_words(clock.limit), limit_words(limit))
            yield Changed(replace(clock, limit=limit), words, span, "limit", facts)
    for expression, change in () if clock.starts is None else variants(clock.starts):
        yield Changed(replace(clock, starts=expression), change, span, "starts", facts)
    for expression, change in () if clock.due is None else variants(clock.due):
        yield Changed(replace(clock, due=expression), change, span, "due", facts)
    for position, stop in enumerate(clock.stops if len(clock.stops) > 1 else ()):
        stops = clock.stops[:position] + clock.stops[position + 1 :]
        yield Changed(replace(clock, stops=stops), left_out(stop.name), span, "stops", (stop.name,))
    if clock.pauses is not None:
        facts = (clock.pauses.list.name,)
        yield Changed(replace(clock, pauses=None), left_out("pauses"), span, "pauses", facts)


def other_limits(limit: Limit) -> Iterator[Limit]:
    """One minute, day or month less and more; `by` for `before`."""
    if limit.kind == "time_of_day":
        minute = limit.minute_of_day or 0
        for moved in (minute - 1, minute + 1):
            if 0 <= moved <= MINUTES_IN_A_DAY:
                yield replace(limit, minute_of_day=moved)
        yield replace(limit, inclusive=not limit.inclusive)
        yield replace(limit, days_later=1 - limit.days_later)
        return
    least = 1 if limit.kind == "day_of_next_month" else 0
    for amount in (limit.amount - 1, limit.amount + 1):
        if amount >= least and not (limit.kind == "day_of_next_month" and amount > 31):
            yield replace(limit, amount=amount)
    if limit.kind == "day_of_next_month":
        yield replace(limit, inclusive=not limit.inclusive)
