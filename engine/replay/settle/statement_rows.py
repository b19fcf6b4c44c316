"""What `settled_charges` holds, read back as the lines of statements, with the words that belong to them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlglot import exp

from engine.evaluate.explain import citations, title
from engine.plan.nodes import Origin, Plan, RulePlan, TablePlan
from engine.replay.engines.engine import Row
from engine.replay.settle.charges import Charge
from engine.replay.settle.pooled import CHARGES, Pool
from engine.replay.settle.settlement import Line, OpenLine, RuleWords


def in_order(found: Sequence[Charge]) -> exp.Select:
    """By outlet, no outlet last, then by rule and ticket: outlet, charge, place and number of the ticket,
    amount, the charges by which the ticket pays in all, masks, other readings.
    """
    amount, charge = exp.column("amount"), exp.column("charge")
    paid = exp.case().when(exp.Not(this=amount.is_(exp.Null())), charge)
    ticket = [exp.column("source_file"), exp.column("source_row")]
    schemes = exp.Window(this=exp.ArrayAgg(this=paid), partition_by=ticket)
    words = [exp.column(name) for name in Pool.columns(found)]
    outlet = exp.Ordered(this=exp.column("outlet"), nulls_first=False)
    return (
        exp.select(exp.column("outlet"), charge, *ticket, exp.column("ticket_no"), amount, schemes, *words)
        .from_(CHARGES)
        .order_by(outlet, charge.copy(), *(part.copy() for part in ticket))
    )


def line_from_row(row: Row, found: Sequence[Charge]) -> Line | OpenLine:
    """A row of `in_order`."""
    _, number, file, place, ticket_no, amount, paid, *words = row
    charge = found[number]
    if amount is not None:
        kind, unit = charge.money
        schemes = dict.fromkeys(found[one].rule for one in sorted(p for p in paid if p is not None))
        return Line(
            ticket_no=ticket_no,
            file=file,
            row=place,
            rule=charge.rule,
            table_row=charge.table_row,
            kind=kind,
            amount=amount,
            unit=unit,
            payer=charge.payer,
            schemes=tuple(schemes),
        )
    masks, others = Pool.parted(found, words)
    reason, missing = charge.why(masks)
    costs = {name: cost for name, cost in zip(charge.others, others, strict=False) if cost is not None}
    return OpenLine(ticket_no, file, place, charge.rule, charge.table_row, reason, missing, costs)


def rule_words(plan: Plan, found: Collection[Charge]) -> dict[str, RuleWords]:
    """Titles and citations of all that statements may speak of."""
    named = {charge.rule for charge in found}
    words: dict[str, RuleWords] = {}
    for item in plan.items:
        origin = item.origin
        if origin.id in named:
            words[origin.id] = _spoken(origin)
        exemptions = item.exemptions if isinstance(item, RulePlan | TablePlan) else ()
        spoken = [exemption.origin for exemption in exemptions if exemption.origin.id in named]
        words |= {exempt.id: _spoken(exempt) for exempt in spoken}
        if isinstance(item, TablePlan) and origin.id in named:
            rows = (*item.rows, item.otherwise) if item.otherwise else item.rows
            for row in rows:
                name = row.origin.id.rpartition("/")[2]
                words[f"{origin.id}/{name}"] = _spoken(row.origin)
    return words


def _spoken(origin: Origin) -> RuleWords:
    said = title(origin)
    return RuleWords({"zh": said["zh"], "en": said["en"]}, tuple(citations(origin.citations)))
