"""A case file from its nodes; everything that does not fit is a finding at its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from engine.base.findings import Finding, has_errors, in_order
from engine.base.spans import Span
from engine.base.suggest import closest
from engine.evaluate.facts import Facts, as_of_from, facts_from
from engine.evaluate.walk.case_file import CaseFile, Expected, Step
from engine.evaluate.walk.changes import NOW, Change, changed, facts_set
from engine.evaluate.walk.chinese import by_name
from engine.library import Library
from engine.plan.nodes import Plan
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.plain_values import plain
from engine.read.shape import check_shape
from engine.read.yaml_nodes import read
from engine.rulebook.fields import Unreadable, entries, items, mapping, optional_words, text
from engine.rulebook.model import Words


def read_case(name: str, content: bytes, library: Library) -> tuple[CaseFile | None, list[Finding]]:
    """The case of a file, or None and all that is wrong with it; the library must be free of errors.

    Facts, fields, values and codes may be called by their Chinese labels.
    """
    node, findings = read(name, content)
    if node is None:
        return None, findings
    if isinstance(node, MappingNode) and library.catalogue is not None:
        node = by_name(node, library.catalogue, findings)
    case, more = case_from_node(node, library)
    found = in_order([*findings, *more])
    return (None if has_errors(found) else case), found


def case_from_node(node: Node, library: Library) -> tuple[CaseFile | None, list[Finding]]:
    """The same from a document's node."""
    if library.plan is None:
        raise ValueError("a library with errors has no plan to walk by")
    notes = _Notes(library, library.plan, list(check_shape("case", node)))
    case = None
    if not has_errors(notes.findings):
        with suppress(Unreadable):
            case = _case(mapping(node), notes)
    return (None if has_errors(notes.findings) else case), in_order(notes.findings)


@dataclass
class _Notes:
    """What a case is held against, and what has been found so far."""

    library: Library
    plan: Plan
    findings: list[Finding] = field(default_factory=list)

    def say(self, code: str, span: Span, near: str | None = None, /, **values: str) -> None:
        self.findings.append(Finding(code, values, span, suggestion=near))


def _case(node: MappingNode, notes: _Notes) -> CaseFile:
    facts = _beginning(node.get("facts"), notes)
    events = [mapping(item) for item in items(node.get("events"))]
    steps = tuple(_steps(events, facts, notes))
    return CaseFile(
        name=text(node.get("case")),
        title=optional_words(node.get("title")),
        readings=_readings(node.get("readings"), notes),
        beginning=tuple(facts_set(facts, notes.plan)),
        steps=steps,
        expected=tuple(tuple(_expected(event.get("expect"), notes)) for event in events),
        until=_until(node.get("until"), steps, notes),
    )


def _beginning(node: Node | None, notes: _Notes) -> Facts:
    if node is None:
        return {}
    facts, findings = facts_from(_plain_mapping(node), notes.plan, "")
    notes.findings += [placed(finding, node) for finding in findings]
    return facts


def _plain_mapping(node: Node | None) -> Mapping[str, Any]:
    return {key.text: plain(value) for key, value in entries(node)}


def _steps(events: list[MappingNode], facts: Facts, notes: _Notes) -> Iterator[Step]:
    before: tuple[datetime, Span] | None = None
    for event in events:
        written = event.get("at")
        at = _instant(written, notes)
        if before is not None and at < before[0] and written is not None:
            notes.say("W001", written.span, at=written.span.text, before=before[1].text)
        if written is not None:
            before = at, written.span
        done = changed(facts, _change(event), at, notes.plan)
        notes.findings += [placed(finding, event) for finding in done.findings]
        facts = done.facts
        yield Step(at, _title(event.get("event")), facts, done.changes)


def _instant(node: Node | None, notes: _Notes) -> datetime:
    found = as_of_from(text(node).replace(" ", "T"), notes.plan.zone)
    if isinstance(found, Finding):
        span = None if node is None else node.span
        notes.findings.append(replace(found, span=span, pointer=None))
        raise Unreadable
    return found


