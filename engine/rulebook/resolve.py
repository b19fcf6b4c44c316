"""Tests and formulas as written to typed expressions: which name is what, and whether types meet."""

from __future__ import annotations

from typing import assert_never

from engine.base.spans import Span
from engine.base.suggest import closest
from engine.read.chinese.words import is_chinese
from engine.read.syntax import (
    Binary,
    Call,
    Compare,
    Day,
    Formula,
    In,
    Instant,
    Interval,
    MonthLiteral,
    Name,
    Negative,
    Number,
    Presence,
    Tests,
    Text,
    TimeOfDay,
    Truth,
    UnaryTest,
)
from engine.read.syntax import (
    Not as WrittenNot,
)
from engine.rulebook import functions
from engine.rulebook.expressions import (
    TRUE,
    All,
    AnyOf,
    Arithmetic,
    Comparison,
    Constant,
    Expression,
    FactValue,
    FieldValue,
    Not,
    Operator,
    OutputValue,
    ParameterValue,
    Present,
    Quotient,
    all_of,
    is_ratio,
    type_of,
)
from engine.rulebook.fields import Unreadable
from engine.rulebook.literals import constant, in_unit
from engine.rulebook.model import FactDeclaration
from engine.rulebook.names import Names, fact_value
from engine.rulebook.surface.vocabulary import Vocabulary
from engine.rulebook.types import BOOLEAN, MONEY_DIGITS, ORDERED, Kind, Type, mismatch


def resolve_formula(formula: Formula, names: Names, hint: Type | None = None) -> Expression:
    """The typed expression; `hint` is the type it will meet, which settles bare enum members."""
    match formula:
        case Number() | Text() | Truth() | Day() | MonthLiteral() | Instant() | TimeOfDay():
            literal = constant(formula, names.catalogue.zone)
            _require_known_unit(literal, formula.span, names)
            return _hinted(literal, hint)
        case Name():
            return _name(formula, names, hint)
        case Negative(operand=operand):
            return _negative(resolve_formula(operand, names, hint), operand.span, names)
        case WrittenNot(operand=operand):
            return Not(_boolean(operand, names))
        case Binary(operator="and", left=left, right=right):
            return all_of(_boolean(left, names), _boolean(right, names))
        case Binary(operator="or", left=left, right=right):
            return AnyOf((_boolean(left, names), _boolean(right, names)))
        case Binary(operator="+" | "-" | "*" | "/"):
            return _arithmetic(formula, names)
        case Binary():
            return _comparison(formula, names)
        case In(subject=subject, tests=tests):
            return resolve_tests(tests, resolve_formula(subject, names), names)
        case Call():
            return functions.resolve_call(formula, names, hint, resolve_formula)
        case _:
            assert_never(formula)


def _require_known_unit(literal: Constant, span: Span, names: Names) -> None:
    """A word behind a number is a unit, and one that nothing has is a slip: `3且迟到` is no `3 and late`."""
    unit = literal.type.unit
    if unit is None or literal.type.kind is Kind.MONEY or unit in names.units:
        return
    words = {*names.units, *Vocabulary(names.catalogue).units}
    raise names.fail("R278", span, closest(unit, words), written=span.text, unit=unit)


def _hinted(literal: Constant, hint: Type | None) -> Constant:
    """Text in quotes where an enum member is meant; a bare number where the hint has a harmless unit."""
    if hint is None:
        return literal
    if hint.kind is Kind.ENUM and literal.type.kind is Kind.TEXT and literal.value in hint.members:
        return Constant(literal.value, hint)
    if hint.is_number and hint.kind is not Kind.MONEY:
        return in_unit(literal, hint)
    return literal


def _name(name: Name, names: Names, hint: Type | None) -> Expression:
    text = name.text
    if hint is not None and hint.kind is Kind.ENUM and text in hint.members:
        return Constant(text, hint)
    if text in names.fields:
        return FieldValue(text, names.list_name, names.fields[text].type)
    if text in names.outputs:
        return OutputValue(text, names.outputs[text])
    if text in names.parameters:
        return ParameterValue(f"{names.rulebook}/{text}", names.event_date, names.parameters[text].type)
    if text in names.catalogue.facts:
        return fact_value(names.catalogue.facts[text])
    raise _unknown_name(name, names, hint)


def _unknown_name(name: Name, names: Names, hint: Type | None) -> Unreadable:
    if hint is not None and hint.kind is Kind.ENUM:
        words = Vocabulary(names.catalogue).members(hint)
        shown = [words.chinese.get(m, m) for m in hint.members] if is_chinese(name.text) else hint.members
        members, near = ", ".join(shown), closest(name.text, [*hint.members, *words])
        return names.fail("R231", name.span, suggestion=near, written=name.span.text, members=members)
    if name.text in names.unreadable:
        return Unreadable()
    near = closest(name.text, names.words)
    return names.fail("R230", name.span, suggestion=near, written=name.span.text)


def _boolean(formula: Formula, names: Names) -> Expression:
    found = resolve_formula(formula, names)
    if type_of(found).kind is not Kind.BOOLEAN:
        raise names.fail("R232", formula.span, written=formula.span.text, type=str(type_of(found)))
    return found if not isinstance(found, FactValue | FieldValue) else is_true(found)


def is_true(value: Expression) -> Expression:
    """A boolean fact standing as a condition."""
    return Comparison("=", value, Constant(True, BOOLEAN))


def _negative(operand: Expression, span: Span, names: Names) -> Expression:
    if isinstance(operand, Constant) and operand.type.is_number and not isinstance(operand.value, bool):
        return Constant(-operand.value, operand.type)  # type: ignore[operator]  # numbers by is_number
    if not type_of(operand).is_number:
        raise names.fail("R233", span, written=span.text, type=str(type_of(operand)))
    return Arithmetic("-", Constant(0, Type(Kind.INTEGER)), operand, type_of(operand))


