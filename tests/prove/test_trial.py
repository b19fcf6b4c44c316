"""A trial says of one item what the examples beside the rules expect of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from engine.evaluate.examples import run_examples, same
from engine.evaluate.facts import facts_from, instant_from
from engine.library import load
from engine.plan.nodes import Plan
from engine.prove.asking.trial import Trial
from engine.rulebook.model import Example, Item

LIBRARY = load(Path(__file__).parents[2] / "rules")


def _examples() -> Iterator[tuple[Item, Example]]:
    for book in LIBRARY.rulebooks:
        yield from ((item, example) for item in book.items for example in item.head.examples)


@cache
def _plan(*readings: tuple[str, str]) -> Plan:
    return LIBRARY.under(dict(readings))


def _trial(example: Example) -> Trial:
    plan = _plan(*sorted(example.readings.items()))
    facts, findings = facts_from(example.given, plan)
    assert not findings
    written = example.as_of if example.as_of is None or "T" in example.as_of else f"{example.as_of}T00:00"
    return Trial(plan, facts, None if written is None else instant_from(written, plan.zone))


def test_a_trial_says_what_running_the_example_gives() -> None:
    """What `expect` cannot carry (`rows`, and `nothing` beside a row) is left out."""
    results = run_examples(LIBRARY, "reference")
    for (item, example), result in zip(_examples(), results, strict=True):
        got = {name: value for name, value in result.got.items() if name != "rows"}
        if "row" in got:
            got.pop("nothing", None)
        assert same(got, _trial(example).expect(item.head.id)), (item.head.id, example.name)


def test_an_item_that_the_plan_does_not_have_says_nothing() -> None:
    trial = Trial(LIBRARY.under({}), {}, None)
    assert trial.expect("no/such/item") == {"nothing": True}
    assert trial.said("no/such/item") is trial.said("no/such/item")
