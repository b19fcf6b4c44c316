"""Any formula in SQL gives what exact fractions give, or is refused; on DuckDB, many formulas a query."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from engine.replay.sql import numbers
from engine.replay.sql.numbers import Number, Quantity, constant
from engine.replay.sql.refused import NotSayable
from engine.replay.sql.slots import Sql
from engine.rulebook.expressions import RoundingMode
from tests.replay.test_vocabulary_numbers import COLUMNS, EXACT, OPERATORS, Row, rows
from tests.replay.vocabulary_answers import ask_duckdb

Values = dict[str, Fraction]


@dataclass(frozen=True)
class Formula:
    """A formula in SQL, the same on fractions, and its text for whoever looks into a failure."""

    sql: Callable[[], Number]
    exact: Callable[[Values], Fraction]
    text: str


def of_column(place: int) -> Formula:
    column = COLUMNS[place]
    return Formula(lambda: column.quantity, lambda values: values[column.name], column.name)


def of_constant(value: Decimal) -> Formula:
    return Formula(lambda: constant(value), lambda _: Fraction(value), str(value))


def rounded(mode: RoundingMode, digits: int, inner: Formula) -> Formula:
    return Formula(
        lambda: numbers.rounded(mode, inner.sql(), digits),
        lambda values: Fraction(EXACT[mode](inner.exact(values), digits)),
        f"{mode}({inner.text}, {digits})",
    )


def joined(operator: str, left: Formula, right: Formula) -> Formula:
    word, reckoned = OPERATIONS[operator]
    return Formula(
        lambda: word(left.sql(), right.sql()),
        lambda values: reckoned(left.exact(values), right.exact(values)),
        f"({left.text} {operator} {right.text})",
    )


def positive(inner: Formula) -> Formula:
    """What may be divided by: the rulebook's checks let nothing through that can be zero."""
    return joined("+", Formula(*_absolute(inner), f"abs({inner.text})"), of_constant(Decimal("0.5")))


def _absolute(inner: Formula) -> tuple[Callable[[], Number], Callable[[Values], Fraction]]:
    return lambda: numbers.absolute(inner.sql()), lambda values: abs(inner.exact(values))


OPERATIONS: dict[str, tuple[Callable[[Number, Number], Number], Callable[[Fraction, Fraction], Fraction]]] = {
    "+": (numbers.add, lambda a, b: a + b),
    "-": (numbers.subtract, lambda a, b: a - b),
    "*": (numbers.multiply, lambda a, b: a * b),
    "min": (lambda a, b: numbers.least([a, b]), min),
    "max": (lambda a, b: numbers.greatest([a, b]), max),
    "/": (numbers.quotient, lambda a, b: a / b),
}

CONSTANTS = st.decimals("-1000", "1000", places=2).map(lambda value: value.normalize() + 0)
LEAVES = st.one_of(st.integers(0, len(COLUMNS) - 1).map(of_column), CONSTANTS.map(of_constant))


def longer(formulas: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    modes = st.sampled_from(list(EXACT))
    return st.one_of(
        st.builds(joined, st.sampled_from(["+", "-", "*", "min", "max"]), formulas, formulas),
        st.builds(joined, st.just("/"), formulas, formulas.map(positive)),
        st.builds(rounded, modes, st.integers(-1, 4), formulas),
    )


FORMULAS = st.recursive(LEAVES, longer, max_leaves=6)
PLAIN = st.builds(rounded, st.sampled_from(list(EXACT)), st.integers(0, 6), FORMULAS)


def said(formula: Formula) -> Sql | None:
    """The SQL, or None for a formula that is refused for its digits."""
    try:
        number = formula.sql()
    except NotSayable:
        return None
    assert isinstance(number, Quantity), "a rounded number is no ratio"
    return number.sql


def value_of(formula: Formula, row: Row) -> Fraction | None:
    """On a row in which nothing that the formula reads is missing."""
    needed = {name for name in row if re.search(rf"\b{name}\b", formula.text)}
    if any(row[name] is None for name in needed):
        return None
    return formula.exact({name: Fraction(value) for name, value in row.items() if value is not None})


@settings(max_examples=10, deadline=None)
@given(st.lists(PLAIN, min_size=20, max_size=20))
def test_formulas_are_exact_or_refused(formulas: list[Formula]) -> None:
    """However they are built: sums of quotients, roundings of roundings, extremes of ratios."""
    asked = [(formula, sql) for formula in formulas if (sql := said(formula)) is not None]
    columns, given_rows = rows(60)
    answers = ask_duckdb(columns, [sql for _, sql in asked] or [exp.true()])
    for row, answer in zip(given_rows, answers, strict=True):
        for (formula, _), found in zip(asked, answer, strict=False):
            assert found == value_of(formula, row), (formula.text, row)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(OPERATORS)), PLAIN, PLAIN), min_size=10, max_size=10))
def test_comparisons_of_formulas_are_exact(asked: list[tuple[str, Formula, Formula]]) -> None:
    """The sides may have any digits; a side that is not there leaves the comparison unknown."""
    select = {place: sql for place, each in enumerate(asked) if (sql := _compared(*each)) is not None}
    columns, given_rows = rows(60)
    answers = ask_duckdb(columns, list(select.values()) or [exp.true()])
    for row, answer in zip(given_rows, answers, strict=True):
        for place, found in zip(select, answer, strict=False):
            operator, left, right = asked[place]
            one, two = value_of(left, row), value_of(right, row)
            expected = None if one is None or two is None else OPERATORS[operator](one, two)
            assert found == expected, (left.text, operator, right.text, row)


def _compared(operator: str, left: Formula, right: Formula) -> Sql | None:
    try:
        one, two = left.sql(), right.sql()
        assert isinstance(one, Quantity), "a rounded number is no ratio"
        assert isinstance(two, Quantity), "a rounded number is no ratio"
        return numbers.compare(operator, one, two)  # type: ignore[arg-type]  # one of OPERATORS
    except NotSayable:
        return None
