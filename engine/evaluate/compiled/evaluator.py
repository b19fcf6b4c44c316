"""The compiled evaluator: one program for each owner of rules, made when it is first needed.

A program lists what applies to the tickets of one owner. What it does not decide itself it hands to the
reference walk, so that the two can only differ by a fault in the source that is written here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.evaluate.compiled.definitions import write_definition, write_derived
from engine.evaluate.compiled.program import Program, owners, run, write_program
from engine.evaluate.compiled.runtime import NAMESPACE, Walk, bare
from engine.evaluate.compiled.shares import shares_of
from engine.evaluate.compiled.source import Module
from engine.evaluate.conclude import totals
from engine.evaluate.facts import Facts
from engine.evaluate.judge import Judgement
from engine.evaluate.verdict import Verdict
from engine.plan.nodes import Plan


class CompiledEvaluator:
    """Judges tickets by generated source. Safe to share between threads."""

    name = "compiled"

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._owner, self._owners = owners(plan)
        self._module = _module(plan)
        self._full: dict[Any, Program] = {}
        self._bare: dict[Any, Program] = {}
        self._derived = self._module.namespace["derived"]

    def decide(self, facts: Facts, as_of: datetime | None) -> Verdict:
        """The verdict on validated facts, the same as the reference evaluator's."""
        owner = self._owners.get(facts.get(self._owner))
        program = self._full.get(owner) or self._program(owner, in_full=True)
        ticket = [facts, as_of, None]
        worked_out: dict[str, Any] = {}
        so_far = Judgement([], [], [])
        program(facts, worked_out, ticket, so_far.outcomes, so_far)
        return {
            "edition": self.plan.edition,
            "as_of": None if as_of is None else as_of.isoformat(timespec="seconds"),
            "outcomes": so_far.outcomes,
            "defeated": so_far.defeated,
            "undecided": so_far.undecided,
            "derived": self._derived(facts, worked_out, ticket),
            "totals": totals(so_far.outcomes),
        }

    def outcomes(self, facts: Facts, as_of: datetime | None = None) -> list[tuple[Any, ...]]:
        """Only what applies, as `(rule, kind, amount)` in the order of the plan, without explanations."""
        owner = self._owners.get(facts.get(self._owner))
        program = self._bare.get(owner) or self._program(owner, in_full=False)
        out: list[tuple[Any, ...]] = []
        program(facts, {}, [facts, as_of, None], out, None)
        return out

    def close(self) -> None:
        """Nothing is held."""

    def _program(self, owner: Any, *, in_full: bool) -> Program:
        """Writes and keeps the program for one owner, or (None) for any that no guard asks for.

        Two threads may do it twice, to the same end.
        """
        settled = {} if owner is None else {self._owner: owner}
        program = write_program(self._module, settled, bare=not in_full)
        (self._full if in_full else self._bare)[owner] = program
        return program


def bare_outcomes(verdict: Verdict) -> list[tuple[Any, ...]]:
    """A verdict's outcomes in the form of `CompiledEvaluator.outcomes`."""
    return [bare(outcome) for outcome in verdict["outcomes"]]


def _module(plan: Plan) -> Module:
    """The shared part: constants and the functions of derived facts."""
    namespace = {
        **NAMESPACE,
        **Walk(plan).namespace(),
        "shares_of": shares_of,
        "defined": plan.defined,
        "shared": {},
        "money_texts": {},
    }
    module = Module(plan, namespace)
    for definition in plan.definitions:
        write_definition(module, definition)
    write_derived(module)
    run(module)
    return module
