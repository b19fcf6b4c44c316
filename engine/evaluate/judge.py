"""One item of the plan in a case: what it concludes, what defeats it, what is undecided about it.

This is where a rulebook's words *applied*, *defeated* and *undecided* get their meaning; the reference
evaluator is a loop over it, and the other evaluators hand it whatever they do not decide themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from engine.evaluate import clocks, conclude, tables
from engine.evaluate.case import Case
from engine.evaluate.explain import because, citations, events, title
from engine.evaluate.hit_policy import Hit
from engine.evaluate.values import Cause, Unknown, reason_and_missing, shown
from engine.evaluate.verdict import Because, Defeated, Outcome, Undecided
from engine.plan.nodes import ClockPlan, Exemption, ItemPlan, Origin, RowPlan, RulePlan, TablePlan
from engine.rulebook.expressions import All, type_of
from engine.rulebook.model import Undefined
from engine.rulebook.outcomes import Outcome as OutcomePlan


@dataclass(slots=True)
class Judgement:
    """What has been concluded so far, in the order of the plan."""

    outcomes: list[Outcome] = field(default_factory=list)
    defeated: list[Defeated] = field(default_factory=list)
    undecided: list[Undecided] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Basis:
    """What an outcome rests on: the item, the row if it is a table's, what is cited, and the reasons."""

    origin: Origin
    cited: Origin
    reasons: list[Because]
    row: RowPlan | None = None


def judge(case: Case, item: ItemPlan, so_far: Judgement) -> None:
    """Adds what one item concludes."""
    match item:
        case RulePlan():
            _judge_rule(case, item, so_far)
        case TablePlan():
            _judge_table(case, item, so_far)
        case ClockPlan():
            _judge_clock(case, item, so_far)
        case _:
            assert_never(item)


def _judge_rule(case: Case, rule: RulePlan, so_far: Judgement) -> None:
    applies = case.applies(rule)
    if applies is False:
        return
    if isinstance(applies, Unknown):
        if not _exempt(case, rule.exemptions) and case.is_raised(rule):
            leave_open(so_far, rule.origin, applies.causes)
        return
    reasons = because(case, All((rule.guard, rule.own)))
    if _stands(case, rule, reasons, so_far):
        _conclude(case, Basis(rule.origin, rule.origin, reasons), rule.outcomes, so_far)
        _mark_for_review(case, rule, reasons, so_far)


def _exempt(case: Case, exemptions: Sequence[Exemption]) -> bool:
    return any(e.effect == "defeats" and case.holds(e) is True for e in exemptions)


def _stands(case: Case, item: RulePlan | TablePlan, reasons: list[Because], so_far: Judgement) -> bool:
    """Whether no exception takes the outcome away; else notes which one did, or that it is not known."""
    open_causes: set[Cause] = set()
    for exemption in item.exemptions:
        if exemption.effect == "review":
            continue
        holds = case.holds(exemption)
        if holds is True:
            so_far.defeated.append(_defeat(case, item.origin, exemption, reasons))
            return False
        if isinstance(holds, Unknown):
            open_causes |= holds.causes
    if open_causes:
        leave_open(so_far, item.origin, open_causes)
    return not open_causes


def _defeat(case: Case, origin: Origin, exemption: Exemption, reasons: list[Because]) -> Defeated:
    return Defeated(
        rule=origin.id,
        by=exemption.origin.id,
        title=title(exemption.origin),
        citations=citations(exemption.origin.citations),
        because=[*reasons, *(b for b in because(case, exemption.condition) if b not in reasons)],
    )


def _mark_for_review(
    case: Case, item: RulePlan | TablePlan, reasons: list[Because], so_far: Judgement
) -> None:
    """Discretionary exceptions: the outcome stands, and a person is asked to look."""
    for exemption in item.exemptions:
        if exemption.effect != "review":
            continue
        holds = case.holds(exemption)
        if holds is True:
            why = [*reasons, *(b for b in because(case, exemption.condition) if b not in reasons)]
            fields: Outcome = {"kind": "review", "reason": "manual_exception", "by": exemption.origin.id}
            so_far.outcomes.append(_stated(Basis(item.origin, exemption.origin, why), fields))
        elif isinstance(holds, Unknown):
            leave_open(so_far, exemption.origin, holds.causes)


def _conclude(
    case: Case,
    basis: Basis,
    outcomes: Iterable[OutcomePlan],
    so_far: Judgement,
    outputs: Mapping[str, Any] | None = None,
) -> None:
    """All the outcomes of a rule or row, or none of them where an amount is not known."""
    stated: list[Outcome] = []
    causes: set[Cause] = set()
    for outcome in outcomes:
        fields = conclude.fields(case, outcome, outputs)
        if isinstance(fields, Unknown):
            causes |= fields.causes
        else:
            stated.append(_stated(basis, fields))
    if causes:
        leave_open(so_far, basis.origin, causes)
    else:
        so_far.outcomes.extend(stated)


