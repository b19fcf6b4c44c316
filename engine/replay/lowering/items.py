"""The items of a plan as slots: what each may say, and when. The twin of `engine.evaluate.judge`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, assert_never

from sqlglot import exp

from engine.plan.nodes import ClockPlan, Exemption, ItemPlan, RulePlan, TablePlan
from engine.replay.lowering.causes import Mask, together, where
from engine.replay.lowering.clocks import clock_slots
from engine.replay.lowering.concluded import concluded, undecided
from engine.replay.lowering.hits import Hit, hits_of
from engine.replay.lowering.values import Cell
from engine.replay.lowering.writer import Writer
from engine.replay.sql.logic import (
    Truth,
    case,
    conjunction,
    disjunction,
    is_false,
    is_true,
    is_unknown,
    may_hold,
    negation,
    sql,
    whole,
)
from engine.replay.sql.slots import Held, Part, Path, Slot, Sql
from engine.rulebook.expressions import All, all_of
from engine.rulebook.model import Undefined
from engine.rulebook.outcomes import Outcome

State: TypeAlias = Sql | Mapping[int, Truth]
"""A column of codes that is never NULL, or the truth of each code that is possible."""
SILENT, STANDS, APPLIES_OPEN, EXEMPT_OPEN = 0, 1, -1, -2
DEFEATED = 2
"""What a column of states shows; `DEFEATED + n`: taken away by the item's exception n."""


def slots_of(writer: Writer, item: ItemPlan) -> list[Slot]:
    """What the item may say, in the order in which a verdict has it; silent slots are left out."""
    match item:
        case RulePlan():
            slots = _rule(writer, item)
        case TablePlan():
            slots = _table(writer, item)
        case ClockPlan():
            slots = clock_slots(writer, item)
        case _:
            assert_never(item)
    return [slot for slot in slots if slot.present != exp.false()]


@dataclass(frozen=True)
class _Exemptions:
    """The exceptions of an item that take its outcome away, with what is known of each."""

    all: tuple[Exemption, ...]
    holds: tuple[Truth, ...]
    mask: Mask

    @property
    def one_holds(self) -> Truth:
        return disjunction(is_true(truth) for truth in self.holds)

    @property
    def none_holds(self) -> Truth:
        """Whether it is known of all that they do not hold."""
        return conjunction(is_false(truth) for truth in self.holds)

    @property
    def one_may_hold(self) -> Truth:
        return disjunction(is_unknown(truth) for truth in self.holds)

    def state(self) -> Sql:
        """What becomes of an item that applies and concludes something."""
        defeated = [(truth, whole(DEFEATED + index)) for index, truth in enumerate(self.holds)]
        return case([*defeated, (self.one_may_hold, whole(EXEMPT_OPEN))], whole(STANDS))

    def takes_away(self, applies: Truth) -> dict[int, Truth]:
        """When each of them, the first that holds, takes away what applies."""
        found: dict[int, Truth] = {}
        for index, truth in enumerate(self.holds):
            earlier = [negation(is_true(other)) for other in self.holds[:index]]
            found[DEFEATED + index] = conjunction([is_true(applies), is_true(truth), *earlier])
        return found


def _defeating(writer: Writer, exemptions: Sequence[Exemption]) -> _Exemptions:
    defeating = tuple(e for e in exemptions if e.effect == "defeats")
    holds = tuple(writer.truth(e.condition) for e in defeating)
    masks = [
        where(is_unknown(truth), writer.mask(e.condition)) for e, truth in zip(defeating, holds, strict=True)
    ]
    return _Exemptions(defeating, holds, together(masks))


# --- rules --------------------------------------------------------------------------------------------


def _rule(writer: Writer, rule: RulePlan) -> list[Slot]:
    exemptions = _defeating(writer, rule.exemptions)
    item = _Item(writer, rule, exemptions)
    applies = All((rule.guard, rule.own))
    truth = writer.applies(rule.guard, rule.own)
    state = item.state(truth, _rule_is_raised(writer, rule))
    slots = item.conclusion(rule.outcomes, {}, _shows(state, STANDS), {})
    slots += item.reviews(_shows(state, STANDS))
    slots += item.defeats(state)
    open_masks = {APPLIES_OPEN: writer.mask(applies), EXEMPT_OPEN: exemptions.mask}
    return [*slots, *item.left_open(state, open_masks)]


def _rule_is_raised(writer: Writer, rule: RulePlan) -> Truth:
    """Whether anything in the ticket points to a rule that may apply."""
    always = rule.own == All(())
    return disjunction([writer.points_to(rule.own), is_true(writer.truth(rule.guard)) if always else False])


# --- tables -------------------------------------------------------------------------------------------


def _table(writer: Writer, table: TablePlan) -> list[Slot]:
    exemptions = _defeating(writer, table.exemptions)
    item = _Item(writer, table, exemptions)
    applies = All((table.guard, table.own))
    truth = writer.columns.truth("applies", writer.applies(table.guard, table.own))
    hits = hits_of(writer, table, truth)
    raised = _table_is_raised(writer, table)
    possible = (
        True if table.otherwise else disjunction(may_hold(writer.truth(row.condition)) for row in table.rows)
    )
    state = item.state(truth, conjunction([possible, raised]), hits.concluding)
    slots = [slot for hit in hits.hits for slot in _hit_slots(item, hit, state)]
    slots += item.reviews(conjunction([_shows(state, STANDS), hits.concluding]))
    slots += item.defeats(state)
    slots += item.left_open(state, {APPLIES_OPEN: writer.mask(applies), EXEMPT_OPEN: exemptions.mask})
    open_rows = conjunction([_shows(state, STANDS), hits.undecided, negation(exemptions.one_holds), raised])
    return [*slots, *item.undecided(open_rows, hits.mask)]


