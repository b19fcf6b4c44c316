"""What reading an import mapping knows and has found so far, and its nodes one kind at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from api.tickets.ticket import Raw
from engine.base.findings import Finding
from engine.base.spans import Span
from engine.base.suggest import closest
from engine.evaluate.facts import facts_from
from engine.plan.nodes import Plan
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.plain_values import plain as plain_value
from engine.rulebook.model import FactDeclaration

ABSENT = "absent"


@dataclass
class Notes:
    """What reading one file has found so far."""

    plan: Plan
    findings: list[Finding] = field(default_factory=list)
    given: dict[str, Span] = field(default_factory=dict)

    def say(self, code: str, node: Node, **values: str) -> None:
        self.findings.append(Finding(code, values, head(node)))


def keys_of(node: Node, allowed: tuple[str, ...], notes: Notes) -> dict[str, Node]:
    found = {}
    for key, value in entries(node, notes):
        if key.text in allowed:
            found[key.text] = value
        else:
            near = closest(key.text, allowed)
            notes.findings.append(Finding("D070", {"written": key.span.text}, key.span, suggestion=near))
    return found


def entries(node: Node | None, notes: Notes) -> Iterable[tuple[ScalarNode, Node]]:
    if node is None:
        return ()
    if isinstance(node, MappingNode):
        return node.entries
    notes.say("D071", node)
    return ()


def items(node: Node | None) -> tuple[Node, ...]:
    if node is None:
        return ()
    return node.items if isinstance(node, SequenceNode) else (node,)


def word(node: Node, notes: Notes) -> str:
    if isinstance(node, ScalarNode):
        return node.text
    notes.say("D081", node)
    return ""


def words(node: Node | None, notes: Notes) -> tuple[str, ...]:
    return tuple(word(item, notes) for item in items(node))


def literal(fact: str, node: Node, notes: Notes) -> Raw:
    """A value written in the mapping, which must be one of the fact's; `absent` stands for none."""
    if isinstance(node, ScalarNode) and node.text == ABSENT and not node.quoted:
        return None
    value = plain_value(node)
    if fact in notes.plan.facts:
        _, findings = facts_from({fact: value}, notes.plan, "")
        notes.findings += [replace(finding, span=head(node), pointer=None) for finding in findings]
    return value


def head(node: Node) -> Span:
    """The first line of a node's place, which can be underlined."""
    first = node.span.text.split("\n", 1)[0].rstrip()
    return node.span.within(0, len(first))


def declared(node: ScalarNode, notes: Notes) -> FactDeclaration | None:
    """The fact of that name; a finding where there is no such fact, or the rules define it."""
    name, known = node.text, notes.plan.facts
    if name not in known:
        values = {"written": node.span.text}
        notes.findings.append(Finding("D073", values, node.span, suggestion=closest(name, known)))
        return None
    if known[name].derived == "engine":
        notes.say("D078", node, fact=name)
    return known[name]
