"""Whether two items say different things of a ticket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from engine.prove.encoding.items import Effect, ItemForm
from engine.prove.encoding.worth import apart, first_of
from engine.prove.solver import (
    Bool,
    Int,
    both,
    choice,
    conjunction,
    disjunction,
    either,
    equal,
    identity,
    negation,
    number,
    plus,
)

MOST_COUNTED = 40
"""So many effects alike are counted, amount by amount, to see whether as many stand."""


def forms_apart(one: ItemForm, other: ItemForm) -> Bool:
    """A ticket of which two items say different things, be it that they are defeated or undecided."""
    return either(
        negation(equal(one.open, other.open)),
        negation(equal(one.is_defeated, other.is_defeated)),
        *_effects_apart(one.effects, other.effects),
    )


def _effects_apart(one: Sequence[Effect], other: Sequence[Effect]) -> Iterator[Bool]:
    keys = dict.fromkeys(effect.like for effect in (*one, *other))
    for key in keys:
        left = [effect for effect in one if effect.like == key]
        right = [effect for effect in other if effect.like == key]
        yield _alike_apart(left, right)


def _alike_apart(left: Sequence[Effect], right: Sequence[Effect]) -> Bool:
    """Whether other amounts stand, or as many of them not as often; where never two stand they are as one.

    Of very many it is said too readily: they are compared one by one in their order.
    """
    left, right = _without(left, right), _without(right, left)
    if _exclusive(left) and _exclusive(right):
        left, right = _merged(left), _merged(right)
    elif len(left) + len(right) <= MOST_COUNTED:
        values = {_key(effect): effect for effect in (*left, *right)}
        return disjunction(
            negation(equal(_standing(left, value), _standing(right, value))) for value in values.values()
        )
    pairs = list(zip(left, right, strict=False))
    rest = (*left[len(pairs) :], *right[len(pairs) :])
    return either(*(effect.when for effect in rest), *(_pair_apart(a, b) for a, b in pairs))


def _without(effects: Sequence[Effect], others: Sequence[Effect]) -> list[Effect]:
    """Those that do not stand among the others as they are, each of which takes away one."""
    left = Counter((identity(other.when), *_key(other)) for other in others)
    found = []
    for effect in effects:
        key = identity(effect.when), *_key(effect)
        if left[key]:
            left[key] -= 1
        else:
            found.append(effect)
    return found


def _key(effect: Effect) -> tuple[int, ...]:
    """The amounts of an effect, as they stand."""
    return tuple(
        part
        for _, worth in effect.amounts
        for part in (
            *map(identity, (worth.known, worth.there, worth.term)),
            worth.scale,
            0 if worth.over is None else identity(worth.over),
        )
    )


def _standing(effects: Sequence[Effect], like: Effect) -> Int:
    """How many stand with the amounts of that one."""
    total: Int = number(0)
    for effect in effects:
        amounts = zip(effect.amounts, like.amounts, strict=True)
        alike = conjunction(negation(apart(a, b)) for (_, a), (_, b) in amounts)
        total = plus(total, choice(both(effect.when, alike), number(1), number(0)))
    return total


def _exclusive(effects: Sequence[Effect]) -> bool:
    """Effects of different rows of a table of which one row counts, or a single one."""
    rows = {id(effect.row) for effect in effects if effect.row is not None}
    return len(effects) < 2 or len(rows) == len(effects)


def _merged(effects: Sequence[Effect]) -> list[Effect]:
    if len(effects) < 2:
        return list(effects)
    names = [name for name, _ in effects[0].amounts]
    amounts = tuple(
        (name, first_of([(e.when, e.amounts[n][1]) for e in effects[:-1]], effects[-1].amounts[n][1]))
        for n, name in enumerate(names)
    )
    return [Effect(disjunction(e.when for e in effects), effects[0].kind, effects[0].fixed, amounts)]


def _pair_apart(one: Effect, other: Effect) -> Bool:
    amounts = [apart(a, b) for (_, a), (_, b) in zip(one.amounts, other.amounts, strict=True)]
    return either(negation(equal(one.when, other.when)), both(one.when, disjunction(amounts)))
