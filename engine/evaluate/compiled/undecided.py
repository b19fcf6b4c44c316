"""What is undecided about an item, as functions of their own: they are seldom called, and so stand aside.

`open_n(f, m, L, J)` gathers in `c` the causes for which something is unknown, as the reference walk does, and
adds the entry. What has causes of another kind than a fact or a parameter that is not there asks the walk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from engine.evaluate.compiled.conditions import settle
from engine.evaluate.compiled.expressions import Compiler
from engine.evaluate.compiled.logic import FALSE, TRUE, conjoined, denied, disjoined
from engine.evaluate.compiled.source import Function, Module
from engine.evaluate.compiled.values import none, unknown
from engine.evaluate.values import Cause
from engine.plan.nodes import Exemption, Origin, RowPlan, RulePlan, TablePlan
from engine.rulebook.expressions import (
    All,
    AnyOf,
    Comparison,
    Constant,
    Expression,
    FactValue,
    Not,
    OutputValue,
    ParameterValue,
    Present,
    Quantifier,
    Test,
    facts_in,
    walk,
)

CELL_IS_NONE = frozenset({Cause("fact_missing", "as_of")})
"""Why an amount whose cell comes out as none is missing, as `engine.evaluate.conclude.settled` has it."""


class UndecidedWriter:
    """Writes functions for items on tickets whose facts in `settled` have these values."""

    def __init__(self, module: Module, settled: Mapping[str, Any]) -> None:
        self.module = module
        self.settled = settled
        self._written: dict[tuple[str, str], str] = {}

    def raised(self, item: RulePlan | TablePlan) -> str:
        """A call that tells whether a test of the item's own holds of something that is there."""
        if isinstance(item, RulePlan) and item.own == All(()):
            return TRUE
        rows = [row.condition for row in item.rows] if isinstance(item, TablePlan) else []

        def write(compiler: Compiler) -> None:
            own = [leaf for part in (item.own, *rows) for leaf in leaves(compiler, part, self.settled)]
            compiler.function.line(f"return {disjoined(own)}")

        return self._aside("raised", "(f, m, L)", item.origin.id, write)

    def by_condition(self, item: RulePlan | TablePlan) -> str:
        """Where it is not known whether the item applies, unless an exception would take it away anyhow."""
        condition = settle(All((item.guard, item.own)), self.settled)

        def gather(compiler: Compiler) -> None:
            _return_if(compiler, _defeated(compiler, item.exemptions))
            if isinstance(item, TablePlan) and item.otherwise is None:
                _return_if(compiler, denied(disjoined([compiler.may(row.condition) for row in item.rows])))
            _add_causes(compiler, condition)

        return self._open("applies", item.origin, gather)

    def by_exceptions(self, item: RulePlan | TablePlan) -> str:
        """Where no exception surely takes the outcome away, and one may."""
        defeating = tuple(e.condition for e in item.exemptions if e.effect == "defeats")
        return self._open("defeated", item.origin, lambda compiler: _add_causes(compiler, AnyOf(defeating)))

    def by_rows(self, table: TablePlan) -> str:
        """Where no row counts: those that may hold are why, under `first` the first of them.

        For rows of which none holds, or none before one that may.
        """

        def gather(compiler: Compiler) -> None:
            _return_if(compiler, _defeated(compiler, table.exemptions))
            for row in table.rows:
                _add_causes_where_unknown(compiler, row.condition, first=table.policy == "first")
            none_applies = self.module.constant(Cause("no_row_applies", table.origin.id), "cause")
            compiler.function.line(f"if not c: c.add({none_applies})")

        return self._open("rows", table.origin, gather)

    def by_amounts(
        self, item: RulePlan | TablePlan, amounts: Iterable[Expression], row: RowPlan | None
    ) -> str | None:
        """Where an amount is not known; None where it is worked out from what a row puts out."""
        cells = _cells(item, row)
        worth = [(cells.get(a.name, a), True) if isinstance(a, OutputValue) else (a, False) for a in amounts]
        if any(isinstance(part, OutputValue) for amount, _ in worth for part in walk(amount)):
            return None

        def gather(compiler: Compiler) -> None:
            for amount, is_cell in worth:
                _add_missing(compiler, amount, is_cell=is_cell)

        return self._open("amount", item.origin, gather, row)

    def _open(
        self, hint: str, origin: Origin, gather: Callable[[Compiler], None], row: RowPlan | None = None
    ) -> str:
        """A function that gathers causes and adds the entry."""

        def write(compiler: Compiler) -> None:
            compiler.function.line("c = set()")
            gather(compiler)
            compiler.function.line(f"leave_open(J, {self.module.constant(origin, 'origin')}, c)")

        return self._aside(hint, "(f, m, L, J)", row.origin.id if row else origin.id, write)

    def _aside(self, hint: str, arguments: str, about: str, write: Callable[[Compiler], None]) -> str:
        """The call of a function about an item or row, which is written once, when it is first called."""
        key = hint, about
        if key not in self._written:
            name = self.module.fresh(hint)
            self._written[key] = f"{name}{arguments}"
            self.module.later(name, partial(self._write, f"{name}{arguments}", write))
        return self._written[key]

    def _write(self, signature: str, write: Callable[[Compiler], None]) -> None:
        function = Function(self.module, signature)
        function.line("g = f.get")
        write(Compiler(function))
        function.write()


