"""What an edition must pass before it judges: all its examples, and agreement with the reference."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.base.findings import Finding
from engine.evaluate.evaluators import Evaluator
from engine.evaluate.examples import as_text, concluded, run_examples
from engine.evaluate.facts import Facts, facts_from, instant_from
from engine.evaluate.reference import ReferenceEvaluator, new_case, verdict_on
from engine.library import Library
from engine.plan.nodes import Plan
from engine.rulebook.checks import defined_by
from engine.rulebook.model import Example, Item

WHOLE_VERDICT_EVERY = 8
"""Of so many examples one is compared in its whole verdict; of all, what their own item concludes."""


def smoke_test(library: Library, judge: Evaluator) -> list[Finding]:
    """What is wrong with an edition that has no errors; the evaluator is warm afterwards.

    Every example must give what its author expects on the reference evaluator; the evaluator that is to
    serve must then conclude the same as the reference. Examples under other readings than the preferred
    ones are the reference's alone, since the service judges by the preferred ones.
    """
    failed = [result.finding for result in run_examples(library, "reference") if result.finding is not None]
    return failed or list(_disagreements(library, judge))


def warm_up(library: Library, judge: Evaluator) -> Iterator[None]:
    """Judges the examples one at a time, so that what an evaluator makes when first needed is there."""
    for _, example in _plain_examples(library):
        facts, as_of = _case_of(example, judge.plan)
        judge.decide(facts, as_of)
        yield


def _disagreements(library: Library, judge: Evaluator) -> Iterator[Finding]:
    reference = ReferenceEvaluator(judge.plan)
    for number, (item, example) in enumerate(_plain_examples(library)):
        facts, as_of = _case_of(example, judge.plan)
        try:
            verdict = judge.decide(facts, as_of)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong here must not go wrong on a ticket
            values = {"name": example.name, "evaluator": judge.name, "kind": type(error).__name__}
            yield Finding("D141", values, example.span)
            continue
        case = new_case(judge.plan, facts, as_of)
        expected = concluded(item, verdict_on(case, item.head.id, defined_by(item)))
        got = concluded(item, verdict)
        whole = number % WHOLE_VERDICT_EVERY == 0
        if got != expected or (whole and verdict != reference.decide(facts, as_of)):
            spoken = {"name": example.name, "expected": as_text(expected), "got": as_text(got)}
            yield Finding("D027", {**spoken, "evaluator": judge.name}, example.expect_span)


def _plain_examples(library: Library) -> Iterator[tuple[Item, Example]]:
    """Those under the preferred readings."""
    for book in library.rulebooks:
        for item in book.items:
            for example in item.head.examples:
                if not example.readings:
                    yield item, example


def _case_of(example: Example, plan: Plan) -> tuple[Facts, datetime | None]:
    """What the reference has run already can be read."""
    facts, _ = facts_from(example.given, plan, pointer="")
    written = example.as_of
    if written is None:
        return facts, None
    return facts, instant_from(written if "T" in written else f"{written}T00:00", plan.zone)
