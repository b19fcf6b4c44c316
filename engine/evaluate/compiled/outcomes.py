"""Outcomes to source: the dictionaries of a verdict, or bare tuples, with everything constant put in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from engine.evaluate.compiled.expressions import Compiler, equality
from engine.evaluate.compiled.runtime import shown_money, shown_plain
from engine.evaluate.compiled.values import Strict, none, unknown
from engine.evaluate.explain import Event, citations, title
from engine.evaluate.frozen import frozen
from engine.evaluate.values import shown
from engine.plan.nodes import ClockPlan, Origin, OutputPlan, RowPlan, TablePlan
from engine.rulebook.expressions import (
    All,
    AnyOf,
    Constant,
    Expression,
    FactValue,
    Not,
    OutputValue,
    ParameterValue,
    Test,
    type_of,
)
from engine.rulebook.model import Undefined
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
from engine.rulebook.types import Kind, Scalar, Type

Fields = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One reason: the same fact and test are said once."""

    fact: FactValue
    text: str
    value: Scalar | None = None
    """The value seen, where the test that holds allows no other."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Reasons that hang on the values: those of the first branch whose condition holds, else the last."""

    branches: tuple[tuple[str, tuple[Part, ...]], ...]

    def entries(self) -> Iterator[Entry]:
        """Every reason of every branch."""
        for _, parts in self.branches:
            for part in parts:
                yield from (part,) if isinstance(part, Entry) else part.entries()


Part: TypeAlias = Entry | Choice


