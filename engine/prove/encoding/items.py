"""What an item concludes as formulas: the twin of `engine.evaluate.judge`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from engine.plan.nodes import ClockPlan, Exemption, ItemPlan, RowPlan, RulePlan, TablePlan
from engine.prove.encoding import clocks
from engine.prove.encoding.encoding import Encoding
from engine.prove.encoding.rails import Rails
from engine.prove.encoding.worth import Worth, arithmetic, extreme, value
from engine.prove.solver import (
    FALSE,
    TRUE,
    Bool,
    both,
    conjunction,
    disjunction,
    either,
    negation,
    number,
)
from engine.rulebook.expressions import All, AnyOf, Expression, facts_in, type_of
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
)

Fixed: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """An outcome that stands `when`: its kind, what is fixed about it, and its amounts by name.

    `row`: of a table of which one row counts.
    """

    when: Bool
    kind: str
    fixed: Fixed
    amounts: tuple[tuple[str, Worth], ...] = ()
    row: RowPlan | None = None

    @property
    def like(self) -> tuple[str, Fixed, tuple[str, ...]]:
        """Effects that are alike can be told apart by their amounts only; a share with fewer parts is not."""
        return self.kind, self.fixed, tuple(name for name, _ in self.amounts)


@dataclass(frozen=True, slots=True)
class ItemForm:
    """What an item says: its effects, which exceptions defeat it when, and when it is among the undecided."""

    effects: tuple[Effect, ...]
    defeated: tuple[tuple[Exemption, Bool], ...]
    open: Bool

    @property
    def is_defeated(self) -> Bool:
        return disjunction(when for _, when in self.defeated)


def item_form(encoding: Encoding, item: ItemPlan) -> ItemForm:
    """What an item says of the ticket."""
    match item:
        case RulePlan():
            return _rule(encoding, item)
        case TablePlan():
            return _table(encoding, item)
        case ClockPlan():
            return _clock(encoding, item)
        case _:
            assert_never(item)


@dataclass(frozen=True, slots=True)
class _Exceptions:
    """`stands`: none takes the outcome away. `defeats`: which does when, `open`: that is not known."""

    stands: Bool
    defeats: tuple[tuple[Exemption, Bool], ...]
    open: Bool
    surely: Bool


def _exceptions(encoding: Encoding, exemptions: Sequence[Exemption]) -> _Exceptions:
    defeats, possible, so_far = [], [], FALSE
    for exemption in exemptions:
        if exemption.effect == "review":
            continue
        rails = encoding.condition(exemption.condition)
        defeats.append((exemption, both(rails.must, negation(so_far))))
        so_far = either(so_far, rails.must)
        possible.append(rails.may)
    may = disjunction(possible)
    return _Exceptions(negation(may), tuple(defeats), both(may, negation(so_far)), so_far)


def _rule(encoding: Encoding, rule: RulePlan) -> ItemForm:
    applies = encoding.applies(rule)
    exceptions = _exceptions(encoding, rule.exemptions)
    stands = both(applies.must, exceptions.stands)
    effects, missing = _concluded(encoding, rule.outcomes, stands)
    reviews, doubts = _reviews(encoding, rule.exemptions, stands)
    return ItemForm(
        (*effects, *reviews),
        tuple((exemption, both(applies.must, when)) for exemption, when in exceptions.defeats),
        either(
            both(applies.unknown, negation(exceptions.surely), _raised(encoding, rule)),
            both(applies.must, exceptions.open),
            missing,
            doubts,
        ),
    )


def _reviews(encoding: Encoding, exemptions: Sequence[Exemption], stands: Bool) -> tuple[list[Effect], Bool]:
    found = [
        (exemption, encoding.condition(exemption.condition))
        for exemption in exemptions
        if exemption.effect == "review"
    ]
    effects = [
        Effect(both(stands, rails.must), "review", (("reason", "manual_exception"),)) for _, rails in found
    ]
    return effects, disjunction(both(stands, rails.unknown) for _, rails in found)


def _table(encoding: Encoding, table: TablePlan) -> ItemForm:
    applies, form, raised = encoding.applies(table), encoding.table(table), _raised(encoding, table)
    exceptions = _exceptions(encoding, table.exemptions)
    concluding = disjunction(hit.when for hit in form.hits if hit.outputs is not None)
    stands = both(applies.must, exceptions.stands)
    stands_or_rests = either(exceptions.stands, negation(concluding))
    effects: list[Effect] = []
    missing: list[Bool] = []
    for hit in form.hits:
        when, row = both(stands, hit.when), hit.row if table.policy in SINGLE_HIT else None
        if isinstance(hit.outputs, Undefined):
            effects.append(_gap(encoding, table, hit.outputs, when, row))
        elif hit.outputs is not None:
            names = [output.name for output in table.outputs]
            outputs = dict(zip(names, hit.outputs, strict=True))
            stated, lacking = _concluded(encoding, table.outcomes, when, outputs, row)
            effects += stated
            missing.append(lacking)
    reviews, doubts = _reviews(encoding, table.exemptions, both(stands, concluding))
    return ItemForm(
        (*effects, *reviews),
        tuple((e, both(applies.must, concluding, when)) for e, when in exceptions.defeats),
        either(
            both(applies.unknown, negation(exceptions.surely), _possible(table, form.rows), raised),
            both(applies.must, concluding, exceptions.open),
            both(applies.must, form.open, negation(exceptions.surely), raised, stands_or_rests),
            *missing,
            doubts,
        ),
    )


def _gap(encoding: Encoding, table: TablePlan, gap: Undefined, when: Bool, row: RowPlan | None) -> Effect:
    """What the source leaves open, with what each other reading would put out."""
    readings = " ".join(reading for reading, _ in gap.alternatives)
    amounts = tuple(
        (f"{reading}: {output.name}", encoding.worth(cell))
        for reading, cells in gap.alternatives
        for output, cell in zip(table.outputs, cells, strict=True)
    )
    fixed = ("reason", "undefined_by_source"), ("alternatives", readings)
    return Effect(when, "review", fixed, amounts, row)


def _raised(encoding: Encoding, item: RulePlan | TablePlan) -> Bool:
    """Whether something in the ticket points to an undecided item: a test of its own that holds."""
    own = _points_to(encoding, item.own)
    if isinstance(item, TablePlan):
        return either(own, *(_points_to(encoding, row.condition) for row in item.rows))
    return either(own, encoding.condition(item.guard).must if item.own == All(()) else FALSE)


def _points_to(encoding: Encoding, condition: Expression) -> Bool:
    """A test that holds of something that is there."""
    if isinstance(condition, All | AnyOf):
        return disjunction(_points_to(encoding, part) for part in condition.items)
    there = disjunction(encoding.is_there(fact) for fact in facts_in(condition))
    return both(encoding.condition(condition).must, there)


def _clock_raised(encoding: Encoding, clock: ClockPlan) -> Bool:
    begins = clock.starts if clock.starts is not None else clock.due
    begun = FALSE if begins is None else encoding.worth(begins).known
    return either(_points_to(encoding, clock.own), both(begun, encoding.condition(clock.own).must))


def _possible(table: TablePlan, rows: Sequence[Rails]) -> Bool:
    return TRUE if table.otherwise is not None else disjunction(rails.may for rails in rows)


def _clock(encoding: Encoding, clock: ClockPlan) -> ItemForm:
    applies, face = encoding.applies(clock), clocks.form(encoding, clock)
    inclusive = Worth(TRUE, TRUE, face.due.inclusive)
    deadlines = [
        Effect(
            both(applies.must, when),
            "deadline",
            (("state", state),),
            (("due", face.due.moment), ("inclusive", inclusive), *clocks.events(encoding, clock, state)),
        )
        for state, when in clocks.states(face)
    ]
    effects, missing = _concluded(encoding, clock.on_breach, both(applies.must, face.breached))
    silent, raised = either(applies.false, face.not_started), _clock_raised(encoding, clock)
    return ItemForm(
        (*deadlines, *effects),
        (),
        either(both(negation(silent), either(applies.unknown, face.open), raised), missing),
    )


def _concluded(
    encoding: Encoding,
    outcomes: Sequence[Outcome],
    when: Bool,
    outputs: Mapping[str, Worth] | None = None,
    row: RowPlan | None = None,
) -> tuple[list[Effect], Bool]:
    """All the outcomes, or none of them where an amount is not known."""
    stated = [_outcome(encoding, outcome, outputs) for outcome in outcomes]
    usable = conjunction(worth.usable for _, _, amounts in stated for _, worth in amounts)
    effects = [Effect(both(when, usable), kind, fixed, amounts, row) for kind, fixed, amounts in stated]
    return effects, both(when, negation(usable))


def _outcome(
    encoding: Encoding, outcome: Outcome, outputs: Mapping[str, Worth] | None
) -> tuple[str, Fixed, tuple[tuple[str, Worth], ...]]:
    def amount(expression: Expression) -> tuple[tuple[str, Worth], ...]:
        return (("amount", encoding.worth(expression, outputs=outputs)),)

    match outcome:
        case Fine(amount=due, payer=payer, per=per):
            return "fine", _fixed(unit=type_of(due).unit, payer=payer, per=per), amount(due)
        case Fee(amount=due, payer=payer):
            return "fee", _fixed(unit=type_of(due).unit, payer=payer), amount(due)
        case Compensation(amount=due, payee=payee, payer=payer):
            fixed = _fixed(unit=None if due is None else type_of(due).unit, payee=payee, payer=payer)
            return "compensation", fixed, () if due is None else amount(due)
        case Share():
            ceilings = " ".join(part.party for part in outcome.parts if part.up_to)
            fixed = _fixed(unit=type_of(outcome.of).unit, up_to=ceilings or None)
            return "share", fixed, _shares(encoding, outcome, outputs)
        case Breach(code=code, by=by):
            return "breach", _fixed(code=code, by=by), ()
        case Obligation(acts=acts, by=by):
            return "obligation", _fixed(acts=" ".join(acts), by=by), ()
        case Gate(action=action, allowed=allowed, requires=requires):
            allows = str(allowed).lower()
            return "gate", _fixed(action=action, allowed=allows, requires=" ".join(requires) or None), ()
        case Route(to=to):
            return "route", _fixed(to=to), ()
        case Score(name=name, points=points):
            return "score", _fixed(name=name), (("points", encoding.worth(points, outputs=outputs)),)
        case Review(reason=reason):
            return "review", _fixed(reason=reason), ()
        case _:
            assert_never(outcome)


def _fixed(**parts: str | None) -> Fixed:
    return tuple((name, part) for name, part in parts.items() if part is not None)


def _shares(
    encoding: Encoding, share: Share, outputs: Mapping[str, Worth] | None
) -> tuple[tuple[str, Worth], ...]:
    """Parts in order, each capped at what is left; the remainder party bears the rest."""
    left = encoding.worth(share.of, outputs=outputs)
    found = [("of", left)]
    for part in share.parts:
        wanted = extreme("min", (encoding.worth(part.amount, outputs=outputs), left))
        borne = extreme("max", (value(number(0)), wanted))
        found.append((part.party, borne))
        left = arithmetic("-", left, borne)
    return (*found, (share.remainder, left))
