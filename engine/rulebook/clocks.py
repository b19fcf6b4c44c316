"""Clocks, from nodes: start, limit or due moment, stops, pauses."""

from __future__ import annotations

from engine.base.calendar import Limit
from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.read.limits import parse_limit
from engine.read.nodes import MappingNode, Node, ScalarNode
from engine.rulebook.conclusions import outcomes_from_node
from engine.rulebook.conditions import condition_from_node, formula
from engine.rulebook.expressions import Expression, FactValue, ParameterValue, type_of
from engine.rulebook.fields import Unreadable, items, mapping, scalar, text
from engine.rulebook.heads import Setting, head_from_node
from engine.rulebook.literals import on_known_calendar
from engine.rulebook.model import Clock, Pauses
from engine.rulebook.names import Names
from engine.rulebook.surface.vocabulary import Vocabulary
from engine.rulebook.types import Kind
from engine.rulebook.words_defined import defined_fact

MOMENTS = (Kind.DATE, Kind.INSTANT)


def clock_from_node(node: MappingNode, setting: Setting) -> Clock:
    """One time limit."""
    head, names = head_from_node(node, "clock", setting)
    starts, due = node.get("starts"), node.get("due")
    written_limit = node.get("limit")
    if (due is None) == (written_limit is None) or (due is None and starts is None):
        raise names.fail("R280", head.span, name=head.id)
    return Clock(
        head=head,
        condition=condition_from_node(node.get("when"), names),
        starts=None if starts is None else _moment(scalar(starts), names, month=True),
        limit=None if written_limit is None else _limit(scalar(written_limit), names),
        due=None if due is None else _moment(scalar(due), names),
        stops=tuple(_stop(scalar(item), names) for item in items(node.get("stops"))),
        pauses=_pauses(node.get("pauses"), names),
        defines=_defines(node.get("defines"), names),
        on_breach=outcomes_from_node(node.get("on_breach"), names),
        limit_text=text(written_limit if written_limit is not None else due),
    )


def _moment(written: ScalarNode, names: Names, *, month: bool = False) -> Expression:
    moment = formula(written, names)
    kind = type_of(moment).kind
    if kind not in MOMENTS and not (month and kind is Kind.MONTH):
        raise names.fail("R281", written.span, written=written.span.text, type=str(type_of(moment)))
    return moment


def _limit(written: ScalarNode, names: Names) -> Limit | Expression:
    parameter = names.parameters.get(written.text)
    if parameter is not None:
        if parameter.type.kind is not Kind.DURATION:
            raise names.fail("R282", written.span, written=written.span.text, type=str(parameter.type))
        return ParameterValue(parameter.id, names.event_date, parameter.type)
    if written.text in names.unreadable:
        raise Unreadable
    parsed = parse_limit(written)
    if isinstance(parsed, Finding):
        names.findings.append(parsed)
        raise Unreadable
    on_known_calendar(parsed, written, names.catalogue, names.findings)
    return parsed


def _stop(written: ScalarNode, names: Names) -> FactValue:
    fact = names.fact(written.text, written.span)
    if fact.type.kind not in MOMENTS:
        raise names.fail("R281", written.span, written=written.span.text, type=str(fact.type))
    return fact


def _pauses(node: Node | None, names: Names) -> Pauses | None:
    if node is None:
        return None
    pauses = mapping(node)
    records = names.fact(text(pauses.get("list")), (pauses.get("list") or pauses).span)
    start, until = scalar(pauses.get("from")), scalar(pauses.get("until"))
    for field in (start, until):
        declared = records.type.fields.get(field.text)
        if declared is None or declared.type.kind is not Kind.INSTANT:
            near = closest(field.text, Vocabulary(names.catalogue).subject(records.name).fields)
            raise names.fail("R283", field.span, suggestion=near, written=field.span.text, name=records.name)
    return Pauses(records, start.text, until.text)


def _defines(node: Node | None, names: Names) -> FactValue | None:
    if node is None:
        return None
    fact = defined_fact(node, names)
    if fact.type.kind is not Kind.BOOLEAN:
        raise names.fail("R284", node.span, written=node.span.text, type=str(fact.type))
    return fact