def _stated(basis: Basis, fields: Outcome) -> Outcome:
    which = {"row": basis.row.origin.id.rpartition("/")[2]} if basis.row else {}
    return {
        "rule": basis.origin.id,
        **which,
        **fields,
        "title": title(basis.origin),
        "citations": citations(basis.cited.citations),
        "because": basis.reasons,
    }


def leave_open(so_far: Judgement, origin: Origin, causes: Iterable[Cause]) -> None:
    """Adds that something may apply, and what would decide it."""
    reason, missing = reason_and_missing(causes)
    so_far.undecided.append(Undecided(rule=origin.id, title=title(origin), missing=missing, reason=reason))


def _judge_table(case: Case, table: TablePlan, so_far: Judgement) -> None:
    applies = case.applies(table)
    if applies is False:
        return
    if isinstance(applies, Unknown):
        possible = table.otherwise or any(case.holds(row) is not False for row in table.rows)
        if possible and not _exempt(case, table.exemptions) and case.is_raised(table):
            leave_open(so_far, table.origin, applies.causes)
        return
    chosen = tables.selection(case, table)
    concluding = [hit for hit in chosen.hits if hit.outputs is not None]
    shared = because(case, All((table.guard, table.own)))
    if concluding and not _stands(case, table, _reasons(case, shared, concluding[0]), so_far):
        return
    for hit in concluding:
        _conclude_hit(case, table, hit, _reasons(case, shared, hit), so_far)
    if concluding:
        _mark_for_review(case, table, _reasons(case, shared, concluding[0]), so_far)
    if chosen.causes and not _exempt(case, table.exemptions) and case.is_raised(table):
        leave_open(so_far, table.origin, chosen.causes)


def _reasons(case: Case, shared: list[Because], hit: Hit) -> list[Because]:
    """What all rows share, then what the rows that it rests on say, each once."""
    reasons = list(shared)
    for row in hit.rows:
        reasons += [entry for entry in because(case, row.condition) if entry not in reasons]
    return reasons


def _conclude_hit(case: Case, table: TablePlan, hit: Hit, reasons: list[Because], so_far: Judgement) -> None:
    cited = hit.row.origin if hit.row else _cited_together(table, hit.added_up)
    basis = Basis(table.origin, cited, reasons, hit.row)
    if isinstance(hit.outputs, Undefined):
        fields: Outcome = {
            "kind": "review",
            "reason": "undefined_by_source",
            "alternatives": _alternatives(case, table, hit.outputs),
        }
        so_far.outcomes.append(_stated(basis, fields))
        return
    _conclude(case, basis, table.outcomes, so_far, hit.outputs)


def _cited_together(table: TablePlan, rows: Iterable[RowPlan]) -> Origin:
    """The table, with what the rows that were added up rest on."""
    quoted = dict.fromkeys(citation for row in rows for citation in row.origin.citations)
    return replace(table.origin, citations=tuple(quoted) or table.origin.citations)


def _alternatives(case: Case, table: TablePlan, gap: Undefined) -> dict[str, dict[str, Any]]:
    """What each other reading would put out, by the name of the reading."""
    return {
        reading: {
            output.name: shown(case.value(cell), output.type)
            for output, cell in zip(table.outputs, cells, strict=True)
        }
        for reading, cells in gap.alternatives
    }


def _judge_clock(case: Case, clock: ClockPlan, so_far: Judgement) -> None:
    applies = case.applies(clock)
    if applies is False:
        return
    face = clocks.read_clock(case, clock)
    if not isinstance(face, Unknown) and face.state == "not_started":
        return
    if isinstance(applies, Unknown) or isinstance(face, Unknown):
        if _clock_is_raised(case, clock):
            unknowns = [u for u in (applies, face) if isinstance(u, Unknown)]
            leave_open(so_far, clock.origin, {cause for u in unknowns for cause in u.causes})
        return
    reasons = because(case, All((clock.guard, clock.own)))
    reasons += [entry for entry in events(case, clock) if entry not in reasons]
    basis = Basis(clock.origin, clock.origin, reasons)
    so_far.outcomes.append(_stated(basis, _deadline(clock, face)))
    if face.state == "breached":
        _conclude(case, basis, clock.on_breach, so_far)


def _clock_is_raised(case: Case, clock: ClockPlan) -> bool:
    """A test of its own holds of something; where all of them hold, the event that starts it will do."""
    if case.points_to(clock.own):
        return True
    begins = clock.starts if clock.starts is not None else clock.due
    begun = begins is not None and not isinstance(case.value(begins), Unknown)
    return begun and case.value(clock.own) is True


def _deadline(clock: ClockPlan, face: clocks.ClockFace) -> Outcome:
    if face.due is None:
        raise ValueError("a clock that has not started has no deadline")
    due, inclusive = clocks.shown_due(face.due)
    started = None if clock.starts is None else shown(face.started, type_of(clock.starts))
    stopped = None if face.stopped is None else face.stopped.isoformat()
    return {
        "kind": "deadline",
        "state": face.state,
        "started": started,
        "due": due,
        "inclusive": inclusive,
        "stopped": stopped,
    }
