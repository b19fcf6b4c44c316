"""The order in which derived facts can be worked out; a cycle is told step by step."""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

from engine.base.findings import Finding, Label
from engine.plan.nodes import DefinitionPlan, needs


def in_order_of_need(
    definitions: Sequence[DefinitionPlan], findings: list[Finding]
) -> tuple[DefinitionPlan, ...]:
    """Each definition after those that it reads; in the order of the rulebooks where that leaves a choice."""
    by_name: dict[str, DefinitionPlan] = {}
    for definition in definitions:
        by_name.setdefault(definition.fact.name, definition)
    graph = {
        name: sorted(need for need in needs(definition) if need in by_name)
        for name, definition in sorted(by_name.items())
    }
    try:
        order = tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        findings.append(_cycle(error.args[1][::-1], by_name))
        return ()
    return tuple(by_name[name] for name in order)


def _cycle(names: Sequence[str], by_name: dict[str, DefinitionPlan]) -> Finding:
    """`names` begins and ends with the same fact; each step reads the next."""
    labels = tuple(
        Label(by_name[name].origin.span, "H003", {"name": name, "needs": needed})
        for name, needed in pairwise(names)
    )
    return Finding("R290", {"story": " → ".join(names)}, by_name[names[0]].origin.span, labels=labels)