def _table_is_raised(writer: Writer, table: TablePlan) -> Truth:
    rows = (writer.points_to(row.condition) for row in table.rows)
    return disjunction([writer.points_to(table.own), *rows])


def _hit_slots(item: _Item, hit: Hit, state: State) -> Iterator[Slot]:
    """What one row concludes, or the gap that the source leaves there."""
    present = conjunction([_shows(state, STANDS), hit.present])
    which = {} if hit.row is None else {"row": hit.row.origin.id.rpartition("/")[2]}
    match hit.outputs:
        case None:
            return
        case Undefined() as gap:
            held = _alternatives(item, gap)
            named: dict[str, Any] = {reading: {} for reading, _ in gap.alternatives}
            fixed = {"kind": "review", "reason": "undefined_by_source", "alternatives": named}
            slot = item.slot("outcomes", {**which, **fixed}, present, held)
            yield replace(slot, choice=hit.choice)
        case outputs:
            outcomes = item.plan.outcomes
            slots = item.conclusion(outcomes, outputs, present, which)
            yield from (replace(slot, choice=hit.choice) for slot in slots)


def _alternatives(item: _Item, gap: Undefined) -> dict[Path, Held]:
    """What each other reading would put out."""
    outputs = item.plan.outputs if isinstance(item.plan, TablePlan) else ()
    return {
        ("alternatives", reading, output.name): Held(item.writer.worth(cell).value, output.type)
        for reading, cells in gap.alternatives
        for output, cell in zip(outputs, cells, strict=True)
    }


# --- what rules and tables share ----------------------------------------------------------------------


@dataclass(frozen=True)
class _Item:
    writer: Writer
    plan: RulePlan | TablePlan
    exemptions: _Exemptions

    def state(self, applies: Truth, raised: Truth, concludes: Truth = True) -> State:
        """What becomes of the item: a column of codes, or where little may, a truth for each."""
        stands = disjunction([negation(concludes), self.exemptions.none_holds])
        if not self.writer.tells_undecided:
            taken_away = self.exemptions.takes_away(conjunction([is_true(applies), concludes]))
            return {STANDS: conjunction([is_true(applies), stands]), **taken_away}
        if stands is True or is_true(applies) is False:
            doubtful = conjunction([negation(self.exemptions.one_holds), raised])
            return {STANDS: is_true(applies), APPLIES_OPEN: self._open(applies, doubtful)}
        open_ = conjunction([is_unknown(applies), negation(self.exemptions.one_holds), raised])
        stand = case([(negation(concludes), whole(STANDS))], self.exemptions.state())
        shown = case([(applies, stand), (open_, whole(APPLIES_OPEN))], whole(SILENT))
        return self.writer.columns.add("state", shown, never_null=True)

    def _open(self, applies: Truth, raised: Truth) -> Truth:
        """Whether it may apply and something points to it, which is only asked where it may."""
        unknown = is_unknown(applies)
        if unknown is False or raised is False:
            return False
        return self.writer.columns.add("open", case([(unknown, sql(raised))], exp.false()), never_null=True)

    def slot(
        self, part: Part, fixed: Mapping[str, Any], present: Truth, held: Mapping[Path, Held] | None = None
    ) -> Slot:
        premise = all_of(self.plan.guard, self.plan.own)
        return Slot(part, self.plan.origin.id, fixed, sql(present), held or {}, premise=premise)

    def conclusion(
        self,
        outcomes: tuple[Outcome, ...],
        outputs: Mapping[str, Cell],
        present: Truth,
        which: Mapping[str, Any],
    ) -> list[Slot]:
        """All the outcomes of a rule or row, or none of them where an amount is not known."""
        if present is False:
            return []
        said = concluded(self.writer, outcomes, outputs, present)
        known = conjunction([present, said.known])
        slots = [self.slot("outcomes", {**which, **fixed}, known, held) for fixed, held in said.outcomes]
        return [*slots, *self.undecided(conjunction([present, negation(said.known)]), said.mask)]

    def reviews(self, stands: Truth) -> list[Slot]:
        """Discretionary exceptions: the outcome stands, and a person is asked to look."""
        slots = []
        for exemption in self.plan.exemptions:
            if exemption.effect == "review" and stands is not False:
                holds = self.writer.truth(exemption.condition)
                fixed = {"kind": "review", "reason": "manual_exception", "by": exemption.origin.id}
                slots.append(self.slot("outcomes", fixed, conjunction([stands, is_true(holds)])))
                doubt = conjunction([stands, is_unknown(holds)])
                mask = self.writer.mask(exemption.condition)
                slots += self.undecided(doubt, mask, exemption.origin.id)
        return slots

    def defeats(self, state: State) -> list[Slot]:
        return [
            self.slot("defeated", {"by": exemption.origin.id}, _shows(state, DEFEATED + index))
            for index, exemption in enumerate(self.exemptions.all)
        ]

    def left_open(self, state: State, masks: Mapping[int, Mask]) -> list[Slot]:
        """One entry for the item, whichever of its parts is not known."""
        mask = together(where(_shows(state, code), mask) for code, mask in masks.items())
        return self.undecided(disjunction(_shows(state, code) for code in masks), mask)

    def undecided(self, present: Truth, mask: Mask, rule: str | None = None) -> list[Slot]:
        return undecided(self.writer, rule or self.plan.origin.id, present, mask)


def _shows(state: State, code: int) -> Truth:
    """Whether it has come to that; never NULL."""
    if isinstance(state, Mapping):
        return state.get(code, False)
    if isinstance(state, exp.Literal | exp.Neg):
        return state == whole(code)
    return exp.EQ(this=state, expression=whole(code))
