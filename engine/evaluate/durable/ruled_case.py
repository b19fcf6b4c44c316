"""A case in which durable-rules has said what holds; causes, amounts and explanations are walked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from engine.evaluate.case import Case
from engine.evaluate.durable import Disagreement
from engine.evaluate.durable.lowering import Finds, Meaning, Question, Rail
from engine.evaluate.values import Unknown
from engine.plan.nodes import DefinitionPlan, Exemption, ItemPlan, RowPlan, RulePlan, TablePlan
from engine.rulebook.types import Scalar


class RuledCase(Case):
    """Truths and found facts are those of the rules that fired.

    Where they leave something undecided, its causes come from `walk`, the plan's own walk over the same
    ticket. A walk that knows better is a `Disagreement`, never mended here.
    """

    def __init__(self, walk: Case, found: frozenset[str], fired: Iterable[Meaning]) -> None:
        super().__init__(walk.plan, walk.facts, walk.as_of, self._define_by_rules)
        self.walk = walk
        self._found = found
        self._rails: dict[str, set[Rail]] = {}
        self._values: dict[str, set[Scalar]] = {}
        for meaning in fired:
            match meaning:
                case Question(id=name, rail=rail):
                    self._rails.setdefault(name, set()).add(rail)
                case Finds(fact=name, value=value):
                    self._values.setdefault(name, set()).add(value)

    def applies(self, item: ItemPlan) -> Any:
        """As the rules say; an undecided item that nothing raises counts as one that does not apply."""
        return self._truth(item.origin.id, lambda: self.walk.applies(item))

    def holds(self, part: RowPlan | Exemption) -> Any:
        """As the rules say, where the item of the row or exception may apply."""
        return self._truth(part.origin.id, lambda: self.walk.holds(part))

    def is_raised(self, item: RulePlan | TablePlan) -> bool:
        """The rules for what may apply ask for a test that holds, too."""
        return "may hold" in self._rails.get(item.origin.id, ())

    def _truth(self, name: str, walked: Callable[[], Any]) -> Any:
        rails = self._rails.get(name, set())
        if not rails:
            return False
        if "holds" not in rails:
            return self._undecided(name, walked())
        if isinstance(walked(), Unknown):
            raise Disagreement(name, "known", "unknown")
        return True

    def _undecided(self, name: str, walked: Any) -> Unknown:
        if not isinstance(walked, Unknown):
            raise Disagreement(name, "unknown", str(walked))
        return walked

    def _define_by_rules(self, _: Case, definition: DefinitionPlan) -> Any:
        """A fact that rules do not find is the walk's, as it was asserted."""
        name = definition.fact.name
        if name not in self._found:
            return self.walk.fact(name)
        values = self._values.get(name, set())
        if len(values) > 1:
            raise Disagreement(name, "more than one value", "one at most")
        return next(iter(values)) if values else self._undecided(name, self.walk.fact(name))
