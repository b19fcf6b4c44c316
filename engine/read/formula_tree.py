"""The parser's tree to the syntax tree: one method for each rule of the grammar that leaves a node."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Literal, TypeAlias, cast

from lark import Token, Tree

from engine.base.findings import Finding
from engine.base.spans import Span
from engine.read.formula_text import FormulaText
from engine.read.literals import (
    day_from_text,
    instant_from_text,
    month_from_text,
    temporal_mistake,
    time_from_text,
)
from engine.read.syntax import (
    Binary,
    Call,
    Compare,
    CompareOperator,
    Day,
    Formula,
    In,
    Instant,
    Interval,
    MonthLiteral,
    Name,
    Negative,
    Not,
    Number,
    Presence,
    Tests,
    Text,
    TimeOfDay,
    Truth,
    UnaryTest,
)

_Built: TypeAlias = Formula | UnaryTest | Tests
_Order: TypeAlias = tuple[object, ...]

_LITERALS: dict[str, tuple[re.Pattern[str], Callable[[str, Span], Formula]]] = {
    "date": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), day_from_text),
    "time": (re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?"), time_from_text),
    "date and time": (
        re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?"),
        instant_from_text,
    ),
}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


class TreeBuilder:
    """Builds one tree; `mistakes` gathers what is written well and cannot be meant."""

    def __init__(self, text: FormulaText) -> None:
        self.mistakes: list[Finding] = []
        self._text = text

    def build(self, tree: Tree[Token]) -> Formula | Tests:
        """The tree from its leaves up, without recursion: a text may be nested as deep as it is long."""
        built: dict[int, list[_Built | Token]] = {}
        for part in tree.iter_subtrees():
            children: list[_Built | Token] = []
            for child in part.children:
                children.extend(built[id(child)] if isinstance(child, Tree) else [self._leaf(child)])
            built[id(part)] = self._node(part, children)
        return cast("Formula | Tests", built[id(tree)][0])

    def _leaf(self, token: Token) -> Formula | Token:
        span = self._token_span(token)
        match token.type:
            case "TEXT":
                return Text(_unescaped(token[1:-1]), span)
            case "TRUE" | "FALSE":
                return Truth(token.type == "TRUE", span)
            case "DAY":
                return day_from_text(token, span)
            case "MONTH":
                return month_from_text(token, span)
            case "INSTANT":
                return instant_from_text(token, span)
            case "TIME":
                return time_from_text(token, span)
            case _:
                return token

    def _node(self, tree: Tree[Token], children: list[_Built | Token]) -> list[_Built | Token]:
        span = self._text.span(tree.meta.start_pos, tree.meta.end_pos)
        rule = str(tree.data)
        if rule in {"formula", "function"}:
            return children
        if rule in {"anything", "any_of", "none_of", "members", "members_listed", "members_negated"}:
            return [self._tests(rule, children, span)]
        if rule in {"value", "compare", "interval", "present", "absent"}:
            return [self._test(rule, children, span)]
        return [self._formula(rule, children, span)]

    def _tests(self, rule: str, children: list[_Built | Token], span: Span) -> Tests:
        tests = () if rule == "anything" else tuple(cast("list[UnaryTest]", children))
        return Tests(tests, rule in {"none_of", "members_negated"}, span)

    def _test(self, rule: str, children: list[_Built | Token], span: Span) -> UnaryTest:
        match rule:
            case "value":
                return Compare("=", cast("Formula", children[0]), span)
            case "compare":
                return Compare(cast("CompareOperator", str(children[0])), cast("Formula", children[1]), span)
            case "interval":
                return self._interval(children, span)
            case _:
                return Presence(rule == "present", span)

    def _interval(self, children: list[_Built | Token], span: Span) -> Interval:
        opening, low, high, closing = children
        interval = Interval(cast("Formula", low), opening == "[", cast("Formula", high), closing == "]", span)
        low_order, high_order = _order(interval.low), _order(interval.high)
        if low_order and high_order and low_order[0] == high_order[0] and low_order[1:] > high_order[1:]:
            values = {"text": span.text, "low": interval.low.span.text, "high": interval.high.span.text}
            self.mistakes.append(Finding("R050", values, span))
        return interval

    def _formula(self, rule: str, children: list[_Built | Token], span: Span) -> Formula:
        match rule:
            case "disjunction" | "conjunction":
                left, right = cast("list[Formula]", children)
                return Binary("or" if rule == "disjunction" else "and", left, right, span)
            case "comparison" | "sum" | "product":
                operator = cast("Literal['+', '-', '*', '/'] | CompareOperator", str(children[1]))
                return Binary(operator, cast("Formula", children[0]), cast("Formula", children[2]), span)
            case "negation":
                return Not(cast("Formula", children[0]), span)
            case "negative":
                return _negative(cast("Formula", children[1]), span)
            case "membership":
                return In(cast("Formula", children[0]), cast("Tests", children[1]), span)
            case "number":
                unit = str(children[1]) if len(children) > 1 else None
                return Number(Decimal(str(children[0])), unit, span)
            case "name":
                return Name(str(children[0]), span)
            case "call":
                return self._call(children, span)
            case _:
                raise AssertionError(f"the grammar has a rule {rule} that no node stands for")

    def _call(self, children: list[_Built | Token], span: Span) -> Formula:
        words = [child for child in children if isinstance(child, Token)]
        arguments = cast("tuple[Formula, ...]", tuple(children[len(words) :]))
        function = " ".join(" ".join(words).split())
        name_span = self._text.span(_start(words[0]), _end(words[-1]))
        if function in _LITERALS and len(arguments) == 1 and isinstance(arguments[0], Text):
            return self._literal(function, arguments[0], span)
        return Call(function, arguments, span, name_span)

    def _literal(self, function: str, argument: Text, span: Span) -> Formula:
        """`date("2015-10-01")` is the literal `2015-10-01` in S-FEEL's own spelling."""
        pattern, literal = _LITERALS[function]
        mistake = temporal_mistake(argument.value, argument.span)
        if mistake is None and not pattern.fullmatch(argument.value):
            mistake = Finding("R041", {"text": argument.value}, argument.span)
        if mistake is not None:
            self.mistakes.append(mistake)
            return argument
        return literal(argument.value, span)

    def _token_span(self, token: Token) -> Span:
        return self._text.span(_start(token), _end(token))


def _negative(operand: Formula, span: Span) -> Formula:
    if isinstance(operand, Number):
        return replace(operand, value=-operand.value, span=span)
    return Negative(operand, span)


def _order(end: Formula) -> _Order:
    """What tells which of two literal ends is the smaller, led by what must agree; empty for all else."""
    match end:
        case Number(value=value, unit=unit):
            return ("number", unit), value
        case Day(value=day):
            return "day", day
        case MonthLiteral(year=year, month=month):
            return "month", year, month
        case Instant(day=day, minutes=minutes, seconds=seconds, offset_minutes=offset):
            return ("instant", offset), day, minutes, seconds
        case TimeOfDay(value=value, end_of_day=end_of_day):
            return "time", end_of_day, value
        case _:
            return ()


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text, flags=re.DOTALL)


def _start(token: Token) -> int:
    assert token.start_pos is not None
    return token.start_pos


def _end(token: Token) -> int:
    assert token.end_pos is not None
    return token.end_pos
