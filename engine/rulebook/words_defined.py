"""Facts that rules define: which facts may be, and what may define them."""

from __future__ import annotations

from engine.base.findings import Finding
from engine.read.nodes import Node, ScalarNode
from engine.rulebook.expressions import Constant, Expression, FactValue, type_of
from engine.rulebook.fields import scalar
from engine.rulebook.names import Names
from engine.rulebook.types import Kind


def defined_fact(node: Node | None, names: Names) -> FactValue:
    """The fact that an item defines: one that the catalogue marks as derived."""
    written: ScalarNode = scalar(node)
    fact = names.fact(written.text, written.span)
    if names.catalogue.facts[fact.name].derived is None:
        names.findings.append(Finding("R260", {"name": fact.name}, written.span))
    return fact


def fits_fact(value: Expression, fact: FactValue, node: Node, names: Names) -> None:
    """The value must be of the fact's type, with no more digits than the fact carries."""
    found, wanted = type_of(value), fact.type
    if wanted.kind is Kind.ENUM and isinstance(value, Constant) and value.value in wanted.members:
        return
    same_kind = found.meets(wanted) if wanted.is_number else found.kind is wanted.kind
    if not same_kind:
        raise names.fail("R261", node.span, name=fact.name, left=str(wanted), right=str(found))
    if wanted.is_number and (found.scale is None or found.scale > (wanted.scale or 0)):
        raise names.fail("R262", node.span, name=fact.name, digits=str(wanted.scale or 0))
