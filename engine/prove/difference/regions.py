"""In which regions two forms of an item say different things, and what each says there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.plan.nodes import ClockPlan, DefinitionPlan, RulePlan, TablePlan
from engine.prove.answer import Refuted, Witness
from engine.prove.asking.confirmed import confirmed
from engine.prove.asking.question import Trials, ask
from engine.prove.asking.trial import Trial
from engine.prove.change import Boundary, RegionChange
from engine.prove.difference.items import Pair
from engine.prove.difference.meaning import Part, expressions_in
from engine.prove.encoding.encoding import Encoding
from engine.prove.encoding.items import Effect, ItemForm
from engine.prove.region import APPLIES, Region
from engine.prove.regions.atoms import Atom, atoms_of
from engine.prove.regions.search import Beyond, boundaries, regions
from engine.prove.solver import Bool, Model, Solver, both, branches, conjunction, equal, negation, same
from engine.rulebook.expressions import Comparison, Constant, Expression, FactValue, Not, Test, all_of, walk
from engine.rulebook.types import Kind, Value

MOST_CLASSES = 24
"""So many different changes of one item are told apart."""
MOST_REGIONS = 8
"""So many regions of one of them."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where an item changes; `complete`: nowhere else."""

    changes: tuple[RegionChange, ...]
    complete: bool


def changed_regions(pair: Pair) -> Found:
    """Each way in which the item changes (these rows and outcomes before, those after), where it does.

    Of complete tickets, so that every region is about values and not about what is known.
    """
    axioms = pair.encodings[0].axioms(pair.condition)
    atoms = _atoms(pair)
    solver = Solver((*axioms, pair.condition))
    changes: list[RegionChange] = []
    complete = True
    for _ in range(MOST_CLASSES):
        model = solver.find()
        if not isinstance(model, Model):
            return Found(_in_order(pair, changes), complete and model == "none")
        alike = conjunction(_signature(pair, model))
        settled = _settled(pair, model)
        found, all_found = regions(both(pair.condition, alike), axioms, atoms, MOST_REGIONS)
        shown = [change for region in found if (change := _change(pair, region, alike, settled)) is not None]
        complete = complete and all_found and len(shown) == len(found)
        changes += shown
        solver.add([negation(alike)])
    return Found(_in_order(pair, changes), False)


def _in_order(pair: Pair, changes: Sequence[RegionChange]) -> tuple[RegionChange, ...]:
    """By the tickets inside, smaller values first, whatever the solver met first.

    Changes that read the same (they differ in what no region can say) are one.
    """
    told = {(change.region.sides, repr(change.before), repr(change.after)): change for change in changes}
    names = list({**pair.encodings[0].plan.facts, **pair.encodings[1].plan.facts})

    def values(change: RegionChange) -> list[tuple[int, Any]]:
        facts = change.inside.facts
        return [(n, _comparable(facts[name])) for n, name in enumerate(names) if name in facts]

    return tuple(sorted(told.values(), key=values))


def _comparable(value: Value) -> Any:
    """Lists by how long they are."""
    return len(value) if isinstance(value, tuple) else value


def _atoms(pair: Pair) -> list[Atom]:
    """The leaves of both forms; those that both have stand once.

    One on a derived fact that the editions work out differently is not among them: what it rests on is. Where
    both apply to the same tickets that is a leaf of its own, and rather kept than what it is made of;
    so are the leaves of what else decides: rows, exceptions, the days of parameters.
    """
    found: dict[Expression, Atom] = {}
    of_one_edition: set[Expression] = set()
    for atom in (*_applies(pair), *_deciding(pair), *_every_leaf(pair)):
        known = found.setdefault(atom.expression, atom)
        if not same(known.condition, atom.condition):
            of_one_edition.add(atom.expression)
    return [atom for atom in found.values() if atom.expression not in of_one_edition]


def _applies(pair: Pair) -> Iterator[Atom]:
    conditions = [(encoding, _standing(part)) for encoding, part in pair.parts()]
    rails = [encoding.condition(condition) for encoding, condition in conditions if condition is not None]
    if len(rails) == 2 and same(rails[0].must, rails[1].must) and same(rails[0].may, rails[1].may):
        standing = conditions[1][1]
        assert standing is not None, "both have one"
        yield Atom(rails[1].must, Test((), APPLIES, standing), prefer=-1, opposite=rails[1].false)


def _standing(part: Part) -> Expression | None:
    """That an item applies and no exception takes its outcomes away."""
    match part:
        case DefinitionPlan():
            return None
        case ClockPlan():
            return all_of(part.guard, part.own)
        case _:
            defeats = [Not(e.condition) for e in part.exemptions if e.effect == "defeats"]
            return all_of(part.guard, part.own, *defeats)


def _deciding(pair: Pair) -> Iterator[Atom]:
    for encoding, part in pair.parts():
        if isinstance(part, RulePlan | TablePlan | ClockPlan):
            rest = [e for e in expressions_in(part) if e is not part.guard and e is not part.own]
            yield from (replace(atom, prefer=-1) for atom in atoms_of(encoding, *rest) if atom.prefer == 0)


def _every_leaf(pair: Pair) -> Iterator[Atom]:
    for encoding, part in pair.parts():
        yield from atoms_of(encoding, *expressions_in(part))


