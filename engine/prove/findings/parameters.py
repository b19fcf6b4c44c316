"""R315: items that stay open for some tickets, as the source does not give a value that they need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from engine.base.calendar import EARLIEST
from engine.plan.nodes import ClockPlan, ItemPlan, Plan, TablePlan, expressions_of
from engine.prove.answer import Answer, Refuted
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.encoding.encoding import Encoding
from engine.prove.encoding.items import item_form
from engine.prove.findings.context import Asked, Context, finding, unsettled
from engine.prove.solver import FALSE, TRUE, Bool, both, compared, disjunction, negation, number, same
from engine.rulebook.expressions import ParameterValue, facts_in, walk
from engine.rulebook.model import Parameter


def claims(context: Context) -> Iterator[Claim]:
    """One for an item, with all the parameters that it may wait for.

    Of a source that has no date it is not said since when its values hold; such are taken to hold always.
    """
    for item in context.plan.items:
        yield from _open(context, item, [p for p in _places(context, item) if _is_awaited(context, p[0])])


def waits(context: Context, item: ItemPlan) -> bool:
    """Whether some ticket leaves the item open for nothing but a parameter that has no value at all."""
    missing = [(parameter, places) for parameter, places in _places(context, item) if not parameter.values]
    return any(isinstance(_answer(context, item, *place), Refuted) for place in missing)


def _places(context: Context, item: ItemPlan) -> list[tuple[Parameter, list[ParameterValue]]]:
    """The parameters that the item may rest on, each with the places where it is read."""
    declared = {p.id: p for book in context.library.rulebooks for p in book.parameters.values()}
    places: dict[str, list[ParameterValue]] = {}
    for parameter in _parameters(context, item):
        places.setdefault(parameter.id, []).append(parameter)
    return [(declared[name], found) for name, found in places.items()]


def _parameters(context: Context, item: ItemPlan) -> Iterator[ParameterValue]:
    """Those that the item reads, and those of the facts that it rests on."""
    expressions = list(expressions_of(item))
    names = [fact.name for fact in facts_in(*expressions)]
    for definition in {d.fact.name: d for n in names for d in context.plan.leading_to.get(n, ())}.values():
        body = definition.body
        expressions += expressions_of(body) if isinstance(body, TablePlan | ClockPlan) else (body,)
    parts = (part for whole in expressions for part in walk(whole))
    yield from dict.fromkeys(part for part in parts if isinstance(part, ParameterValue))


def _is_awaited(context: Context, parameter: Parameter) -> bool:
    sources = [context.library.sources.get(citation.source) for citation in parameter.citations]
    return not parameter.values or any(source is not None and source.date is not None for source in sources)


def _open(
    context: Context, item: ItemPlan, asked: Sequence[tuple[Parameter, list[ParameterValue]]]
) -> Iterator[Claim]:
    answers = [(parameter, _answer(context, item, parameter, places)) for parameter, places in asked]
    waits = [(parameter, answer) for parameter, answer in answers if isinstance(answer, Refuted)]
    span = item.origin.span
    if waits:
        parameters = [parameter for parameter, _ in waits]
        cited = tuple(dict.fromkeys(c for parameter in parameters for c in parameter.citations))
        values = {"id": item.origin.id, "parameter": ", ".join(p.id for p in parameters)}
        found = finding("R315", values, span, *((p.span, "H013" if p.values else "H014") for p in parameters))
        yield Claim(found, waits[0][1], (), cited)
        return
    for _, answer in answers:
        yield from unsettled(context, answer, "R315", item.origin.id, span)


def _answer(
    context: Context, item: ItemPlan, parameter: Parameter, places: Sequence[ParameterValue]
) -> Answer:
    """Whether nothing but the parameter is missing on some ticket."""
    lacking = disjunction(_lacks(context.encoding, place) for place in places)
    condition = FALSE
    if not same(lacking, FALSE):
        told = Encoding(_with_value(context.plan, parameter.id), context.encoding.symbols)
        decided = negation(item_form(told, item).open) if parameter.values else TRUE
        condition = both(lacking, item_form(context.encoding, item).open, decided)
    about = item.guard, item.own
    return context.ask(Asked(item.origin.id, condition, lambda t: _waits(t, item, parameter.id), about))


def _with_value(plan: Plan, parameter: str) -> Plan:
    """The plan in which the first value of a parameter has always held; one without any stays as it is."""
    found = plan.parameters[parameter]
    always = tuple((EARLIEST, value) for _, value in found.steps[:1])
    given = replace(found, steps=(*always, *found.steps[1:]))
    return replace(plan, parameters={**plan.parameters, parameter: given})


def _lacks(encoding: Encoding, parameter: ParameterValue) -> Bool:
    """There is no value, or none yet on that day; a limit of time is no number and has no worth."""
    steps = encoding.plan.parameters[parameter.id].steps
    if not steps or parameter.on is None:
        return FALSE if steps else TRUE
    day, first = encoding.worth(parameter.on), _day(steps[0][0])
    return both(day.usable, compared("<", day.term, number(first)))


def _day(found: date) -> int:
    return found.toordinal()


def _waits(trial: Trial, item: ItemPlan, parameter: str) -> bool:
    undecided = trial.said(item.origin.id).undecided
    return any(entry["missing"] == [parameter] for entry in undecided)