class OutcomeWriter:
    """Source for outcomes; everything gives None where the reference walk must build it."""

    def __init__(self, compiler: Compiler, settled: Mapping[str, Any], *, bare: bool) -> None:
        self.compiler = compiler
        self.module = compiler.module
        self.settled = settled
        self.bare = bare

    def source(
        self, origin: Origin, row: RowPlan | None, outcome: Outcome, reasons: Expression
    ) -> str | None:
        """Source that builds one outcome of a rule or row."""
        fields = self.fields(outcome)
        if fields is None:
            return None
        if self.bare:
            amount = self.compiler.value(outcome.amount) if isinstance(outcome, Fine | Fee) else None
            return f"({origin.id!r}, {fields[0][1]}, {amount.source if amount else None})"
        return self.stated(origin, row, fields, self.because(reasons))

    def gap(self, table: TablePlan, row: RowPlan, gap: Undefined, reasons: Expression) -> str | None:
        """Source for a gap that the source itself leaves."""
        if self.bare:
            return f"({table.origin.id!r}, 'review', None)"
        alternatives = self._alternatives(table, gap)
        if alternatives is None:
            return None
        fields = [("kind", "'review'"), ("reason", "'undefined_by_source'"), ("alternatives", alternatives)]
        return self.stated(table.origin, row, fields, self.because(reasons))

    def _alternatives(self, table: TablePlan, gap: Undefined) -> str | None:
        """What each other reading would put out; one object where all of it is literal."""
        cells = [cell for _, cells in gap.alternatives for cell in cells]
        if all(isinstance(cell, Constant) for cell in cells):
            return self._shared({reading: self._literal(table, cells) for reading, cells in gap.alternatives})
        if None in [self.compiler.value(cell) for cell in cells]:
            return None
        return _dictionary([(reading, self._put_out(table, cells)) for reading, cells in gap.alternatives])

    def _literal(self, table: TablePlan, cells: Sequence[Expression]) -> dict[str, Any]:
        named = zip(table.outputs, cells, strict=True)
        return {o.name: shown(cell.value, o.type) for o, cell in named if isinstance(cell, Constant)}

    def _put_out(self, table: TablePlan, cells: Sequence[Expression]) -> str:
        named = zip(table.outputs, map(self.compiler.value, cells), strict=True)
        return _dictionary([(output.name, self._cell(output, value)) for output, value in named if value])

    def _cell(self, output: OutputPlan, value: Strict) -> str:
        return f"shown({or_none(value)}, {self.module.constant(output.type, 'type')})"

    def deadline(self, clock: ClockPlan, face: str, due: str) -> Fields:
        """The fields of a deadline; `face` is the variable of what the clock shows, `due` of its text."""
        started = "None"
        if clock.starts is not None:
            started = self._shown(f"{face}.started", type_of(clock.starts))
        return [
            ("kind", "'deadline'"),
            ("state", f"{face}.state"),
            ("started", started),
            ("due", f"{due}[0]"),
            ("inclusive", f"{due}[1]"),
            ("stopped", f"None if {face}.stopped is None else {face}.stopped.isoformat()"),
        ]

    def defeat(self, origin: Origin, by: Origin, reasons: Expression) -> str:
        """Source for what an exception takes away."""
        parts = [
            ("rule", repr(origin.id)),
            ("by", repr(by.id)),
            ("title", self._shared(title(by))),
            ("citations", self._shared(citations(by.citations))),
            ("because", self.because(reasons)),
        ]
        return _dictionary(parts)

    def stated(self, origin: Origin, row: RowPlan | None, fields: Fields, because: str) -> str:
        """Source for an outcome of these fields; `because` is that of its reasons."""
        cited = row.origin if row else origin
        which = [("row", repr(row.origin.id.rpartition("/")[2]))] if row else []
        tail = [
            ("title", self._shared(title(origin))),
            ("citations", self._shared(citations(cited.citations))),
            ("because", because),
        ]
        return _dictionary([("rule", repr(origin.id)), *which, *fields, *tail])

    def _shared(self, value: Any) -> str:
        """One object for equal constants, so that verdicts share their texts."""
        pool = self.module.namespace["shared"]
        return self.module.constant(pool.setdefault(repr(value), frozen(value)))

    # --- kinds ----------------------------------------------------------------------------------------

    def fields(self, outcome: Outcome) -> Fields | None:
        """`kind` and the kind's own fields; None where the reference walk must work them out."""
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

    def _money(self, kind: str, amount: Expression, **rest: str) -> Fields | None:
        value = self.compiler.value(amount)
        if value is None:
            return None
        shown_amount = self.money_text(amount, value)
        fields = [("kind", repr(kind)), ("amount", shown_amount), ("unit", repr(type_of(amount).unit))]
        return [*fields, *((name, repr(text)) for name, text in rest.items())]

    def money_text(self, amount: Expression, value: Strict) -> str:
        """Source for an amount's text; those of literals and parameters are written in advance."""
        match amount:
            case Constant(value=literal):
                return repr(shown(literal, amount.type))
            case ParameterValue(id=parameter):
                texts = self.module.namespace["money_texts"]
                texts.update({id(step): shown_money(step) for _, step in self._steps(parameter)})
                return f"money_texts[id({value.source})]"
            case OutputValue(name=name):
                return f"s_{name}"
            case _:
                return f"shown_money({value.source})"

    def _steps(self, parameter: str) -> tuple[tuple[date, Any], ...]:
        return self.compiler.plan.parameters[parameter].steps

    def _compensation(self, due: Compensation) -> Fields | None:
        parties = _given(payee=due.payee, payer=due.payer)
        if due.amount is None:
            return [("kind", "'compensation'"), ("amount", "None"), *parties]
        fields = self._money("compensation", due.amount)
        return None if fields is None else [*fields, *parties]

    def _share(self, share: Share) -> Fields | None:
        values = [self.compiler.value(expression) for expression in amounts(share)]
        if None in values:
            return None
        of, *parts = (value.source for value in values if value is not None)
        named = self.module.constant(tuple((part.party, part.up_to) for part in share.parts), "parties")
        borne = f"shares_of({of}, {named}, ({''.join(f'{part}, ' for part in parts)}), {share.remainder!r})"
        unit = repr(type_of(share.of).unit)
        return [("kind", "'share'"), ("of", f"shown_money({of})"), ("unit", unit), ("shares", borne)]

    # --- reasons --------------------------------------------------------------------------------------

    def because(self, reasons: Expression, events: Iterable[Event] = ()) -> str:
        """Source for the reasons of a condition that holds, and the events that a clock was read by."""
        parts = list(dict.fromkeys(self._parts(reasons, holds=True, negated=False)))
        fixed = {part for part in parts if isinstance(part, Entry)}
        chosen = [entry for part in parts if isinstance(part, Choice) for entry in part.entries()]
        read = [entry for word, fact in events if (entry := Entry(fact, word)) not in fixed]
        if len(set(chosen)) == len(chosen) and not set(chosen) & {*fixed, *read}:
            return self._branch((*parts, *read))
        return f"each_once({self._branch(parts)}, {self._branch(read)})"

    def _parts(self, condition: Expression, *, holds: bool, negated: bool) -> list[Part]:
        """The reasons in order: of a conjunction that holds all, of one that fails the first that fails."""
        match condition:
            case Test(subjects=subjects, text=text):
                shown_text = f"not({text})" if negated else text
                pair = equality(condition) if holds else None
                return [Entry(fact, shown_text, _demanded(fact, pair)) for fact in subjects]
            case Not(item=item):
                return self._parts(item, holds=not holds, negated=not negated)
            case All(items=items) | AnyOf(items=items):
                if holds is isinstance(condition, All):
                    return [part for i in items for part in self._parts(i, holds=holds, negated=negated)]
                return [self._choice(items, holds=holds, negated=negated)] if items else []
            case _:
                return []

    def _choice(self, items: tuple[Expression, ...], *, holds: bool, negated: bool) -> Choice:
        compiler = self.compiler
        decides = [compiler.must(i) if holds else f"not ({compiler.may(i)})" for i in items]
        branches = [tuple(self._parts(i, holds=holds, negated=negated)) for i in items]
        return Choice(tuple(zip(decides, branches, strict=True)))

    def _part(self, part: Part) -> str:
        if isinstance(part, Entry):
            return self._entry(part)
        *first, (_, last) = part.branches
        source = self._branch(last)
        for decides, branch in reversed(first):
            source = f"{self._branch(branch)} if {decides} else {source}"
        return f"*({source})"

    def _branch(self, parts: Sequence[Part]) -> str:
        return f"[{', '.join(self._part(part) for part in parts)}]"

    def _entry(self, entry: Entry) -> str:
        fact = entry.fact
        known = self.settled.get(fact.name, entry.value)
        if known is not None:
            seen = shown(known, fact.type)
            return self._shared({"fact": fact.name, "value": seen, "test": entry.text})
        variable = self.compiler.fact(fact.name)
        show = shown_plain(fact.type)
        seen = self._shown(variable.name, fact.type)
        if variable.may_be_none:
            seen = f"None if {variable.name} is NONE else {seen}"
        if variable.may_be_unknown and show is not None:
            seen = f"None if {variable.name} is None else {seen}"
        return f"{{'fact': {fact.name!r}, 'value': {seen}, 'test': {self.module.constant(entry.text)}}}"

    def _shown(self, source: str, type_: Type) -> str:
        """Source for a known value as it stands in a verdict."""
        show = shown_plain(type_)
        return source if show is None else f"{self.module.constant(show, 'show')}({source})"


def _demanded(fact: FactValue, pair: tuple[str, Any] | None) -> Any:
    """The value that an equality demands; instants that are equal may be written differently."""
    return (
        pair[1] if pair is not None and pair[0] == fact.name and fact.type.kind is not Kind.INSTANT else None
    )


def or_none(value: Strict) -> str:
    """The value, or Python's None where it is missing."""
    absent = " or ".join(part for part in (none(value), unknown(value)) if part != "False")
    return f"None if {absent} else {value.source}" if absent else value.source


def _given(**parties: str | None) -> Fields:
    return [(name, repr(party)) for name, party in parties.items() if party is not None]


def _dictionary(parts: Fields) -> str:
    return "{" + ", ".join(f"{key!r}: {value}" for key, value in parts) + "}"
