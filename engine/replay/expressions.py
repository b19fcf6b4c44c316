"""Expressions of a plan as SQL: conditions as truths, values as worths, and the causes of what is unknown.

What each of them means is defined by `engine.evaluate.case`; every method here has its twin there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias, assert_never
from zoneinfo import ZoneInfo

from sqlglot import exp

from engine.base.calendar import EARLIEST, LATEST
from engine.base.exact import EXACT
from engine.evaluate.facts import MOST_DIGITS, MOST_RECORDS
from engine.plan.nodes import Plan
from engine.replay import days, lists, numbers, working_time
from engine.replay.causes import NOTHING, ZERO, Bits, Mask, together, where
from engine.replay.columns import Columns
from engine.replay.logic import (
    Truth,
    case,
    conjunction,
    disjunction,
    is_null,
    is_true,
    is_unknown,
    may_hold,
    negation,
    sql,
)
from engine.replay.numbers import Digits, Number, Quantity, Ratio
from engine.replay.refused import refuse
from engine.replay.slots import Sql
from engine.replay.worth import NONE, NULL, UNKNOWN, Worth, any_none, chosen, truth_worth, worked_out
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
    facts_in,
    type_of,
)
from engine.rulebook.types import NUMBERS, Kind, Scalar, Type

Given: TypeAlias = Collection[str] | Mapping[str, Digits | None]
"""The facts that tickets have columns for; of numbers also how wide the files' statistics show them to be."""
COMPARED = {"=": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE}
OWN_YEARS = (EARLIEST.year, LATEST.year)
DAYS = Digits(-4_000_000, 4_000_000)
"""How many days can lie between two."""
RECORD = "r$"
"""The name of the record that a list's lambda looks at, which no fact can have."""


@dataclass(frozen=True)
class Cell:
    """A value with the causes for which it may be unknown."""

    worth: Worth
    mask: Mask


@dataclass(frozen=True)
class Scope:
    """What stands around an expression: whether a list's record, and the output cells of a table's row."""

    in_record: bool = False
    outputs: Mapping[str, Cell] = field(default_factory=dict)


OUTSIDE = Scope()


