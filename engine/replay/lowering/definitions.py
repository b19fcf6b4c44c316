"""Derived facts as columns, in the order of need. The twin of `Case.fact` and of `engine.evaluate.tables`."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from sqlglot import exp

from engine.plan.nodes import ClockPlan, DefinitionPlan, TablePlan
from engine.replay.lowering.causes import NOTHING, Mask, together, where
from engine.replay.lowering.clocks import in_time
from engine.replay.lowering.hits import hits_of
from engine.replay.lowering.values import Cell, first_of, literal, number_of
from engine.replay.lowering.worth import NULL, UNKNOWN, Worth
from engine.replay.lowering.writer import Writer
from engine.replay.sql import numbers
from engine.replay.sql.logic import Truth, case, conjunction, disjunction, is_true, is_unknown, negation, sql
from engine.replay.sql.numbers import Quantity
from engine.replay.sql.slots import Held
from engine.rulebook.expressions import Comparison, Constant, Expression, FactValue
from engine.rulebook.model import AGGREGATING, SINGLE_HIT, FactDeclaration, Undefined
from engine.rulebook.types import NUMBERS


def define(writer: Writer, definition: DefinitionPlan) -> Held:
    """Adds the columns of a derived fact; returns what is worked out where the ticket does not give it."""
    name = definition.fact.name
    cell = _within_bounds(writer, definition.fact, _settled(writer, name, _worked_out(writer, definition)))
    cell = _columns(writer, name, cell)
    is_given = definition.fallback and name in writer.given
    given = writer.given_fact(name)
    derived = case([(given.there, NULL)], cell.worth.value) if is_given else cell.worth.value
    writer.derived[name] = _columns(writer, name, _preferred(given, cell)) if is_given else cell
    return Held(derived, definition.fact.type)


def _worked_out(writer: Writer, definition: DefinitionPlan) -> Cell:
    match definition.body:
        case TablePlan() as table:
            return _by_table(writer, table)
        case ClockPlan() as clock:
            return in_time(writer, clock)
        case formula:
            return writer.cell(formula)


def _by_table(writer: Writer, table: TablePlan) -> Cell:
    """The value of the row that counts; unknown where the table does not apply or no row decides."""
    applies = writer.columns.truth("applies", writer.truth(table.own))
    hits = hits_of(writer, table, applies)
    one_decides = table.policy in SINGLE_HIT or table.policy in AGGREGATING
    found: list[tuple[Truth, Worth]] = []
    masks = [where(is_unknown(applies), writer.mask(table.own)), hits.mask]
    silent: list[Truth] = [negation(conjunction([negation(is_unknown(applies)), is_true(applies)]))]
    gap: list[Truth] = []
    for hit in hits.hits:
        alone = hit.present if one_decides else conjunction([hit.present, negation(hits.undecided)])
        if hit.outputs is None or isinstance(hit.outputs, Undefined):
            gap.append(alone)
            continue
        cell = hit.outputs[table.outputs[0].name]
        found.append((alone, cell.worth))
        masks.append(where(alone, cell.mask))
    origin = table.origin.id
    masks.append(where(disjunction(gap), writer.bits.mask("undefined_by_source", origin)))
    outside = conjunction([silent[0], negation(is_unknown(applies))])
    masks.append(where(outside, writer.bits.mask("no_row_applies", origin)))
    return Cell(first_of(found, UNKNOWN), together(masks))


def _settled(writer: Writer, name: str, cell: Cell) -> Cell:
    """What is worked out from something that is none is not known, unless the fact itself may be none."""
    worth = cell.worth
    if worth.none is False or writer.plan.facts[name].absence == "none":
        return cell
    missing = where(worth.none, writer.bits.mask("fact_missing", name))
    return Cell(replace(worth, none=False, may_be_unknown=True), together([cell.mask, missing]))


def _within_bounds(writer: Writer, fact: FactValue, cell: Cell) -> Cell:
    """A value beyond the bounds of the catalogue is not known."""
    declared = writer.plan.facts[fact.name]
    unbounded = declared.minimum is None and declared.maximum is None
    if unbounded or isinstance(cell.worth.value, exp.Null):
        return cell
    outside = negation(_admitted(writer, fact, cell, declared))
    if outside is False:
        return cell
    beyond = conjunction([cell.worth.there, outside])
    value = case([(beyond, NULL)], cell.worth.value)
    number = number_of(value, fact.type, declared.minimum, declared.maximum)
    worth = replace(
        cell.worth, value=value, may_be_unknown=True, number=number and _typed(cell.worth, number)
    )
    return Cell(worth, together([cell.mask, where(beyond, writer.bits.mask("out_of_bounds", fact.name))]))


def _typed(worth: Worth, bounded: Quantity) -> Quantity:
    """A value within bounds, of the type that it was worked out with."""
    assert isinstance(worth.number, Quantity), "a derived number is rounded"
    scale = max(worth.number.digits.scale, bounded.digits.scale)
    return Quantity(
        bounded.sql,
        numbers.Digits(
            _scaled(bounded.digits.low, scale - bounded.digits.scale),
            _scaled(bounded.digits.high, scale - bounded.digits.scale),
            scale,
        ),
    )


def _scaled(units: int, digits: int) -> int:
    return int(Decimal(units).scaleb(digits))


def _admitted(writer: Writer, fact: FactValue, cell: Cell, declared: FactDeclaration) -> Truth:
    """Whether a value lies within the bounds; never NULL where there is a value."""
    bounds = [(">=", declared.minimum), ("<=", declared.maximum)]
    tests: list[Expression] = [
        Comparison(operator, fact, Constant(bound, fact.type))  # type: ignore[arg-type]  # one of the operators
        for operator, bound in bounds
        if bound is not None
    ]
    writer.derived[fact.name] = replace(cell, worth=replace(cell.worth, none=False, may_be_unknown=True))
    admitted = conjunction(writer.truth(test) for test in tests)
    del writer.derived[fact.name]
    return admitted


def _preferred(given: Worth, cell: Cell) -> Cell:
    """The ticket's own value, where it has one."""
    here = replace(given, none=False, may_be_unknown=True)
    worth = first_of([(given.there, here)], cell.worth)
    none = conjunction([given.missing, cell.worth.none])
    unknown = cell.worth.may_be_unknown
    return Cell(replace(worth, none=none, may_be_unknown=unknown), where(given.missing, cell.mask))


def _columns(writer: Writer, name: str, cell: Cell) -> Cell:
    """The same, with value, absence and causes in columns of their own."""
    columns, worth = writer.columns, cell.worth
    quantity = worth.number
    value = worth.value
    type_ = writer.plan.facts[name].type
    if isinstance(quantity, Quantity) and type_.kind in NUMBERS and not isinstance(value, exp.Null):
        scale = max(quantity.digits.scale, type_.scale or 0)
        value = numbers.as_type(quantity, scale)
    read = columns.add(name, value)
    number = quantity
    if isinstance(quantity, Quantity):
        number = Quantity(read, quantity.digits)
    none = columns.truth(f"{name}_none", worth.none)
    settled = Worth(read, none, worth.may_be_unknown, number)
    mask: Mask = NOTHING
    if worth.may_be_unknown:
        mask = {
            word: columns.add(
                f"{name}_causes", case([(settled.unknown, part)], literal_zero()), never_null=True
            )
            for word, part in cell.mask.items()
        }
    return Cell(settled, mask)


def literal_zero() -> exp.Expression:
    return exp.Literal.number(0)


__all__ = ["define", "literal", "sql"]
