"""An import mapping from its YAML, every mistake named with its place.

The shape is also published as `mapping.schema.json`, by which editors complete and explain the keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from api.tickets.mapping import Case, ColumnRule, Computed, ImportMapping, Take
from api.tickets.ticket import Raw
from engine.base.findings import Finding, in_order
from engine.base.spans import Span
from engine.base.suggest import closest
from engine.evaluate.facts import facts_from
from engine.plan.nodes import Plan
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.plain_values import plain as plain_value
from engine.read.yaml_nodes import read
from engine.rulebook.types import Kind, Type

TOP_KEYS = ("mapping", "title", "note", "decimal", "as_of", "columns", "constants", "computed")
COLUMN_KEYS = ("fact", "format", "take", "values", "otherwise", "empty")
CASE_KEYS = ("same", "is", "present", "absent", "then")
ABSENT = "absent"


@dataclass
class _Notes:
    """What reading one file has found so far."""

    plan: Plan
    findings: list[Finding] = field(default_factory=list)
    given: dict[str, Span] = field(default_factory=dict)

    def say(self, code: str, node: Node, **values: str) -> None:
        self.findings.append(Finding(code, values, _head(node)))


def read_mapping(name: str, content: bytes, plan: Plan) -> tuple[ImportMapping | None, list[Finding]]:
    """The mapping, or all that is wrong with it; facts and values are held against the catalogue."""
    node, findings = read(name, content)
    if node is None or findings:
        return None, findings
    notes = _Notes(plan)
    mapping = _mapping(node, notes)
    return (None if notes.findings else mapping), in_order(notes.findings)


def _mapping(node: Node, notes: _Notes) -> ImportMapping:
    top = _keys(node, TOP_KEYS, notes)
    constants = dict(_constants(top.get("constants"), notes))
    columns = tuple(_columns(top.get("columns"), notes))
    computed = tuple(_computed(top.get("computed"), notes))
    as_of, decimal = top.get("as_of"), top.get("decimal")
    if decimal is not None and _word(decimal, notes) != "from_float":
        notes.say("D082", decimal)
    return ImportMapping(
        columns, constants, computed, _word(as_of, notes) if as_of else None, decimal is not None
    )


def _keys(node: Node, allowed: tuple[str, ...], notes: _Notes) -> dict[str, Node]:
    found = {}
    for key, value in _entries(node, notes):
        if key.text in allowed:
            found[key.text] = value
        else:
            near = closest(key.text, allowed)
            notes.findings.append(Finding("D070", {"written": key.span.text}, key.span, suggestion=near))
    return found


def _entries(node: Node | None, notes: _Notes) -> Iterable[tuple[ScalarNode, Node]]:
    if node is None:
        return ()
    if isinstance(node, MappingNode):
        return node.entries
    notes.say("D071", node)
    return ()


def _items(node: Node | None) -> tuple[Node, ...]:
    if node is None:
        return ()
    return node.items if isinstance(node, SequenceNode) else (node,)


def _word(node: Node, notes: _Notes) -> str:
    if isinstance(node, ScalarNode):
        return node.text
    notes.say("D081", node)
    return ""


def _words(node: Node | None, notes: _Notes) -> tuple[str, ...]:
    return tuple(_word(item, notes) for item in _items(node))


def _fact(node: ScalarNode, notes: _Notes) -> Type | None:
    """The fact's type; a finding where there is no such fact, the rules define it, or it is given twice."""
    name, known = node.text, notes.plan.facts
    if name not in known:
        values = {"written": node.span.text}
        notes.findings.append(Finding("D073", values, node.span, suggestion=closest(name, known)))
        return None
    if known[name].derived == "engine":
        notes.say("D078", node, fact=name)
    if name in notes.given:
        notes.say("D075", node, fact=name)
    notes.given[name] = node.span
    return known[name].type