def _title(node: Node | None) -> Words | None:
    """One text is said in both languages."""
    if isinstance(node, ScalarNode):
        return Words(node.text, node.text)
    return optional_words(node)


def _change(event: MappingNode) -> Change:
    appends = {
        key.text: tuple(plain(record) for record in items(value))
        for key, value in entries(event.get("append"))
    }
    closes = {key.text: _late_fields(value) for key, value in entries(event.get("close"))}
    return Change(_plain_mapping(event.get("facts")), appends, closes)


def _late_fields(node: Node) -> Mapping[str, Any]:
    """`{waits: ended}` is short for `{waits: {ended: now}}`."""
    return {node.text: NOW} if isinstance(node, ScalarNode) else _plain_mapping(node)


def placed(finding: Finding, node: Node) -> Finding:
    """A finding by JSON pointer, at the place that the pointer leads to from `node`.

    What is not in the catalogue is the name's fault, everything else the value's.
    """
    at: Node = node
    key: ScalarNode | None = None
    for step in (finding.pointer or "").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        key, at = _child(at, name, key)
    at_fault = key if finding.code in ("F001", "F002", "W003", "W004", "W005") and key is not None else at
    return replace(finding, span=head(at_fault), pointer=None)


def _child(node: Node, name: str, key: ScalarNode | None) -> tuple[ScalarNode | None, Node]:
    """The key and the value of one step; a single record stands for a list of it, a name for its field."""
    match node:
        case MappingNode():
            value = node.get(name)
            return (node.key(name), value) if value is not None else (key, node)
        case SequenceNode(items=found) if name.isdigit() and int(name) < len(found):
            return key, found[int(name)]
        case ScalarNode() if node.text == name:
            return node, node
        case _:
            return key, node


def head(node: Node) -> Span:
    """The first line of a node's place, which can be underlined."""
    first = node.span.text.split("\n", 1)[0].rstrip()
    return node.span.within(0, len(first))


def _readings(node: Node | None, notes: _Notes) -> Mapping[str, str]:
    chosen = {}
    known = notes.library.readings
    for key, value in entries(node):
        option = text(value)
        if key.text not in known:
            notes.say("D020", key.span, closest(key.text, known), written=key.span.text)
        elif option not in known[key.text].options:
            options = known[key.text].options
            values = {"written": value.span.text, "reading": key.text, "allowed": ", ".join(options)}
            notes.say("D021", value.span, closest(option, options), **values)
        chosen[key.text] = option
    return chosen


def _until(node: Node | None, steps: tuple[Step, ...], notes: _Notes) -> datetime | None:
    if node is None:
        return None
    until = _instant(node, notes)
    if steps and until < steps[-1].at:
        last = steps[-1].at.isoformat(timespec="minutes")
        notes.say("W002", node.span, until=node.span.text, last=last)
    return until


def _expected(node: Node | None, notes: _Notes) -> Iterator[Expected]:
    known = {item.head.id for book in notes.library.rulebooks for item in book.items}
    for key, value in entries(node):
        if key.text == "totals":
            yield Expected("totals", key.text, _nothing_or(value, {}), head(value))
        elif key.text == "actions":
            yield from _actions(value, notes)
        elif key.text in known:
            yield Expected("item", key.text, _nothing_or(value, {"nothing": True}), head(value))
        else:
            notes.say("W006", key.span, closest(key.text, known), written=key.span.text)


def _actions(node: Node, notes: _Notes) -> Iterator[Expected]:
    codes = notes.library.catalogue.codes if notes.library.catalogue is not None else {}
    for key, value in entries(node):
        if key.text not in codes:
            notes.say("W008", key.span, closest(key.text, codes), written=key.span.text)
        yield Expected("action", key.text, text(value), value.span)


def _nothing_or(node: Node, nothing: Mapping[str, Any]) -> Mapping[str, Any]:
    found = plain(node)
    return found if isinstance(found, dict) else nothing
