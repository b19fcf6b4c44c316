"""What a change of rules would have done to past tickets: two editions in one scan, and the impact of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from sqlglot import exp

from engine.plan.nodes import ClockPlan, Origin, Plan
from engine.replay.dry_run.compare import SIDES, Comparison, changes_in, comparison
from engine.replay.dry_run.dimensions import TEXT, Grouping, asked_groupings, usual_groupings
from engine.replay.dry_run.distributions import distribution
from engine.replay.dry_run.edits import edits
from engine.replay.dry_run.examples import Bench, Masking, as_given
from engine.replay.dry_run.impact import (
    Amounts,
    ChangeClass,
    Dimension,
    Distribution,
    Edit,
    Example,
    Impact,
    RuleImpact,
    Side,
)
from engine.replay.dry_run.reach import reach_of
from engine.replay.dry_run.tallies import FILE, KEPT, NUMBER, ROW, ClassCount, Tallies
from engine.replay.dry_run.zones import Extent, Mark, asked_of, marks_of
from engine.replay.engines.engine import Engine
from engine.replay.lowering.causes import Bits
from engine.replay.lowering.lower import lower
from engine.replay.sql.columns import judged
from engine.replay.sql.slots import Sql
from engine.replay.tickets.table import Place, TicketTable

Step: TypeAlias = Literal["judging", "comparing", "examples"]
TICKET_NO = "ticket_no"


@dataclass(frozen=True)
class Options:
    """How the sides are called, by which facts tickets are grouped (none: the usual ones), and the instant of
    judging for tickets that do not tell one. `masked` is done to an example's facts before they are judged;
    it must not change a verdict. `extents` tell where a proof lets the change reach; None: nothing is proved.
    """

    base: str
    candidate: str
    as_of: datetime
    by: tuple[str, ...] = ()
    masked: Masking = as_given
    extents: tuple[Extent, ...] | None = None


def run(
    engine: Engine,
    table: TicketTable,
    plans: tuple[Plan, Plan],
    options: Options,
    told: Callable[[Step], None] = lambda _: None,
) -> Impact:
    """Judges every ticket by both plans, base first, and gives what differs; `told` hears of each step.

    The engine keeps a table of the compared tickets until it is closed. Raises NotSayable where SQL cannot
    say a rule, EngineFailure for what fails from outside, and Disagreement where an example shows that SQL
    and the compiled evaluator differ, or past tickets refute what was proved (`Contradiction`): mistakes of
    Caiding's own.
    """
    groupings = _groupings(options.by, plans, table, engine)
    asked, marks = _asked(table, plans, groupings, options.extents or ())
    told("judging")
    engine.keep(KEPT, judged(table.source, asked.columns, asked.select))
    told("comparing")
    tallies = Tallies(engine, asked)
    impact = _impact(table, plans, options, tallies)
    impact = replace(
        impact, dimensions=_dimensions(groupings, tallies), distributions=_distributions(engine, asked)
    )
    if options.extents is not None:
        impact = replace(impact, reach=reach_of(tallies, marks, _titles(plans)))
    repeated = table.repeated(engine)
    told("examples")
    counts, left_out = tallies.classes()
    return replace(
        impact,
        repeated=repeated.count,
        repeated_numbers=repeated.numbers,
        classes=_classes(Bench(engine, table, plans, options.as_of, options.masked), counts, tallies),
        classes_left_out=left_out,
    )


def _groupings(
    by: Sequence[str], plans: tuple[Plan, Plan], table: TicketTable, engine: Engine
) -> tuple[Grouping, ...]:
    if by:
        return asked_groupings(by, plans, table.facts)
    return usual_groupings(plans, table.facts, lambda fact: _is_told(fact, table, engine))


def _is_told(fact: str, table: TicketTable, engine: Engine) -> bool:
    """Whether any ticket has a value of the fact; the first that has ends the search."""
    there = exp.Not(this=exp.Is(this=exp.column(fact), expression=exp.Null()))
    query = exp.select(exp.Literal.number(1)).from_(table.source.subquery("t")).where(there).limit(1)
    return any(True for _ in engine.rows(query))


def _asked(
    table: TicketTable, plans: tuple[Plan, Plan], groupings: Sequence[Grouping], extents: Sequence[Extent]
) -> tuple[Comparison, tuple[Mark, ...]]:
    """Both plans with one set of bits, so that what they share is worked out once."""
    bits = Bits()
    base, candidate = (
        lower(plan, table.facts, bits, asked=asked_of(side, extents))
        for plan, side in zip(plans, SIDES, strict=True)
    )
    marks = marks_of(extents, base, candidate)
    number = exp.column(TICKET_NO) if TICKET_NO in table.facts else exp.cast(exp.Null(), TEXT)
    keys: dict[str, Sql] = {FILE: exp.column(FILE), ROW: exp.column(ROW), NUMBER: number}
    keys |= {_column(place): grouping.value for place, grouping in enumerate(groupings)}
    return comparison(base, candidate, {**keys, **marks.columns}), marks.marks


def _column(place: int) -> str:
    return f"group_{place}"


def _impact(table: TicketTable, plans: tuple[Plan, Plan], options: Options, tallies: Tallies) -> Impact:
    """All that needs no more than counting; the rest is empty."""
    totals, edited = tallies.totals(), edits(*plans)
    base, candidate = plans
    return Impact(
        base=Side(options.base, base.edition, base.readings),
        candidate=Side(options.candidate, candidate.edition, candidate.readings),
        as_of=options.as_of.isoformat(timespec="seconds"),
        tickets=totals.tickets,
        bad=table.bad.count,
        bad_tickets=table.bad.first,
        repeated=0,
        repeated_numbers=(),
        changed=totals.changed,
        changed_in_money=totals.changed_in_money,
        undecided=totals.undecided,
        money=totals.money,
        rules=_rules(tallies, plans, edited),
        dimensions=(),
        distributions=(),
        largest=tallies.largest(),
        classes=(),
        classes_left_out=0,
        lacking=tallies.lacking(),
        edits=edited,
    )


def _rules(tallies: Tallies, plans: tuple[Plan, Plan], edited: Sequence[Edit]) -> tuple[RuleImpact, ...]:
    """Every rule that differs, with its title, the largest change of money first."""
    own = {edit.name for edit in edited if edit.kind in ("rule", "definition") and not edit.words_only}
    titles = _titles(plans)
    found = (
        replace(tallies.rule(rule), title=titles[rule.id], edited=rule.id in own)
        for rule in tallies.asked.rules
    )
    return tuple(sorted(found, key=lambda rule: (-weight(rule.money), -rule.changed, rule.rule)))


def _titles(plans: tuple[Plan, Plan]) -> Mapping[str, Mapping[str, str]]:
    """What items, their exceptions and definitions are called."""
    defined = [d.origin for plan in plans for d in plan.definitions]
    return {o.id: _title(o) for o in (*defined, *(o for plan in plans for o in origins(plan)))}


def origins(plan: Plan) -> Iterator[Origin]:
    """All that a verdict may name as its rule: items, and exceptions, which may be undecided alone."""
    for item in plan.items:
        yield item.origin
        if not isinstance(item, ClockPlan):
            yield from (exemption.origin for exemption in item.exemptions)


def _title(origin: Origin) -> Mapping[str, str]:
    return {"zh": origin.title.zh, "en": origin.title.en}


def weight(money: Amounts) -> Decimal:
    """By how much money changes, of whatever kind."""
    return sum((abs(amount.delta) for amount in money.values()), Decimal(0))


def _dimensions(groupings: Sequence[Grouping], tallies: Tallies) -> tuple[Dimension, ...]:
    return tuple(
        Dimension(grouping.name, grouping.fact, *tallies.groups(grouping, _column(place)))
        for place, grouping in enumerate(groupings)
    )


def _distributions(engine: Engine, asked: Comparison) -> tuple[Distribution, ...]:
    return tuple(
        distribution(engine, KEPT, kind, (asked.money(kind, "before"), asked.money(kind, "after")))
        for kind in asked.kinds
    )


def _classes(bench: Bench, counts: Sequence[ClassCount], tallies: Tallies) -> tuple[ChangeClass, ...]:
    """The classes with a few of their tickets in full."""
    places = tallies.examples(counts)
    changes = {count.text: changes_in(count.text, tallies.asked.rules) for count in counts}
    wanted = {place: changes[text] for text, found in places.items() for place in found}
    examples: Mapping[Place, Example] = bench.examples(wanted)
    return tuple(
        ChangeClass(
            changes[count.text],
            count.tickets,
            count.money,
            tuple(examples[place] for place in places.get(count.text, ())),
        )
        for count in counts
    )
