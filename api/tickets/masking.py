"""Keeps names, addresses and phone numbers out of what is stored, without changing a verdict.

Personal texts are replaced before the ticket is judged. Equal texts get equal marks, wherever in the ticket
they stand, and a text that some rule asks for by name is left as it is; since rules only ever ask whether two
texts are equal, the marked ticket is judged as the true one. So what is answered, what is stored and what a
replay gives years later are the same bytes, and none of them holds the name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from api.tickets.ticket import Raw
from engine.base.findings import Finding
from engine.plan.nodes import ClockPlan, Plan, TablePlan, expressions_of
from engine.rulebook.expressions import Constant, Expression, walk
from engine.rulebook.model import FactDeclaration
from engine.rulebook.types import Kind

MASKED = "[masked]"


def without_values(finding: Finding) -> Finding:
    """What is wrong with a ticket, without what it says there: a name may stand in any column."""
    if "written" not in finding.values:
        return finding
    return replace(finding, values={**finding.values, "written": MASKED})


class Mask:
    """What the facts of one plan hide, or of several that judge the same ticket."""

    def __init__(self, *plans: Plan) -> None:
        self._facts = {name: fact for plan in plans for name, fact in plan.facts.items()}
        self._personal = frozenset(n for plan in plans for n, fact in plan.facts.items() if fact.personal)
        self._asked_for = frozenset(text for plan in plans for text in _texts_of(plan))

    def masked(self, raw: Mapping[str, Raw]) -> Mapping[str, Raw]:
        """The same facts with `[personal 1]`, `[personal 2]` … in place of personal texts.

        The facts must have passed the catalogue. Without personal ones it is the same mapping.
        """
        (masked,) = self.masked_together([raw])
        return masked

    def masked_together(self, raws: Sequence[Mapping[str, Raw]]) -> Sequence[Mapping[str, Raw]]:
        """The same for several sets of facts of one ticket, equal texts with equal marks in all of them."""
        if all(map(self._personal.isdisjoint, raws)):
            return raws
        marks = self._marks([pair for raw in raws for pair in raw.items()])
        return [
            {name: _marked(value, self._facts[name], marks) for name, value in raw.items()} for raw in raws
        ]

    def _marks(self, given: Sequence[tuple[str, Raw]]) -> Mapping[str, str]:
        """A mark for each personal text, in the order in which the ticket gives them."""
        texts = [text for name, value in given for text in _texts(value, self._facts[name])]
        fresh = (mark for mark in map("[personal {}]".format, count(1)) if mark not in texts)
        personal = [
            text
            for name, value in given
            if name in self._personal
            for text in _texts(value, self._facts[name])
            if text not in self._asked_for
        ]
        return dict(zip(dict.fromkeys(personal), fresh, strict=False))


def _texts(value: Raw, fact: FactDeclaration) -> Iterator[str]:
    if fact.type.kind is Kind.TEXT and value is not None:
        yield value
    elif fact.type.kind is Kind.LIST and value is not None:
        for record in _records(value):
            yield from (record[name] for name in _text_fields(fact) if record.get(name) is not None)


def _marked(value: Raw, fact: FactDeclaration, marks: Mapping[str, str]) -> Raw:
    if fact.type.kind is Kind.TEXT:
        return marks.get(value, value)
    if fact.type.kind is not Kind.LIST or value is None:
        return value
    fields = _text_fields(fact)
    records = [{n: marks.get(v, v) if n in fields else v for n, v in r.items()} for r in _records(value)]
    return records[0] if isinstance(value, Mapping) else records


def _records(value: Raw) -> Iterable[Mapping[str, Any]]:
    """A record that stands alone may be given without its list."""
    return [value] if isinstance(value, Mapping) else value


def _text_fields(fact: FactDeclaration) -> list[str]:
    return [name for name, field in fact.type.fields.items() if field.type.kind is Kind.TEXT]


def _texts_of(plan: Plan) -> Iterator[str]:
    """Every text that a rule names."""
    for expression in _expressions(plan):
        for part in walk(expression):
            if isinstance(part, Constant) and isinstance(part.value, str):
                yield part.value
    for parameter in plan.parameters.values():
        yield from (value for _, value in parameter.steps if isinstance(value, str))


def _expressions(plan: Plan) -> Iterator[Expression]:
    for item in plan.items:
        yield from expressions_of(item)
    for definition in plan.definitions:
        body = definition.body
        yield from expressions_of(body) if isinstance(body, TablePlan | ClockPlan) else (body,)
