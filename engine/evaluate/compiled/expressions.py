"""Conditions to Python source, on two rails: what certainly holds, and what may hold.

`must` is true where a condition is true; `may` where it is not false. Between them lies Kleene's unknown,
and neither ever looks at a value that is not there.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from engine.evaluate.compiled.logic import FALSE, TRUE, conjoined, denied, disjoined
from engine.evaluate.compiled.source import Function, Variable
from engine.evaluate.compiled.values import Strict, ValueCompiler, joined, none, unknown
from engine.rulebook.expressions import (
    All,
    AnyOf,
    Comparison,
    Constant,
    Count,
    Expression,
    FactValue,
    FieldValue,
    Not,
    ParameterValue,
    Present,
    Quantifier,
    Test,
    facts_in,
    type_of,
    walk,
)
from engine.rulebook.types import Kind

PYTHON = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


class Compiler(ValueCompiler):
    """Writes conditions into one function, and the values that they compare."""

    def must(self, condition: Expression) -> str:
        """Source that is true exactly where the condition is true."""
        match condition:
            case Test(condition=inner):
                return self.must(inner)
            case All(items=items):
                return self._each_in_turn(items)
            case AnyOf(items=items):
                return self._membership(items) or disjoined([self.must(item) for item in items])
            case Not(item=item):
                return denied(self.may(item))
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
        return conjoined(parts)

    def may(self, condition: Expression) -> str:
        """Source that is true exactly where the condition is not false."""
        match condition:
            case Test(condition=inner):
                return self.may(inner)
            case All(items=items):
                return conjoined([self.may(item) for item in items])
            case AnyOf(items=items):
                return disjoined([self.may(item) for item in items])
            case Not(item=item):
                return denied(self.must(item))
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
        parts = self.values((comparison.left, comparison.right))
        if not parts:
            return f"{self._three_valued(comparison)} is {'True' if sure else 'not False'}"
        left, right = parts
        if any(variable.is_unknown for part in parts for variable in part.variables):
            return FALSE if sure else denied(none(joined("", parts)))
        sources = (_comparable(comparison.left, left), _comparable(comparison.right, right))
        compared = f" {_operator(comparison)} ".join(sources)
        sides = joined("", parts)
        if comparison.operator == "=" and _literal_side(comparison):
            return compared if sure else disjoined([unknown(sides), compared])
        there = denied(none(sides))
        if sure:
            return conjoined([there, denied(unknown(sides)), compared])
        return conjoined([there, disjoined([unknown(sides), compared])])

    def _present(self, operand: FactValue | FieldValue, *, sure: bool) -> str:
        part = self.value(operand)
        if part is not None and any(variable.is_unknown for variable in part.variables):
            return FALSE if sure else TRUE
        if part is None:
            return f"{self._three_valued(Present(operand))} is {'True' if sure else 'not False'}"
        return conjoined([denied(none(part)), denied(unknown(part))]) if sure else denied(none(part))

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
        """A comparison is walked only when all its facts are there; the answer is plain otherwise.

        Not so with a parameter: on a day that is none it is missing, which leaves the comparison unknown.
        """
        if not isinstance(condition, Comparison):
            return walked
        if any(isinstance(part, Count | ParameterValue) for part in walk(condition)):
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
        deciding, leaving = (denied(may), denied(must)) if every else (must, may)
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
        case Comparison(operator="=", left=FactValue(name=name, type=type_), right=Constant(value=value)):
            return None if type_.kind is Kind.INSTANT else (name, value)
        case _:
            return None


def _comparable(side: Expression, value: Strict) -> str:
    """Instants are compared on the UTC line."""
    return f"on_the_line({value.source})" if type_of(side).kind is Kind.INSTANT else value.source


def _operator(comparison: Comparison) -> str:
    """Truth values are compared by identity, all else as Python does."""
    if comparison.operator == "=" and isinstance(comparison.right, Constant):
        return "is" if isinstance(comparison.right.value, bool) else "=="
    return PYTHON[comparison.operator]


def _literal_side(comparison: Comparison) -> bool:
    """A literal equals neither None nor NONE, so that an equality with it needs no further questions."""
    return isinstance(comparison.right, Constant) and isinstance(comparison.left, FactValue | FieldValue)