def _signature(pair: Pair, model: Model) -> Iterator[Bool]:
    """What makes two changes one: the same outcomes stand, with amounts that are the same constants."""
    for form, other in zip(pair.forms, reversed(pair.forms), strict=True):
        for effect in _not_in(other, form.effects):
            stands = model.truth(effect.when)
            yield effect.when if stands else negation(effect.when)
            if stands:
                for _, worth in effect.amounts:
                    yield from (equal(worth.term, end) for end in _end(worth.term, model))
        yield form.is_defeated if model.truth(form.is_defeated) else negation(form.is_defeated)
        yield form.open if model.truth(form.open) else negation(form.open)
    for encoding, part in pair.parts():
        if isinstance(part, DefinitionPlan):
            yield from _same_value(encoding, part, model)


def _not_in(other: ItemForm, effects: Sequence[Effect]) -> Iterator[Effect]:
    """The effects that the other form does not have as they are."""
    for effect in effects:
        if not any(_as_it_is(effect, known) for known in other.effects):
            yield effect


def _as_it_is(one: Effect, other: Effect) -> bool:
    amounts = zip(one.amounts, other.amounts, strict=False)
    alike = one.like == other.like and len(one.amounts) == len(other.amounts) and same(one.when, other.when)
    return alike and all(
        same(left, right)
        for (_, a), (_, b) in amounts
        for left, right in ((a.term, b.term), (a.known, b.known), (a.there, b.there))
    )


def _same_value(encoding: Encoding, part: DefinitionPlan, model: Model) -> Iterator[Bool]:
    worth = encoding.fact(part.fact.name)
    for truth in (worth.known, worth.there):
        yield truth if model.truth(truth) else negation(truth)
    if model.truth(worth.usable):
        yield from (equal(worth.term, end) for end in _end(worth.term, model))


def _end(term: object, model: Model) -> list[object]:
    """The constant that a choice among constants comes to; nothing where the amount hangs on a number."""
    ends = branches(term)
    return [] if ends is None else [model.value(term)]


def _settled(pair: Pair, model: Model) -> tuple[bool, ...]:
    """On which side nothing is left open."""
    found = []
    for encoding, part, form in zip(
        pair.encodings, (pair.sides.before, pair.sides.after), pair.forms, strict=True
    ):
        known = (
            encoding.fact(part.fact.name).known if isinstance(part, DefinitionPlan) else negation(form.open)
        )
        found.append(model.truth(known))
    return tuple(found)


def _change(pair: Pair, region: Region, alike: Bool, settled: tuple[bool, ...]) -> RegionChange | None:
    """A ticket of the region and what each edition says of it; and the tickets just outside."""

    def holds(trials: Trials) -> bool:
        said = pair.settled(trials)
        return said == settled and _holding(pair, region.condition, differ=True)(trials)

    inside = _witness(pair, both(pair.condition, alike), region.condition, holds)
    if inside is None:
        return None
    before, after = pair.said(inside)
    return RegionChange(region, inside, before, after, tuple(_boundaries(pair, region, inside)))


def _boundaries(pair: Pair, region: Region, inside: Witness) -> Iterator[Boundary]:
    for beyond in boundaries(region):
        if beyond.side.text == APPLIES:
            continue
        outside = _beside(pair, beyond, inside)
        if outside is None:
            holds = _holding(pair, beyond.condition, differ=False)
            outside = _witness(pair, negation(pair.condition), beyond.condition, holds)
        if outside is not None:
            yield Boundary(beyond.side, outside)


def _beside(pair: Pair, beyond: Beyond, inside: Witness) -> Witness | None:
    """The ticket inside with another value of the one fact, where that is enough."""
    name = beyond.side.fact
    if name is None:
        return None
    holds = _holding(pair, beyond.condition, differ=False)
    for value in _values(pair, name, beyond.condition):
        if not _is_within_bounds(pair, name, value):
            continue
        changed = {**inside.facts, name: value}
        facts = {fact: given for fact, given in changed.items() if given is not None}
        trials = tuple(Trial(encoding.plan, facts, inside.as_of) for encoding in pair.encodings)
        if holds(trials) and confirmed(trials):
            return Witness(facts, inside.as_of)
    return None


def _values(pair: Pair, name: str, condition: Expression) -> Iterator[Value | None]:
    """What a fact may be instead: named values first, then any other word or truth, then nothing."""
    for part in walk(condition):
        match part:
            case Comparison("=", FactValue(name=subject), Constant(value=value)) if subject == name:
                yield value
    declared = pair.encodings[0].plan.facts.get(name) or pair.encodings[1].plan.facts[name]
    if declared.derived != "engine":
        yield from declared.type.members
        if declared.type.kind is Kind.BOOLEAN:
            yield from (True, False)
        yield None


def _is_within_bounds(pair: Pair, name: str, value: Any) -> bool:
    """Whether a ticket of either edition may give it; a boundary may lie where the catalogue ends."""
    declared = [e.plan.facts[name] for e in pair.encodings if name in e.plan.facts]
    lows = [d.minimum for d in declared if d.minimum is not None]
    highs = [d.maximum for d in declared if d.maximum is not None]
    return value is None or (all(low <= value for low in lows) and all(value <= high for high in highs))


def _holding(pair: Pair, where: Expression, differ: bool) -> Callable[[Trials], bool]:
    """Of a ticket, whether the expression holds and both editions judge it alike, or not."""
    side = 1 if pair.sides.after is not None else 0

    def holds(trials: Trials) -> bool:
        return trials[side].case.value(where) is True and pair.differ(trials) is differ

    return holds


def _witness(
    pair: Pair, condition: Bool, where: Expression, holds: Callable[[Trials], bool]
) -> Witness | None:
    """A ticket of the condition where the expression holds."""
    encoding = pair.encodings[1] if pair.sides.after is not None else pair.encodings[0]
    question = pair.question(both(condition, encoding.condition(where).must))
    answer = ask(replace(question, holds=holds))
    return answer.witness if isinstance(answer, Refuted) else None
