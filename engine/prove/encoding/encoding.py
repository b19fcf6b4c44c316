"""A plan as formulas over the symbols of a ticket: the twin of `engine.evaluate.case`.

What a list of more records than are written out says, and what `times` leaves open, is free: so what no model
does no ticket does, and what a model does has to be tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from engine.base.calendar import Limit
from engine.plan.nodes import ClockPlan, DefinitionPlan, ItemPlan, Plan, TablePlan
from engine.prove.encoding import clocks, quotients, tables
from engine.prove.encoding import worth as reckon
from engine.prove.encoding.free import Free
from engine.prove.encoding.rails import (
    UNKNOWN,
    Rails,
    all_of,
    any_of,
    chosen,
    opposite,
    when_known,
)
from engine.prove.encoding.records import Records
from engine.prove.encoding.symbols import Symbols
from engine.prove.encoding.times import Times
from engine.prove.encoding.worth import Worth, first_of, not_known, value
from engine.prove.solver import (
    FALSE,
    TRUE,
    Bool,
    Int,
    Term,
    bool_symbol,
    both,
    choice,
    compared,
    conjunction,
    either,
    identity,
    implies,
    int_symbol,
    negation,
    number,
    plus,
)
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
    Operator,
    OutputValue,
    ParameterValue,
    Picked,
    Present,
    Quantifier,
    Quotient,
    Rounding,
    Test,
    children,
    type_of,
)
from engine.rulebook.types import Kind, Scalar, Type

Record = Mapping[str, Worth]
Outputs = Mapping[str, Worth]


class Encoding:
    """The formulas of one plan, each made once. Two editions share the symbols of one ticket."""

    def __init__(self, plan: Plan, symbols: Symbols) -> None:
        self.plan = plan
        self.symbols = symbols
        self.zone = ZoneInfo(plan.zone)
        self.times = Times(symbols, self.zone, plan.calendars)
        self._worths: dict[tuple[int, int, int], tuple[Any, Worth]] = {}
        self._rails: dict[tuple[int, int, int], tuple[Any, Rails]] = {}
        self._derived: dict[str, Worth] = {}
        self._forms: dict[int, tuple[TablePlan, tables.TableForm]] = {}

    # --- conditions -------------------------------------------------------------------------------------

    def condition(
        self, expression: Expression, record: Record | None = None, outputs: Outputs | None = None
    ) -> Rails:
        """A condition on two rails."""
        key = id(expression), id(record), id(outputs)
        if key not in self._rails:
            self._rails[key] = (expression, record, outputs), self._condition(expression, record, outputs)
        return self._rails[key][1]

    def _condition(self, expression: Expression, record: Record | None, outputs: Outputs | None) -> Rails:
        match expression:
            case Test(condition=condition):
                return self.condition(condition, record, outputs)
            case Comparison(operator=operator, left=left, right=right):
                return reckon.compare(
                    operator, self.worth(left, record, outputs), self.worth(right, record, outputs)
                )
            case All(items=items):
                return all_of(self.condition(item, record, outputs) for item in items)
            case AnyOf(items=items):
                return any_of(self.condition(item, record, outputs) for item in items)
            case Not(item=item):
                return opposite(self.condition(item, record, outputs))
            case Present(operand=operand):
                return self._present(operand, record)
            case Quantifier() | Picked():
                return self._over_records(expression)
            case _:
                worth = self.worth(expression, record, outputs)
                return when_known(worth.known, both(worth.there, worth.term))

    def _present(self, operand: FactValue | FieldValue, record: Record | None) -> Rails:
        if isinstance(operand, FactValue) and operand.type.kind is Kind.LIST:
            records = self._records(operand)
            return when_known(records.known, records.there)
        worth = self.worth(operand, record)
        return when_known(worth.known, worth.there)

    # --- values -----------------------------------------------------------------------------------------

    def worth(
        self, expression: Expression, record: Record | None = None, outputs: Outputs | None = None
    ) -> Worth:
        """What an expression is worth; a condition is a truth value."""
        key = id(expression), id(record), id(outputs)
        if key not in self._worths:
            self._worths[key] = (expression, record, outputs), self._worth(expression, record, outputs)
        return self._worths[key][1]

    def _worth(self, expression: Expression, record: Record | None, outputs: Outputs | None) -> Worth:
        match expression:
            case Constant(value=scalar, type=type_):
                return self.symbols.literal(scalar, type_)
            case FactValue(name=name):
                return self.fact(name)
            case FieldValue(name=name):
                assert record is not None, "a field is read of a record"
                return record[name]
            case OutputValue(name=name):
                assert outputs is not None, "an output is read of a row"
                return outputs[name]
            case ParameterValue():
                return self._parameter(expression)
            case Arithmetic() | Quotient() | Rounding() | Extreme() | Absolute() | DateFunction():
                parts = [self.worth(part, record, outputs) for part in children(expression)]
                return self._computed(expression, parts)
            case Count():
                return self._counted(expression)
            case _:
                return as_worth(self.condition(expression, record, outputs))

    def _computed(
        self,
        expression: Arithmetic | Quotient | Rounding | Extreme | Absolute | DateFunction,
        parts: Sequence[Worth],
    ) -> Worth:
        match expression:
            case Arithmetic(operator=operator):
                return reckon.arithmetic(operator, *parts)
            case Quotient():
                return reckon.quotient(*parts)
            case Rounding(mode=mode, digits=digits):
                return quotients.rounded(self.symbols, mode, parts[0], digits)
            case Extreme(kind=kind):
                return reckon.extreme(kind, parts)
            case Absolute():
                return reckon.absolute(parts[0])
            case DateFunction(operands=operands):
                return self.times.function(
                    expression, parts, [type_of(operand).kind is not Kind.INSTANT for operand in operands]
                )
            case _:
                assert_never(expression)

    # --- facts and parameters ---------------------------------------------------------------------------

    def fact(self, name: str) -> Worth:
        """A given fact, or a derived one as this plan works it out."""
        definition = self.plan.defined.get(name)
        declared = self.plan.facts[name]
        if definition is None:
            return self.symbols.fact(declared)
        if name not in self._derived:
            for needed in self.plan.leading_to[name]:
                if needed.fact.name not in self._derived:
                    self._derived[needed.fact.name] = self._settled(needed)
        return self._derived[name]

    def _settled(self, definition: DefinitionPlan) -> Worth:
        """The ticket's own value where it may give one, else what the rules make of the others."""
        derived = self.derived(definition)
        if not definition.fallback:
            return derived
        declared = self.plan.facts[definition.fact.name]
        own = self.symbols.fact(declared)
        return reckon.chosen(self.symbols.given(declared), value(own.term, own.scale), derived)

    def derived(self, definition: DefinitionPlan) -> Worth:
        """What the rules work out: beyond its bounds, or none where it cannot be, it is not known."""
        found = self._body(definition)
        declared = self.plan.facts[definition.fact.name]
        known = found.known if declared.absence == "none" else found.usable
        bounds: tuple[tuple[Operator, Scalar | None], ...] = (
            (">=", declared.minimum),
            ("<=", declared.maximum),
        )
        inside = [
            reckon.compare(operator, found, self.symbols.literal(bound, declared.type)).may
            for operator, bound in bounds
            if bound is not None
        ]
        within = either(negation(found.there), conjunction(inside))
        return Worth(both(known, within), found.there, found.term, found.scale, found.over)

    def _body(self, definition: DefinitionPlan) -> Worth:
        match definition.body:
            case TablePlan() as table:
                return tables.defined_value(self, table)
            case ClockPlan() as clock:
                return as_worth(clocks.in_time(self, clock))
            case formula:
                return self.worth(formula)

    def _parameter(self, parameter: ParameterValue) -> Worth:
        steps = self.plan.parameters[parameter.id].steps
        literals = [(start, self.symbols.literal(step, parameter.type)) for start, step in steps]
        if not literals:
            return not_known(default_term(parameter.type))
        if parameter.on is None:
            return literals[-1][1]
        return first_of(self._in_force(parameter.on, literals), not_known(literals[-1][1].term))

    def _in_force(self, on: Expression, steps: Sequence[tuple[date, Any]]) -> list[tuple[Bool, Any]]:
        """The steps with their conditions, the last first; where none holds the parameter is not known."""
        day = self.worth(on)
        return [
            (both(day.usable, compared(">=", day.term, number(start.toordinal()))), step)
            for start, step in reversed(steps)
        ]

    def limits(self, limit: Limit | Expression) -> list[tuple[Bool, Limit]]:
        """The limits that may hold, each with its condition, the first that holds counts."""
        match limit:
            case Limit():
                return [(TRUE, limit)]
            case Constant(value=Limit() as found):
                return [(TRUE, found)]
            case ParameterValue(id=name, on=on):
                steps: list[tuple[date, Any]] = list(self.plan.parameters[name].steps)
                if on is None or not steps:
                    return [(TRUE, steps[-1][1])] if steps else []
                return self._in_force(on, steps)
            case _:
                raise TypeError(f"{type(limit).__name__} is no limit")

    # --- records ----------------------------------------------------------------------------------------

    def _records(self, fact: FactValue) -> Records:
        return self.symbols.records(self.plan.facts[fact.name])

    def _over_records(self, expression: Quantifier | Picked) -> Rails:
        records = self._records(expression.list)
        exact = (
            self._picked(expression, records)
            if isinstance(expression, Picked)
            else self._quantified(expression, records)
        )
        if not records.longer.eq(FALSE):
            exact = chosen(records.longer, self._open_condition(expression), exact)
        return chosen(records.known, exact, UNKNOWN)

    def _held(self, records: Records, condition: Expression) -> list[tuple[Bool, Rails]]:
        """For each record that is written out whether it is there, and the condition on it."""
        return [
            (compared(">", records.length, number(n)), self.condition(condition, record))
            for n, record in enumerate(records.records)
        ]

    def _quantified(self, quantifier: Quantifier, records: Records) -> Rails:
        held = self._held(records, quantifier.condition)
        if quantifier.kind == "every":
            return all_of(
                Rails(implies(there, rails.must), implies(there, rails.may)) for there, rails in held
            )
        some = any_of(Rails(both(there, rails.must), both(there, rails.may)) for there, rails in held)
        return opposite(some) if quantifier.kind == "none" else some

    def _picked(self, picked: Picked, records: Records) -> Rails:
        found = Rails(FALSE, FALSE)
        order = list(enumerate(records.records))
        for n, record in order if picked.which == "last" else reversed(order):
            where, has = self.condition(picked.where, record), self.condition(picked.has, record)
            meets = chosen(where.must, has, UNKNOWN)
            counts = both(compared(">", records.length, number(n)), where.may)
            found = chosen(counts, meets, found)
        return found

    def _counted(self, count: Count) -> Worth:
        records = self._records(count.list)
        held = self._held(records, count.condition)
        total: Int = number(0)
        for there, rails in held:
            total = plus(total, choice(both(there, rails.must), number(1), number(0)))
        sure = conjunction(negation(both(there, rails.unknown)) for there, rails in held)
        if records.longer.eq(FALSE):
            return Worth(both(records.known, sure), TRUE, total)
        free = self._open_count(count)
        known = both(records.known, either(records.longer, sure))
        return Worth(known, TRUE, choice(records.longer, free, total))

    def _open_condition(self, expression: Quantifier | Picked) -> Rails:
        name = f"{expression.list.name} {self.symbols.fresh()}"
        truth = bool_symbol(name)
        known = bool_symbol(f"{name} known")
        asked = self._asked_of_records(expression)
        free = Free(name, expression.list.name, Worth(known, TRUE, truth), (), None, kept=asked)
        made = self.symbols.free((expression, *map(identity, asked)), free).worth
        return when_known(made.known, made.term)

    def _open_count(self, count: Count) -> Int:
        name = f"{count.list.name} count {self.symbols.fresh()}"
        term = int_symbol(name)
        asked = self._asked_of_records(count)
        bounds = (compared(">=", term, number(0)),)
        free = Free(name, count.list.name, value(term), (), None, bounds, kept=asked)
        return self.symbols.free((count, *map(identity, asked)), free).worth.term

    def _asked_of_records(self, expression: Quantifier | Picked | Count) -> tuple[Term, ...]:
        """What is asked of each record; another edition may work out otherwise what is read there."""
        parts = (
            (expression.where, expression.has) if isinstance(expression, Picked) else (expression.condition,)
        )
        records = self._records(expression.list).records
        rails = [self.condition(part, record) for part in parts for record in records]
        return tuple(term for part in rails for term in (part.must, part.may))

    # --- items ------------------------------------------------------------------------------------------

    def applies(self, item: ItemPlan) -> Rails:
        """Whether an item's scope, period and own conditions hold."""
        return all_of((self.condition(item.guard), self.condition(item.own)))

    def is_there(self, fact: FactValue) -> Bool:
        """The ticket surely says something of it."""
        if fact.type.kind is Kind.LIST:
            records = self._records(fact)
            return both(records.known, records.there)
        return self.fact(fact.name).usable

    def table(self, table: TablePlan) -> tables.TableForm:
        """The rows of a table, and which of them count."""
        if id(table) not in self._forms:
            self._forms[id(table)] = table, tables.form(self, table)
        return self._forms[id(table)][1]

    def axioms(self, *terms: Term) -> list[Bool]:
        """What always holds of what the terms read."""
        return self.symbols.axioms(*terms)


def as_worth(rails: Rails) -> Worth:
    """A condition as a truth value."""
    return Worth(either(rails.must, negation(rails.may)), TRUE, rails.must)


def default_term(type_: Type) -> Term:
    """Some term of a type's sort, for what is never known."""
    return FALSE if type_.kind is Kind.BOOLEAN else number(0)
