"""Numbers in SQL are those of `engine.base.exact`, in every database: no digit is lost, none is made up."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any, TypeAlias

import pyarrow as pa
import pytest
from sqlglot import exp

from engine.base import exact
from engine.replay.sql import numbers
from engine.replay.sql.dialects import render
from engine.replay.sql.numbers import Digits, Number, Quantity, constant
from engine.replay.sql.refused import NotSayable
from engine.rulebook.expressions import RoundingMode
from tests.replay.vocabulary_answers import Ask, ask

__all__ = ["ask"]

EXACT: dict[RoundingMode, Callable[[exact.Number, int], Decimal]] = {
    "half up": exact.round_half_up,
    "floor": exact.floor,
    "ceiling": exact.ceiling,
}


@dataclass(frozen=True)
class Given:
    """A column of numbers: what they can be, and in what type they stand."""

    name: str
    digits: Digits
    type: pa.DataType

    @property
    def quantity(self) -> Quantity:
        return Quantity(exp.column(self.name), self.digits)

    def samples(self, random: Random, count: int) -> list[Decimal]:
        """The ends, what lies next to them, small numbers and any others."""
        low, high, step = self.digits.low, self.digits.high, 10**self.digits.scale
        ends = [low, high, low + 1, high - 1, 0, 1, -1, step, -step, 5, -5, step // 2, 3 * step + step // 2]
        inside = [
            unit for unit in ends if low <= unit <= high and (unit or low > 0 or self.name != "divisor")
        ]
        any_size = [random.randrange(low, high + 1) // 10 ** random.randrange(20) for _ in range(count)]
        units = inside + [max(unit, low) for unit in any_size]
        chosen = [random.choice(units) for _ in range(count)]
        return [Decimal(unit).scaleb(-self.digits.scale, exact.EXACT) for unit in chosen]


Row: TypeAlias = dict[str, Decimal | None]

COUNT = Given("n", Digits(-5_000, 5_000), pa.int64())
BIG_COUNT = Given("big", Digits.wide(18), pa.int64())
MONEY = Given("money", Digits(0, 10**12, 2), pa.decimal128(18, 2))
WIDE_MONEY = Given("wide", Digits.wide(18, 2), pa.decimal128(20, 2))
RATE = Given("rate", Digits(-(10**8), 10**8, 4), pa.decimal128(18, 4))
FINE_RATE = Given("fine", Digits.wide(6, 12), pa.decimal128(18, 12))
DIVISOR = Given("divisor", Digits(1, 10**7, 3), pa.decimal128(18, 3))
COLUMNS = (COUNT, BIG_COUNT, MONEY, WIDE_MONEY, RATE, FINE_RATE, DIVISOR)
N, BIG, M, W, R, F, D = (column.quantity for column in COLUMNS)


def rows(count: int) -> tuple[dict[str, pa.Array], list[Row]]:
    """So many rows of numbers, as columns and as exact fractions; a fiftieth of them are NULL."""
    random = Random(3)
    samples = {
        column.name: [None if random.random() < 0.02 else v for v in column.samples(random, count)]
        for column in COLUMNS
    }
    arrays = {c.name: pa.array([_typed(v, c.type) for v in samples[c.name]], c.type) for c in COLUMNS}
    return arrays, [dict(zip(samples, row, strict=True)) for row in zip(*samples.values(), strict=True)]


def _typed(value: Decimal | None, type_: pa.DataType) -> Any:
    return int(value) if value is not None and pa.types.is_integer(type_) else value


def c(text: str) -> Quantity:
    return constant(Decimal(text))


def fraction(text: str) -> Fraction:
    return Fraction(Decimal(text))


@dataclass(frozen=True)
class Formula:
    """A formula in SQL, and the same on fractions."""

    sql: Number
    exact: Callable[[dict[str, Any]], Fraction]


add, subtract, multiply, quotient = numbers.add, numbers.subtract, numbers.multiply, numbers.quotient

FORMULAS: list[Formula] = [
    Formula(add(N, M), lambda v: v["n"] + v["money"]),
    Formula(add(M, M), lambda v: v["money"] * 2),
    Formula(add(BIG, BIG), lambda v: v["big"] * 2),
    Formula(add(BIG, F), lambda v: v["big"] + v["fine"]),
    Formula(subtract(W, R), lambda v: v["wide"] - v["rate"]),
    Formula(subtract(W, BIG), lambda v: v["wide"] - v["big"]),
    Formula(subtract(N, c("0.001")), lambda v: v["n"] - fraction("0.001")),
    Formula(multiply(N, N), lambda v: v["n"] * v["n"]),
    Formula(multiply(BIG, BIG), lambda v: v["big"] * v["big"]),
    Formula(multiply(M, R), lambda v: v["money"] * v["rate"]),
    Formula(multiply(W, c("2.5")), lambda v: v["wide"] * fraction("2.5")),
    Formula(multiply(multiply(M, R), N), lambda v: v["money"] * v["rate"] * v["n"]),
    Formula(multiply(R, F), lambda v: v["rate"] * v["fine"]),
    Formula(multiply(W, N), lambda v: v["wide"] * v["n"]),
    Formula(numbers.negate(add(N, R)), lambda v: -(v["n"] + v["rate"])),
    Formula(numbers.absolute(subtract(M, W)), lambda v: abs(v["money"] - v["wide"])),
    Formula(numbers.absolute(R), lambda v: abs(v["rate"])),
    Formula(numbers.least([M, N, c("20")]), lambda v: min(v["money"], v["n"], 20)),
    Formula(numbers.greatest([W, F]), lambda v: max(v["wide"], v["fine"])),
    Formula(numbers.greatest([BIG, c("0.5")]), lambda v: max(v["big"], fraction("0.5"))),
    Formula(
        numbers.least([M, numbers.greatest([multiply(N, c("2.5")), c("20")])]),
        lambda v: min(v["money"], max(v["n"] * fraction("2.5"), 20)),
    ),
    Formula(quotient(M, c("8")), lambda v: v["money"] / 8),
    Formula(quotient(M, c("3")), lambda v: v["money"] / 3),
    Formula(quotient(N, c("-7")), lambda v: v["n"] / -7),
    Formula(quotient(M, D), lambda v: v["money"] / v["divisor"]),
    Formula(quotient(R, D), lambda v: v["rate"] / v["divisor"]),
    Formula(quotient(W, D), lambda v: v["wide"] / v["divisor"]),
    Formula(quotient(BIG, D), lambda v: v["big"] / v["divisor"]),
    Formula(quotient(M, numbers.negate(D)), lambda v: -v["money"] / v["divisor"]),
    Formula(
        quotient(M, subtract(c("5000.0005"), R)), lambda v: v["money"] / (fraction("5000.0005") - v["rate"])
    ),
    Formula(add(quotient(M, D), quotient(R, c("3"))), lambda v: v["money"] / v["divisor"] + v["rate"] / 3),
    Formula(subtract(N, quotient(M, D)), lambda v: v["n"] - v["money"] / v["divisor"]),
    Formula(multiply(quotient(M, D), quotient(N, c("9"))), lambda v: v["money"] / v["divisor"] * v["n"] / 9),
    Formula(
        quotient(quotient(N, c("3")), quotient(D, c("7"))),
        lambda v: v["n"] / Fraction(3) / (v["divisor"] / 7),
    ),
    Formula(numbers.absolute(quotient(N, c("-3"))), lambda v: abs(v["n"] / Fraction(3))),
    Formula(numbers.negate(quotient(N, c("3"))), lambda v: -v["n"] / Fraction(3)),
    Formula(
        numbers.least([quotient(N, c("3")), quotient(R, D), c("1.5")]),
        lambda v: min(v["n"] / Fraction(3), v["rate"] / v["divisor"], fraction("1.5")),
    ),
    Formula(
        numbers.greatest([quotient(N, c("-3")), quotient(R, D)]),
        lambda v: max(v["n"] / Fraction(-3), v["rate"] / v["divisor"]),
    ),
]
"""Every way in which numbers meet; those that end in a division are only asked for rounded."""


def value_of(formula: Formula, row: Row) -> Fraction | None:
    """The exact value; None where a number that it needs is not there."""
    try:
        return Fraction(formula.exact({k: None if v is None else Fraction(v) for k, v in row.items()}))
    except TypeError:
        return None


def test_sums_products_and_extremes_are_exact(ask: Ask) -> None:
    """Nothing is rounded, nothing overflows, and what needs a number that is not there is not there."""
    plain = [f for f in FORMULAS if isinstance(f.sql, Quantity)]
    columns, given = rows(1_500)
    answers = ask(columns, [f.sql.sql for f in plain if isinstance(f.sql, Quantity)])
    for row, answer in zip(given, answers, strict=True):
        for formula, found in zip(plain, answer, strict=True):
            expected = value_of(formula, row)
            assert (None if found is None else Fraction(found)) == expected, (formula.sql, row)


ROUNDED_TO: dict[RoundingMode, tuple[int, ...]] = {
    "half up": (2, 6, -1),
    "floor": (0,),
    "ceiling": (1,),
}


@pytest.mark.parametrize("mode", EXACT)
def test_roundings_are_exact(ask: Ask, mode: RoundingMode) -> None:
    """Also of divisions of divisions, of what is below zero, and to tens and hundreds."""
    asked = [(f, digits) for f in FORMULAS for digits in ROUNDED_TO[mode] if _is_sayable(mode, f, digits)]
    columns, given = rows(700)
    answers = ask(columns, [numbers.rounded(mode, f.sql, digits).sql for f, digits in asked])
    for row, answer in zip(given, answers, strict=True):
        for (formula, digits), found in zip(asked, answer, strict=True):
            value = value_of(formula, row)
            expected = None if value is None else EXACT[mode](value, digits)
            assert found == expected, (formula.sql, digits, row)


def _is_sayable(mode: RoundingMode, formula: Formula, digits: int) -> bool:
    try:
        numbers.rounded(mode, formula.sql, digits)
    except NotSayable:
        return False
    return True


def test_most_formulas_can_be_said() -> None:
    """Only where a number of 18 digits is divided to many digits are 38 not enough."""
    refused = [f for f in FORMULAS if not _is_sayable("half up", f, 2)]
    assert len(refused) <= 1, refused


OPERATORS: dict[Any, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def test_comparisons_are_exact(ask: Ask) -> None:
    """Between numbers of any digits, and NULL where one is not there."""
    sides = [(N, M, "n", "money"), (BIG, W, "big", "wide"), (F, BIG, "fine", "big"), (R, N, "rate", "n")]
    columns, given = rows(800)
    select = [numbers.compare(op, left, right) for op in OPERATORS for left, right, _, _ in sides]
    select += [numbers.compare(op, c("2.5"), N) for op in OPERATORS]
    for row, answer in zip(given, ask(columns, select), strict=True):
        pairs = [(op, row[left], row[right]) for op in OPERATORS for _, _, left, right in sides]
        pairs += [(op, Decimal("2.5"), row["n"]) for op in OPERATORS]
        expected = [None if a is None or b is None else OPERATORS[op](a, b) for op, a, b in pairs]
        assert list(answer) == expected, row


def test_branches_of_one_type_lose_nothing(ask: Ask) -> None:
    """A CASE over numbers of unlike digits keeps all of them."""
    (one, two, three), digits = numbers.alike([BIG, F, c("2.5")])
    assert digits.scale == 12
    columns, given = rows(300)
    condition = numbers.compare(">", N, c("0"))
    select = [
        exp.Case(ifs=[exp.If(this=condition, true=one)], default=two),
        exp.Case(ifs=[exp.If(this=condition, true=three)], default=two),
        numbers.as_type(N, 2),
    ]
    for row, answer in zip(given, ask(columns, select), strict=True):
        is_first = row["n"] is not None and row["n"] > 0
        expected = [
            row["big"] if is_first else row["fine"],
            Decimal("2.5") if is_first else row["fine"],
            row["n"],
        ]
        assert list(answer) == expected


def test_constants_are_worked_out_beforehand() -> None:
    """What is the same for every ticket is a literal."""
    whole = quotient(add(c("1.5"), multiply(c("2"), c("3.25"))), c("3"))
    assert render(numbers.rounded("half up", whole, 2).sql, "duckdb") == "2.67"
    assert render(numbers.rounded("floor", numbers.negate(whole), 1).sql, "duckdb") == "-2.7"
    assert render(numbers.compare("<", c("2"), c("3")), "duckdb") == "TRUE"
    assert numbers.least([c("2"), c("-3")]) == c("-3")
    assert multiply(M, c("1")) == M


def test_more_than_38_digits_are_refused() -> None:
    """No database reckons with more, so that such a formula is named and not approximated."""
    with pytest.raises(NotSayable) as refused:
        multiply(W, W)
    assert [finding.code for finding in refused.value.findings] == ["Q003"]


def test_ranges_spare_wide_arithmetic() -> None:
    """What the catalogue's bounds keep small is reckoned with 64 bits."""
    rounded = numbers.rounded("half up", quotient(M, D), 2)
    assert "HUGEINT" not in render(rounded.sql, "duckdb")


def test_no_floating_number_is_written() -> None:
    """Not in any dialect, not in any formula."""
    for formula in FORMULAS:
        for mode in EXACT:
            if _is_sayable(mode, formula, 2):
                for dialect in ("duckdb", "spark", "postgres"):
                    text = render(numbers.rounded(mode, formula.sql, 2).sql, dialect)
                    assert not re.search(r"FLOAT|DOUBLE|REAL|[0-9]E[+-]?[0-9]", text), text
