"""Items of the plan to source: a filter that passes what may apply, and the outcome where it must.

Two kinds of source are written from the same items. *Full* source builds the verdict's own dictionaries,
with reasons and citations, and hands what it does not build itself (tables with several hits, exceptions
that mark for review) to the reference walk, item by item, so that the order of the plan is kept. *Bare*
source only lists `(rule, kind, amount)` of what applies, and so never asks why something does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeAlias

from engine.evaluate.compiled.clocks import face
from engine.evaluate.compiled.conditions import rows_exclude_one_another, settle
from engine.evaluate.compiled.expressions import Compiler, known_by
from engine.evaluate.compiled.logic import FALSE, conjoined, denied, disjoined
from engine.evaluate.compiled.outcomes import Fields, OutcomeWriter, or_none
from engine.evaluate.compiled.source import Function, Variable
from engine.evaluate.compiled.undecided import UndecidedWriter, leaves
from engine.evaluate.compiled.values import Strict, none, unknown
from engine.evaluate.explain import events_of
from engine.plan.nodes import ClockPlan, Exemption, ItemPlan, OutputPlan, RowPlan, RulePlan, TablePlan
from engine.rulebook.expressions import (
    All,
    Expression,
    facts_in,
)
from engine.rulebook.model import SINGLE_HIT, Undefined
from engine.rulebook.outcomes import Outcome, amounts
from engine.rulebook.types import Kind

Clause: TypeAlias = tuple[str, Callable[[], str]]
"""A condition, and what writes the act for which it is the condition."""


class ItemWriter:
    """Writes items into one function; `settled` are the facts whose values the caller has already asked."""

    def __init__(
        self,
        compiler: Compiler,
        settled: Mapping[str, Any],
        *,
        bare: bool,
        undecided: UndecidedWriter | None = None,
    ) -> None:
        self.compiler = compiler
        self.function = compiler.function
        self.module = compiler.module
        self.settled = settled
        self.bare = bare
        self.outcomes = OutcomeWriter(compiler, settled, bare=bare)
        self.undecided = undecided or UndecidedWriter(self.module, settled)

    def write(self, item: ItemPlan) -> None:
        match item:
            case RulePlan():
                self._rule(item)
            case TablePlan():
                self._table(item)
            case ClockPlan():
                self._clock(item)

    def _walk(self, item: ItemPlan) -> str:
        """A call of the reference walk for one item."""
        constant = self.module.constant(item, "item")
        return f"walk_judge_bare(L, {constant}, out)" if self.bare else f"walk_judge(L, {constant}, J)"

    # --- whether an item applies --------------------------------------------------------------------

    def _rule(self, rule: RulePlan) -> None:
        reasons = All((rule.guard, rule.own))
        self._where_it_applies(rule, lambda: self._applied(rule, reasons, rule.outcomes, None))

    def _where_it_applies(self, item: RulePlan | TablePlan, write: Callable[[], None]) -> None:
        """What `write` writes stands where the item must apply; where it only may, the reference walk
        says what is missing, if anything raises the item.
        """
        condition = settle(All((item.guard, item.own)), self.settled)
        must = self.compiler.must(condition)
        may = must if self.bare else self.compiler.may(condition)
        if may == FALSE:
            return
        if may == must:
            with self._where(must, condition):
                write()
            return
        with self.function.block(f"if {may}:"):
            with self._where(must, condition):
                write()
            raised, undecided = self.undecided.raised(item), self.undecided.by_condition(item)
            self.function.line(f"elif {raised}: {undecided}")

    def _open_facts(self, condition: Expression) -> dict[str, Variable]:
        """The facts of a condition that may be unknown here."""
        variables = {fact.name: self.compiler.fact(fact.name) for fact in facts_in(condition)}
        return {name: variable for name, variable in variables.items() if variable.may_be_unknown}

    @contextmanager
    def _where(self, must: str, condition: Expression) -> Iterator[None]:
        """The block in which a condition holds, and its facts are therefore there."""
        with self.function.block(f"if {must}:"), self.function.knowing(known_by(condition), there=True):
            yield

    def _aside(self, hint: str, arguments: str) -> ItemWriter:
        """A writer into a new function, which knows what has been settled."""
        function = Function(self.module, f"{self.module.fresh(hint)}{arguments}")
        function.line("g = f.get")
        return ItemWriter(Compiler(function), self.settled, bare=self.bare, undecided=self.undecided)

    # --- what it concludes --------------------------------------------------------------------------

    def _applied(
        self,
        item: RulePlan | TablePlan,
        reasons: Expression,
        outcomes: tuple[Outcome, ...],
        row: RowPlan | None,
    ) -> None:
        """Exceptions first, then the outcomes, if every amount is there."""
        built = [self.outcomes.source(item.origin, row, outcome, reasons) for outcome in outcomes]
        if None in built:
            self.function.line(self._walk(item))
            return
        lines = [f"out.append({source})" for source in built]
        missing = self._missing(outcomes)
        if self.bare:
            self._applied_bare(item, lines, missing)
        else:
            clauses = [
                *self._exceptions(item, reasons),
                (missing, lambda: self._lacking(item, outcomes, row)),
            ]
            self._first_of(clauses, lines)

    def _missing(self, outcomes: tuple[Outcome, ...]) -> str:
        """Source for: an amount is not known."""
        values = [self.compiler.value(part) for outcome in outcomes for part in amounts(outcome)]
        return disjoined([test for v in values if v is not None for test in (none(v), unknown(v))])

    def _applied_bare(self, item: RulePlan | TablePlan, lines: list[str], missing: str) -> None:
        """Whatever an exception takes away, or may take away, is simply not there."""
        defeats = [self.compiler.may(e.condition) for e in item.exemptions if e.effect == "defeats"]
        prevented = disjoined([*defeats, missing])
        if prevented == FALSE:
            self._lines(lines)
        else:
            with self.function.block(f"if not ({prevented}):"):
                self._lines(lines)
        for exemption in item.exemptions:
            if exemption.effect == "review":
                holds = conjoined([denied(disjoined(defeats)), self.compiler.must(exemption.condition)])
                review = f"out.append(({item.origin.id!r}, 'review', None))"
                self.function.line(f"if {holds}: {review}")

    def _exceptions(self, item: RulePlan | TablePlan, reasons: Expression) -> list[Clause]:
        """What takes the outcome away, may take it away, or marks it for a person."""
        defeating = [e for e in item.exemptions if e.effect == "defeats"]
        clauses = [
            (self.compiler.must(e.condition), partial(self._defeat, item, e, reasons)) for e in defeating
        ]
        may_defeat = disjoined([self.compiler.may(e.condition) for e in defeating])
        marked = disjoined([self.compiler.may(e.condition) for e in item.exemptions if e.effect == "review"])
        return [
            *clauses,
            (may_defeat, partial(self.undecided.by_exceptions, item)),
            (marked, partial(self._walk, item)),
        ]

    def _first_of(self, clauses: Iterable[Clause], otherwise: list[str]) -> None:
        """The act of the first clause whose condition holds, else these lines."""
        kept = [(condition, act()) for condition, act in clauses if condition != FALSE]
        for number, (condition, act) in enumerate(kept):
            self.function.line(f"{'elif' if number else 'if'} {condition}: {act}")
        if not kept:
            self._lines(otherwise)
        else:
            with self.function.block("else:"):
                self._lines(otherwise)

    def _lacking(self, item: RulePlan | TablePlan, outcomes: tuple[Outcome, ...], row: RowPlan | None) -> str:
        """An amount is not known."""
        lacking = [amount for outcome in outcomes for amount in amounts(outcome)]
        return self.undecided.by_amounts(item, lacking, row) or self._walk(item)

    def _defeat(self, item: RulePlan | TablePlan, exemption: Exemption, reasons: Expression) -> str:
        reasons = All((reasons, exemption.condition))
        return f"J.defeated.append({self.outcomes.defeat(item.origin, exemption.origin, reasons)})"

    def _lines(self, lines: list[str]) -> None:
        for line in lines:
            self.function.line(line)

    # --- tables ---------------------------------------------------------------------------------------

    def _table(self, table: TablePlan) -> None:
        self._where_it_applies(table, lambda: self._hits(table))

    def _hits(self, table: TablePlan) -> None:
        if table.policy not in SINGLE_HIT:
            self.function.line(self._walk(table))
        elif rows_exclude_one_another(table.rows):
            self._one_of(table, guarded=False)
        elif table.policy == "first":
            self._one_of(table, guarded=True)
        else:
            self._counted(table)

    def _one_of(self, table: TablePlan, *, guarded: bool) -> None:
        """Rows tried in turn, in a shorter form where every fact that they test is known."""
        open_facts = self._open_facts(All(tuple(row.condition for row in table.rows)))
        if not open_facts:
            self.rows_in_turn(table, guarded=guarded)
            return
        unknown_facts = disjoined([f"{variable.name} is None" for variable in open_facts.values()])
        header = "else:"
        needed = frozenset.intersection(*(known_by(row.condition) for row in table.rows))
        if self.bare and open_facts.keys() <= needed and table.otherwise is None:
            header = f"if not ({unknown_facts}):"  # every row needs what is not there
        else:
            aside = self._aside("rows", "(f, m, L, out, J)")
            with aside.function.lacking(open_facts if len(open_facts) == 1 else ()):
                aside.rows_in_turn(table, guarded=guarded)
            aside.function.write()
            self.function.line(f"if {unknown_facts}: {aside.function.signature}")
        with self.function.block(header), self.function.knowing(open_facts, there=False):
            self.rows_in_turn(table, guarded=guarded)

    def rows_in_turn(self, table: TablePlan, *, guarded: bool) -> None:
        """With `guarded` an unknown row ends the search, as `first` demands."""
        musts = [self.compiler.must(row.condition) for row in table.rows]
        mays = [self.compiler.may(row.condition) for row in table.rows]
        raised = FALSE if self.bare else self.undecided.raised(table)
        keyword = "if"
        for row, must, may in zip(table.rows, musts, mays, strict=True):
            if must != FALSE:
                self._row(table, row, f"{keyword} {must}:")
                keyword = "elif"
            if guarded and may != must:
                with self.function.block(f"{keyword} {may}:"):
                    self._leave_open(table, raised)
                keyword = "elif"
        if table.otherwise is not None:
            self._row(table, table.otherwise, f"{keyword} not ({disjoined(mays)}):")
            keyword = "elif"
        if not self.bare:
            self.function.line(f"{keyword} {raised}: {self.undecided.by_rows(table)}")

    def _leave_open(self, table: TablePlan, raised: str) -> None:
        if not self.bare:
            self.function.line(f"if {raised}: {self.undecided.by_rows(table)}")

    def _counted(self, table: TablePlan) -> None:
        """The one row that may apply, if it must; several or unknown rows are the reference walk's."""
        hit = self.module.fresh("hit")
        self.function.line(f"{hit} = -1")
        for number, row in enumerate(table.rows):
            may, must = self.compiler.may(row.condition), self.compiler.must(row.condition)
            with self.function.block(f"if {may}:"):
                self.function.line(f"{hit} = {number} if {hit} == -1 and ({must}) else -2")
        rows = [*enumerate(table.rows), *([(-1, table.otherwise)] if table.otherwise else [])]
        for number, (hit_number, row) in enumerate(rows):
            self._row(table, row, f"{'elif' if number else 'if'} {hit} == {hit_number}:")
        chooses = f"{hit} == -2" if table.policy in ("any", "priority") else FALSE
        raised = FALSE if self.bare else self.undecided.raised(table)
        self.function.line(f"{'elif' if rows else 'if'} {disjoined([chooses, raised])}: {self._walk(table)}")

    def _row(self, table: TablePlan, row: RowPlan, header: str) -> None:
        """What a hit on one row concludes."""
        with self.function.block(header), self.function.knowing(known_by(row.condition), there=True):
            if row.conclusion is None:
                return
            reasons = All((table.guard, table.own, row.condition))
            if isinstance(row.conclusion, Undefined):
                self._gap(table, row, row.conclusion, reasons)
                return
            values = [self.compiler.value(cell) for cell in row.conclusion]
            if None in values:
                self.function.line(self._walk(table))
                return
            for output, cell, value in zip(table.outputs, row.conclusion, values, strict=True):
                if value is not None:
                    self._output(output, cell, value)
            self._applied(table, reasons, table.outcomes, row)

    def _output(self, output: OutputPlan, cell: Expression, value: Strict) -> None:
        """The variables of an output: its value, and for money its text."""
        source = or_none(value)
        self.function.line(f"o_{output.name} = {source}")
        missing = source != value.source
        self.function.keep(f"o {output.name}", Variable(f"o_{output.name}", missing, may_be_none=False))
        if output.type.kind is Kind.MONEY and not self.bare:
            text = self.outcomes.money_text(cell, value)
            if missing:
                text = f"{text} if o_{output.name} is not None else None"
            self.function.line(f"s_{output.name} = {text}")

    def _gap(self, table: TablePlan, row: RowPlan, gap: Undefined, reasons: Expression) -> None:
        """A gap of the source's own is for a person to look at."""
        source = self.outcomes.gap(table, row, gap, reasons)
        if source is None or table.exemptions:
            self.function.line(self._walk(table))
        else:
            self.function.line(f"out.append({source})")

    # --- clocks -----------------------------------------------------------------------------------------

    def _clock(self, clock: ClockPlan) -> None:
        """Where a clock runs it is read; what is undecided about it is for the reference walk to say."""
        condition = settle(All((clock.guard, clock.own)), self.settled)
        may = self.compiler.may(condition)
        if may == FALSE:
            return
        begins = clock.starts if clock.starts is not None else clock.due
        start = None if begins is None else self.compiler.value(begins)
        if start is None:
            self.function.line(f"if {may}: {self._walk(clock)}")
            return
        own = self.compiler.must(settle(clock.own, self.settled))
        pointing = leaves(self.compiler, clock.own, self.settled)
        raised = disjoined([*pointing, conjoined([own, denied(unknown(start))])])
        runs = conjoined([may, denied(none(start)), raised])
        if self.bare:
            self.function.line(f"if {runs}: {self._walk(clock)}")
            return
        with self.function.block(f"if {runs}:"):
            must = self.compiler.must(condition)
            with self._where(must, condition):
                self._deadline(clock)
            if may != must:
                self.function.line(f"else: {self._walk(clock)}")

    def _deadline(self, clock: ClockPlan) -> None:
        """The deadline, and what a breach of it brings, all for the same reasons."""
        because = self.outcomes.because(All((clock.guard, clock.own)), events_of(clock))
        fields = [self.outcomes.fields(outcome) for outcome in clock.on_breach]
        if None in fields:
            self.function.line(self._walk(clock))
            return
        self.function.line(f"face = {face(self.module, clock)}")
        missing = conjoined(["face.state == 'breached'", self._missing(clock.on_breach)])
        self.function.line(f"if {disjoined(['face is None', missing])}: {self._walk(clock)}")
        with self.function.block("elif face.due is not None:"):
            self.function.line("due = shown_due(face.due)")
            self.function.line(f"why = {because}")
            self._state(clock, self.outcomes.deadline(clock, "face", "due"))
            with self.function.block("if face.state == 'breached':"):
                for found in fields:
                    self._state(clock, found or [])

    def _state(self, clock: ClockPlan, fields: Fields) -> None:
        self.function.line(f"out.append({self.outcomes.stated(clock.origin, None, fields, 'why')})")