def _arithmetic(formula: Binary, names: Names) -> Expression:
    left, right = resolve_formula(formula.left, names), resolve_formula(formula.right, names)
    for side, written in ((left, formula.left), (right, formula.right)):
        if not type_of(side).is_number:
            raise names.fail("R233", written.span, written=written.span.text, type=str(type_of(side)))
    result = functions.arithmetic_type(formula.operator, type_of(left), type_of(right))
    if result is None:
        values = {"left": str(type_of(left)), "right": str(type_of(right))}
        raise names.fail("R234", formula.span, written=formula.span.text, **values)
    match formula.operator:
        case "/":
            _check_divisor(right, formula, names)
            return Quotient(left, right, result)
        case "+" | "-" | "*" as operator:
            return Arithmetic(operator, left, right, result)
        case _:
            raise Unreadable


def _check_divisor(divisor: Expression, formula: Binary, names: Names) -> None:
    """A division is only allowed where the divisor can be seen never to be zero."""
    if not _never_zero(divisor, names):
        code = "R265" if isinstance(divisor, Constant) else "R235"
        raise names.fail(code, formula.right.span, written=formula.right.span.text)


def _never_zero(divisor: Expression, names: Names) -> bool:
    match divisor:
        case Constant(value=value):
            return value != 0
        case FactValue(name=name):
            return _is_given_above_zero(names.catalogue.facts[name])
        case ParameterValue(id=parameter):
            values = names.parameters[parameter.rpartition("/")[2]].values
            return all(value != 0 for _, value in values)
        case Arithmetic(operator="*", left=left, right=right):
            return _never_zero(left, names) and _never_zero(right, names)
        case _:
            return False


def _is_given_above_zero(declared: FactDeclaration) -> bool:
    """A ticket's facts are held to their bounds; what rules work out is not."""
    if declared.derived is not None or declared.minimum is None:
        return False
    return declared.minimum > 0  # type: ignore[operator]  # a divisor is a number, and so is its bound


def _comparison(formula: Binary, names: Names) -> Expression:
    left_first = not isinstance(formula.left, Name | Number) or _is_known(formula.left, names)
    if left_first:
        left = resolve_formula(formula.left, names)
        right = resolve_formula(formula.right, names, type_of(left))
    else:
        right = resolve_formula(formula.right, names)
        left = resolve_formula(formula.left, names, type_of(right))
    match formula.operator:
        case "<" | "<=" | ">" | ">=" | "=" | "!=" as operator:
            return compare(operator, left, right, formula.span, names)
        case _:
            raise Unreadable


def _is_known(formula: Formula, names: Names) -> bool:
    return isinstance(formula, Name) and any(
        formula.text in known
        for known in (names.fields, names.outputs, names.parameters, names.catalogue.facts)
    )


def compare(operator: Operator, left: Expression, right: Expression, span: Span, names: Names) -> Comparison:
    """A comparison whose sides may meet; else a finding that names both types."""
    left_type, right_type = type_of(left), type_of(right)
    if not left_type.meets(right_type):
        code = mismatch(left_type, right_type)
        raise names.fail(code, span, written=span.text, left=str(left_type), right=str(right_type))
    if operator not in ("=", "!=") and left_type.kind not in ORDERED:
        raise names.fail("R238", span, written=span.text, type=str(left_type))
    for side in (left, right):
        if is_ratio(side):
            raise names.fail("R239", span, written=span.text)
    _check_literal_digits(left, right, span, names)
    return Comparison(operator, left, right)


def _check_literal_digits(left: Expression, right: Expression, span: Span, names: Names) -> None:
    """A literal with more digits than money carries can never be equal to an amount: surely a slip."""
    for literal, other in ((left, right), (right, left)):
        if isinstance(literal, Constant) and literal.type.is_number:
            target = type_of(other)
            if target.kind is Kind.MONEY and (literal.type.scale or 0) > MONEY_DIGITS:
                raise names.fail("R221", span, written=span.text, type=str(target), digits=str(MONEY_DIGITS))


def resolve_tests(tests: Tests, subject: Expression, names: Names) -> Expression:
    """A cell: one of its tests holds of `subject`, or none of them; `-` is always true."""
    if not tests.tests:
        return TRUE
    conditions = tuple(_unary(test, subject, names) for test in tests.tests)
    condition = conditions[0] if len(conditions) == 1 else AnyOf(conditions)
    return Not(condition) if tests.negated else condition


def _unary(test: UnaryTest, subject: Expression, names: Names) -> Expression:
    match test:
        case Compare(operator=operator, end=end, span=span):
            return compare(operator, subject, _end_point(end, subject, names), span, names)
        case Interval():
            low = compare(
                ">=" if test.low_included else ">",
                subject,
                _end_point(test.low, subject, names),
                test.span,
                names,
            )
            high = compare(
                "<=" if test.high_included else "<",
                subject,
                _end_point(test.high, subject, names),
                test.span,
                names,
            )
            return All((low, high))
        case Presence(present=present, span=span):
            if not isinstance(subject, FactValue | FieldValue):
                raise names.fail("R240", span, written=span.text)
            return Present(subject) if present else Not(Present(subject))
        case _:
            assert_never(test)


def _end_point(end: Formula, subject: Expression, names: Names) -> Expression:
    """Beside a tested fact, a bare number takes the fact's unit."""
    resolved = resolve_formula(end, names, type_of(subject))
    return in_unit(resolved, type_of(subject)) if isinstance(resolved, Constant) else resolved
