"""Why a condition is what it is: the tests that mattered, with the values seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from engine.evaluate.case import Case
from engine.evaluate.values import shown
from engine.evaluate.verdict import Because, CitationOut, WordsOut
from engine.plan.nodes import ClockPlan, Origin
from engine.rulebook.expressions import All, AnyOf, Expression, FactValue, Not, Test, facts_in
from engine.rulebook.model import Citation, Words

Event: TypeAlias = tuple[str, FactValue]
"""A word for what a fact is to a clock, and the fact."""


def because(case: Case, condition: Expression) -> list[Because]:
    """Every test that mattered for a condition that is known, each once.

    Of a conjunction that holds all tests mattered, of one that fails the first that fails; of a
    disjunction the other way round.
    """
    found: list[Because] = []
    for entry in _because(case, condition, negated=False):
        if entry not in found:
            found.append(entry)
    return found


def _because(case: Case, condition: Expression, *, negated: bool) -> Sequence[Because]:
    match condition:
        case Test(subjects=subjects, text=text):
            test = f"not({text})" if negated else text
            return [Because(fact=fact.name, value=_seen(case, fact), test=test) for fact in subjects]
        case Not(item=item):
            return _because(case, item, negated=not negated)
        case All(items=items):
            failing = next((item for item in items if case.value(item) is False), None)
            decisive = items if failing is None else (failing,)
        case AnyOf(items=items):
            holding = next((item for item in items if case.value(item) is True), None)
            decisive = items if holding is None else (holding,)
        case _:
            decisive = ()
    return [entry for item in decisive for entry in _because(case, item, negated=negated)]


def events(case: Case, clock: ClockPlan) -> list[Because]:
    """The events that a clock was read by, with the values seen."""
    return [Because(fact=fact.name, value=_seen(case, fact), test=word) for word, fact in events_of(clock)]


def events_of(clock: ClockPlan) -> list[Event]:
    """What starts a clock, what it is due by, what stops and pauses it."""
    moments = [("starts", clock.starts), ("due", clock.due)]
    read = [(word, fact) for word, moment in moments if moment is not None for fact in facts_in(moment)]
    read += [("stops", stop) for stop in clock.stops]
    read += [("pauses", clock.pauses.list)] if clock.pauses is not None else []
    return read


def _seen(case: Case, fact: FactValue) -> object:
    return shown(case.fact(fact.name), fact.type)


def words(text: Words) -> WordsOut:
    return WordsOut(zh=text.zh, en=text.en)


def citations(quoted: tuple[Citation, ...]) -> list[CitationOut]:
    return [CitationOut(source=citation.source, quote=citation.quote) for citation in quoted]


def title(origin: Origin) -> WordsOut:
    return words(origin.title)