class Writer:
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
        found = _index(which, records, may_hold(meets))
        body = case([(meets, sql(shows))], NULL)
        return case(
            [(exp.Is(this=found, expression=exp.Null()), exp.false())],
            lists.element(lists.mapped(records, RECORD, body), found),
        )

    def applies(self, guard: Expression, own: Expression) -> Truth:
        """Whether an item's scope, period and own conditions hold; items that share a guard ask it once."""
        return conjunction([self.columns.truth("guard", self.truth(guard)), self.truth(own)])

    # --- values -----------------------------------------------------------------------------------------

    def worth(self, expression: Expression, scope: Scope = OUTSIDE) -> Worth:
        """A value."""
        match expression:
            case Constant(value=value, type=type_):
                return literal(value, type_)
            case FactValue(name=name):
                return self.fact(name).worth
            case FieldValue(name=name, of=records):
                return self._field(records, name)
            case OutputValue(name=name):
                return scope.outputs[name].worth
            case ParameterValue():
                return self._parameter(expression)
            case Count(list=records, condition=condition):
                return self._counted(records, condition)
            case Arithmetic() | Quotient() | Rounding() | Extreme() | Absolute():
                return self._reckoned(expression, [self.worth(part, scope) for part in children(expression)])
            case DateFunction():
                operands = [self.worth(part, scope) for part in children(expression)]
                return self._dated(expression, operands, scope)
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
        worth = self.given_fact(name)
        return where(worth.unknown, self.bits.mask("fact_missing", name))

    def _field(self, records: str, name: str) -> Worth:
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

    def _parameter(self, parameter: ParameterValue) -> Worth:
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
            return self._without_value(operands)
        if isinstance(expression, Extreme) and any(operand.number is None for operand in operands):
            extreme = days.earliest if expression.kind == "min" else days.latest
            return worked_out(extreme([operand.value for operand in operands]), operands)
        number = _number(expression, [known_number(operand) for operand in operands])
        return worked_out(NULL if isinstance(number, Ratio) else number.sql, operands, number)

    def _without_value(self, operands: list[Worth]) -> Worth:
        none = any_none(operands)
        return NONE if none is True else Worth(NULL, none)

    def _dated(self, function: DateFunction, operands: list[Worth], scope: Scope) -> Worth:
        """A day or an instant; one outside the calendar is none."""
        if any(isinstance(operand.value, exp.Null) for operand in operands):
            return self._without_value(operands)
        if not scope.in_record:  # the offsets of a zone ask for their day or instant again and again
            first = self.columns.add("moment", operands[0].value)
            operands = [replace(operands[0], value=first), *operands[1:]]
        value = self._date_sql(function, operands, scope)
        if not scope.in_record:
            value = self.columns.add(function.name.replace(" ", "_"), value)
        worth = worked_out(value, operands)
        if function.name == "days between":
            return worked_out(value, operands, Quantity(value, DAYS))
        if function.name in ("date of", "at"):
            return worth
        there = conjunction(operand.there for operand in operands)
        lacking = self._calendar_lacks(function, operands, scope)
        outside = conjunction([there, exp.Is(this=value, expression=exp.Null()), negation(lacking)])
        return Worth(value, disjunction([worth.none, outside]), may_be_unknown=True)

    def _date_sql(self, function: DateFunction, operands: list[Worth], scope: Scope) -> Sql:
        first = operands[0].value
        years = self._years(function.operands[0])
        match function.name:
            case "date of":
                kind = type_of(function.operands[0]).kind
                return first if kind is Kind.DATE else days.day_of(first, self.zone)
            case "days between":
                return days.days_between(first, operands[1].value)
            case "add days":
                return days.add_days(first, known_number(operands[1]), years)
            case "add months":
                return days.add_months(first, known_number(operands[1]), years)
            case "add years":
                return days.add_years(first, known_number(operands[1]), years)
            case "add minutes":
                return days.add_minutes(first, known_number(operands[1]), years, self.zone)
            case "at":
                return days.at(first, operands[1].value, self.zone)
            case "add working days":
                return self._working_days(function, operands, scope).value
            case _:
                assert_never(function.name)

    def _years(self, moment: Expression) -> days.Years:
        """The years in which a day or an instant may lie: a ticket's own are within reason."""
        match moment:
            case FactValue(name=name) if name not in self.derived:
                return OWN_YEARS
            case FieldValue():
                return OWN_YEARS
            case DateFunction(name="date of", operands=(inner,)):
                return self._years(inner)
            case _:
                return days.ANY_YEARS

    def _working_days(
        self, function: DateFunction, operands: list[Worth], scope: Scope
    ) -> working_time.Worked:
        calendar = self.plan.calendars[function.calendar or ""]
        day, count = operands[0].value, known_number(operands[1])
        years = self._years(function.operands[0])
        if scope.in_record:
            return working_time.add_working_days(calendar, day, count, years)
        return working_time.add_working_days(calendar, day, count, years, self.columns.add)

    def _calendar_lacks(self, function: DateFunction, operands: list[Worth], scope: Scope) -> Truth:
        """Whether the calendar does not know a day on the way; never NULL."""
        if function.name != "add working days" or any(
            isinstance(operand.value, exp.Null) for operand in operands
        ):
            return False
        return is_true(self._working_days(function, operands, scope).calendar_missing)

    # --- causes -----------------------------------------------------------------------------------------

    def mask(self, expression: Expression, scope: Scope = OUTSIDE) -> Mask:
        """Why an expression is unknown, where it is; 0 where it is not."""
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
                unknown = self._field(records, name).unknown
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
        absent = {fact.name: self.fact(fact.name).worth.none for fact in facts_in(expression)}
        lacking = [where(none, self.bits.mask("fact_missing", name)) for name, none in absent.items()]
        nobody = negation(disjunction(absent.values()))
        lacking.append(where(nobody, self.bits.mask("fact_missing", "as_of")))
        mask = together([cell.mask, where(cell.worth.none, together(lacking))])
        return Cell(replace(cell.worth, none=False, may_be_unknown=True), mask)

    def _operands_mask(self, expression: Expression, scope: Scope) -> Mask:
        """Those of all operands, unless one of them is none."""
        parts = children(expression)
        none = any_none(self.worth(part, scope) for part in parts)
        return where(negation(none), together(self.mask(part, scope) for part in parts))

    def _calendar_mask(self, function: DateFunction, scope: Scope) -> Mask:
        operands = [self.worth(part, scope) for part in children(function)]
        lacking = self._calendar_lacks(function, operands, scope)
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
        found = _index(picked.which, records, may_hold(meets))
        return {
            word: exp.Coalesce(
                this=lists.element(lists.mapped(records, RECORD, part), found), expressions=[ZERO]
            )
            for word, part in chosen.items()
        }

    # --- whether anything points to it ----------------------------------------------------------------

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


