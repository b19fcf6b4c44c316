"""One concrete ticket before the reference evaluator, asked about one item at a time."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from engine.evaluate.case import Case
from engine.evaluate.examples import hit_rows, said_of, table_named
from engine.evaluate.facts import Facts
from engine.evaluate.judge import Judgement, judge
from engine.evaluate.reference import new_case, part_of_verdict
from engine.evaluate.values import shown
from engine.plan.nodes import Plan
from engine.rulebook.expressions import FactValue


class Trial:
    """A ticket under one plan; nothing is worked out before it is asked for, and everything once.

    `facts` are typed and within the catalogue (`facts_from`), `as_of` is the instant of judging.
    """

    def __init__(self, plan: Plan, facts: Facts, as_of: datetime | None) -> None:
        self.plan = plan
        self.facts = facts
        self.as_of = as_of
        self._said: dict[str, Judgement] = {}

    @cached_property
    def case(self) -> Case:
        """The ticket's case: the value of any expression of the plan."""
        return new_case(self.plan, self.facts, self.as_of)

    def said(self, item_id: str) -> Judgement:
        """What the verdict says of one item; nothing where the plan has no item of that id."""
        if item_id not in self._said:
            judgement = Judgement()
            for item in self.plan.items:
                if item.origin.id == item_id:
                    judge(self.case, item, judgement)
            self._said[item_id] = judgement
        return self._said[item_id]

    def worth(self, fact: str) -> Any:
        """The value of a fact, given or derived: a value, `NONE` or `Unknown`."""
        return self.case.fact(fact)

    def expect(self, item_id: str) -> dict[str, Any]:
        """What it says of one item, a definition too, in the words of an example's `expect`.

        An example of the item with these facts and all of this as `expect` passes; `row`, `due` and
        `reason` may be left out where something else is said. `{"nothing": True}` is written `nothing`.
        """
        fact = self._defined_by(item_id)
        if fact is not None and fact.name in self.facts:
            got = {fact.name: shown(self.facts[fact.name], fact.type)}
        else:
            got = said_of(item_id, fact, part_of_verdict(self.case, self.said(item_id), fact))
        table = table_named(self.plan, item_id)
        rows = [] if table is None else hit_rows(self.case, table)
        if not rows:
            return got
        return {name: value for name, value in got.items() if name not in ("nothing", "rows")} | {
            "row": rows[0]
        }

    def _defined_by(self, item_id: str) -> FactValue | None:
        return next((d.fact for d in self.plan.definitions if d.origin.id == item_id), None)
