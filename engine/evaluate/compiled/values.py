"""Values to Python source: facts, parameters and formulas, each with what it needs to be there."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from engine.evaluate.compiled.logic import FALSE, disjoined
from engine.evaluate.compiled.runtime import divides_exactly
from engine.evaluate.compiled.source import Function, Variable
from engine.plan.nodes import ParameterPlan
from engine.rulebook.expressions import (
    Absolute,
    Arithmetic,
    Constant,
    DateFunction,
    Expression,
    Extreme,
    FactValue,
    FieldValue,
    OutputValue,
    ParameterValue,
    Quotient,
    Rounding,
    type_of,
)
from engine.rulebook.types import FieldType, Kind


@dataclass(frozen=True, slots=True)
class Strict:
    """Source for a value that needs all of `variables`: none if one is none, unknown if one is unknown."""

    source: str
    variables: tuple[Variable, ...]


class ValueCompiler:
    """Writes values into one function; `record` is the name of the record at hand, if any."""

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
                parts = self.values((left, right))
                return joined(self._arithmetic(operator, left, right, parts), parts) if parts else None
            case Rounding():
                return self._rounding(expression)
            case Extreme(kind=kind, operands=operands):
                parts = self.values(operands)
                key = ", key=on_the_line" if expression.type.kind is Kind.INSTANT else ""
                listed = ", ".join(part.source for part in parts)
                return joined(f"{kind}({listed}{key})", parts) if parts else None
            case Absolute(operand=operand):
                parts = self.values((operand,))
                return joined(f"abs({parts[0].source})", parts) if parts else None
            case DateFunction(name="date of", operands=operands):
                parts = self.values(operands)
                return joined(f"{parts[0].source}.date()", parts) if parts else None
            case DateFunction(name="days between", operands=operands):
                parts = self.values(operands)
                return joined(f"({parts[1].source} - {parts[0].source}).days", parts) if parts else None
            case DateFunction():
                return self._reckoned(expression)

    def _reckoned(self, function: DateFunction) -> Strict | None:
        """A variable: a day may lie outside the calendar (none), or beyond the years that one knows."""
        with self.function.statement():
            parts = self.values(function.operands)
        if not parts:
            return None
        operands = "".join(f"{part.source}, " for part in parts)
        source = f"reckon({self.module.constant(function, 'x')}, ({operands}))"
        key = f"d {source}"
        variable = self.function.variable(key)
        if variable is None:
            sides = joined("", parts)
            local = self.module.fresh("d")
            for test, answer in ((unknown(sides), "None"), (none(sides), "NONE")):
                source = source if test == FALSE else f"{answer} if {test} else {source}"
            self.function.line(f"{local} = {source}")
            variable = self.function.keep(key, Variable(local, may_be_unknown=True, may_be_none=True))
        return Strict(variable.name, (variable,))

    def values(self, operands: tuple[Expression, ...]) -> list[Strict]:
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
        parts = self.values(operands)
        if not parts:
            return None
        source = self._rounded(rounding, [part.source for part in parts])
        return joined(f"int({source})" if rounding.type.kind is Kind.INTEGER else source, parts)

    def _rounded(self, rounding: Rounding, parts: list[str]) -> str:
        quotient, mode = rounding.operand, repr(rounding.mode)
        if isinstance(quotient, Quotient):
            divisor = quotient.right.value if isinstance(quotient.right, Constant) else None
            if not divides_exactly(divisor):
                return f"rounded_quotient({mode}, {rounding.digits}, {parts[0]}, {parts[1]})"
            parts = [f"exact_divide({parts[0]}, {parts[1]})"]
        unit = self.module.constant(Decimal(1).scaleb(-rounding.digits), "unit")
        return f"rounded_decimal({mode}, {unit}, {parts[0]})"


def unknown(value: Strict) -> str:
    """Source that asks whether one of the variables is unknown."""
    return disjoined([f"{v.name} is None" for v in value.variables if v.may_be_unknown])


def none(value: Strict) -> str:
    """Source that asks whether one of the variables is known to be none."""
    return disjoined([f"{v.name} is NONE" for v in value.variables if v.may_be_none])


def joined(source: str, parts: list[Strict]) -> Strict:
    """Source that needs whatever one of its parts needs."""
    return Strict(source, tuple(dict.fromkeys(v for part in parts for v in part.variables)))