def _index(which: str, records: Sql, meets: Truth) -> Sql:
    index = lists.first_index if which == "first" else lists.last_index
    return index(records, RECORD, sql(meets))


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


def _present(worth: Worth) -> Truth:
    if worth.may_be_unknown:
        found = truth_of(case([(worth.there, exp.true()), (worth.none, exp.false())], NULL))
        return None if isinstance(found, exp.Null) else found
    return worth.there


def truth_of(expression: Sql) -> Truth:
    match expression:
        case exp.Null():
            return None
        case exp.Boolean():
            return bool(expression.this)
        case _:
            return expression


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


def literal(value: Scalar, type_: Type) -> Worth:
    """A value of the rulebook."""
    match value:
        case bool():
            return Worth(exp.Boolean(this=value), may_be_unknown=False)
        case int() | Decimal():
            number = numbers.constant(value)
            return Worth(number.sql, may_be_unknown=False, number=number)
        case str():
            return Worth(exp.Literal.string(value), may_be_unknown=False)
        case datetime():
            return Worth(days.instant(value), may_be_unknown=False)
        case date():
            return Worth(days.date(value), may_be_unknown=False)
        case _:
            raise refuse("Q001", type=str(type_))


def number_of(
    value: Sql, type_: Type, minimum: Scalar | None = None, maximum: Scalar | None = None
) -> Quantity | None:
    """A number of a ticket, as wide as the catalogue lets it be."""
    if type_.kind not in NUMBERS:
        return None
    scale = type_.scale or 0
    widest = Digits.wide(MOST_DIGITS, scale)
    low = widest.low if minimum is None else _in_units(minimum, scale)
    high = widest.high if maximum is None else _in_units(maximum, scale)
    return Quantity(value, Digits(low, high, scale))


def _in_units(bound: Scalar, scale: int) -> int:
    """A bound in units of the last digit."""
    assert isinstance(bound, int | Decimal), "the bound of a number is a number"
    return int(EXACT.scaleb(Decimal(bound), scale))


def first_of(branches: Sequence[tuple[Truth, Worth]], otherwise: Worth) -> Worth:
    """The worth of the first branch whose condition holds; numbers are all of one type."""
    quantities = [worth.number for _, worth in branches if isinstance(worth.number, Quantity)]
    if isinstance(otherwise.number, Quantity):
        quantities.append(otherwise.number)
    if not quantities:
        return chosen(branches, otherwise)
    values, digits = numbers.alike(quantities)
    cast = dict(zip(map(id, quantities), values, strict=True))
    found = chosen([(c, _recast(worth, cast)) for c, worth in branches], _recast(otherwise, cast))
    return replace(found, number=Quantity(found.value, digits))


def _recast(worth: Worth, cast: Mapping[int, Sql]) -> Worth:
    return replace(worth, value=cast[id(worth.number)]) if id(worth.number) in cast else worth


def known_number(worth: Worth) -> Any:
    """The number that a worth is; the type checker of rules has seen to it that it is one."""
    assert worth.number is not None, "only numbers are reckoned with"
    return worth.number


def _number(
    expression: Arithmetic | Quotient | Rounding | Extreme | Absolute, operands: list[Any]
) -> Number | Ratio:
    match expression:
        case Arithmetic(operator="+"):
            return numbers.add(*operands)
        case Arithmetic(operator="-"):
            return numbers.subtract(*operands)
        case Arithmetic():
            return numbers.multiply(*operands)
        case Quotient():
            return numbers.quotient(*operands)
        case Rounding(mode=mode, digits=digits):
            return numbers.rounded(mode, operands[0], digits)
        case Extreme(kind="min"):
            return numbers.least(operands)
        case Extreme():
            return numbers.greatest(operands)
        case Absolute():
            return numbers.absolute(operands[0])
