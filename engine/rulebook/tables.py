"""Decision tables, from nodes: columns, rows, hit policy, declared gaps."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from engine.base.findings import Finding
from engine.base.suggest import closest
from engine.read.nodes import MappingNode, Node, ScalarNode
from engine.rulebook.conclusions import exceptions_from_node, outcomes_from_node
from engine.rulebook.conditions import cell, condition_from_node, formula, tested
from engine.rulebook.expressions import TRUE, Constant, Expression, FactValue, facts_in, type_of
from engine.rulebook.fields import (
    Unreadable,
    entries,
    items,
    mapping,
    scalar,
    text,
    texts,
    words,
)
from engine.rulebook.heads import Setting, citations_from_node, head_from_node, reading_from_node
from engine.rulebook.literals import in_unit, scalar_of_type
from engine.rulebook.model import (
    AGGREGATING,
    SINGLE_HIT,
    Conclusion,
    HitPolicy,
    Input,
    Output,
    Row,
    Table,
    Undefined,
    Words,
)
from engine.rulebook.names import Names
from engine.rulebook.types import INTEGER, Kind, Type
from engine.rulebook.types_from_nodes import type_from_node
from engine.rulebook.words_defined import defined_fact, fits_fact


def table_from_node(node: MappingNode, setting: Setting) -> Table:
    """One decision table; every row is read, for its findings, before a broken one ends the table."""
    head, names = head_from_node(node, "table", setting)
    policy = _policy(scalar(node.get("hit")), names)
    defines = None if node.get("defines") is None else defined_fact(node.get("defines"), names)
    inputs = tuple(_input(item, names) for item in items(node.get("inputs")))
    outputs = _outputs(node, defines, names)
    _policy_fits(policy, outputs, defines, node, names)
    rows, broken = _rows(node, head.id, inputs, outputs, defines, names)
    otherwise = _otherwise(node.get("otherwise"), head.id, outputs, defines, names)
    inside = replace(names, outputs={output.name: _concluded_type(output, policy) for output in outputs})
    outcomes = outcomes_from_node(node.get("then"), inside)
    exceptions = exceptions_from_node(node.get("unless"), head.id, names)
    given = condition_from_node(node.get("given"), names)
    if broken:
        raise Unreadable
    return Table(head, policy, given, inputs, outputs, outcomes, defines, rows, otherwise, exceptions)


def _policy(node: ScalarNode, names: Names) -> HitPolicy:
    written = node.text
    for policy in get_args(HitPolicy):
        if policy == written:
            found: HitPolicy = policy
            return found
    raise names.fail(
        "R270", node.span, suggestion=closest(written, get_args(HitPolicy)), written=node.span.text
    )


def _concluded_type(output: Output, policy: HitPolicy) -> Type:
    return INTEGER if policy == "collect count" else output.type


def _input(node: Node, names: Names) -> Input:
    if isinstance(node, ScalarNode):
        fact = names.fact(node.text, node.span)
        return Input(fact, names.catalogue.facts[fact.name].label, node.text, fact.type, node.span)
    written = scalar(mapping(node).get("as"))
    expression = formula(written, names)
    label = mapping(node).get("label")
    heading = words(label) if label is not None else Words(zh=written.text, en=written.text)
    return Input(expression, heading, written.text, type_of(expression), node.span)


def _outputs(node: MappingNode, defines: FactValue | None, names: Names) -> tuple[Output, ...]:
    if defines is not None:
        ranked = tuple(
            scalar_of_type(item, defines.type, names.catalogue.zone, names.findings)
            for item in items(node.get("order"))
        )
        return (Output(defines.name, defines.type, ranked, (node.get("defines") or node).span),)
    return tuple(_output(mapping(item), names) for item in items(node.get("outputs")))


def _output(node: MappingNode, names: Names) -> Output:
    type_ = type_from_node(node, names.catalogue.currency)
    order = tuple(
        scalar_of_type(item, type_, names.catalogue.zone, names.findings) for item in items(node.get("order"))
    )
    return Output(text(node.get("name")), type_, order, node.span)


def _policy_fits(
    policy: HitPolicy, outputs: tuple[Output, ...], defines: FactValue | None, node: MappingNode, names: Names
) -> None:
    """A hit policy asks something of its outputs: numbers to add, a rank to choose by, one value."""
    place = (node.get("hit") or node.get("table") or node).span
    if policy in AGGREGATING and policy != "collect count":
        ok = len(outputs) == 1 and outputs[0].type.is_number
        if not ok:
            names.findings.append(Finding("R271", {"policy": policy}, place))
    if policy in ("priority", "output order") and not any(output.order for output in outputs):
        names.findings.append(Finding("R272", {"policy": policy}, place))
    if defines is not None and policy not in SINGLE_HIT | AGGREGATING:
        names.findings.append(Finding("R273", {"policy": policy, "name": defines.name}, place))
    if policy == "collect count" and defines is not None and defines.type.kind is not Kind.INTEGER:
        names.findings.append(Finding("R271", {"policy": policy}, place))


def _rows(
    node: MappingNode,
    table_id: str,
    inputs: tuple[Input, ...],
    outputs: tuple[Output, ...],
    defines: FactValue | None,
    names: Names,
) -> tuple[tuple[Row, ...], bool]:
    rows: list[Row] = []
    broken = False
    for item in items(node.get("rows")):
        try:
            rows.append(_row(mapping(item), table_id, inputs, outputs, defines, names))
        except Unreadable:
            broken = True
    return tuple(rows), broken


def _row(
    node: MappingNode,
    table_id: str,
    inputs: tuple[Input, ...],
    outputs: tuple[Output, ...],
    defines: FactValue | None,
    names: Names,
) -> Row:
    written = node.get("if")
    cells = items(written)
    if len(cells) != len(inputs):
        values = {"found": str(len(cells)), "expected": str(len(inputs))}
        names.findings.append(Finding("R274", values, (node if written is None else written).span))
        raise Unreadable
    parsed = [_cell(part, column, names) for part, column in zip(cells, inputs, strict=True)]
    return Row(
        id=f"{table_id}/{text(node.get('row'))}",
        statements=texts(node.get("statements")),
        citations=citations_from_node(node.get("cite")),
        reading=reading_from_node(node.get("reading")),
        cells=tuple(condition for _, condition in parsed),
        cell_texts=tuple(shown for shown, _ in parsed),
        conclusion=_conclusion(node, outputs, defines, names),
        span=(node.get("row") or node).span,
    )


def _cell(node: Node, column: Input, names: Names) -> tuple[str, Expression]:
    shown, condition = cell(node, column.expression, names)
    if condition == TRUE:
        return shown, condition
    return shown, tested(facts_in(column.expression), column.text, shown, condition, node)


def _conclusion(
    node: MappingNode, outputs: tuple[Output, ...], defines: FactValue | None, names: Names
) -> Conclusion:
    gap = node.get("undefined")
    if gap is not None:
        alternatives = tuple(
            (key.text, _output_cells(value, outputs, defines, names)) for key, value in entries(gap)
        )
        return Undefined(alternatives)
    concluded = node.get("then")
    if isinstance(concluded, ScalarNode) and concluded.text == "nothing":
        if defines is not None:
            raise names.fail("R275", concluded.span, name=defines.name)
        return None
    return _output_cells(concluded, outputs, defines, names)


def _output_cells(
    node: Node | None, outputs: tuple[Output, ...], defines: FactValue | None, names: Names
) -> tuple[Expression, ...]:
    cells = items(node)
    if len(cells) != len(outputs):
        values = {"found": str(len(cells)), "expected": str(len(outputs))}
        raise names.fail("R276", outputs[0].span if node is None else node.span, **values)
    return tuple(
        _output_cell(scalar(part), output, defines, names)
        for part, output in zip(cells, outputs, strict=True)
    )


def _output_cell(written: ScalarNode, output: Output, defines: FactValue | None, names: Names) -> Expression:
    value = formula(written, names, output.type)
    if isinstance(value, Constant):
        value = in_unit(value, output.type)
    fits_fact(value, defines or FactValue(output.name, output.type), written, names)
    return value


def _otherwise(
    node: Node | None, table_id: str, outputs: tuple[Output, ...], defines: FactValue | None, names: Names
) -> Row | None:
    if node is None:
        return None
    row = mapping(node)
    return Row(
        id=f"{table_id}/otherwise",
        statements=texts(row.get("statements")),
        citations=citations_from_node(row.get("cite")),
        reading=(),
        cells=(),
        cell_texts=(),
        conclusion=_conclusion(row, outputs, defines, names),
        span=node.span,
    )
