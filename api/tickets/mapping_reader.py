"""An import mapping from its YAML, every mistake named with its place.

The shape is also published as `mapping.schema.json`, by which editors complete and explain the keys.
"""

from __future__ import annotations

from collections.abc import Iterator

from api.tickets.log_mapping import log_mapping
from api.tickets.mapping import Case, ColumnRule, Computed, ImportMapping, Take
from api.tickets.mapping_notes import Notes, declared, entries, items, keys_of, literal, word, words
from api.tickets.ticket import Raw
from engine.base.findings import Finding, in_order
from engine.plan.nodes import Plan
from engine.read.nodes import Node, ScalarNode
from engine.read.yaml_nodes import read
from engine.rulebook.types import Kind, Type

TOP_KEYS = ("mapping", "title", "note", "decimal", "as_of", "columns", "constants", "computed", "log")
NOT_OF_A_LOG = ("as_of", "columns", "computed", "decimal")
COLUMN_KEYS = ("fact", "format", "take", "values", "otherwise", "empty")
CASE_KEYS = ("same", "is", "present", "absent", "then")


def read_mapping(name: str, content: bytes, plan: Plan) -> tuple[ImportMapping | None, list[Finding]]:
    """The mapping, or all that is wrong with it; facts and values are held against the catalogue."""
    node, findings = read(name, content)
    if node is None or findings:
        return None, findings
    notes = Notes(plan)
    mapping = _mapping(node, notes)
    return (None if notes.findings else mapping), in_order(notes.findings)


def _mapping(node: Node, notes: Notes) -> ImportMapping:
    top = keys_of(node, TOP_KEYS, notes)
    constants = dict(_constants(top.get("constants"), notes))
    columns = tuple(_columns(top.get("columns"), notes))
    computed = tuple(_computed(top.get("computed"), notes))
    as_of, decimal = top.get("as_of"), top.get("decimal")
    if decimal is not None and word(decimal, notes) != "from_float":
        notes.say("D082", decimal)
    log = log_mapping(top["log"], notes) if "log" in top else None
    for key in NOT_OF_A_LOG:
        if log is not None and key in top:
            notes.say("W020", top[key], key=key)
    return ImportMapping(
        columns, constants, computed, word(as_of, notes) if as_of else None, decimal is not None, log
    )


def _fact(node: ScalarNode, notes: Notes) -> Type | None:
    """The fact's type; a finding where it cannot be given, or is given twice."""
    fact = declared(node, notes)
    if fact is None:
        return None
    if fact.name in notes.given:
        notes.say("D075", node, fact=fact.name)
    notes.given[fact.name] = node.span
    return fact.type


def _constants(node: Node | None, notes: Notes) -> Iterator[tuple[str, Raw]]:
    for key, value in entries(node, notes):
        _fact(key, notes)
        yield key.text, literal(key.text, value, notes)


def _columns(node: Node | None, notes: Notes) -> Iterator[ColumnRule]:
    for key, value in entries(node, notes):
        for item in items(value):
            rule = _column(key.text, item, notes)
            if rule is not None:
                yield rule


def _column(column: str, node: Node, notes: Notes) -> ColumnRule | None:
    if isinstance(node, ScalarNode):
        type_ = _fact(node, notes)
        return None if type_ is None else ColumnRule(column, node.text, type_)
    keys = keys_of(node, COLUMN_KEYS, notes)
    named = keys.get("fact")
    if not isinstance(named, ScalarNode):
        notes.say("D072", node, key="fact")
        return None
    type_ = _fact(named, notes)
    return None if type_ is None else _column_rule(column, named.text, type_, keys, notes)


def _column_rule(column: str, fact: str, type_: Type, keys: dict[str, Node], notes: Notes) -> ColumnRule:
    for key in ("format", "take"):
        if key in keys and type_.kind not in (Kind.DATE, Kind.INSTANT, Kind.MONTH):
            notes.say("D080", keys[key], fact=fact, key=key)
    values = {k.text: literal(fact, v, notes) for k, v in entries(keys.get("values"), notes)}
    otherwise, empty = keys.get("otherwise"), keys.get("empty")
    return ColumnRule(
        column=column,
        fact=fact,
        type=type_,
        format=word(keys["format"], notes) if "format" in keys else None,
        take=_take(keys.get("take"), notes),
        values=values,
        otherwise=literal(fact, otherwise, notes) if otherwise else None,
        refuse_others=otherwise is None,
        empty=literal(fact, empty, notes) if empty else None,
    )


def _take(node: Node | None, notes: Notes) -> Take:
    chosen = word(node, notes) if node else "as_written"
    if chosen == "end_of_day":
        return "end_of_day"
    if node and chosen != "as_written":
        notes.say("D083", node)
    return "as_written"


def _computed(node: Node | None, notes: Notes) -> Iterator[Computed]:
    for key, value in entries(node, notes):
        _fact(key, notes)
        cases = [_case(key.text, item, notes) for item in items(value)]
        yield Computed(key.text, tuple(case for case in cases if case))


def _case(fact: str, node: Node, notes: Notes) -> Case | None:
    keys = keys_of(node, CASE_KEYS, notes)
    if "then" not in keys:
        notes.say("D072", node, key="then")
        return None
    return Case(
        same=_groups(keys.get("same"), notes),
        equals=tuple((k.text, words(v, notes)) for k, v in entries(keys.get("is"), notes)),
        present=words(keys.get("present"), notes),
        absent=words(keys.get("absent"), notes),
        then=literal(fact, keys["then"], notes),
    )


def _groups(node: Node | None, notes: Notes) -> tuple[tuple[str, ...], ...]:
    """`[a, b]` is one group of columns, `[[a, b], [c, d]]` are two."""
    groups = items(node)
    if groups and all(isinstance(item, ScalarNode) for item in groups):
        return (words(node, notes),)
    return tuple(words(item, notes) for item in groups)
