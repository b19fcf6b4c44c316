"""The evaluators by name: three ways to judge by one plan."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from engine.evaluate.facts import Facts
from engine.evaluate.verdict import Verdict
from engine.plan.nodes import Plan

NAMES = ("compiled", "reference", "durable")


class Evaluator(Protocol):
    """Gives the verdict on validated facts; `close` lets go of whatever it holds (a child process)."""

    name: str
    plan: Plan

    def decide(self, facts: Facts, as_of: datetime | None) -> Verdict: ...

    def close(self) -> None: ...


def evaluator(name: str, plan: Plan) -> Evaluator:
    """The evaluator of that name; `durable` raises `Unavailable` where its library cannot be used."""
    match name:
        case "compiled":
            from engine.evaluate.compiled.evaluator import CompiledEvaluator

            return CompiledEvaluator(plan)
        case "durable":
            from engine.evaluate.durable.evaluator import DurableEvaluator

            return DurableEvaluator(plan)
        case "reference":
            from engine.evaluate.reference import ReferenceEvaluator

            return ReferenceEvaluator(plan)
        case _:
            raise ValueError(f"there is no evaluator {name}")
