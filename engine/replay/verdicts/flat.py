"""Verdicts as a flat table, for any warehouse: a column for each thing that a rule may say of a ticket."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import reduce
from operator import or_

from sqlglot import exp

from engine.plan.nodes import ClockPlan, Origin, Plan, TablePlan, expressions_of
from engine.replay.lowering.causes import BITS_A_WORD
from engine.replay.lowering.lower import lower
from engine.replay.sql.columns import judged
from engine.replay.sql.dialects import Dialect, render
from engine.replay.sql.logic import case, disjunction, sql, whole
from engine.replay.sql.refused import NotSayable, refuse
from engine.replay.sql.slots import Causes, Column, Lowered, Slot, Sql
from engine.rulebook.expressions import Count, Expression, Picked, Quantifier, walk

OVER_RECORDS = (Quantifier, Count, Picked)


def query(plan: Plan, dialect: Dialect, rules: Collection[str] = ()) -> str:
    """The query over a table `tickets`, laid out for reading; only on the named rules where some are.

    Raises NotSayable with what the dialect cannot say.
    """
    chosen = plan.only(rules) if rules else plan
    if dialect == "postgres":
        _refuse_lists(chosen, "PostgreSQL")
    lowered = lower(chosen)
    source = exp.select("*").from_("tickets")
    return render(judged(source, lowered.columns, _select(lowered, derived=not rules)), dialect, pretty=True)


def _refuse_lists(plan: Plan, dialect: str) -> None:
    """Names every rule that looks at records, where the dialect has no lists of them."""
    bodies: list[tuple[Origin, tuple[Expression, ...]]] = [(i.origin, expressions_of(i)) for i in plan.items]
    for definition in plan.definitions:
        body = definition.body
        parts = expressions_of(body) if isinstance(body, TablePlan | ClockPlan) else (body,)
        bodies.append((definition.origin, parts))
    findings = [
        finding
        for origin, parts in bodies
        if any(isinstance(part, OVER_RECORDS) for whole_ in parts for part in walk(whole_))
        for finding in refuse("Q004", dialect=dialect).of(origin).findings
    ]
    if findings:
        raise NotSayable(findings)


def _select(lowered: Lowered, *, derived: bool) -> list[Sql]:
    """The ticket, what the rules say, and the facts that they work out."""
    own: list[Sql] = [exp.column("ticket_no")] if "ticket_no" in lowered.plan.facts else []
    columns = {column.name: column for column in lowered.columns}
    said = [
        part for title, slots in _by_title(lowered.slots).items() for part in _columns(title, slots, columns)
    ]
    worked_out = [_named(held.expression, name) for name, held in lowered.derived.items()] if derived else []
    return [*own, exp.column("as_of"), *said, *worked_out]


def _by_title(slots: Iterable[Slot]) -> dict[str, list[Slot]]:
    """A rule may be undecided at several places, of which a ticket shows one at most: they share a column."""
    titled: dict[str, list[Slot]] = {}
    for slot in slots:
        titled.setdefault(_title(slot), []).append(slot)
    return titled


def _columns(title: str, slots: list[Slot], columns: Mapping[str, Column]) -> list[Sql]:
    """Whether it is said, and where it is, what differs from ticket to ticket."""
    present = sql(disjunction(slot.present for slot in slots))
    held = [(path, held) for slot in slots for path, held in slot.held.items()]
    values = [_named(one.expression, f"{title}: {'.'.join(map(str, path))}") for path, one in held]
    causes = [slot.causes for slot in slots if slot.causes is not None]
    missing = [_named(_missing(causes, columns), f"{title}: missing")] if causes else []
    return [_named(present, title), *values, *missing]


def _title(slot: Slot) -> str:
    match slot.part:
        case "outcomes":
            row = f" {slot.fixed['row']}" if "row" in slot.fixed else ""
            which = slot.fixed.get("by") if slot.fixed.get("reason") == "manual_exception" else None
            return f"{slot.rule}{row} {slot.fixed['kind']}{f' ({which})' if which else ''}"
        case "defeated":
            return f"{slot.rule} defeated by {slot.fixed['by']}"
        case "undecided":
            return f"{slot.rule} undecided"


def _missing(causes: Iterable[Causes], columns: Mapping[str, Column]) -> Sql:
    """The names of the causes whose bits are set, as one text."""
    names: list[Sql] = []
    for word, named in (word for one in causes for word in one.words):
        may_be_set = _bits(word, columns)
        for bit, cause in enumerate(named):
            if may_be_set >> bit & 1:
                is_set = exp.BitwiseAnd(this=word, expression=whole(1 << bit))
                shown = exp.NEQ(this=exp.Paren(this=is_set), expression=whole(0))
                names.append(case([(shown, exp.Literal.string(cause.name))], exp.Null()))
    # sqlglot's own node gives NULL where one name is NULL, which none of the dialects does.
    return exp.Anonymous(this="CONCAT_WS", expressions=[exp.Literal.string(", "), *names])


def _bits(mask: Sql, columns: Mapping[str, Column]) -> int:
    """The bits that a mask may have."""
    match mask:
        case exp.Literal():
            return int(mask.this)
        case exp.Column():
            return _bits(columns[mask.name].expression, columns)
        case exp.Paren():
            return _bits(mask.this, columns)
        case exp.BitwiseOr():
            return _bits(mask.this, columns) | _bits(mask.expression, columns)
        case exp.Case():
            branches = [branch.args["true"] for branch in mask.args["ifs"]]
            return reduce(or_, (_bits(part, columns) for part in (*branches, mask.args["default"])))
        case _:
            return (1 << BITS_A_WORD) - 1


def _named(expression: Sql, name: str) -> Sql:
    return exp.alias_(expression, name, quoted=True)
