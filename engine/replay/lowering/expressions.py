"""Expressions of a plan as SQL: conditions as truths, values as worths.

What each of them means is defined by `engine.evaluate.case`; every method here has its twin there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never
from zoneinfo import ZoneInfo

from sqlglot import exp

from engine.evaluate.facts import MOST_RECORDS
from engine.plan.nodes import Plan
from engine.replay.lowering.causes import NOTHING, ZERO, Bits, Mask, where
from engine.replay.lowering.moments import Moments
from engine.replay.lowering.values import (
    OUTSIDE,
    RECORD,
    Cell,
    Given,
    Scope,
    first_of,
    known_number,
    literal,
    number_of,
    reckoned,
    truth_of,
)
from engine.replay.lowering.worth import (
    NONE,
    NULL,
    UNKNOWN,
    Worth,
    any_none,
    truth_worth,
    without_value,
    worked_out,
)
from engine.replay.sql import days, lists, numbers
from engine.replay.sql.columns import Columns
from engine.replay.sql.logic import (
    Truth,
    case,
    conjunction,
    disjunction,
    is_null,
    is_true,
    is_unknown,
    known_first,
    may_hold,
    negation,
    sql,
)
from engine.replay.sql.numbers import Digits, Quantity, Ratio
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
)
from engine.rulebook.types import Kind, Type

COMPARED = {"=": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE}


class Expressions:
    """Writes the expressions of one plan over the relation `tickets`.

    `given`: the facts that the tickets have columns for; None: all of the catalogue. `derived` is filled by
    the definitions in the order of need.
    """

    def __init__(
        self,
        plan: Plan,
        given: Given | None,
        columns: Columns,
        bits: Bits,
        *,
        tells_undecided: bool = True,
    ) -> None:
        self.plan = plan
        self.zone = ZoneInfo(plan.zone)
        self.given = frozenset(plan.facts if given is None else given)
        self.widths = given if isinstance(given, Mapping) else {}
        self.columns = columns
        self.bits = bits
        self.tells_undecided = tells_undecided
        self.derived: dict[str, Cell] = {}
        self.moments = Moments(plan, self.zone, columns, self.derived)

    # --- truths -----------------------------------------------------------------------------------------

    def truth(self, expression: Expression, scope: Scope = OUTSIDE) -> Truth:
        """A condition."""
        match expression:
            case Test(condition=condition):
                return self.truth(condition, scope)
            case Comparison():
                return self._compared(expression, scope)
            case All(items=items):
                return conjunction(self.truth(item, scope) for item in items)
            case AnyOf(items=items):
                return disjunction(self.truth(item, scope) for item in items)
            case Not(item=item):
                return negation(self.truth(item, scope))
            case Present(operand=operand):
                return _present(self.worth(operand, scope))
            case Quantifier() | Picked():
                return self._over_records(expression)
            case _:
                return _as_truth(self.worth(expression, scope))

    def _compared(self, comparison: Comparison, scope: Scope) -> Truth:
        """What is none compares with nothing; what is unknown leaves the comparison unknown."""
        left, right = self.worth(comparison.left, scope), self.worth(comparison.right, scope)
        none = any_none((left, right))
        if none is True:
            return False
        if isinstance(left.value, exp.Null) or isinstance(right.value, exp.Null):
            compared: Truth = None
        else:
            compared = _comparison(comparison.operator, left, right)
        if none is False or compared is False:
            return compared
        if not left.may_be_unknown and not right.may_be_unknown:
            return exp.Coalesce(this=sql(compared), expressions=[exp.false()])
        return conjunction([negation(none), compared])

    def _over_records(self, expression: Quantifier | Picked) -> Truth:
        records = self.worth(expression.list)
        if isinstance(records.value, exp.Null):
            return self._over_no_records(expression) if records.none is True else None
        found = self._found(expression, records.value)
        if not records.may_be_unknown:
            return found
        return truth_of(case([(records.unknown, NULL)], sql(found)))

    def _over_no_records(self, expression: Quantifier | Picked) -> Truth:
        return isinstance(expression, Quantifier) and expression.kind != "some"

    def _found(self, expression: Quantifier | Picked, records: Sql) -> Truth:
        """What a list says that is known; a list that is none has no records."""
        inside = Scope(in_record=True)
        match expression:
            case Quantifier(kind=kind, condition=condition):
                holds = self.truth(condition, inside)
                if holds is True and kind != "every":
                    some = exp.Coalesce(
                        this=exp.GT(this=lists.size(records), expression=ZERO), expressions=[exp.false()]
                    )
                    return some if kind == "some" else negation(some)
                body = sql(holds)
                match kind:
                    case "some":
                        return lists.some(records, RECORD, body)
                    case "every":
                        return lists.every(records, RECORD, body)
                    case "none":
                        return negation(lists.some(records, RECORD, body))
            case Picked(where=where_, has=has):
                meets, shows = self.truth(where_, inside), self.truth(has, inside)
                return self._picked(expression.which, records, meets, shows)
        assert_never(expression)

    def _picked(self, which: str, records: Sql, meets: Truth, shows: Truth) -> Truth:
        """What the first record that may be meant shows; unknown where it is not known to be meant."""
        found = index_of(which, records, may_hold(meets))
        body = case([(meets, sql(shows))], NULL)
        return case(
            [(exp.Is(this=found, expression=exp.Null()), exp.false())],
            lists.element(lists.mapped(records, RECORD, body), found),
        )

    def applies(self, guard: Expression, own: Expression) -> Truth:
        """Whether an item's scope, period and own conditions hold; items that share a guard ask it once.

        Where what is undecided is told too, it is a column, and what is always known is asked first.
        """
        asked = conjunction([self.columns.truth("guard", self.truth(guard)), self.truth(own)])
        never = is_true(asked) is False
        return (
            asked if never or not self.tells_undecided else self.columns.truth("applies", known_first(asked))
        )

    # --- values -----------------------------------------------------------------------------------------

    def worth(self, expression: Expression, scope: Scope = OUTSIDE) -> Worth:
        """A value."""
        match expression:
            case Constant(value=value, type=type_):
                return literal(value, type_)
            case FactValue(name=name):
                return self.fact(name).worth
            case FieldValue(name=name, of=records):
                return self.field(records, name)
            case OutputValue(name=name):
                return scope.outputs[name].worth
            case ParameterValue():
                return self.parameter(expression)
            case Count(list=records, condition=condition):
                return self._counted(records, condition)
            case Arithmetic() | Quotient() | Rounding() | Extreme() | Absolute():
                return self._reckoned(expression, [self.worth(part, scope) for part in children(expression)])
            case DateFunction():
                operands = [self.worth(part, scope) for part in children(expression)]
                return self.moments.worth(expression, operands, scope)
            case Test() | Comparison() | All() | AnyOf() | Not() | Present() | Quantifier() | Picked():
                return truth_worth(self.truth(expression, scope))
            case _:
                assert_never(expression)

    def fact(self, name: str) -> Cell:
        """A derived fact, else what the ticket gives, else none or unknown as the catalogue says."""
        if name in self.derived:
            return self.derived[name]
        return Cell(self.given_fact(name), self.missing_fact(name))

    def given_fact(self, name: str) -> Worth:
        """What the ticket itself gives."""
        declared = self.plan.facts[name]
        is_none = declared.absence == "none"
        if name not in self.given:
            return NONE if is_none else UNKNOWN
        column = exp.column(name)
        none: Truth = is_null(column) if is_none else False
        number = number_of(column, declared.type, declared.minimum, declared.maximum)
        width = self.widths.get(name)
        if number is not None and width is not None:
            number = Quantity(column, width)
        return Worth(column, none, may_be_unknown=not is_none, number=number)

    def missing_fact(self, name: str) -> Mask:
        """Why a fact that the ticket does not give is unknown, where it is."""
        if not self.tells_undecided:
            return NOTHING
        worth = self.given_fact(name)
        return where(worth.unknown, self.bits.mask("fact_missing", name))

    def field(self, records: str, name: str) -> Worth:
        """A field of the record that the lambda looks at."""
        declared = self.plan.facts[records].type.fields[name]
        value = lists.field(lists.record(RECORD), name)
        none: Truth = is_null(value) if declared.absent_is_none else False
        return Worth(
            value,
            none,
            may_be_unknown=not declared.absent_is_none,
            number=number_of(value, declared.type),
        )

    def parameter(self, parameter: ParameterValue) -> Worth:
        """The value in force on the event date; without an event date the only one there is."""
        steps = self.plan.parameters[parameter.id].steps
        if not steps:
            return UNKNOWN
        if parameter.on is None:
            return literal(steps[-1][1], parameter.type)
        day = self.worth(parameter.on)
        if isinstance(day.value, exp.Null):
            return UNKNOWN
        found = first_of(
            [
                (exp.GTE(this=day.value, expression=days.date(start)), literal(value, parameter.type))
                for start, value in reversed(steps)
            ],
            UNKNOWN,
        )
        return self._kept("parameter", found)

    def _kept(self, stem: str, worth: Worth) -> Worth:
        """The same, worked out once in a column of its own."""
        read = self.columns.add(stem, worth.value)
        number = worth.number
        return replace(
            worth, value=read, number=replace(number, sql=read) if isinstance(number, Quantity) else None
        )

    def _counted(self, records: FactValue, condition: Expression) -> Worth:
        """How many records meet it; unknown if it is unknown of one."""
        listed = self.worth(records)
        if isinstance(listed.value, exp.Null):
            return literal(0, Type(Kind.INTEGER)) if listed.none is True else UNKNOWN
        body = self.truth(condition, Scope(in_record=True))
        counted = lists.count(listed.value, RECORD, sql(body))
        if is_unknown(body) is not False:
            doubtful = lists.some(listed.value, RECORD, sql(is_unknown(body)))
            counted = case([(doubtful, NULL)], counted)
        counted = case([(listed.missing, NULL if listed.may_be_unknown else ZERO)], counted)
        return Worth(counted, number=Quantity(counted, Digits(0, MOST_RECORDS)))

    def _reckoned(
        self, expression: Arithmetic | Quotient | Rounding | Extreme | Absolute, operands: list[Worth]
    ) -> Worth:
        """Numbers; days and instants only have extremes."""
        if any(isinstance(operand.value, exp.Null) and operand.number is None for operand in operands):
            return without_value(operands)
        if isinstance(expression, Extreme) and any(operand.number is None for operand in operands):
            extreme = days.earliest if expression.kind == "min" else days.latest
            return worked_out(extreme([operand.value for operand in operands]), operands)
        number = reckoned(expression, [known_number(operand) for operand in operands])
        return worked_out(NULL if isinstance(number, Ratio) else number.sql, operands, number)


def index_of(which: str, records: Sql, meets: Truth) -> Sql:
    index = lists.first_index if which == "first" else lists.last_index
    return index(records, RECORD, sql(meets))


def _present(worth: Worth) -> Truth:
    if worth.may_be_unknown:
        found = truth_of(case([(worth.there, exp.true()), (worth.none, exp.false())], NULL))
        return None if isinstance(found, exp.Null) else found
    return worth.there


def _as_truth(worth: Worth) -> Truth:
    """A boolean value as a condition; where it is none it is taken as `Case` takes it."""
    return truth_of(worth.value)


def _comparison(operator: Operator, left: Worth, right: Worth) -> Truth:
    """Of two that are not constants of the query; a comparison with `true` is the fact itself."""
    if left.number is not None and right.number is not None:
        return numbers.compare(operator, known_number(left), known_number(right))
    if isinstance(right.value, exp.Boolean) and operator in ("=", "!="):
        wanted = bool(right.value.this) is (operator == "=")
        truth = truth_of(left.value)
        return truth if wanted else negation(truth)
    return COMPARED[operator](this=left.value, expression=right.value)
