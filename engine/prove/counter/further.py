"""What more than two facts take away, and that nothing does: asked of the solver."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, time

from engine.base.calendar import LATEST
from engine.evaluate.facts import Facts
from engine.prove.answer import NotKnown, Proved, Refuted
from engine.prove.asking.question import Question, Trials, ask
from engine.prove.counter.avoid import Search
from engine.prove.counter.counterfactual import Alternative, Worth
from engine.prove.counter.sought import Sought
from engine.prove.encoding.encoding import Encoding
from engine.prove.encoding.items import Effect, item_form
from engine.prove.encoding.symbols import Symbols
from engine.prove.encoding.worth import apart
from engine.prove.solver import TRUE, Bool, both, conjunction, either, equal, negation, number
from engine.rulebook.types import INSTANT, Kind, Value


def further(search: Search, names: Collection[str]) -> Alternative | Proved | NotKnown:
    """Changes of these facts that take the outcome away, none of which can be left out; or that none do.

    All other facts stay as the ticket has them, as far as they can be written down.
    """
    encoding = Encoding(search.plan, Symbols())
    gone = is_gone(encoding, search.sought)
    kept = [n for n in search.reach.facts if n not in names or not search.can_be_given(n)]
    stays = conjunction(_stays(encoding, search.trial.facts, name) for name in kept)

    def holds(trials: Trials) -> bool:
        return search.is_gone(_changes(search, trials[0].facts, names))

    answer = ask(Question((encoding,), both(gone, stays, _judged_at(encoding, search)), holds))
    if not isinstance(answer, Refuted):
        return answer
    return search.least(_changes(search, answer.witness.facts, names))


def _judged_at(encoding: Encoding, search: Search) -> Bool:
    """That it is judged when the ticket is. One that does not say when is judged at the end of days: what is
    surely gone without an instant of judging is gone then too, and nothing waits any more.
    """
    end = datetime.combine(LATEST, time.min, search.trial.case.zone)
    symbols = encoding.symbols
    return negation(apart(symbols.as_of(), symbols.literal(search.trial.as_of or end, INSTANT)))


def is_gone(encoding: Encoding, sought: Sought) -> Bool:
    """That an item surely does not conclude an outcome."""
    form = item_form(encoding, sought.item)
    effects = (effect for effect in form.effects if _is_it(effect, sought))
    return both(negation(form.open), *(_is_missing(effect) for effect in effects))


def _is_it(effect: Effect, sought: Sought) -> bool:
    fixed = dict(effect.fixed)
    named = sought.name in (fixed.get("code"), fixed.get("action")) or not sought.name
    return effect.kind == sought.kind and named and fixed.get("allowed") != "true"


def _is_missing(effect: Effect) -> Bool:
    """It does not stand, or comes to nothing."""
    amounts = (worth.term for name, worth in effect.amounts if name == "amount")
    return either(negation(effect.when), *(equal(term, number(0)) for term in amounts))


def _stays(encoding: Encoding, facts: Facts, name: str) -> Bool:
    """That a fact is as the ticket has it; of lists and of what is not known nothing is said."""
    declared, symbols = encoding.plan.facts[name], encoding.symbols
    if name in encoding.plan.defined:
        given = symbols.given(declared)
        if name not in facts:
            return negation(given)
        return both(given, _is(encoding, name, facts[name]))
    if declared.type.kind is Kind.LIST or (name not in facts and declared.absence != "none"):
        return TRUE
    return _is(encoding, name, facts[name]) if name in facts else negation(symbols.fact(declared).there)


def _is(encoding: Encoding, name: str, given: Value) -> Bool:
    declared, symbols = encoding.plan.facts[name], encoding.symbols
    if isinstance(given, tuple):
        return TRUE
    worth = symbols.fact(declared)
    return both(worth.usable, negation(apart(worth, symbols.literal(given, declared.type))))


def _changes(search: Search, found: Facts, names: Collection[str]) -> Mapping[str, Worth]:
    """What is otherwise in a ticket that the solver found; what it does not speak of stays."""
    now = search.trial.facts
    changes: dict[str, Worth] = {}
    for name in names:
        if name in found and found[name] != now.get(name):
            changes[name] = found[name]
        elif name in now and name not in found and search.plan.facts[name].absence == "none":
            changes[name] = None
    return changes
