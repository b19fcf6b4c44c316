"""Expressions with the causes for which they are unknown, and whether anything in a ticket points to them."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from sqlglot import exp

from engine.replay.lowering.causes import NOTHING, ZERO, Mask, together, where
from engine.replay.lowering.expressions import Expressions, index_of
from engine.replay.lowering.values import OUTSIDE, RECORD, Cell, Scope
from engine.replay.lowering.worth import any_none
from engine.replay.sql import days, lists
from engine.replay.sql.logic import (
    Truth,
    conjunction,
    disjunction,
    is_true,
    is_unknown,
    may_hold,
    negation,
)
from engine.replay.sql.slots import Sql
from engine.rulebook.expressions import (
    Absolute,
    All,
    AnyOf,
    Arithmetic,
    Comparison,
    Constant,
    Count,
    DateFunction,
    Expression,
    Extreme,
    FactValue,
    FieldValue,
    Not,
    OutputValue,
    ParameterValue,
    Picked,
    Present,
    Quantifier,
    Quotient,
    Rounding,
    Test,
    children,
    facts_in,
)


class Writer(Expressions):
    """Writes the expressions of one plan over the relation `tickets`."""

    def mask(self, expression: Expression, scope: Scope = OUTSIDE) -> Mask:
        """Why an expression is unknown, where it is; 0 where it is not, and everywhere where nobody asks."""
        if not self.tells_undecided:
            return NOTHING
        match expression:
            case Constant():
                return NOTHING
            case Test(condition=condition):
                return self.mask(condition, scope)
            case Not(item=item):
                return self.mask(item, scope)
            case FactValue(name=name):
                return self.fact(name).mask
            case FieldValue(name=name, of=records):
                unknown = self.field(records, name).unknown
                return where(unknown, self.bits.mask("fact_missing", f"{records}.{name}"))
            case OutputValue(name=name):
                return scope.outputs[name].mask
            case ParameterValue():
                return self._parameter_mask(expression)
            case Present(operand=operand):
                return self.mask(operand, scope)
            case Comparison() | Arithmetic() | Quotient() | Rounding() | Extreme() | Absolute():
                return self._operands_mask(expression, scope)
            case DateFunction():
                return together(
                    [self._operands_mask(expression, scope), self._calendar_mask(expression, scope)]
                )
            case All(items=items) | AnyOf(items=items):
                unknown = is_unknown(self.truth(expression, scope))
                return where(unknown, together(self.mask(item, scope) for item in items))
            case Quantifier() | Count() | Picked():
                return self._records_mask(expression)
            case _:
                assert_never(expression)

    def cell(self, expression: Expression, scope: Scope = OUTSIDE) -> Cell:
        """A value with its causes."""
        return Cell(self.worth(expression, scope), self.mask(expression, scope))

    def settled(self, expression: Expression, scope: Scope = OUTSIDE) -> Cell:
        """A value that can stand in an outcome or be added up: what is none is as good as missing there."""
        cell = self.cell(expression, scope)
        if cell.worth.none is False:
            return cell
        settled = replace(cell.worth, none=False, may_be_unknown=True)
        if not self.tells_undecided:
            return Cell(settled, NOTHING)
        absent = {fact.name: self.fact(fact.name).worth.none for fact in facts_in(expression)}
        lacking = [where(none, self.bits.mask("fact_missing", name)) for name, none in absent.items()]
        nobody = negation(disjunction(absent.values()))
        lacking.append(where(nobody, self.bits.mask("fact_missing", "as_of")))
        mask = together([cell.mask, where(cell.worth.none, together(lacking))])
        return Cell(settled, mask)

    def _operands_mask(self, expression: Expression, scope: Scope) -> Mask:
        """Those of all operands, unless one of them is none."""
        parts = children(expression)
        none = any_none(self.worth(part, scope) for part in parts)
        return where(negation(none), together(self.mask(part, scope) for part in parts))

    def _calendar_mask(self, function: DateFunction, scope: Scope) -> Mask:
        operands = [self.worth(part, scope) for part in children(function)]
        lacking = self.moments.calendar_lacks(function, operands, scope)
        return where(lacking, self.bits.mask("calendar_missing", function.calendar or ""))

    def _parameter_mask(self, parameter: ParameterValue) -> Mask:
        missing = self.bits.mask("parameter_missing", parameter.id)
        steps = self.plan.parameters[parameter.id].steps
        if not steps:
            return missing
        if parameter.on is None:
            return NOTHING
        day = self.worth(parameter.on)
        begun: Truth = exp.GTE(this=day.value, expression=days.date(steps[0][0]))
        if isinstance(day.value, exp.Null):
            begun = False
        before = conjunction([negation(day.unknown), negation(is_true(begun))])
        return together([self.mask(parameter.on), where(before, missing)])

    def _records_mask(self, expression: Quantifier | Count | Picked) -> Mask:
        """The list's own causes, or those of the records of which the condition is not known."""
        listed = self.worth(expression.list)
        own = self.mask(expression.list)
        if isinstance(listed.value, exp.Null):
            return own
        inside = Scope(in_record=True)
        if isinstance(expression, Count):
            unknown: Truth = conjunction([listed.there, self.worth(expression).missing])
        else:
            unknown = conjunction([listed.there, is_unknown(self.truth(expression))])
        if unknown is False:
            return own
        if isinstance(expression, Picked):
            within = self._picked_mask(expression, listed.value)
        else:
            body = self.mask(expression.condition, inside)
            within = {word: lists.bits(listed.value, RECORD, part) for word, part in body.items()}
        return together([own, where(unknown, within)])

    def _picked_mask(self, picked: Picked, records: Sql) -> Mask:
        """Those of the record that decides: the first that is not known to be another."""
        inside = Scope(in_record=True)
        meets = self.truth(picked.where, inside)
        doubt = where(is_unknown(meets), self.mask(picked.where, inside))
        shows = where(is_true(meets), self.mask(picked.has, inside))
        chosen = together([doubt, shows])
        found = index_of(picked.which, records, may_hold(meets))
        return {
            word: exp.Coalesce(
                this=lists.element(lists.mapped(records, RECORD, part), found), expressions=[ZERO]
            )
            for word, part in chosen.items()
        }

    def points_to(self, condition: Expression) -> Truth:
        """A test that holds of something that is there; never NULL."""
        if isinstance(condition, All | AnyOf):
            return disjunction(self.points_to(part) for part in condition.items)
        holds = is_true(self.truth(condition))
        if holds is False or _needs_its_facts(condition):
            return holds
        return conjunction(
            [holds, disjunction(self.fact(fact.name).worth.there for fact in facts_in(condition))]
        )


def _needs_its_facts(condition: Expression) -> bool:
    """Whether it holds only of facts that are there, one at least."""
    match condition:
        case Test(condition=inner):
            return _needs_its_facts(inner)
        case Comparison(left=left, right=right):
            return isinstance(left, FactValue) or isinstance(right, FactValue)
        case Present(operand=operand):
            return isinstance(operand, FactValue)
        case All(items=items) | AnyOf(items=items):
            return bool(items) and all(_needs_its_facts(item) for item in items)
        case _:
            return False
