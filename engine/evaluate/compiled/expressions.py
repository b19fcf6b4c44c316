"""Expressions to Python source, on two rails: what certainly holds, and what may hold.

`must` is true where a condition is true; `may` where it is not false. Between them lies Kleene's unknown,
and neither ever looks at a value that is not there.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.evaluate.compiled.runtime import divides_exactly
from engine.evaluate.compiled.source import Function, Variable
from engine.plan.nodes import ParameterPlan
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
    Present,
    Quantifier,
    Quotient,
    Rounding,
    Test,
    facts_in,
    type_of,
    walk,
)
from engine.rulebook.types import FieldType, Kind

PYTHON = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
TRUE, FALSE = "True", "False"


@dataclass(frozen=True, slots=True)
class Strict:
    """Source for a value that needs all of `variables`: none if one is none, unknown if one is unknown."""

    source: str
    variables: tuple[Variable, ...]


class Compiler:
    """Writes expressions into one function; `record` is the name of the record at hand, if any."""

    def __init__(
        self, function: Function, record: str | None = None, fields: dict[str, FieldType] | None = None
    ) -> None:
        self.function = function
        self.module = function.module
        self.plan = function.module.plan
        self.record = record
        self.fields = fields or {}

    # --- variables ------------------------------------------------------------------------------

    def fact(self, name: str) -> Variable:
        """The variable of a fact, loaded where it is first needed."""
        loaded = self.function.variable(name) or self.function.keep(name, self._load(name))
        return self.function.refined(name, loaded)

    def _load(self, name: str) -> Variable:
        local = f"f_{name}"
        defined = self.module.namespace["defined"].get(name)
        if defined is None:
            absent_is_none = self.plan.facts[name].absence == "none"
            self.function.line(f"{local} = g({name!r}, NONE)" if absent_is_none else f"{local} = g({name!r})")
            return Variable(local, may_be_unknown=not absent_is_none, may_be_none=absent_is_none)
        worked_out = f"m[{name!r}] if {name!r} in m else D_{name}(f, m, L)"
        if defined.fallback:
            self.function.line(f"{local} = g({name!r})")
            self.function.line(f"if {local} is None: {local} = {worked_out}")
        else:
            self.function.line(f"{local} = {worked_out}")
        return Variable(local, may_be_unknown=True, may_be_none=self.plan.facts[name].absence == "none")

    def _parameter(self, parameter: ParameterValue) -> Strict | None:
        """The value in force: a variable that is unknown on days without one."""
        plan = self.plan.parameters[parameter.id]
        if parameter.on is None:
            return Strict(self.module.constant(plan.steps[-1][1]), ()) if plan.steps else None
        with self.function.statement():
            day = self.value(parameter.on)
        if day is None or not plan.steps:
            return None
        key = f"p {parameter.id} {day.source}"
        variable = self.function.variable(key)
        if variable is None:
            local = self.module.fresh("p")
            self.function.line(f"{local} = {self._stepped(plan, day)}")
            variable = self.function.keep(key, Variable(local, may_be_unknown=True, may_be_none=False))
        return Strict(variable.name, (variable,))

    def _stepped(self, plan: ParameterPlan, day: Strict) -> str:
        source = "None"
        for start, value in plan.steps:
            begins, step = self.module.constant(start), self.module.constant(value)
            source = f"({step} if {day.source} >= {begins} else {source})"
        missing = " or ".join(part for part in (unknown(day), none(day)) if part != FALSE)
        return f"None if {missing} else {source}" if missing else source

    def _field(self, field: FieldValue) -> Strict | None:
        if self.record is None or field.name not in self.fields:
            return None
        key = f"r {field.name}"
        absent_is_none = self.fields[field.name].absent_is_none
        variable = self.function.variable(key)
        if variable is None:
            local = f"r_{field.name}"
            default = ", NONE" if absent_is_none else ""
            self.function.line(f"{local} = {self.record}.get({field.name!r}{default})")
            variable = self.function.keep(key, Variable(local, not absent_is_none, absent_is_none))
        return Strict(variable.name, (variable,))

    # --- values -----------------------------------------------------------------------------------

    def value(self, expression: Expression) -> Strict | None:
        """Source for a value; None where only the reference walk can work it out."""
        match expression:
            case Constant(value=value):
                return Strict(self.module.constant(value), ())
            case FactValue(name=name):
                variable = self.fact(name)
                return Strict(variable.name, (variable,))
            case FieldValue():
                return self._field(expression)
            case ParameterValue():
                return self._parameter(expression)
            case OutputValue(name=name):
                output = self.function.variable(f"o {name}")
                return None if output is None else Strict(output.name, (output,))
            case Arithmetic() | Rounding() | Extreme() | Absolute() | DateFunction():
                return self._computed(expression)
            case _:
                return None

    def _computed(
        self, expression: Arithmetic | Rounding | Extreme | Absolute | DateFunction
    ) -> Strict | None:
        match expression:
            case Arithmetic(operator=operator, left=left, right=right):
                parts = self._all((left, right))
                return _joined(self._arithmetic(operator, left, right, parts), parts) if parts else None
            case Rounding():
                return self._rounding(expression)
            case Extreme(kind=kind, operands=operands):
                parts = self._all(operands)
                return (
                    _joined(f"{kind}({', '.join(part.source for part in parts)})", parts) if parts else None
                )
            case Absolute(operand=operand):
                parts = self._all((operand,))
                return _joined(f"abs({parts[0].source})", parts) if parts else None
            case DateFunction(name="date of", operands=operands):
                parts = self._all(operands)
                return _joined(f"{parts[0].source}.date()", parts) if parts else None
            case DateFunction(name="days between", operands=operands):
                parts = self._all(operands)
                return _joined(f"({parts[1].source} - {parts[0].source}).days", parts) if parts else None
            case _:
                return None

    def _all(self, operands: tuple[Expression, ...]) -> list[Strict]:
        """Source for every operand, or nothing where one of them has none."""
        found = [self.value(operand) for operand in operands]
        return [part for part in found if part is not None] if None not in found else []

    def _arithmetic(self, operator: str, left: Expression, right: Expression, parts: list[Strict]) -> str:
        one, two = (part.source for part in parts)
        if type_of(left).kind is Kind.INTEGER is type_of(right).kind:
            return f"({one} {operator} {two})"
        name = {"+": "exact_add", "-": "exact_subtract", "*": "exact_multiply"}[operator]
        return f"{name}({one}, {two})"

    def _rounding(self, rounding: Rounding) -> Strict | None:
        """Only `a / b` or a plain value under the rounding; a longer ratio goes to the reference walk."""
        quotient = rounding.operand
        operands = (quotient.left, quotient.right) if isinstance(quotient, Quotient) else (quotient,)
        parts = self._all(operands)
        if not parts:
            return None
        source = self._rounded(rounding, [part.source for part in parts])
        return _joined(f"int({source})" if rounding.type.kind is Kind.INTEGER else source, parts)

    def _rounded(self, rounding: Rounding, parts: list[str]) -> str:
        quotient, mode = rounding.operand, repr(rounding.mode)
        if isinstance(quotient, Quotient):
            divisor = quotient.right.value if isinstance(quotient.right, Constant) else None
            if not divides_exactly(divisor):
                return f"rounded_quotient({mode}, {rounding.digits}, {parts[0]}, {parts[1]})"
            parts = [f"exact_divide({parts[0]}, {parts[1]})"]
        unit = self.module.constant(Decimal(1).scaleb(-rounding.digits), "unit")
        return f"rounded_decimal({mode}, {unit}, {parts[0]})"

    # --- conditions -------------------------------------------------------------------------------

    def must(self, condition: Expression) -> str:
        """Source that is true exactly where the condition is true."""
        match condition:
            case Test(condition=inner):
                return self.must(inner)
            case All(items=items):
                return self._each_in_turn(items)
            case AnyOf(items=items):
                return self._membership(items) or _or([self.must(item) for item in items])
            case Not(item=item):
                return _not(self.may(item))
            case Comparison():
                return self._comparison(condition, sure=True)
            case Present(operand=operand):
                return self._present(operand, sure=True)
            case _:
                return f"{self._three_valued(condition)} is True"

    def _each_in_turn(self, items: tuple[Expression, ...]) -> str:
        """A conjunction: what the first items ask, the later ones need not ask again."""
        parts: list[str] = []
        with ExitStack() as stack:
            for item in items:
                parts.append(self.must(item))
                stack.enter_context(self.function.passing(known_by(item)))
        return _and(parts)

    def may(self, condition: Expression) -> str:
        """Source that is true exactly where the condition is not false."""
        match condition:
            case Test(condition=inner):
                return self.may(inner)
            case All(items=items):
                return _and([self.may(item) for item in items])
            case AnyOf(items=items):
                return _or([self.may(item) for item in items])
            case Not(item=item):
                return _not(self.must(item))
            case Comparison():
                return self._comparison(condition, sure=False)
            case Present(operand=operand):
                return self._present(operand, sure=False)
            case _:
                return f"{self._three_valued(condition)} is not False"

    def _membership(self, items: tuple[Expression, ...]) -> str | None:
        """`x = a or x = b` as one look-up, where it is of that form."""
        pairs = [equality(item) for item in items]
        names = {pair[0] for pair in pairs if pair is not None}
        if None in pairs or len(names) != 1 or len(pairs) < 2:
            return None
        values = frozenset(pair[1] for pair in pairs if pair is not None)
        variable = self.fact(names.pop())
        return FALSE if variable.is_unknown else f"{variable.name} in {self.module.constant(values, 'set')}"

    def _comparison(self, comparison: Comparison, *, sure: bool) -> str:
        parts = self._all((comparison.left, comparison.right))
        if not parts:
            return f"{self._three_valued(comparison)} is {'True' if sure else 'not False'}"
        left, right = parts
        if any(variable.is_unknown for part in parts for variable in part.variables):
            return FALSE if sure else _not(none(_joined("", parts)))
        compared = f"{left.source} {_operator(comparison)} {right.source}"
        both = _joined("", parts)
        if comparison.operator == "=" and _literal_side(comparison):
            return compared if sure else _or([unknown(both), compared])
        there = _not(none(both))
        if sure:
            return _and([there, _not(unknown(both)), compared])
        return _and([there, _or([unknown(both), compared])])

    def _present(self, operand: FactValue | FieldValue, *, sure: bool) -> str:
        part = self.value(operand)
        if part is not None and any(variable.is_unknown for variable in part.variables):
            return FALSE if sure else TRUE
        if part is None:
            return f"{self._three_valued(Present(operand))} is {'True' if sure else 'not False'}"
        return _and([_not(none(part)), _not(unknown(part))]) if sure else _not(none(part))

    def _three_valued(self, condition: Expression) -> str:
        """A variable that is True, False or None: worked out once at the head of the function."""
        key = f"t {id(condition)}"
        known = self.function.variable(key)
        if known is not None:
            return known.name
        if self.record is not None:
            raise CannotCompile(condition)
        with self.function.statement():
            loaded = self._quantifier(condition) if isinstance(condition, Quantifier) else None
            walked = self._guarded(condition, f"walk_truth(L, {self.module.constant(condition, 'x')})")
        local = self.module.fresh("t")
        self.function.line(f"{local} = {loaded or walked}")
        return self.function.keep(key, Variable(local, may_be_unknown=True, may_be_none=False)).name

    def _guarded(self, condition: Expression, walked: str) -> str:
        """A comparison is walked only when all its facts are there; the answer is plain otherwise."""
        if not isinstance(condition, Comparison) or any(isinstance(p, Count) for p in walk(condition)):
            return walked
        facts = self.all_facts(condition)
        for test, answer in ((unknown(facts), "None"), (none(facts), "False")):
            walked = walked if test == FALSE else f"{answer} if {test} else {walked}"
        return walked

    def all_facts(self, *expressions: Expression) -> Strict:
        """The variables of every fact that is read."""
        return Strict("", tuple(self.fact(fact.name) for fact in facts_in(*expressions)))

    def _quantifier(self, quantifier: Quantifier) -> str | None:
        """A call of a function of its own that looks at the records, or None for the reference walk."""
        records = self.fact(quantifier.list.name)
        name = self.module.fresh("q")
        inner = Function(self.module, f"{name}(records, f, m, L)")
        inner.line("g = f.get")
        try:
            _write_quantifier(inner, quantifier)
        except CannotCompile:
            return None
        inner.write()
        absent = f"None if {records.name} is None else " if records.may_be_unknown else ""
        given = f"() if {records.name} is NONE else {records.name}" if records.may_be_none else records.name
        return f"{absent}{name}({given}, f, m, L)"


class CannotCompile(Exception):
    """An expression has no source of its own here; the reference walk works it out."""


def _write_quantifier(function: Function, quantifier: Quantifier) -> None:
    """A loop that ends at the first record that decides the matter."""
    every = quantifier.kind == "every"
    decided, default = ("False", "True") if every else ("True", "False")
    if quantifier.kind == "none":
        decided, default = "False", "True"
    if quantifier.condition == All(()):
        function.line(f"return {decided if not every else default} if records else {default}")
        return
    function.line(f"result = {default}")
    with function.block("for r in records:"):
        compiler = Compiler(function, "r", dict(quantifier.list.type.fields))
        may, must = compiler.may(quantifier.condition), compiler.must(quantifier.condition)
        deciding, leaving = (_not(may), _not(must)) if every else (must, may)
        function.line(f"if {deciding}: return {decided}")
        function.line(f"if {leaving}: result = None")
    function.line("return result")


def known_by(condition: Expression) -> frozenset[str]:
    """The facts that have values wherever the condition is true."""
    match condition:
        case Test(condition=inner):
            return known_by(inner)
        case All(items=items):
            return frozenset().union(*(known_by(item) for item in items))
        case AnyOf(items=items) if items:
            return frozenset.intersection(*(known_by(item) for item in items))
        case Comparison(left=left, right=right):
            return frozenset(side.name for side in (left, right) if isinstance(side, FactValue))
        case Present(operand=FactValue(name=name)):
            return frozenset({name})
        case _:
            return frozenset()


def equality(condition: Expression) -> tuple[str, Any] | None:
    """`fact = literal`, as (fact, literal)."""
    match condition:
        case Test(condition=inner):
            return equality(inner)
        case Comparison(operator="=", left=FactValue(name=name), right=Constant(value=value)):
            return name, value
        case _:
            return None


def _operator(comparison: Comparison) -> str:
    """Truth values are compared by identity, all else as Python does."""
    if comparison.operator == "=" and isinstance(comparison.right, Constant):
        return "is" if isinstance(comparison.right.value, bool) else "=="
    return PYTHON[comparison.operator]


def _literal_side(comparison: Comparison) -> bool:
    """A literal equals neither None nor NONE, so that an equality with it needs no further questions."""
    return isinstance(comparison.right, Constant) and isinstance(comparison.left, FactValue | FieldValue)


def unknown(value: Strict) -> str:
    """Source that asks whether one of the variables is unknown."""
    return _or([f"{v.name} is None" for v in value.variables if v.may_be_unknown])


def none(value: Strict) -> str:
    """Source that asks whether one of the variables is known to be none."""
    return _or([f"{v.name} is NONE" for v in value.variables if v.may_be_none])


def _joined(source: str, parts: list[Strict]) -> Strict:
    return Strict(source, tuple(dict.fromkeys(v for part in parts for v in part.variables)))


def _and(parts: list[str]) -> str:
    kept = [part for part in dict.fromkeys(parts) if part != TRUE]
    if FALSE in kept:
        return FALSE
    return " and ".join(f"({part})" if " or " in part else part for part in kept) or TRUE


def _or(parts: list[str]) -> str:
    kept = [part for part in dict.fromkeys(parts) if part != FALSE]
    if TRUE in kept:
        return TRUE
    return " or ".join(f"({part})" if " and " in part else part for part in kept) or FALSE


def _not(part: str) -> str:
    if part in (TRUE, FALSE):
        return FALSE if part == TRUE else TRUE
    return f"not ({part})"
