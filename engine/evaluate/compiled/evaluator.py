"""The compiled evaluator: one program for each owner of rules, made when it is first needed.

A program lists what applies to the tickets of one owner. What it does not decide itself it hands to the
reference walk, so that the two can only differ by a fault in the source that is written here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from engine.evaluate.compiled.clocks import clocks_of, write_face
from engine.evaluate.compiled.definitions import write_definition, write_shown
from engine.evaluate.compiled.program import (
    Call,
    Program,
    derived_steps,
    owners,
    write_bare_program,
    write_program,
)
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
        self._derived = derived_steps(self._module)
        self.programs: dict[Any, Program] = {}
        self._bare: dict[Any, Call] = {}

    def decide(self, facts: Facts, as_of: datetime | None) -> Verdict:
        """The verdict on validated facts, the same as the reference evaluator's."""
        owner = self._owners.get(facts.get(self._owner))
        program = self.programs.get(owner) or self._program(owner)
        carried = frozenset(facts)
        items, derived = program.seen.get(carried) or program.calls(carried)
        ticket = [facts, as_of, None]
        worked_out: dict[str, Any] = {}
        so_far = Judgement([], [], [])
        for judge in items:
            judge(facts, worked_out, ticket, so_far.outcomes, so_far)
        shown: dict[str, Any] = {}
        for show in derived:
            show(facts, worked_out, ticket, shown)
        return {
            "edition": self.plan.edition,
            "as_of": None if as_of is None else as_of.isoformat(timespec="seconds"),
            "outcomes": so_far.outcomes,
            "defeated": so_far.defeated,
            "undecided": so_far.undecided,
            "derived": shown,
            "totals": totals(so_far.outcomes),
        }

    def outcomes(self, facts: Facts, as_of: datetime | None = None) -> list[tuple[Any, ...]]:
        """Only what applies, as `(rule, kind, amount)` in the order of the plan, without explanations."""
        owner = self._owners.get(facts.get(self._owner))
        program = self._bare.get(owner) or self._bare_program(owner)
        out: list[tuple[Any, ...]] = []
        program(facts, {}, [facts, as_of, None], out, None)
        return out

    def close(self) -> None:
        """Nothing is held."""

    def _program(self, owner: Any) -> Program:
        """Writes and keeps the program for one owner, or (None) for any that no guard asks for.

        Two threads may do it twice, to the same end.
        """
        program = self.programs[owner] = write_program(self._module, self._settled(owner), self._derived)
        return program

    def _bare_program(self, owner: Any) -> Call:
        program = self._bare[owner] = write_bare_program(self._module, self._settled(owner))
        return program

    def _settled(self, owner: Any) -> dict[str, Any]:
        return {} if owner is None else {self._owner: owner}


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
        "faces": {},
    }
    module = Module(plan, namespace)
    for clock in clocks_of(plan):
        write_face(module, clock)
    for definition in plan.definitions:
        write_definition(module, definition)
        write_shown(module, definition)
    module.run()
    return module