def _literal(fact: str, node: Node, notes: _Notes) -> Raw:
    """A value written in the mapping, which must be one of the fact's; `absent` stands for none."""
    if isinstance(node, ScalarNode) and node.text == ABSENT and not node.quoted:
        return None
    value = plain_value(node)
    if fact in notes.plan.facts:
        _, findings = facts_from({fact: value}, notes.plan, "")
        notes.findings += [replace(finding, span=_head(node), pointer=None) for finding in findings]
    return value


def _constants(node: Node | None, notes: _Notes) -> Iterator[tuple[str, Raw]]:
    for key, value in _entries(node, notes):
        _fact(key, notes)
        yield key.text, _literal(key.text, value, notes)


def _columns(node: Node | None, notes: _Notes) -> Iterator[ColumnRule]:
    for key, value in _entries(node, notes):
        for item in _items(value):
            rule = _column(key.text, item, notes)
            if rule is not None:
                yield rule


def _column(column: str, node: Node, notes: _Notes) -> ColumnRule | None:
    if isinstance(node, ScalarNode):
        type_ = _fact(node, notes)
        return None if type_ is None else ColumnRule(column, node.text, type_)
    keys = _keys(node, COLUMN_KEYS, notes)
    named = keys.get("fact")
    if not isinstance(named, ScalarNode):
        notes.say("D072", node, key="fact")
        return None
    type_ = _fact(named, notes)
    return None if type_ is None else _column_rule(column, named.text, type_, keys, notes)


def _column_rule(column: str, fact: str, type_: Type, keys: dict[str, Node], notes: _Notes) -> ColumnRule:
    for key in ("format", "take"):
        if key in keys and type_.kind not in (Kind.DATE, Kind.INSTANT, Kind.MONTH):
            notes.say("D080", keys[key], fact=fact, key=key)
    values = {k.text: _literal(fact, v, notes) for k, v in _entries(keys.get("values"), notes)}
    otherwise, empty = keys.get("otherwise"), keys.get("empty")
    return ColumnRule(
        column=column,
        fact=fact,
        type=type_,
        format=_word(keys["format"], notes) if "format" in keys else None,
        take=_take(keys.get("take"), notes),
        values=values,
        otherwise=_literal(fact, otherwise, notes) if otherwise else None,
        refuse_others=otherwise is None,
        empty=_literal(fact, empty, notes) if empty else None,
    )


def _take(node: Node | None, notes: _Notes) -> Take:
    word = _word(node, notes) if node else "as_written"
    if word == "end_of_day":
        return "end_of_day"
    if node and word != "as_written":
        notes.say("D083", node)
    return "as_written"


def _computed(node: Node | None, notes: _Notes) -> Iterator[Computed]:
    for key, value in _entries(node, notes):
        _fact(key, notes)
        cases = [_case(key.text, item, notes) for item in _items(value)]
        yield Computed(key.text, tuple(case for case in cases if case))


def _case(fact: str, node: Node, notes: _Notes) -> Case | None:
    keys = _keys(node, CASE_KEYS, notes)
    if "then" not in keys:
        notes.say("D072", node, key="then")
        return None
    return Case(
        same=_groups(keys.get("same"), notes),
        equals=tuple((k.text, _words(v, notes)) for k, v in _entries(keys.get("is"), notes)),
        present=_words(keys.get("present"), notes),
        absent=_words(keys.get("absent"), notes),
        then=_literal(fact, keys["then"], notes),
    )


def _groups(node: Node | None, notes: _Notes) -> tuple[tuple[str, ...], ...]:
    """`[a, b]` is one group of columns, `[[a, b], [c, d]]` are two."""
    items = _items(node)
    if items and all(isinstance(item, ScalarNode) for item in items):
        return (_words(node, notes),)
    return tuple(_words(item, notes) for item in items)


def _head(node: Node) -> Span:
    """The first line of a node's place, which can be underlined."""
    first = node.span.text.split("\n", 1)[0].rstrip()
    return node.span.within(0, len(first))
