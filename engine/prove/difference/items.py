"""Whether any ticket tells two forms of one item apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.evaluate.values import Unknown
from engine.plan.nodes import DefinitionPlan, Origin, Plan
from engine.prove.answer import Answer, Proved, Witness
from engine.prove.asking.confirmed import confirmed
from engine.prove.asking.question import Question, Trials, ask
from engine.prove.asking.trial import Trial
from engine.prove.change import Said
from engine.prove.difference.meaning import Part, parts_of, same_meaning
from engine.prove.encoding.apart import forms_apart
from engine.prove.encoding.encoding import Encoding
from engine.prove.encoding.items import ItemForm, item_form
from engine.prove.encoding.symbols import Symbols
from engine.prove.encoding.worth import apart as worths_apart
from engine.prove.solver import FALSE, STEPS, Bool

UNSAID = frozenset({"rule", "row", "title", "citations", "because", "by_exception"})
"""What an outcome says beside what it is: the same conclusion may stand elsewhere, under other words."""
UNKNOWN = "unknown"
NOTHING = ItemForm((), (), FALSE)


@dataclass(frozen=True, slots=True)
class Sides:
    """A part of the plan before and one after, which may have another id; None where there is none."""

    before: Part | None
    after: Part | None

    @property
    def origins(self) -> tuple[Origin | None, Origin | None]:
        """Where each stands."""
        before, after = self.before, self.after
        return None if before is None else before.origin, None if after is None else after.origin

    @property
    def are_definitions(self) -> bool:
        return isinstance(self.before, DefinitionPlan) or isinstance(self.after, DefinitionPlan)


def apart(old: Plan, new: Plan, item_id: str, steps: int = STEPS) -> Answer:
    """Proved: no ticket, however few facts it gives, tells the two apart on that item or definition."""
    olds, news = parts_of(old), parts_of(new)
    answer: Answer = Proved()
    for name in dict.fromkeys(name for name in (*olds, *news) if name.partition(" ")[0] == item_id):
        if isinstance(answer, Proved):
            answer = _parts_apart(old, new, Sides(olds.get(name), news.get(name)), steps)
    return answer


def _parts_apart(old: Plan, new: Plan, sides: Sides, steps: int) -> Answer:
    before, after = sides.before, sides.after
    if before is not None and after is not None and same_meaning((old, before), (new, after)):
        return Proved()
    pair = Pair(old, new, sides, partial=True)
    return ask(replace(pair.question(pair.condition), confirm=lambda trials: confirmed(trials[:1])), steps)


class Pair:
    """Two forms of one item over the symbols of one ticket."""

    def __init__(self, old: Plan, new: Plan, sides: Sides, partial: bool) -> None:
        symbols = Symbols(partial)
        self.encodings = Encoding(old, symbols), Encoding(new, symbols)
        self.sides = sides
        self.forms = tuple(
            _form(encoding, part)
            for encoding, part in zip(self.encodings, (sides.before, sides.after), strict=True)
        )
        self.condition = self._apart()

    def parts(self) -> list[tuple[Encoding, Part]]:
        """The forms that there are, each with its encoding."""
        sides = self.sides.before, self.sides.after
        return [(e, part) for e, part in zip(self.encodings, sides, strict=True) if part is not None]

    def _apart(self) -> Bool:
        """That the two say different things."""
        before, after = self.sides.before, self.sides.after
        if isinstance(before, DefinitionPlan) and isinstance(after, DefinitionPlan):
            old, new = self.encodings
            return worths_apart(old.fact(before.fact.name), new.fact(after.fact.name))
        return forms_apart(*self.forms)

    def question(self, condition: Bool) -> Question:
        """The question for a ticket with the condition on which the two differ."""
        return Question(self.encodings, condition, self.differ)

    def said(self, witness: Witness) -> tuple[Said, Said]:
        """What each edition says of a ticket, in the words of an example."""
        before, after = (
            {"nothing": True}
            if part is None
            else Trial(encoding.plan, witness.facts, witness.as_of).expect(part.origin.id)
            for encoding, part in zip(self.encodings, (self.sides.before, self.sides.after), strict=True)
        )
        return before, after

    def settled(self, trials: Trials) -> tuple[bool, ...]:
        """On which side nothing is left open."""
        sides = zip(trials, (self.sides.before, self.sides.after), strict=True)
        return tuple(is_settled(said(trial, part), part) for trial, part in sides)

    def differ(self, trials: Trials) -> bool:
        """Whether the evaluator says different things of a ticket."""
        one, other = trials
        return bool(said(one, self.sides.before) != said(other, self.sides.after))


def _form(encoding: Encoding, part: Part | None) -> ItemForm:
    return NOTHING if part is None or isinstance(part, DefinitionPlan) else item_form(encoding, part)


def said(trial: Trial, part: Part | None) -> Any:
    """What is concluded of a part, without words; of a definition the value of its fact."""
    if part is None:
        return [], False, False
    if isinstance(part, DefinitionPlan):
        found = trial.worth(part.fact.name)
        return UNKNOWN if isinstance(found, Unknown) else found
    judgement = trial.said(part.origin.id)
    outcomes = sorted((_bare(outcome) for outcome in judgement.outcomes), key=repr)
    return outcomes, bool(judgement.defeated), bool(judgement.undecided)


def is_settled(found: Any, part: Part | None) -> bool:
    """Whether what is `said` leaves nothing open."""
    return found != UNKNOWN if isinstance(part, DefinitionPlan) else not found[2]


def _bare(outcome: Mapping[str, Any]) -> dict[str, Any]:
    hidden = UNSAID | ({"by"} if outcome.get("reason") == "manual_exception" else set())
    return {name: value for name, value in sorted(outcome.items()) if name not in hidden}