# --- what raises an item ------------------------------------------------------------------------------


def leaves(compiler: Compiler, condition: Expression, settled: Mapping[str, Any]) -> list[str]:
    """Source for each test that could raise an item."""
    if isinstance(condition, All | AnyOf):
        return [leaf for part in condition.items for leaf in leaves(compiler, part, settled)]
    facts = facts_in(condition)
    if not facts:
        return []
    must = compiler.must(settle(condition, settled))
    if _speaks_of_what_is_there(condition) or must == FALSE:
        return [must]
    return [f"({must}) and ({disjoined([_is_there(compiler, fact) for fact in facts])})"]


def _is_there(compiler: Compiler, fact: FactValue) -> str:
    variable = compiler.fact(fact.name)
    absent = [f"{variable.name} is None"] if variable.may_be_unknown else []
    absent += [f"{variable.name} is NONE"] if variable.may_be_none else []
    return f"not ({' or '.join(absent)})"


def _speaks_of_what_is_there(condition: Expression) -> bool:
    """Made of comparisons only: where it holds, its facts have values."""
    parts = list(walk(condition))
    plain = not any(isinstance(part, Not | Quantifier) for part in parts)
    return plain and any(isinstance(part, Comparison | Present | Test) for part in parts)


# --- why something is not known -----------------------------------------------------------------------


def _defeated(compiler: Compiler, exemptions: Iterable[Exemption]) -> str:
    return disjoined([compiler.must(e.condition) for e in exemptions if e.effect == "defeats"])


def _return_if(compiler: Compiler, test: str) -> None:
    if test != FALSE:
        compiler.function.line(f"if {test}: return")


def _add_causes(compiler: Compiler, condition: Expression) -> None:
    """Lines that add the causes of a condition that is not known."""
    match condition:
        case Test(condition=inner):
            _add_causes(compiler, inner)
        case Not(item=item):
            _add_causes(compiler, item)
        case All(items=items) | AnyOf(items=items):
            for item in items:
                _add_causes_where_unknown(compiler, item)
        case (
            Comparison(left=FactValue() | Constant(), right=FactValue() | Constant())
            | Present(operand=FactValue())
        ):
            _add_absent(compiler, condition)
        case _:
            compiler.function.line(f"c |= walk_causes(L, {compiler.module.constant(condition, 'x')})")


def _add_causes_where_unknown(compiler: Compiler, condition: Expression, *, first: bool = False) -> None:
    """With `first` only where nothing has been added yet."""
    may, must = compiler.may(condition), compiler.must(condition)
    if may != must:
        before = ["not c"] if first else []
        with compiler.function.block(f"if {conjoined([*before, may, denied(must)])}:"):
            _add_causes(compiler, condition)


def _add_absent(compiler: Compiler, *expressions: Expression) -> None:
    """Lines that add the facts that are unknown; why a derived one is, only the walk can say."""
    for fact in facts_in(*expressions):
        variable = compiler.fact(fact.name)
        if not variable.may_be_unknown:
            continue
        cause = compiler.module.constant(Cause("fact_missing", fact.name), "cause")
        derived = f"c |= walk_causes(L, {compiler.module.constant(fact, 'x')})"
        added = derived if fact.name in compiler.plan.defined else f"c.add({cause})"
        compiler.function.line(f"if {variable.name} is None: {added}")


def _add_missing(compiler: Compiler, amount: Expression, *, is_cell: bool) -> None:
    """Lines that add why an amount cannot stand in an outcome: it is unknown, or known to be none."""
    value = compiler.value(amount)
    if value is None:
        return
    expression = compiler.module.constant(amount, "x")
    if isinstance(amount, ParameterValue) and amount.on is not None:
        causes = _parameter_causes(compiler, amount, amount.on)
    elif is_cell and none(value) != FALSE:
        is_none = compiler.module.constant(CELL_IS_NONE, "causes")
        causes = f"{is_none} if {none(value)} else walk_causes(L, {expression})"
    else:
        causes = f"walk_missing(L, {expression})"
    missing = disjoined([none(value), unknown(value)])
    if missing != FALSE:
        compiler.function.line(f"if {missing}: c |= {causes}")


def _parameter_causes(compiler: Compiler, parameter: ParameterValue, on: Expression) -> str:
    """A parameter lacks its day, or has no value on it."""
    causes = compiler.module.constant(frozenset({Cause("parameter_missing", parameter.id)}), "causes")
    day = compiler.value(on)
    if day is None or unknown(day) == FALSE:
        return causes
    return f"walk_causes(L, {compiler.module.constant(on, 'x')}) if {unknown(day)} else {causes}"


def _cells(item: RulePlan | TablePlan, row: RowPlan | None) -> dict[str, Expression]:
    """What a row concludes, by the name of the output."""
    if row is None or not isinstance(item, TablePlan) or not isinstance(row.conclusion, tuple):
        return {}
    return {output.name: cell for output, cell in zip(item.outputs, row.conclusion, strict=True)}
