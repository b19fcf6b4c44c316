"""Tests and formulas: every construct as a tree, every part with its place."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.base.findings import Finding
from engine.base.spans import SourceText, Span
from engine.read.formulas import parse_formula, parse_tests
from engine.read.nodes import MappingNode, ScalarNode
from engine.read.syntax import Binary, Call, Compare, Name, Text
from engine.read.syntax import Tests as UnaryTests  # pytest would collect a class of that name
from engine.read.yaml_nodes import read


def node(text: str) -> ScalarNode:
    source = SourceText("x.yaml", f"测试: {text}")
    return ScalarNode(text, quoted=False, span=Span(source, 4, 4 + len(text)))


def short(tree: object) -> str:
    """The tree as one line: `Compare('=', Name('a'))`."""
    if isinstance(tree, tuple):
        return "[" + ", ".join(short(part) for part in tree) + "]"
    if not hasattr(tree, "span"):
        return str(tree)
    parts = [getattr(tree, part.name) for part in fields(tree) if not part.name.endswith("span")]  # type: ignore[arg-type]
    return f"{type(tree).__name__}({', '.join(short(part) for part in parts)})"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-", "Tests([], False)"),
        ("no_invoice", "[Compare(=, Name(no_invoice))]"),
        ("P5_store_manager", "[Compare(=, Name(P5_store_manager))]"),
        ("审批人", "[Compare(=, Name(审批人))]"),
        ("true", "[Compare(=, Truth(True))]"),
        ("-3", "[Compare(=, Number(-3, None))]"),
        ("20 CNY", "[Compare(=, Number(20, CNY))]"),
        ('"a b＜"', "[Compare(=, Text(a b＜))]"),
        ("2015-10-01", "[Compare(=, Day(2015-10-01))]"),
        ("2015-11", "[Compare(=, MonthLiteral(2015, 11))]"),
        ("2015-10-01T24:00", "[Compare(=, Instant(2015-10-01, 1440, 0, None))]"),
        ("2015-10-01T12:00:30+08:00", "[Compare(=, Instant(2015-10-01, 720, 30, 480))]"),
        ("2015-10-01T12:00-03:30", "[Compare(=, Instant(2015-10-01, 720, 0, -210))]"),
        ("2015-10-01T12:00Z", "[Compare(=, Instant(2015-10-01, 720, 0, 0))]"),
        ("12:00", "[Compare(=, TimeOfDay(12:00:00, False))]"),
        ("24:00", "[Compare(=, TimeOfDay(00:00:00, True))]"),
        ("< 3", "[Compare(<, Number(3, None))]"),
        ("!= 3", "[Compare(!=, Number(3, None))]"),
        ("<= a + 1", "[Compare(<=, Binary(+, Name(a), Number(1, None)))]"),
        ("[11..15]", "[Interval(Number(11, None), True, Number(15, None), True)]"),
        ("(10..11)", "[Interval(Number(10, None), False, Number(11, None), False)]"),
        ("[1..5)", "[Interval(Number(1, None), True, Number(5, None), False)]"),
        ("]1..5[", "[Interval(Number(1, None), False, Number(5, None), False)]"),
        ("[a..b]", "[Interval(Name(a), True, Name(b), True)]"),
        ("(a + b) * 2", "[Compare(=, Binary(*, Binary(+, Name(a), Name(b)), Number(2, None)))]"),
        ("a, > 3, (1..2)", "[Compare(=, Name(a)), Compare(>, Number(3, None)), Interval("),
        ("not(a, b)", "Tests([Compare(=, Name(a)), Compare(=, Name(b))], True)"),
        ("present", "[Presence(True)]"),
        ("absent", "[Presence(False)]"),
        ('date("2015-10-01")', "[Compare(=, Day(2015-10-01))]"),
        ('time("12:00")', "[Compare(=, TimeOfDay(12:00:00, False))]"),
        ('date and  time("2015-10-01T12:00")', "[Compare(=, Instant(2015-10-01, 720, 0, None))]"),
    ],
)
def test_a_test_is_read_as(text: str, expected: str) -> None:
    tests = parse_tests(node(text))
    assert isinstance(tests, UnaryTests)
    assert expected in short(tests)
    assert tests.span.text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "1 + 2 * 3 - 4",
            "Binary(-, Binary(+, Number(1, None), Binary(*, Number(2, None), Number(3, None)))",
        ),
        ("-a * b", "Binary(*, Negative(Name(a)), Name(b))"),
        ("a-1", "Binary(-, Name(a), Number(1, None))"),
        ("2000 - 10", "Binary(-, Number(2000, None), Number(10, None))"),
        ("a or b and c", "Binary(or, Name(a), Binary(and, Name(b), Name(c)))"),
        ("a + 1 <= b and not(c)", "Binary(and, Binary(<=, Binary(+, Name(a), "),
        ("(a <= b) and (c)", "Binary(and, Binary(<=, Name(a), Name(b)), Name(c))"),
        (
            "x in [11..15]",
            "In(Name(x), Tests([Interval(Number(11, None), True, Number(15, None), True)], False))",
        ),
        (
            "x in (a, b) or y",
            "Binary(or, In(Name(x), Tests([Compare(=, Name(a)), Compare(=, Name(b))], False)), ",
        ),
        ("x in (< 3)", "In(Name(x), Tests([Compare(<, Number(3, None))], False))"),
        ("x in not(1)", "In(Name(x), Tests([Compare(=, Number(1, None))], True))"),
        ("round half up(a / b, 6)", "Call(round half up, [Binary(/, Name(a), Name(b)), Number(6, None)])"),
        ("days  between(a, b)", "Call(days between, [Name(a), Name(b)])"),
        (
            "add working days(d, -3, cn_office)",
            "Call(add working days, [Name(d), Number(-3, None), Name(cn_office)])",
        ),
        ("date of(a)", "Call(date of, [Name(a)])"),
        ("at(a, 12:00)", "Call(at, [Name(a), TimeOfDay(12:00:00, False)])"),
        ("frobnicate()", "Call(frobnicate, [])"),
        ("android + order", "Binary(+, Name(android), Name(order))"),
    ],
)
def test_a_formula_is_read_as(text: str, expected: str) -> None:
    formula = parse_formula(node(text))
    assert not isinstance(formula, Finding)
    assert expected in short(formula)
    assert formula.span.text == text


def test_every_part_has_its_place() -> None:
    formula = parse_formula(node("round half up( (甲 + 1) * 2 , 0)"))
    assert isinstance(formula, Call)
    product = formula.arguments[0]
    assert isinstance(product, Binary)
    places = [formula.name_span, product.span, product.left.span, product.right.span]
    assert [place.text for place in places] == ["round half up", "(甲 + 1) * 2", "甲 + 1", "2"]


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("甲 +  乙", "乙"),
        ('"甲 +  乙"', "乙"),
        ("'甲 + 乙'", "乙"),
        ("|\n  甲 + 乙\n", "乙"),
        ('"\\u7532 + 乙"', '"\\u7532 + 乙"'),
        (">\n  甲 +\n  乙\n", ">\n  甲 +\n  乙"),
    ],
)
def test_a_place_lies_within_quotes_or_is_the_whole_scalar(written: str, place: str) -> None:
    document, _ = read("x.yaml", f"公式: {written}".encode())
    assert isinstance(document, MappingNode)
    scalar = document.entries[0][1]
    assert isinstance(scalar, ScalarNode)
    formula = parse_formula(scalar)
    assert isinstance(formula, Binary)
    assert formula.right.span.text == place


def test_escapes_in_texts_mean_what_they_say() -> None:
    formula = parse_formula(node(r'"a\"b\\c\n"'))
    assert isinstance(formula, Text)
    assert formula.value == 'a"b\\c\n'


def test_fifty_levels_are_read_and_more_are_refused() -> None:
    fine = parse_formula(node("-" * 49 + "a"))
    assert not isinstance(fine, Finding)
    for text in ["-" * 51 + "a", " + ".join("a" * 60), "abs(" * 60 + "a" + ")" * 60]:
        refused = parse_formula(node(text))
        assert isinstance(refused, Finding)
        assert refused.code == "R049"
    assert parse_formula(node("(" * 400 + "a" + ")" * 400)) == Name("a", fine.span)


def test_two_thousand_characters_are_read_and_more_are_refused() -> None:
    name = parse_tests(node("x" * 2_000))
    assert isinstance(name, UnaryTests)
    assert isinstance(name.tests[0], Compare)
    too_long = parse_tests(node("x" * 2_001))
    assert isinstance(too_long, Finding)
    assert too_long.code == "R048"


_PIECES = st.sampled_from(
    [
        *"ab_1().,<>=!+-*/[]\"' \n甲（，“≤٣²\\",
        "..",
        "not(",
        " and ",
        " or ",
        " in ",
        "2015-10-01",
        "2015-4-1",
        "T12:00",
        "25:00",
        "date(",
        "time(",
        '"2015-02-30"',
        "round half up(",
        "present",
        "true",
        "2015年",
        "99",
        "-1",
        "\u3000",
    ]
)
_TEXTS = st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=30).map("".join))


@given(_TEXTS)
def test_any_text_gives_a_tree_or_a_finding(text: str) -> None:
    for parsed in (parse_tests(node(text)), parse_formula(node(text))):
        if isinstance(parsed, Finding):
            assert (
                parsed.message("zh") + parsed.message("en") + str(parsed.help("zh")) + str(parsed.help("en"))
            )
        assert parsed.span is not None
        assert 4 <= parsed.span.start <= parsed.span.end <= 4 + len(text)


_LEAVES = st.sampled_from(["a", "3", "20 CNY", "2015-10-01", "12:00", '"x y"', "true"])
_FORMULAS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "<", ">=", "and", "or"]), inner).map(
            lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
        ),
        inner.map(lambda part: f"(not({part}))"),
        inner.map(lambda part: f"abs( {part} )"),
        st.tuples(inner, inner).map(lambda parts: f"max({parts[0]}, {parts[1]})"),
    ),
    max_leaves=8,
)


@given(_FORMULAS)
def test_every_well_formed_formula_is_read(text: str) -> None:
    assert not isinstance(parse_formula(node(text)), Finding)
