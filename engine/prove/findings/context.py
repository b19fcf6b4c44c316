"""What all findings rest on: the plan as formulas of complete tickets, questions, and claims from answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from engine.base.findings import Finding, Label
from engine.base.spans import Span
from engine.evaluate.examples import ExampleResult, run_examples
from engine.evaluate.facts import Facts, facts_from, instant_from
from engine.library import Library
from engine.plan.nodes import ItemPlan, Plan, RowPlan, TablePlan
from engine.prove.answer import Answer, Doubt, NotKnown, Proved, Refuted, Witness
from engine.prove.asking.confirmed import confirmed
from engine.prove.asking.question import Question, ask
from engine.prove.asking.shrink import shrunk
from engine.prove.asking.trial import Trial
from engine.prove.claim import Claim
from engine.prove.encoding.encoding import Encoding
from engine.prove.encoding.symbols import Symbols
from engine.prove.region import Region
from engine.prove.regions.atoms import atoms_of
from engine.prove.regions.search import regions
from engine.prove.solver import FALSE, STEPS, Bool, Model, Solver, both, same
from engine.rulebook.expressions import Expression, facts_in

QUICK_STEPS = 200_000
"""What a question may take where somebody waits for `check`."""
MOST_REGIONS = 8
DOUBTS: Mapping[Doubt, str] = {"out_of_reach": "R390", "time_limit": "R391", "not_confirmed": "R392"}
SAYS_NOTHING = frozenset({"nothing", "undecided", "reason", "row", "rows"})


@dataclass(frozen=True)
class Asked:
    """Is there a ticket with `condition`? `holds` asks the same of a ticket on the evaluator.

    A witness should rather show the facts that `about` reads than others.
    """

    item_id: str
    condition: Bool
    holds: Callable[[Trial], bool]
    about: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Context:
    """One library under one choice of readings. `quick`: what cannot be settled soon is left out.

    `results` are those of its examples, where somebody has run them already.
    """

    library: Library
    plan: Plan
    quick: bool = False
    results: Sequence[ExampleResult] | None = None

    @cached_property
    def encoding(self) -> Encoding:
        """Of complete tickets: learning a fact takes away nothing that applies, so whether anything can apply
        is a question about them.
        """
        return Encoding(self.plan, Symbols())

    @property
    def steps(self) -> int:
        return QUICK_STEPS if self.quick else STEPS

    # --- what examples show -----------------------------------------------------------------------------

    @cached_property
    def shown(self) -> frozenset[str]:
        """The ids of items that conclude something in some example, of rows that count and of exceptions that
        matter; only examples of this plan's readings are asked.
        """
        results = run_examples(self.library, "reference") if self.results is None else self.results
        plain = {
            (item.head.id, example.name)
            for book in self.library.rulebooks
            for item in book.items
            for example in item.head.examples
            if not example.readings
        }
        return frozenset(
            name for result in results if (result.item, result.example) in plain for name in _shown_by(result)
        )

    def examples(self, item_id: str) -> Iterator[Trial]:
        """The tickets of an item's examples, as far as they can be read."""
        items = (item for book in self.library.rulebooks for item in book.items if item.head.id == item_id)
        for example in (example for item in items for example in item.head.examples):
            facts, wrong = facts_from(example.given, self.plan)
            if not wrong:
                as_of = f"{example.as_of or ''}T00:00"[:16]
                yield Trial(self.plan, facts, instant_from(as_of, self.plan.zone))

    # --- questions --------------------------------------------------------------------------------------

    def ask(self, asked: Asked) -> Answer:
        """Whether there is such a ticket. Where the solver cannot say, the item's examples may show one."""
        keep = tuple(fact.name for fact in facts_in(*asked.about))
        question = Question((self.encoding,), asked.condition, lambda t: asked.holds(t[0]), keep)
        answer = ask(question, self.steps)
        if not isinstance(answer, NotKnown):
            return answer
        shown = next((trial for trial in self.examples(asked.item_id) if asked.holds(trial)), None)
        return answer if shown is None else self._smaller(shown, asked, keep) or answer

    def agrees(self, trial: Trial) -> bool:
        """Whether the compiled evaluator judges a ticket as the reference evaluator does."""
        return confirmed((trial,))

    def _smaller(self, trial: Trial, asked: Asked, keep: Sequence[str]) -> Refuted | None:
        def holds(facts: Facts, as_of: datetime | None) -> bool:
            return asked.holds(Trial(self.plan, facts, as_of))

        small = shrunk(trial.facts, trial.as_of, holds, self.plan.facts, keep)
        return Refuted(Witness(*small)) if self.agrees(Trial(self.plan, *small)) else None

    def solver(self, *conditions: Bool, about: Iterable[Bool] = ()) -> Solver:
        """For many questions that share conditions; all that they will be `about` must be told."""
        return Solver([*self.encoding.axioms(*conditions, *about), *conditions], self.steps)

    def reached(self, solver: Solver, asked: Asked, given: Bool) -> Answer:
        """Proved where nothing can be so under `given`, the condition that `solver` has already.

        What can be so as far as formulas say is only tried where something was left open in them.
        """
        if same(asked.condition, FALSE):
            return Proved()
        found = solver.find(asked.condition)
        whole = replace(asked, condition=both(given, asked.condition))
        if isinstance(found, Model) and not self._is_open(whole.condition):
            return _POSSIBLE
        return NotKnown("time_limit") if found == "not_known" else self.ask(whole)

    def _is_open(self, condition: Bool) -> bool:
        symbols = self.encoding.symbols
        return bool(symbols.free_in(symbols.reached(condition)))

    def regions(self, formula: Bool, given: Bool, about: Iterable[Expression]) -> tuple[Region, ...]:
        """Where the formula holds, among the tickets that are `given`, in terms of the leaves of `about`."""
        atoms = atoms_of(self.encoding, *about)
        axioms = self.encoding.axioms(formula, given, *(atom.condition for atom in atoms))
        return tuple(regions(formula, [*axioms, given], atoms, MOST_REGIONS, self.steps)[0])

    # --- tables -----------------------------------------------------------------------------------------

    def tables(self) -> Iterator[TablePlan]:
        """All tables, those that define facts after those that conclude something."""
        yield from (item for item in self.plan.items if isinstance(item, TablePlan))
        yield from (d.body for d in self.plan.definitions if isinstance(d.body, TablePlan))

    def row(self, row: RowPlan) -> Bool:
        """Whether a row surely holds."""
        return self.encoding.condition(row.condition).must

    def applies(self, item: ItemPlan) -> Bool:
        return self.encoding.applies(item).must


_POSSIBLE = NotKnown("not_confirmed")
"""Something can be so: no claim follows."""


def is_possible(answer: Answer) -> bool:
    """Whether `reached` has found that it can be so."""
    return isinstance(answer, Refuted) or answer is _POSSIBLE


def unsettled(context: Context, answer: Answer, asked: str, item_id: str, span: Span) -> Iterator[Claim]:
    """What could not be settled is said, but not where somebody waits."""
    if isinstance(answer, NotKnown) and not context.quick:
        values = {"id": item_id, "asked": asked}
        if answer.why == "out_of_reach":
            values["about"] = "; ".join(answer.about)
        yield Claim(Finding(DOUBTS[answer.why], values, span), answer)


def finding(code: str, values: Mapping[str, str], span: Span, *labels: tuple[Span, str]) -> Finding:
    """A finding with further places, each with the code of a few words about it."""
    return Finding(code, values, span, tuple(Label(place, label) for place, label in labels))


def _shown_by(result: ExampleResult) -> Iterator[str]:
    yield from (name for name in result.covered if name != result.item)
    got = set(result.got)
    if got - SAYS_NOTHING - {"defeated"}:
        yield result.item
