"""Questions: is there such a ticket? Answered by the solver, and believed when the evaluators agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from engine.evaluate.facts import Facts
from engine.prove.answer import Answer, NotKnown, Proved, Refuted, Witness
from engine.prove.asking.confirmed import confirmed
from engine.prove.asking.shrink import shrunk
from engine.prove.asking.trial import Trial
from engine.prove.encoding.encoding import Encoding
from engine.prove.solver import STEPS, Bool, Model, Solver

Trials: TypeAlias = tuple[Trial, ...]

REFINEMENTS = 40
"""So often the solver is told the true value of what it had been free to choose."""
ATTEMPTS = 4
"""So many tickets of the solver the evaluators may refute before it is given up."""


@dataclass(frozen=True)
class Question:
    """Is there a ticket on which `condition` holds? `holds` asks the same of a ticket on the evaluator.

    One encoding, or those of several editions over the same symbols; trials come in their order. `keep`:
    facts that the ticket should rather keep than others. `confirm` looks at the smallest ticket once more:
    the compiled evaluator must judge it as the reference does.
    """

    encodings: tuple[Encoding, ...]
    condition: Bool
    holds: Callable[[Trials], bool]
    keep: tuple[str, ...] = ()
    confirm: Callable[[Trials], bool] = confirmed


def ask(question: Question, steps: int = STEPS) -> Answer:
    """Proved where no ticket does it, Refuted with the smallest ticket found that does, else NotKnown."""
    return _Asking(question, steps).answer()


class _Asking:
    def __init__(self, question: Question, steps: int) -> None:
        self.question = question
        self.symbols = question.encodings[0].symbols
        self.names = self.symbols.reached(question.condition)
        self.free = self.symbols.free_in(self.names)
        self.preferred = self.symbols.preferred(self.names)
        self.solver = Solver((*self.symbols.bounds(self.names), question.condition), steps)
        self.is_doubtful = False
        """A ticket has been set aside because it was refuted: what is left of the question proves nothing."""

    def answer(self) -> Answer:
        open_texts = tuple(dict.fromkeys(free.text for free in self.free))
        first = self.solver.find()
        if first == "none":
            return Proved(open_texts)
        if first == "not_known":
            return NotKnown("time_limit", open_texts)
        found = self._confirmed()
        if isinstance(found, Witness):
            return Refuted(found)
        if found == "out_of_reach" and self.solver.find() == "none":  # by what has been told since
            return Proved(open_texts)
        return NotKnown(found, open_texts)

    def _confirmed(self) -> Witness | Literal["out_of_reach", "time_limit", "not_confirmed"]:
        for _ in range(ATTEMPTS):
            model = self._true_model()
            if not isinstance(model, Model):
                return "not_confirmed" if self.is_doubtful else model
            zone = self.question.encodings[0].zone
            facts, as_of = self.symbols.ticket(model, self.names, zone)
            if self._holds(facts, as_of):
                return self._smallest(facts, as_of) or "not_confirmed"
            self._widen(model)
        return "not_confirmed"

    def _widen(self, model: Model) -> None:
        """After a ticket that was refuted: give all facts, some are only asked to be there; then another."""
        every = self.names | self.symbols.names()
        if every == self.names:
            self.solver.add([self.symbols.other_than(model, self.names)])
            self.is_doubtful = True
        self.solver.add(self.symbols.bounds(every - self.names))
        self.names = every

    def _true_model(self) -> Model | Literal["out_of_reach", "time_limit"]:
        """A model in which everything that had been left open has its true value."""
        for _ in range(REFINEMENTS):
            found = self.solver.find(self.symbols.shown(self.names), *self.preferred)
            if not isinstance(found, Model) and self.preferred:
                self.preferred = []
                found = self.solver.find(self.symbols.shown(self.names))
            if not isinstance(found, Model):
                return "out_of_reach" if found == "none" else "time_limit"
            lemmas = [lemma for free in self.free if (lemma := free.lemma(found)) is not None]
            if not lemmas:
                return found
            self.solver.add(lemmas)
        return "out_of_reach"

    def _trials(self, facts: Facts, as_of: datetime | None) -> Trials:
        return tuple(Trial(encoding.plan, facts, as_of) for encoding in self.question.encodings)

    def _holds(self, facts: Facts, as_of: datetime | None) -> bool:
        return self.question.holds(self._trials(facts, as_of))

    def _smallest(self, facts: Facts, as_of: datetime | None) -> Witness | None:
        plan = self.question.encodings[0].plan
        small = shrunk(facts, as_of, self._holds, plan.facts, self.question.keep)
        return Witness(*small) if self.question.confirm(self._trials(*small)) else None
