"""Outcomes to source: the dictionaries of a verdict, or bare tuples, with everything constant put in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.evaluate.compiled.expressions import Compiler, Strict, none, unknown
from engine.evaluate.compiled.runtime import shown_plain
from engine.evaluate.explain import citations, title
from engine.evaluate.values import shown
from engine.plan.nodes import Origin, RowPlan, TablePlan
from engine.rulebook.expressions import All, Constant, Expression, FactValue, Test, type_of
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

Fields = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One reason: the same fact and test are said once."""

    fact: FactValue
    text: str


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
        fields = self._fields(outcome)
        if fields is None:
            return None
        if self.bare:
            amount = self.compiler.value(outcome.amount) if isinstance(outcome, Fine | Fee) else None
            return f"({origin.id!r}, {fields[0][1]}, {amount.source if amount else None})"
        return self._stated(origin, row, fields, reasons)

    def gap(self, table: TablePlan, row: RowPlan, reasons: Expression) -> str | None:
        """Source for a gap that the source itself leaves, when its alternatives are literals."""
        if self.bare:
            return f"({table.origin.id!r}, 'review', None)"
        gap = row.conclusion
        if not isinstance(gap, Undefined):
            return None
        alternatives: dict[str, dict[str, Any]] = {}
        for reading, cells in gap.alternatives:
            if not all(isinstance(cell, Constant) for cell in cells):
                return None
            alternatives[reading] = {
                output.name: shown(cell.value, output.type)
                for output, cell in zip(table.outputs, cells, strict=True)
                if isinstance(cell, Constant)
            }
        fields = [("kind", "'review'"), ("reason", "'undefined_by_source'")]
        fields.append(("alternatives", self._shared(alternatives)))
        return self._stated(table.origin, row, fields, reasons)

    def defeat(self, origin: Origin, by: Origin, reasons: Expression) -> str | None:
        """Source for what an exception takes away."""
        entries = self._entries(reasons)
        if entries is None:
            return None
        parts = [
            ("rule", repr(origin.id)),
            ("by", repr(by.id)),
            ("title", self._shared(title(by))),
            ("citations", self._shared(citations(by.citations))),
            ("because", self._because(entries)),
        ]
        return _dictionary(parts)

    def _stated(
        self, origin: Origin, row: RowPlan | None, fields: Fields, reasons: Expression
    ) -> str | None:
        entries = self._entries(reasons)
        if entries is None:
            return None
        cited = row.origin if row else origin
        which = [("row", repr(row.origin.id.rpartition("/")[2]))] if row else []
        tail = [
            ("title", self._shared(title(origin))),
            ("citations", self._shared(citations(cited.citations))),
            ("because", self._because(entries)),
        ]
        return _dictionary([("rule", repr(origin.id)), *which, *fields, *tail])

    def _shared(self, value: Any) -> str:
        """One object for equal constants, so that verdicts share their texts."""
        pool = self.module.namespace["shared"]
        return self.module.constant(pool.setdefault(repr(value), value))

    # --- kinds ----------------------------------------------------------------------------------------

    def _fields(self, outcome: Outcome) -> Fields | None:
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
        shown_amount = f"shown_money({value.source})"
        if isinstance(amount, Constant):
            shown_amount = repr(shown(amount.value, amount.type))
        fields = [("kind", repr(kind)), ("amount", shown_amount), ("unit", repr(type_of(amount).unit))]
        return [*fields, *((name, repr(text)) for name, text in rest.items())]

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
        fact = entry.fact
        if fact.name in self.settled:
            known = {"fact": fact.name, "value": shown(self.settled[fact.name], fact.type), "test": entry.text}
            return self._shared(known)
        variable = self.compiler.fact(fact.name)
        show = shown_plain(fact.type)
        value = variable.name if show is None else f"{self.module.constant(show, 'show')}({variable.name})"
        if variable.may_be_none:
            value = f"None if {variable.name} is NONE else {value}"
        if variable.may_be_unknown and show is not None:
            value = f"None if {variable.name} is None else {value}"
        return f"{{'fact': {fact.name!r}, 'value': {value}, 'test': {self.module.constant(entry.text)}}}"


def or_none(value: Strict) -> str:
    """The value, or Python's None where it is missing."""
    absent = " or ".join(part for part in (none(value), unknown(value)) if part != "False")
    return f"None if {absent} else {value.source}" if absent else value.source


def _given(**parties: str | None) -> Fields:
    return [(name, repr(party)) for name, party in parties.items() if party is not None]


def _dictionary(parts: Fields) -> str:
    return "{" + ", ".join(f"{key!r}: {value}" for key, value in parts) + "}"
