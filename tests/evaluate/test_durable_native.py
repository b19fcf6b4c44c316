"""Native conditions mean the same to durable-rules as to us, and never fire twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from itertools import product

import pytest

from engine.evaluate.durable.fields import PRIME, steps
from engine.evaluate.durable.native import (
    ALWAYS,
    MOST_CONNECTIVES,
    NEVER,
    And,
    Atom,
    Native,
    NativeOperator,
    Or,
    TooLarge,
    all_true,
    any_true,
    connectives,
    definition,
    exclusive,
    is_true,
    negated,
    split,
)
from engine.evaluate.durable.process import Child, Limits

FIELDS = ("a", "b", "c", "d")
VALUES = (1, 2, 3, 4)
OPERATORS: tuple[NativeOperator, ...] = ("=", "!=", "<", "<=", ">", ">=")
FACTS = [dict(zip(FIELDS, values, strict=True)) for values in product(VALUES, repeat=len(FIELDS))]


def made_up(random_: random.Random, depth: int) -> Native:
    if depth == 0 or random_.random() < 0.2:
        return Atom(random_.choice(FIELDS), random_.choice(OPERATORS), random_.choice(VALUES))
    parts = [made_up(random_, depth - 1) for _ in range(random_.randint(2, 3))]
    return random_.choice((all_true, any_true))(parts)


def conditions(count: int) -> Iterator[Native]:
    random_ = random.Random(7)
    while count:
        condition = made_up(random_, 3)
        if condition not in (ALWAYS, NEVER):
            count -= 1
            yield condition


def small_cases(condition: Native) -> list[Native]:
    try:
        return split(exclusive(condition))
    except TooLarge:
        return []


def branches_true(native: Native, fact: dict[str, int]) -> int:
    """How often the library would fire."""
    match native:
        case Atom():
            return int(native.holds(fact[native.field]))
        case And(parts=parts):
            found = 1
            for part in parts:
                found *= branches_true(part, fact)
            return found
        case Or(parts=parts):
            return sum(branches_true(part, fact) for part in parts)


def test_negation_is_the_opposite() -> None:
    """A condition and its negation are never both true and never both false."""
    for condition in conditions(100):
        opposite = negated(condition)
        assert all(is_true(condition, fact) != is_true(opposite, fact) for fact in FACTS)


def test_exclusive_branches_fire_once() -> None:
    """The rewritten condition is as true as before, by exactly one way through its branches."""
    for condition in conditions(200):
        rewritten = exclusive(condition)
        for fact in FACTS:
            assert branches_true(rewritten, fact) == is_true(condition, fact)


def test_split_conditions_are_small_and_complete() -> None:
    """Of the conditions that a large one is split into, one is true where the large one is."""
    wide = all_true(
        any_true((Atom(f"f{i}", "=", 1), all_true((Atom(f"s{i}", "=", 3), Atom(f"f{i}", "=", 2)))))
        for i in range(9)
    )
    assert connectives(wide) > MOST_CONNECTIVES
    cases = split(wide)
    assert all(connectives(case) <= MOST_CONNECTIVES for case in cases)
    random_ = random.Random(1)
    for _ in range(300):
        fact = {f"f{i}": random_.choice((1, 1, 1, 2)) for i in range(9)} | {f"s{i}": 3 for i in range(9)}
        assert sum(is_true(case, fact) for case in cases) == is_true(wide, fact)


def test_what_is_too_large_is_refused() -> None:
    """Thirty conjoined disjunctions would take half a million rules."""
    wide = And(tuple(Or((Atom(f"f{i}", "=", 1), Atom(f"f{i}", "=", 2))) for i in range(30)))
    with pytest.raises(TooLarge):
        split(wide)


def test_library_agrees_on_made_up_conditions() -> None:
    """durable-rules fires for exactly those of 40 random conditions that are true, on every fact."""
    pytest.importorskip("durable")
    cases = {
        f"r{i}x{j}": case
        for i, condition in enumerate(conditions(40))
        for j, case in enumerate(small_cases(condition))
    }
    rulesets = {
        "layers": [
            [{"rules": {n: definition(c)}, "fields": list(FIELDS)} for n, c in cases.items() if c != NEVER]
        ],
        "sets": {},
        "blank": dict.fromkeys((*FIELDS, PRIME), 0),
    }
    assert len(cases) > 40
    child = Child(rulesets, Limits())
    try:
        facts = [{**fact, PRIME: 0} for fact in FACTS]
        for fact, fired in zip(facts, child.answers(facts), strict=True):
            assert sorted(fired) == sorted(name for name, case in cases.items() if is_true(case, fact))
    finally:
        child.close()


@pytest.mark.parametrize(("value", "scale"), [("1.00", 2), ("1.005", 2), ("-0.005", 2), ("0", 0)])
def test_steps_keep_order(value: str, scale: int) -> None:
    """What lies between two steps of the scale stays between them."""
    number = Decimal(value)
    step = Decimal(1).scaleb(-scale)
    on_grid = number.quantize(step)
    assert (steps(number, scale) == steps(on_grid, scale)) == (number == on_grid)
    assert steps(number - step, scale) < steps(number, scale) < steps(number + step, scale)
