"""Conditions (`when`, `given`, `scope`, record conditions) and cells, from nodes to expressions."""

from __future__ import annotations

from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.read.chinese.words import keywords, unquoted
from engine.read.formulas import parse_formula, parse_tests
from engine.read.nodes import MappingNode, Node, ScalarNode, SequenceNode
from engine.read.plain_style import one_line
from engine.read.syntax import Presence, Tests
from engine.rulebook.expressions import (
    TRUE,
    AnyOf,
    Count,
    Expression,
    FactValue,
    FieldValue,
    Not,
    Picked,
    Quantifier,
    Test,
    all_of,
    facts_in,
    is_ratio,
    type_of,
)
from engine.rulebook.fields import Unreadable, entries, items, mapping, scalar
from engine.rulebook.names import Names, fact_value
from engine.rulebook.resolve import is_true, resolve_formula, resolve_tests
from engine.rulebook.types import INTEGER, Kind, Type

GROUPS = ("all", "any", "none")


def condition_from_node(node: Node | None, names: Names) -> Expression:
    """A mapping of tests joined by *and*; absent or empty is always true.

    Every entry is read, so that all its findings are written; one that cannot be read ends the item.
    """
    if node is None:
        return TRUE
    conditions: list[Expression] = []
    broken = False
    for key, value in mapping(node).entries:
        try:
            conditions.append(_entry(key, value, names))
        except Unreadable:
            broken = True
    if broken:
        raise Unreadable
    return all_of(*conditions)


def _entry(key: ScalarNode, value: Node, names: Names) -> Expression:
    match key.text:
        case "all":
            return all_of(*_group(value, names))
        case "any":
            return AnyOf(_group(value, names))
        case "none":
            return Not(AnyOf(_group(value, names)))
        case "formula":
            return all_of(*(formula_condition(scalar(item), names) for item in items(value)))
        case _:
            return _tested(_subject(key, names), value, names)


def _group(node: Node, names: Names) -> tuple[Expression, ...]:
    return tuple(condition_from_node(item, names) for item in items(node))


def _subject(key: ScalarNode, names: Names) -> FactValue | FieldValue:
    if key.text in names.fields:
        return FieldValue(key.text, names.list_name, names.fields[key.text].type)
    if key.text in names.catalogue.facts:
        return fact_value(names.catalogue.facts[key.text])
    known = [
        *names.words,
        *(word for key in (*GROUPS, "formula") for word in (key, keywords("key").chinese[key])),
    ]
    raise names.fail("R230", key.span, suggestion=closest(unquoted(key.text), known), written=key.span.text)


def _tested(subject: FactValue | FieldValue, value: Node, names: Names) -> Expression:
    shown = (subject,) if isinstance(subject, FactValue) else ()
    if isinstance(value, MappingNode):
        if not isinstance(subject, FactValue) or subject.type.kind is not Kind.LIST:
            raise names.fail("R246", value.span, name=subject.name)
        return tested(shown, subject.name, one_line(value), _quantified(subject, value, names), value)
    text, condition = cell(value, subject, names)
    return condition if condition == TRUE else tested(shown, subject.name, text, condition, value)


def tested(
    subjects: tuple[FactValue, ...], heading: str, text: str, condition: Expression, node: Node
) -> Test:
    """One test as verdicts tell it: with every fact that it reads.

    Beside another fact than the one that it tests, the bare text would not say which is which.
    """
    others = tuple(fact for fact in facts_in(condition) if fact not in subjects) if subjects else ()
    return Test(subjects + others, f"{heading}: {text}" if others else text, condition, node.span)


def cell(node: Node, subject: Expression, names: Names) -> tuple[str, Expression]:
    """A test or a list of tests of `subject`: its text as written, and the condition (not yet a `Test`)."""
    if isinstance(node, SequenceNode):
        parts = [cell(item, subject, names) for item in node.items]
        return ", ".join(text for text, _ in parts), AnyOf(tuple(condition for _, condition in parts))
    written = scalar(node)
    tests = parse_tests(written)
    if isinstance(tests, Finding):
        names.findings.append(tests)
        raise Unreadable
    kind = type_of(subject)
    if kind.kind is Kind.LIST and not _is_presence(tests):
        raise names.fail("R247", written.span, written=written.span.text)
    return written.text, resolve_tests(tests, subject, names)


def _is_presence(tests: Tests) -> bool:
    return all(isinstance(test, Presence) for test in tests.tests)


def formula_condition(written: ScalarNode, names: Names) -> Expression:
    """A formula that is true or false, as one test."""
    expression = formula(written, names)
    if type_of(expression).kind is not Kind.BOOLEAN:
        raise names.fail("R232", written.span, written=written.span.text, type=str(type_of(expression)))
    if isinstance(expression, FactValue | FieldValue):
        expression = is_true(expression)
    return Test(facts_in(expression), written.text, expression, written.span)


def formula(written: ScalarNode, names: Names, hint: Type | None = None) -> Expression:
    """A formula of any type; a division that nobody rounds is a finding."""
    parsed = parse_formula(written)
    if isinstance(parsed, Finding):
        names.findings.append(parsed)
        raise Unreadable
    expression = resolve_formula(parsed, names, hint)
    if is_ratio(expression):
        raise names.fail("R239", written.span, written=written.span.text)
    return expression


def _quantified(records: FactValue, node: MappingNode, names: Names) -> Expression:
    inner = names.within(records)
    return all_of(*(_quantifier(key, value, records, inner) for key, value in node.entries))


def _quantifier(key: ScalarNode, value: Node, records: FactValue, inner: Names) -> Expression:
    match key.text:
        case "some" | "every" | "none" as kind:
            return Quantifier(kind, records, condition_from_node(value, inner))
        case "count":
            parts = dict(_named(value))
            count = Count(records, condition_from_node(parts.get("where"), inner), INTEGER)
            wanted = parts.get("is")
            if wanted is None:
                raise Unreadable
            return cell(wanted, count, inner)[1]
        case "first" | "last" as which:
            parts = dict(_named(value))
            where = condition_from_node(parts.get("where"), inner)
            return Picked(which, records, where, condition_from_node(parts.get("has"), inner))
        case _:
            quantifiers = ("some", "every", "none", "count", "first", "last")
            near = closest(key.text, quantifiers)
            raise inner.fail("R248", key.span, suggestion=near, written=key.span.text)


def _named(node: Node) -> list[tuple[str, Node]]:
    return [(key.text, value) for key, value in entries(node)]
