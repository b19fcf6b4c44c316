"""Items of the plan to source: a filter that passes what may apply, and the outcome where it must.

Two kinds of source are written from the same items. *Full* source builds the verdict's own dictionaries,
with reasons and citations; *bare* source only lists `(rule, kind, amount)`. What full source does not
build itself (anything undecided, a declared gap, several rows at once) it hands to the reference walk,
item by item, so that the order of the plan is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.evaluate.compiled.expressions import Compiler, Strict, none, unknown
from engine.evaluate.compiled.runtime import shown_plain
from engine.evaluate.explain import citations, title
from engine.plan.nodes import ClockPlan, ItemPlan, Origin, RowPlan, RulePlan, TablePlan
from engine.rulebook.expressions import All, AnyOf, Expression, FactValue, Test, facts_in, type_of
from engine.rulebook.model import SINGLE_HIT, Undefined
from engine.rulebook.outcomes import (
    Breach,
    Compensation,
    Fee,
    Fine,
    Gate,
    Obligation,
    Outcome,
    Review,
    Route,
    Score,
    Share,
    amounts,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One reason, as source: the same fact and test are said once."""

    fact: FactValue
    text: str


class ItemWriter:
    """Writes items into one function. `bare` leaves out all that explains."""

    def __init__(self, compiler: Compiler, *, bare: bool) -> None:
        self.compiler = compiler
        self.function = compiler.function
        self.module = compiler.module
        self.bare = bare

    def write(self, item: ItemPlan, guard: Expression) -> None:
        """One item; `guard` is its guard without what the caller has already settled."""
        match item:
            case RulePlan():
                self._rule(item, guard)
            case TablePlan():
                self._table(item, guard)
            case ClockPlan():
                self._clock(item, guard)

    def _walk(self, item: ItemPlan) -> str:
        return f"L.judge({self.module.constant(item, 'item')}, J)"

    def _line_walk(self, item: ItemPlan) -> None:
        """Leaves the item to the reference walk; bare source counts it as undecided or asks the walk."""
        self.function.line(self._walk(item))

    # --- rules ------------------------------------------------------------------------------------

    def _rule(self, rule: RulePlan, guard: Expression) -> None:
        condition = All((guard, rule.own))
        may, must = self.compiler.may(condition), self.compiler.must(condition)
        if may == "False":
            return
        with self.function.block(f"if {may}:"):
            with self.function.block(f"if {must}:"):
                self._applied(rule, self._entries(All((rule.guard, rule.own))), rule.outcomes, None)
            self._undecided(rule, self._raised(rule.own), must)

    def _undecided(self, item: ItemPlan, raised: str, must: str) -> None:
        """Not known to apply: the reference walk says what is missing, if anything raises the item."""
        if must != "True" and raised != "False":
            self.function.line(f"elif {raised}: {self._walk(item)}")

    def _raised(self, own: Expression) -> str:
        """Source for: a test of the item's own holds of something that is there."""
        if own == All(()):
            return "True"
        return " or ".join(self._leaves(own)) or "False"

    def _leaves(self, condition: Expression) -> list[str]:
        if isinstance(condition, All | AnyOf):
            return [leaf for part in condition.items for leaf in self._leaves(part)]
        facts = facts_in(condition)
        there = " or ".join(self._is_there(fact) for fact in facts)
        return [f"(({self.compiler.must(condition)}) and ({there}))"] if facts else []

    def _is_there(self, fact: FactValue) -> str:
        variable = self.compiler.fact(fact.name)
        part = Strict(variable.name, (variable,))
        return f"not ({unknown(part)} or {none(part)})"

    def _applied(
        self,
        item: RulePlan | TablePlan,
        entries: list[Entry] | None,
        outcomes: tuple[Outcome, ...],
        row: RowPlan | None,
    ) -> None:
        """The item applies: exceptions first, then its outcomes, if every amount is there."""
        origin = row.origin if row else item.origin
        built = [self._outcome(item.origin, origin, row, outcome, entries) for outcome in outcomes]
        if (entries is None and not self.bare) or None in built:
            self._line_walk(item)
            return
        missing = " or ".join(
            part
            for amount in self._amounts(outcomes)
            for part in (none(amount), unknown(amount))
            if part != "False"
        )
        clauses = [
            (self.compiler.may(e.condition), self._walk(item))
            for e in item.exemptions
            if e.effect == "defeats"
        ]
        clauses += [
            (self.compiler.may(e.condition), self._walk(item))
            for e in item.exemptions
            if e.effect == "review"
        ]
        if missing:
            clauses.append((missing, self._walk(item)))
        lines = [f"out.append({source})" for source in built if source is not None]
        self._chain(clauses, lines)

    def _chain(self, clauses: list[tuple[str, str]], lines: list[str]) -> None:
        """`if … elif … else`: the clauses in order, else the lines."""
        kept = [(condition, act) for condition, act in clauses if condition != "False"]
        for number, (condition, act) in enumerate(kept):
            self.function.line(f"{'if' if number == 0 else 'elif'} {condition}: {act}")
        if not kept:
            for line in lines or ["pass"]:
                self.function.line(line)
            return
        with self.function.block("else:"):
            for line in lines or ["pass"]:
                self.function.line(line)

    def _amounts(self, outcomes: tuple[Outcome, ...]) -> list[Strict]:
        found = []
        for outcome in outcomes:
            for expression in amounts(outcome):
                value = self.compiler.value(expression)
                if value is not None:
                    found.append(value)
        return found

    # --- outcomes ---------------------------------------------------------------------------------

    def _outcome(
        self,
        origin: Origin,
        cited: Origin,
        row: RowPlan | None,
        outcome: Outcome,
        entries: list[Entry] | None,
    ) -> str | None:
        """Source that builds one outcome, or None where the reference walk must."""
        fields = self._fields(outcome)
        if fields is None:
            return None
        if self.bare:
            amount = self.compiler.value(outcome.amount) if isinstance(outcome, Fine | Fee) else None
            return f"({origin.id!r}, {fields[0][1]}, {amount.source if amount else None})"
        head = [("rule", repr(origin.id))]
        if row is not None:
            head.append(("row", repr(row.origin.id.rpartition("/")[2])))
        tail = [
            ("title", self.module.constant(self._shared(title(origin)))),
            ("citations", self.module.constant(self._shared(citations(cited.citations)))),
            ("because", self._because(entries or [])),
        ]
        return "{" + ", ".join(f"{key!r}: {value}" for key, value in [*head, *fields, *tail]) + "}"

    def _shared(self, value: Any) -> Any:
        """One object for equal constants, so that verdicts share their texts."""
        pool = self.module.namespace["shared"]
        return pool.setdefault(repr(value), value)

    def _fields(self, outcome: Outcome) -> list[tuple[str, str]] | None:
        match outcome:
            case Fine(amount=amount, payer=payer, per=per):
                return self._money("fine", amount, payer=payer, per=per)
            case Fee(amount=amount, payer=payer):
                return self._money("fee", amount, payer=payer)
            case Compensation():
                return self._compensation(outcome)
            case Breach(code=code, by=by):
                return [("kind", "'breach'"), ("code", repr(code)), *_given(by=by)]
            case Obligation(acts=acts, by=by):
                return [("kind", "'obligation'"), ("acts", repr(list(acts))), *_given(by=by)]
            case Gate(action=action, allowed=allowed, requires=requires):
                required = [("requires", repr(list(requires)))] if requires else []
                return [("kind", "'gate'"), ("action", repr(action)), ("allowed", repr(allowed)), *required]
            case Route(to=to):
                return [("kind", "'route'"), ("to", repr(to))]
            case Review(reason=reason):
                return [("kind", "'review'"), ("reason", repr(reason))]
            case Share():
                return self._share(outcome)
            case Score():
                return None

    def _money(self, kind: str, amount: Expression, **rest: str) -> list[tuple[str, str]] | None:
        value = self.compiler.value(amount)
        if value is None:
            return None
        unit = repr(type_of(amount).unit)
        fields = [("kind", repr(kind)), ("amount", f"shown_money({value.source})"), ("unit", unit)]
        return [*fields, *((name, repr(text)) for name, text in rest.items())]

    def _compensation(self, due: Compensation) -> list[tuple[str, str]] | None:
        parties = _given(payee=due.payee, payer=due.payer)
        if due.amount is None:
            return [("kind", "'compensation'"), ("amount", "None"), *parties]
        fields = self._money("compensation", due.amount)
        return None if fields is None else [*fields, *parties]

    def _share(self, share: Share) -> list[tuple[str, str]] | None:
        values = [self.compiler.value(expression) for expression in amounts(share)]
        if None in values:
            return None
        of, *parts = (value.source for value in values if value is not None)
        named = self.module.constant(tuple((part.party, part.up_to) for part in share.parts), "parties")
        borne = f"shares_of({of}, {named}, ({''.join(part + ', ' for part in parts)}), {share.remainder!r})"
        unit = repr(type_of(share.of).unit)
        return [("kind", "'share'"), ("of", f"shown_money({of})"), ("unit", unit), ("shares", borne)]

    # --- reasons ----------------------------------------------------------------------------------

    def _entries(self, condition: Expression) -> list[Entry] | None:
        """The reasons of a conjunction of tests, known in advance; None where they hang on the values."""
        match condition:
            case Test(subjects=subjects, text=text):
                return [Entry(fact, text) for fact in subjects]
            case All(items=items):
                parts = [self._entries(item) for item in items]
                if None in parts:
                    return None
                return list(dict.fromkeys(entry for part in parts for entry in part or []))
            case _:
                return None

    def _because(self, entries: list[Entry]) -> str:
        return f"[{', '.join(self._entry(entry) for entry in entries)}]"

    def _entry(self, entry: Entry) -> str:
        variable = self.compiler.fact(entry.fact.name)
        show = shown_plain(entry.fact.type)
        value = variable.name
        if show is not None:
            value = f"{self.module.constant(show, 'show')}({value})"
        if variable.may_be_none:
            value = f"None if {variable.name} is NONE else {value}"
        if variable.may_be_unknown:
            value = value if show is None else f"None if {variable.name} is None else {value}"
        return (
            f"{{'fact': {entry.fact.name!r}, 'value': {value}, 'test': {self.module.constant(entry.text)}}}"
        )

    # --- tables -----------------------------------------------------------------------------------

    def _table(self, table: TablePlan, guard: Expression) -> None:
        condition = All((guard, table.own))
        may, must = self.compiler.may(condition), self.compiler.must(condition)
        if may == "False":
            return
        raised = self._table_raised(table)
        with self.function.block(f"if {may}:"):
            with self.function.block(f"if {must}:"):
                if table.policy in SINGLE_HIT:
                    self._single_hit(table, raised)
                else:
                    self._line_walk(table)
            self._undecided(table, raised, must)

    def _table_raised(self, table: TablePlan) -> str:
        leaves = self._leaves(table.own) if table.own != All(()) else []
        rows = [leaf for row in table.rows for leaf in self._leaves(row.condition)]
        return " or ".join(dict.fromkeys([*leaves, *rows])) or "False"

    def _single_hit(self, table: TablePlan, raised: str) -> None:
        """The one row that may apply and must is the hit; all else goes to the reference walk."""
        hit = self.module.fresh("hit")
        self.function.line(f"{hit} = -1")
        first = table.policy == "first"
        for number, row in enumerate(table.rows):
            may, must = self.compiler.may(row.condition), self.compiler.must(row.condition)
            header = f"if {hit} == -1 and ({may}):" if first else f"if {may}:"
            with self.function.block(header):
                if first:
                    self.function.line(f"{hit} = {number} if {must} else -2")
                else:
                    self.function.line(f"{hit} = {number} if {hit} == -1 and ({must}) else -2")
        rows = [*enumerate(table.rows), *([(-1, table.otherwise)] if table.otherwise else [])]
        for number, (hit_number, row) in enumerate(rows):
            self._row(table, row, f"{'elif' if number else 'if'} {hit} == {hit_number}:")
        # No row, several rows, an unknown row: only where something raises the table, unless the policy
        # can still choose among them.
        chooses = f"{hit} == -2 or " if table.policy in ("any", "priority") else ""
        self.function.line(f"{'elif' if rows else 'if'} {chooses}{raised}: {self._walk(table)}")

    def _row(self, table: TablePlan, row: RowPlan, header: str) -> None:
        """Source for a hit on one row."""
        with self.function.block(header):
            if row.conclusion is None:
                self.function.line("pass")
                return
            cells = () if isinstance(row.conclusion, Undefined) else row.conclusion
            values = [self.compiler.value(cell) for cell in cells]
            if not values or None in values:
                self._line_walk(table)
                return
            for output, value in zip(table.outputs, values, strict=True):
                if value is not None:
                    self.function.line(f"o_{output.name} = {_or_none(value)}")
            entries = self._entries(All((table.guard, table.own, row.condition)))
            self._applied(table, entries, table.outcomes, row)

    # --- clocks -----------------------------------------------------------------------------------

    def _clock(self, clock: ClockPlan, guard: Expression) -> None:
        """Only whether a clock runs at all is source; reading it is the reference walk's."""
        condition = All((guard, clock.own))
        may = self.compiler.may(condition)
        if may == "False":
            return
        begins = clock.starts if clock.starts is not None else clock.due
        start = None if begins is None else self.compiler.value(begins)
        if start is None:
            self.function.line(f"if {may}: {self._walk(clock)}")
            return
        begun = f"not ({unknown(start)})"
        raised = " or ".join([begun, *self._leaves(clock.own)])
        self.function.line(f"if ({may}) and not ({none(start)}) and ({raised}): {self._walk(clock)}")


def _or_none(value: Strict) -> str:
    """The value, or Python's None where it is missing."""
    absent = " or ".join(part for part in (none(value), unknown(value)) if part != "False")
    return f"None if {absent} else {value.source}" if absent else value.source


def _given(**parties: str | None) -> list[tuple[str, str]]:
    return [(name, repr(party)) for name, party in parties.items() if party is not None]
