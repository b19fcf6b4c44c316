"""Exact quantities: parsing, printing, rounding."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, DivisionByZero, FloatOperation, Inexact, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.base.exact import EXACT, ceiling, digits_after_point, floor, parse_decimal, plain, round_half_up

fractions = st.fractions(min_value=-(10**12), max_value=10**12, max_denominator=10**6)
digits = st.integers(-3, 12)
quantities = st.decimals(min_value=-(10**18) + 1, max_value=10**18 - 1, places=12)
roundings = st.sampled_from([floor, ceiling, round_half_up])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("50", Decimal(50)),
        ("-0.05", Decimal("-0.05")),
        ("+7.50", Decimal("7.50")),
        ("007", Decimal(7)),
        ("9" * 18 + "." + "9" * 12, Decimal("9" * 18 + "." + "9" * 12)),
    ],
)
def test_plain_digits_are_a_number(text: str, number: Decimal) -> None:
    parsed = parse_decimal(text)
    assert parsed is not None
    assert parsed.as_tuple() == number.as_tuple()


def test_a_negative_zero_is_zero() -> None:
    assert str(parse_decimal("-0.00")) == "0.00"


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".5",
        "5.",
        "1e3",
        "1E3",
        "1,000",
        "1_000",
        " 1",
        "1\n",
        "--1",
        "NaN",
        "Infinity",
        "٣",
        "５０",
        "0x10",
        "1" * 19,
        "0." + "1" * 13,
    ],
)
def test_anything_else_is_no_number(text: str) -> None:
    assert parse_decimal(text) is None


@given(quantities)
def test_what_is_printed_is_read_back(value: Decimal) -> None:
    assert parse_decimal(plain(value, 12)) == value


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        ("50", 2, "50.00"),
        ("5E+1", 2, "50.00"),
        ("1E-2", 2, "0.01"),
        ("-0", 2, "0.00"),
        ("12.500", 1, "12.5"),
        ("1E+2", 0, "100"),
        ("-0.10", 2, "-0.10"),
    ],
)
def test_money_is_printed_without_an_exponent(value: str, scale: int, text: str) -> None:
    assert plain(Decimal(value), scale) == text


def test_a_digit_is_never_lost_in_printing() -> None:
    with pytest.raises(Inexact):
        plain(Decimal("0.005"), 2)


@pytest.mark.parametrize(
    ("value", "needed"),
    [("1.25", 2), ("1.250", 2), ("1.00", 0), ("1E+2", 0), ("0", 0), ("0.00", 0), ("-0.001", 3)],
)
def test_zeros_at_the_end_need_no_digits(value: str, needed: int) -> None:
    assert digits_after_point(Decimal(value)) == needed


@given(quantities)
def test_a_number_prints_in_as_many_digits_as_it_needs_and_no_fewer(value: Decimal) -> None:
    needed = digits_after_point(value)
    assert Decimal(plain(value, needed)) == value
    if needed:
        with pytest.raises(Inexact):
            plain(value, needed - 1)


def test_exact_arithmetic_raises_rather_than_rounds() -> None:
    with localcontext(EXACT):
        assert Decimal("0.1") * 3 == Decimal("0.3")
        with pytest.raises(Inexact):
            Decimal(1) / 3
        with pytest.raises(DivisionByZero):
            Decimal(1) / 0
        with pytest.raises(FloatOperation):
            Decimal(0.1)  # noqa: RUF032 - the float is what is tested


@pytest.mark.parametrize(
    ("rounding", "value", "places", "expected"),
    [
        (round_half_up, "5.5", 0, "6"),
        (round_half_up, "-5.5", 0, "-6"),
        (round_half_up, "1.121", 2, "1.12"),
        (round_half_up, "-1.126", 2, "-1.13"),
        (round_half_up, "2.675", 2, "2.68"),
        (round_half_up, "5", 2, "5.00"),
        (round_half_up, "1250", -2, "1300"),
        (round_half_up, "-0.4", 0, "0"),
        (floor, "1.56", 1, "1.5"),
        (floor, "-1.56", 1, "-1.6"),
        (floor, "-1.5", 0, "-2"),
        (ceiling, "1.56", 1, "1.6"),
        (ceiling, "-1.56", 1, "-1.5"),
        (ceiling, "-0.3333", 0, "0"),
    ],
)
def test_roundings_are_those_of_feel(
    rounding: Callable[[Decimal, int], Decimal], value: str, places: int, expected: str
) -> None:
    assert str(rounding(Decimal(value), places)) == expected


def test_a_fraction_is_rounded_once_from_its_exact_value() -> None:
    assert round_half_up(Fraction(2, 3), 6) == Decimal("0.666667")
    assert round_half_up(Fraction(1, 2)) == 1
    assert round_half_up(Fraction(10**30 - 1, 2 * 10**30)) == 0
    assert floor(7, 0) == ceiling(7, 0) == 7


@given(fractions, digits)
def test_rounding_stays_within_its_bounds(value: Fraction, places: int) -> None:
    unit = Fraction(10) ** -places
    below, above, near = (Fraction(f(value, places)) for f in (floor, ceiling, round_half_up))
    assert below <= value <= above
    assert above - below == (0 if below == value else unit)
    assert near in {below, above}
    assert abs(near - value) <= unit / 2


@given(fractions, digits)
def test_a_half_goes_away_from_zero_on_both_sides(value: Fraction, places: int) -> None:
    unit = Fraction(10) ** -places
    half = floor(value, places) + Decimal(str(EXACT.divide(EXACT.scaleb(Decimal(1), -places), Decimal(2))))
    assert abs(Fraction(round_half_up(half, places))) == abs(Fraction(half)) + unit / 2
    assert round_half_up(-value, places) == -round_half_up(value, places)
    assert floor(-value, places) == -ceiling(value, places)


@given(roundings, fractions, digits)
def test_rounding_twice_is_rounding_once(
    rounding: Callable[[Fraction | Decimal, int], Decimal], value: Fraction, places: int
) -> None:
    once = rounding(value, places)
    assert rounding(once, places).as_tuple() == once.as_tuple()
    assert digits_after_point(once) <= max(places, 0)


@given(roundings, fractions, fractions, digits)
def test_rounding_keeps_the_order(
    rounding: Callable[[Fraction, int], Decimal], one: Fraction, other: Fraction, places: int
) -> None:
    less, more = sorted((one, other))
    assert rounding(less, places) <= rounding(more, places)
