"""Everything that judges the benchmark's policy: by hand, by Caiding's evaluators, by other engines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from importlib.util import find_spec
from typing import Any

from api.tickets.json_door import JsonDoor
from benchmarks.by_hand import decide_by_hand
from benchmarks.conclusions import fines, from_verdict
from benchmarks.flat_facts import Flat, flat_facts
from benchmarks.rounds import Contender, timed
from benchmarks.tickets import Ticket
from benchmarks.zen_policy import decision_tables, one_expression
from engine.evaluate.compiled.evaluator import CompiledEvaluator
from engine.evaluate.evaluators import evaluator
from engine.plan.nodes import Plan

TIMED = 500
"""So many tickets are judged in a round; all of them are compared."""


class MissingError(Exception):
    """Something cannot take part; the text says what and why."""


def by_hand(tickets: Sequence[Ticket]) -> Contender:
    facts = [ticket.facts for ticket in tickets]
    return Contender(
        "hand-written function",
        len(facts[:TIMED]),
        timed(decide_by_hand, facts[:TIMED]),
        lambda: [fines(decide_by_hand(each)) for each in facts],
    )


def compiled(plan: Plan, tickets: Sequence[Ticket]) -> list[Contender]:
    """The compiled evaluator on validated facts: outcomes alone, and the whole verdict."""
    judge = CompiledEvaluator(plan)
    facts = [ticket.facts for ticket in tickets]
    return [
        Contender(
            "compiled, outcomes alone",
            len(tickets[:TIMED]),
            timed(judge.outcomes, facts[:TIMED], None),
            lambda: [fines(judge.outcomes(each, None)) for each in facts],
            target=0.5,
        ),
        Contender(
            "compiled, explained and cited",
            len(tickets[:TIMED]),
            timed(judge.decide, facts[:TIMED], None),
            lambda: [fines(from_verdict(judge.decide(each, None))) for each in facts],
            target=0.15,
        ),
    ]


def compiled_from_json(plan: Plan, tickets: Sequence[Ticket]) -> Contender:
    """The compiled evaluator from a request's bytes to the verdict's."""
    door = JsonDoor(CompiledEvaluator(plan))
    bodies = [ticket.body for ticket in tickets]

    def answer(body: bytes) -> bytes:
        request = door.read(body)
        if isinstance(request, list):
            raise TypeError(f"a ticket of the benchmark was refused: {request}")
        return door.decide(request, None).verdict_json

    return Contender(
        "compiled, JSON to JSON",
        len(tickets[:TIMED]),
        timed(answer, bodies[:TIMED]),
        lambda: [fines(from_verdict(json.loads(answer(body)))) for body in bodies],
        target=0.07,
    )


def reference(plan: Plan, tickets: Sequence[Ticket]) -> Contender:
    judge = evaluator("reference", plan)
    facts = [ticket.facts for ticket in tickets]
    return Contender(
        "reference",
        len(facts[:TIMED]),
        timed(judge.decide, facts[:TIMED], None),
        lambda: [fines(from_verdict(judge.decide(each, None))) for each in facts],
    )


def zen(tickets: Sequence[Ticket]) -> list[Contender]:
    """zen-engine with decision tables and as one compiled expression; raises `MissingError`."""
    if find_spec("zen") is None:
        raise MissingError("zen-engine is not installed")
    from zen import ZenEngine, compile_expression  # it may be missing

    facts = [flat_facts(ticket.facts) for ticket in tickets]
    tables = ZenEngine().create_decision(decision_tables())
    expression = compile_expression(one_expression())
    return [
        Contender(
            "zen-engine, one expression",
            len(facts[:TIMED]),
            timed(expression.evaluate, facts[:TIMED]),
            lambda: [fines(part for part in expression.evaluate(each) if part) for each in facts],
        ),
        Contender(
            "zen-engine, decision tables",
            len(facts[:TIMED]),
            timed(tables.evaluate, facts[:TIMED]),
            lambda: [fines(_rows(tables.evaluate(each)["result"])) for each in facts],
        ),
    ]


def _rows(result: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(row["rule"], row["kind"], row.get("amount")) for row in result.values() if row and "rule" in row]


def durable(tickets: Sequence[Ticket]) -> AbstractContextManager[Contender]:
    """durable-rules in a child process, which ends with the context; raises `MissingError`."""
    if find_spec("durable") is None:
        raise MissingError("durable-rules is not installed")
    from benchmarks.durable_rules import in_child  # its library may be missing

    facts: list[Flat] = [flat_facts(ticket.facts) for ticket in tickets]
    return in_child(facts, TIMED)


def disagreement(contenders: Sequence[Contender]) -> str | None:
    """The first ticket on which a contender's fines are not those of the first contender."""
    expected = contenders[0].answers()
    for contender in contenders[1:]:
        for number, (ours, theirs) in enumerate(zip(expected, contender.answers(), strict=True)):
            if ours != theirs:
                return f"ticket {number}: {contenders[0].name} says {ours}, {contender.name} says {theirs}"
    return None
