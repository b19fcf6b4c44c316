"""A rulebook's nodes to the typed `Rulebook`; what cannot be read is left out, and a finding says why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import ParamSpec, TypeAlias, TypeVar

from engine.base.calendar import Limit
from engine.base.findings import Finding, Label
from engine.base.suggest import closest
from engine.read.nodes import MappingNode, Node, ScalarNode
from engine.read.plain_style import one_line
from engine.rulebook.clocks import clock_from_node
from engine.rulebook.conclusions import exceptions_from_node, outcomes_from_node
from engine.rulebook.conditions import condition_from_node, formula
from engine.rulebook.expressions import Expression, FactValue, Test, facts_in, type_of
from engine.rulebook.fields import (
    Unreadable,
    day,
    entries,
    items,
    mapping,
    optional_words,
    scalar,
    text,
    texts,
    words,
)
from engine.rulebook.heads import (
    Setting,
    citations_from_node,
    event_date_from_node,
    head_from_node,
    period_from_node,
    title_from_node,
)
from engine.rulebook.literals import on_known_calendar, scalar_of_type
from engine.rulebook.model import (
    Aggregate,
    Catalogue,
    Definition,
    Item,
    Parameter,
    Period,
    Reading,
    Rule,
    Rulebook,
    Section,
)
from engine.rulebook.names import Names
from engine.rulebook.tables import table_from_node
from engine.rulebook.types import Kind, Scalar
from engine.rulebook.types_from_nodes import type_from_node
from engine.rulebook.words_defined import defined_fact, fits_fact

P = ParamSpec("P")
T = TypeVar("T")
ITEM_KINDS = ("rule", "table", "define", "clock", "aggregate")
Dated: TypeAlias = tuple[date, Scalar, ScalarNode]


def rulebook_from_node(node: MappingNode, catalogue: Catalogue, findings: list[Finding]) -> Rulebook:
    """The whole rulebook; each item that cannot be read is skipped after its findings are written."""
    name = text(node.get("rulebook"))
    readings = {
        key.text: _reading(key, mapping(value), findings) for key, value in entries(node.get("readings"))
    }
    parameters: dict[str, Parameter] = {}
    unreadable: set[str] = set()
    for key, value in entries(node.get("parameters")):
        parameter = _readable(_parameter, name, key, value, catalogue, findings)
        if parameter is None:
            unreadable.add(key.text)
        else:
            parameters[key.text] = parameter
    names = Names(catalogue, name, parameters, findings, unreadable=frozenset(unreadable))
    found = [_readable(_section, section, names) for section in items(node.get("sections"))]
    sections = tuple(section for section in found if section is not None)
    return Rulebook(
        name=name,
        title=words(node.get("title")),
        readings=readings,
        parameters=parameters,
        sections=sections,
        span=(node.key("rulebook") or node).span,
        unreadable=_unreadable(name, node, sections),
    )


def _unreadable(name: str, node: MappingNode, sections: Iterable[Section]) -> frozenset[str]:
    """Items that have findings of their own: whoever names one is not at fault."""
    written = {
        f"{name}/{section_name.text}/{item_name.text}"
        for section in items(node.get("sections"))
        for section_name in _named(section, "section")
        for item in items(mapping(section).get("items"))
        for kind in ITEM_KINDS
        for item_name in _named(item, kind)
    }
    return frozenset(written) - {item.head.id for section in sections for item in section.items}


def _named(node: Node, key: str) -> Iterator[ScalarNode]:
    """What a section or an item is called; nothing where its shape is wrong."""
    found = node.get(key) if isinstance(node, MappingNode) else None
    if isinstance(found, ScalarNode):
        yield found


def _readable(read: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T | None:
    """What `read` makes of its arguments; None where it cannot, and the others are still read."""
    try:
        return read(*arguments, **named)
    except Unreadable:
        return None


def _reading(key: ScalarNode, node: MappingNode, findings: list[Finding]) -> Reading:
    options = {option.text: words(value) for option, value in entries(node.get("options"))}
    preferred = scalar(node.get("preferred"))
    if preferred.text not in options:
        near = closest(preferred.text, options)
        findings.append(
            Finding(
                "R256",
                {"written": preferred.span.text, "options": ", ".join(options)},
                preferred.span,
                suggestion=near,
            )
        )
    return Reading(
        id=key.text,
        question=words(node.get("question")),
        options=options,
        preferred=preferred.text,
        because=optional_words(node.get("because")),
        span=key.span,
    )


def _parameter(
    rulebook: str, key: ScalarNode, value: Node, catalogue: Catalogue, findings: list[Finding]
) -> Parameter:
    node = mapping(value)
    type_ = type_from_node(node, catalogue.currency)
    dated: list[Dated] = []
    for written, step in entries(node.get("values")):
        value_then = scalar_of_type(step, type_, catalogue.zone, findings)
        if isinstance(value_then, Limit):
            on_known_calendar(value_then, step, catalogue, findings)
        dated.append((day(written, findings), value_then, written))
    _each_day_once(key, dated, findings)
    return Parameter(
        id=f"{rulebook}/{key.text}",
        label=words(node.get("label")),
        type=type_,
        values=tuple(sorted(((start, value) for start, value, _ in dated), key=lambda pair: pair[0])),
        missing=optional_words(node.get("missing")),
        statements=texts(node.get("statements")),
        citations=citations_from_node(node.get("cite")),
        span=key.span,
    )


def _each_day_once(key: ScalarNode, dated: list[Dated], findings: list[Finding]) -> None:
    """Two values from the same day would overlap; values are written in the order of their days."""
    for (first, _, first_key), (second, _, second_key) in pairwise(dated):
        if second <= first:
            findings.append(
                Finding(
                    "R257",
                    {"name": key.text, "written": second_key.span.text},
                    second_key.span,
                    labels=(Label(first_key.span, "H002"),),
                )
            )


def _section(written: Node, names: Names) -> Section:
    node = mapping(written)
    name = text(node.get("section"))
    event_date = event_date_from_node(node.get("event_date"), names)
    names = replace(names, event_date=event_date)
    setting = Setting(
        id=f"{names.rulebook}/{name}",
        names=names,
        scope=condition_from_node(node.get("scope"), names),
        period=period_from_node(node.get("in_force"), names, Period()),
        event_date=event_date,
        background=mapping(node.get("background")) if node.get("background") else None,
    )
    found = [_readable(_item, item, setting) for item in items(node.get("items"))]
    return Section(
        name=name,
        title=title_from_node(node.get("title"), setting.id),
        items=tuple(item for item in found if item is not None),
        span=(node.key("section") or node).span,
    )


def _item(written: Node, setting: Setting) -> Item:
    node = mapping(written)
    for key, _ in node.entries:
        match key.text:
            case "rule":
                return _rule(node, setting)
            case "table":
                return table_from_node(node, setting)
            case "define":
                return _definition(node, setting)
            case "clock":
                return clock_from_node(node, setting)
            case "aggregate":
                return _aggregate(node, setting)
            case _:
                continue
    raise Unreadable


def _rule(node: MappingNode, setting: Setting) -> Rule:
    """Each part is read for its findings before a broken one ends the rule."""
    head, names = head_from_node(node, "rule", setting)
    condition = _readable(condition_from_node, node.get("when"), names)
    exceptions = _readable(exceptions_from_node, node.get("unless"), head.id, names)
    outcomes = _readable(outcomes_from_node, node.get("then"), names)
    if condition is None or exceptions is None or outcomes is None:
        raise Unreadable
    return Rule(head, condition, exceptions, outcomes)


def _definition(node: MappingNode, setting: Setting) -> Definition:
    head, names = head_from_node(node, "define", setting)
    fact = defined_fact(node.get("define"), names)
    if head.title.zh == head.id.rpartition("/")[2]:
        head = replace(head, title=names.catalogue.facts[fact.name].label)
    written = node.get("as")
    if written is None:
        condition = condition_from_node(node.get("when"), names)
        body: Expression = condition
        shown = one_line(node.get("when") or node)
    else:
        body = formula(scalar(written), names, fact.type)
        shown = text(written)
        if type_of(body).kind is Kind.BOOLEAN and not isinstance(body, FactValue):
            body = Test(facts_in(body), shown, body, written.span)
    fits_fact(body, fact, written or node, names)
    return Definition(head, fact, body, shown)


def _aggregate(node: MappingNode, setting: Setting) -> Aggregate:
    head, names = head_from_node(node, "aggregate", setting)
    name = scalar(node.get("aggregate"))
    fact = names.fact(name.text, name.span)
    if not fact.type.is_number:
        raise names.fail("R258", name.span, written=name.text, type=str(fact.type))
    summed = node.get("sum")
    where = node.get("where") if summed is not None else node.get("count")
    sum_of = None if summed is None else names.fact(text(summed), summed.span)
    if sum_of is not None and not (sum_of.type.is_number and sum_of.type.meets(fact.type)):
        raise names.fail("R258", (summed or node).span, written=sum_of.name, type=str(sum_of.type))
    per = tuple(names.fact(text(item), item.span) for item in items(node.get("per")))
    return Aggregate(head, fact, per, condition_from_node(where, names), sum_of)
