"""Tests and formulas from their text to their syntax tree, with the place of every part."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from engine.base.findings import Finding
from engine.read.formula_mistakes import finding_from_parse_error, mistake_in_text
from engine.read.formula_text import FormulaText, formula_text
from engine.read.formula_tree import TreeBuilder
from engine.read.nodes import ScalarNode
from engine.read.syntax import (
    Binary,
    Call,
    Compare,
    Formula,
    In,
    Interval,
    Negative,
    Not,
    Tests,
    UnaryTest,
)

MAXIMUM_LENGTH = 2_000
MAXIMUM_DEPTH = 50


def parse_tests(scalar: ScalarNode) -> Tests | Finding:
    """A cell or condition (S-FEEL's unary tests, DMN 1.5 chapter 9) as a tree, or what is wrong with it."""
    parsed = _parse(formula_text(scalar), "tests")
    assert isinstance(parsed, (Tests, Finding)), "the grammar's start symbol is tests"
    return parsed


def parse_formula(scalar: ScalarNode) -> Formula | Finding:
    """A formula (S-FEEL's arithmetic, comparison, and, or, not, in) as a tree, or what is wrong with it."""
    parsed = _parse(formula_text(scalar), "formula")
    assert not isinstance(parsed, Tests), "the grammar's start symbol is a formula"
    return parsed


@cache
def _parser() -> Lark:
    grammar = files("engine.read").joinpath("formula.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="basic", start=["tests", "formula"], propagate_positions=True)


def _parse(text: FormulaText, start: Literal["tests", "formula"]) -> Formula | Tests | Finding:
    mistake = _unfit(text, start) or mistake_in_text(text)
    if mistake is not None:
        return mistake
    try:
        tree: Tree[Token] = _parser().parse(text.text, start=start)
    except UnexpectedInput as error:
        return finding_from_parse_error(error, text, start)
    builder = TreeBuilder(text)
    built = builder.build(tree)
    return builder.mistakes[0] if builder.mistakes else _too_deep(built) or built


def _unfit(text: FormulaText, start: Literal["tests", "formula"]) -> Finding | None:
    if not text.text.strip():
        return Finding("R046" if start == "tests" else "R047", {}, text.scalar)
    if len(text.text) > MAXIMUM_LENGTH:
        return Finding("R048", {"maximum": str(MAXIMUM_LENGTH)}, text.scalar)
    return None


def _too_deep(tree: Formula | Tests) -> Finding | None:
    """What walks a tree later on may recurse, so none is deeper than that can bear."""
    level: list[Formula | UnaryTest | Tests] = [tree]
    for _ in range(MAXIMUM_DEPTH):
        level = [part for whole in level for part in _parts(whole)]
        if not level:
            return None
    return Finding("R049", {"maximum": str(MAXIMUM_DEPTH)}, tree.span)


def _parts(whole: Formula | UnaryTest | Tests) -> tuple[Formula | UnaryTest | Tests, ...]:
    match whole:
        case Binary(left=left, right=right):
            return left, right
        case Negative(operand=operand) | Not(operand=operand):
            return (operand,)
        case Call(arguments=arguments):
            return arguments
        case In(subject=subject, tests=tests):
            return subject, tests
        case Compare(end=end):
            return (end,)
        case Interval(low=low, high=high):
            return low, high
        case Tests(tests=tests):
            return tests
        case _:
            return ()
