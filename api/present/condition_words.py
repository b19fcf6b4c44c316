"""Conditions, formulas and outcomes in words, for readers who do not know the rulebook's spelling."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import assert_never

from api.present.amounts import money, truth
from api.present.labels import label, label_or
from engine.base.calendar import Limit
from engine.base.findings import Language
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
    OutputValue,
    ParameterValue,
    Picked,
    Present,
    Quantifier,
    Quotient,
    Rounding,
    Test,
)
from engine.rulebook.model import Catalogue, Parameter
from engine.rulebook.types import Kind, Scalar, Type

_SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "=": "=", "!=": "≠", "-": "−", "*": "×", "+": "+"}
_MODES = {"half up": "half_up", "floor": "floor", "ceiling": "ceiling"}


class ConditionWords:
    """Words for expressions, by the catalogue's labels and the parameters' own."""

    def __init__(
        self,
        catalogue: Catalogue,
        parameters: Mapping[str, Parameter],
        language: Language,
        on: date | None = None,
    ) -> None:
        self.catalogue = catalogue
        self.parameters = parameters
        self.language = language
        self.on = on

    def parts(self, expression: Expression) -> list[str]:
        """The conditions that must all hold, one text each; none where nothing is asked."""
        match expression:
            case All(items=items):
                return [text for item in items for text in self.parts(item)]
            case Test(condition=condition):
                return self.parts(condition)
            case _:
                return [self.of(expression)]

    def together(self, expression: Expression) -> str:
        """The same on one line."""
        match expression:
            case All(items=items) if items:
                return self._joined("and", items)
            case _:
                return self.of(expression)

    def of(self, expression: Expression) -> str:
        """One expression in words."""
        match expression:
            case Constant(value=value, type=type_):
                return self.value(value, type_)
            case FactValue(name=name):
                return self.fact(name)
            case FieldValue(name=name, of=of):
                return self._field(name, of)
            case ParameterValue(id=name):
                return self.parameter(name)
            case OutputValue(name=name, type=type_):
                return self._say("amount_of_row") if type_.kind is Kind.MONEY else name
            case Arithmetic(operator=operator, left=left, right=right):
                return f"{self._operand(left)} {_SIGNS[operator]} {self._operand(right)}"
            case Quotient(left=left, right=right):
                return f"{self._operand(left)} ÷ {self._operand(right)}"
            case Rounding(mode=mode, operand=operand, digits=digits):
                return self._say(_MODES[mode], what=self.of(operand), digits=digits)
            case Extreme(kind=kind, operands=operands):
                return self._say(kind, what=self.list(map(self.of, operands)))
            case Absolute(operand=operand):
                return self._say("abs", what=self.of(operand))
            case DateFunction(name=name, operands=operands):
                return self._say(name, **dict(zip(("first", "second"), map(self.of, operands), strict=False)))
            case Count(list=records, condition=condition):
                return self._say("count", list=self.fact(records.name), where=self._where(condition))
            case Test(condition=condition):
                return self.of(condition)
            case _:
                return self._condition(expression)

    def _condition(self, condition: Comparison | All | AnyOf | Not | Present | Quantifier | Picked) -> str:
        match condition:
            case Comparison():
                return self._comparison(condition)
            case All(items=()):
                return self._say("always")
            case AnyOf(items=()):
                return self._say("never")
            case All(items=items):
                return self._interval(items) or self._joined("and", items)
            case AnyOf(items=items):
                return self._one_of(items) or self._joined("or", items)
            case Not(item=item):
                return self._negated(item)
            case Present(operand=operand):
                return self._say("present", left=self.of(operand))
            case Quantifier():
                return self._quantifier(condition)
            case Picked(which=which, list=records, where=where, has=has):
                name, limited = self.fact(records.name), self._where(where)
                return self._say(which, list=name, where=limited, has=self.of(has))
            case _:
                assert_never(condition)

    def _say(self, key: str, **values: object) -> str:
        return label("words", key, self.language, **values)

    def list(self, parts: Iterable[str]) -> str:
        """Several things in a row."""
        return label("words", "list", self.language).join(parts)

    def _joined(self, word: str, items: Sequence[Expression]) -> str:
        parts = [self._bracketed(item) for item in items]
        return f" {self._say(word)} ".join(parts)

    def _bracketed(self, item: Expression) -> str:
        text = self.of(item)
        inner = item.condition if isinstance(item, Test) else item
        many = isinstance(inner, All | AnyOf) and len(inner.items) > 1
        plain = isinstance(inner, AnyOf) and self._one_of(inner.items)
        return f"({text})" if many and not plain else text

    def _operand(self, expression: Expression) -> str:
        text = self.of(expression)
        return f"({text})" if isinstance(expression, Arithmetic | Quotient) else text

    def _comparison(self, comparison: Comparison) -> str:
        left, operator, right = comparison.left, comparison.operator, comparison.right
        if isinstance(right, Constant) and right.value == "" and operator in ("=", "!="):
            return self._say("is_empty" if operator == "=" else "is_not_empty", left=self.of(left))
        if isinstance(right, Constant) and isinstance(right.value, bool) and operator in ("=", "!="):
            holds = right.value is (operator == "=")
            return self._say("is_true" if holds else "is_false", left=self.of(left))
        return f"{self.of(left)} {_SIGNS[operator]} {self._beside(right, left)}"

    def _beside(self, expression: Expression, subject: Expression) -> str:
        """An enum value takes the words of the fact that it is compared with."""
        if isinstance(expression, Constant) and isinstance(expression.value, str):
            return self._member(expression.value, subject)
        return self.of(expression)

    def _member(self, value: str, subject: Expression) -> str:
        match subject:
            case FactValue(name=name) if name in self.catalogue.facts:
                labels = self.catalogue.facts[name].member_labels
            case FieldValue(name=name, of=of) if of in self.catalogue.facts:
                labels = self.catalogue.facts[of].field_member_labels.get(name, {})
            case _:
                return value
        return labels[value].in_language(self.language) if value in labels else f"“{value}”"

    def _one_of(self, items: Sequence[Expression]) -> str:
        """`x = a or x = b` read as one test of x; empty where it is not that."""
        tests = [item.condition if isinstance(item, Test) else item for item in items]
        equal = [test for test in tests if isinstance(test, Comparison) and test.operator == "="]
        if len(equal) != len(tests) or len(tests) < 2 or len({self.of(test.left) for test in equal}) != 1:
            return ""
        values = self.list(self._beside(test.right, test.left) for test in equal)
        return self._say("one_of", left=self.of(equal[0].left), right=values)

    def _interval(self, items: Sequence[Expression]) -> str:
        """`x >= a and x < b` read as `a ≤ x < b`; empty where it is not that."""
        match items:
            case (Comparison(">" | ">=" as low, left, start), Comparison("<" | "<=" as high, same, end)):
                if left != same:
                    return ""
                below = "<" if low == ">" else "≤"
                return f"{self.of(start)} {below} {self.of(left)} {_SIGNS[high]} {self.of(end)}"
            case _:
                return ""

    def _negated(self, item: Expression) -> str:
        inner = item.condition if isinstance(item, Test) else item
        match inner:
            case Present(operand=operand):
                return self._say("absent", left=self.of(operand))
            case Comparison(operator="=", left=left, right=right) if not isinstance(right, Constant) or not (
                isinstance(right.value, bool)
            ):
                return self._say("none_of", left=self.of(left), right=self._beside(right, left))
            case AnyOf(items=items) if self._one_of(items):
                tests = [i.condition if isinstance(i, Test) else i for i in items]
                equal = [test for test in tests if isinstance(test, Comparison)]
                values = self.list(self._beside(test.right, test.left) for test in equal)
                return self._say("none_of", left=self.of(equal[0].left), right=values)
            case _:
                return self._say("not", what=self.of(item))

    def cell(self, expression: Expression) -> str:
        """A cell of a decision table: the test without the column's own name."""
        match expression:
            case Test(condition=condition):
                return self.cell(condition)
            case All(items=()):
                return "—"
            case ParameterValue(id=name) if name in self.parameters:
                return self.settled(self.parameters[name]) or self.of(expression)
            case Constant(value=int() | Decimal() as value, type=type_) if type_.kind is not Kind.MONEY:
                return truth(value, self.language) if isinstance(value, bool) else f"{value:,}"
            case Comparison(operator="=", left=left, right=right):
                return self.cell(right) if isinstance(right, ParameterValue) else self._beside(right, left)
            case Comparison(operator=operator, right=right):
                return f"{_SIGNS[operator]} {self.cell(right)}"
            case AnyOf(items=items) if self._one_of(items):
                return self.list(map(self.cell, items))
            case All(items=(Comparison() as low, Comparison() as high)) if self._interval((low, high)):
                return f"{self.cell(low)} {self._say('and')} {self.cell(high)}"
            case Not(item=item) if not isinstance(item, Present):
                return self._say("not", what=self.cell(item))
            case _:
                return self.of(expression)

    def _quantifier(self, quantifier: Quantifier) -> str:
        key = {"some": "some", "every": "every", "none": "no"}[quantifier.kind]
        name = self.fact(quantifier.list.name)
        if quantifier.condition == All(()):
            return self._say(f"{key}_any", list=name) if key != "every" else self._say("always")
        return self._say(key, list=name, where=self._where(quantifier.condition))

    def _where(self, condition: Expression) -> str:
        if condition == All(()):
            return ""
        return self._say("where", what=self.of(condition))

    def fact(self, name: str) -> str:
        """The fact's label."""
        known = self.catalogue.facts.get(name)
        return known.label.in_language(self.language) if known else name

    def _field(self, name: str, of: str) -> str:
        known = self.catalogue.facts.get(of)
        if known is None or name not in known.field_labels:
            return name
        return known.field_labels[name].in_language(self.language)

    def parameter(self, name: str) -> str:
        """The parameter's value with its label in angle brackets; without the value where it changes."""
        known = self.parameters.get(name)
        if known is None:
            return name
        return f"{self.settled(known) or ''}〈{known.label.in_language(self.language)}〉"

    def settled(self, parameter: Parameter) -> str | None:
        """The one value that a reader needs: the only one, or the one in force on the day shown."""
        values = [value for day, value in parameter.values if self.on is None or day <= self.on]
        if not values or (self.on is None and len(values) > 1):
            return None
        return self.value(values[-1], parameter.type)

    def value(self, value: Scalar, type_: Type) -> str:
        """A constant with its unit; instants without seconds."""
        match value:
            case bool():
                return truth(value, self.language)
            case Limit():
                return self.limit(value)
            case int() | Decimal() if type_.kind is Kind.MONEY:
                return money(value, type_.unit, self.language)
            case int() | Decimal():
                unit = label_or("unit", type_.unit or "", self.language, type_.unit or "")
                return f"{value:,} {unit}".rstrip()
            case datetime():
                return value.strftime("%Y-%m-%d %H:%M")
            case date() if type_.kind is Kind.MONTH:
                return value.strftime("%Y-%m")
            case date() | time():
                return value.isoformat("minutes") if isinstance(value, time) else value.isoformat()
            case str():
                return value

    def limit(self, limit: Limit) -> str:
        """A time limit in words."""
        match limit.kind:
            case "time_of_day":
                hour, minute = divmod(limit.minute_of_day or 0, 60)
                day = ("day_next" if limit.days_later else "day_same") + (
                    "" if limit.inclusive else "_before"
                )
                return label("limit", day, self.language, time=f"{hour:02}:{minute:02}")
            case "day_of_next_month":
                key = "next_month" if limit.inclusive else "next_month_before"
                return label("limit", key, self.language, amount=limit.amount)
            case "minutes" if limit.amount % 60 == 0 and limit.amount:
                return label("limit", "hours", self.language, amount=limit.amount // 60)
            case "working_minutes" if limit.amount % 60 == 0 and limit.amount:
                return label("limit", "working_hours", self.language, amount=limit.amount // 60)
            case kind:
                return label("limit", kind, self.language, amount=limit.amount)
