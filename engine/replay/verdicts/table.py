"""Verdicts as columns of SQL: the table that `api.tickets.verdict_table` writes row by row, in one query."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlglot import exp

from engine.evaluate.conclude import ADDED_UP
from engine.replay.engines.engine import Dialect
from engine.replay.lowering.exclusive import runs
from engine.replay.sql import lists
from engine.replay.sql import vocabulary as v
from engine.replay.sql.columns import judged
from engine.replay.sql.days import start_of
from engine.replay.sql.logic import case, negation, whole
from engine.replay.sql.refused import refuse
from engine.replay.sql.slots import Column, Held, Lowered, Path, Slot, Sql
from engine.replay.verdicts.listed import ENTRY, Chooser, Values, any_of, nothing, of_entry, record, truth_of
from engine.replay.verdicts.missing import undecided_list
from engine.replay.verdicts.shape import (
    ALTERNATIVE,
    DEFEATED,
    MONEY,
    OUTCOME,
    SHARE,
    TOTAL,
    Exact,
    Parts,
    Plain,
    Shape,
    fact_shape,
    sql_type,
    verdict_columns,
)
from engine.rulebook.types import Kind, Type

TICKET_NO = "ticket_no"
WITH_PARTS = ("shares", "alternatives")
"""Fields that are records themselves, and whose values differ from ticket to ticket."""
MOST_DIGITS_OF_DECIMALS = 12


def verdict_query(
    source: exp.Select, lowered: Lowered, dialect: Dialect, given: Collection[str]
) -> exp.Select:
    """The table of verdicts over the relation `tickets`, in the columns of `verdict_columns`.

    `given` are the facts that the tickets have columns for, as the plan was lowered with.
    """
    table = _Table(lowered, Chooser(dialect))
    number = exp.column(TICKET_NO) if TICKET_NO in given else exp.Null()
    parts = {**table.said(), TICKET_NO: number}
    select = [
        exp.alias_(v.cast(parts[name], sql_type(shape)), name, quoted=True)
        for name, shape in verdict_columns(lowered.plan).items()
    ]
    return judged(source, (*lowered.columns, *table.columns), select)


def outcomes_select(
    lowered: Lowered, dialect: Dialect, fields: Sequence[str] = ("rule", "kind", "amount")
) -> Sql:
    """Only some fields of a ticket's outcomes, as one list; `amount` of a share is its first party's."""
    shape = Parts({name: OUTCOME.fields[name] for name in fields})
    slots = [slot for slot in lowered.slots if slot.part == "outcomes"]
    if not slots:
        return nothing(shape)
    chains = [
        case([(truth_of(slot), lists.array([_brief(slot, shape)])) for slot in run], exp.Null())
        for run in runs(slots)
    ]
    return Chooser(dialect).flat(chains)


def _brief(slot: Slot, shape: Parts) -> Sql:
    values: dict[str, Any] = {**slot.fixed, "rule": slot.rule, "table_row": slot.fixed.get("row")}
    values |= {str(path[0]): held.expression for path, held in slot.held.items() if len(path) == 1}
    borne = slot.held.get(("shares", 0, "amount"))
    if borne is not None:
        values["amount"] = borne.expression
    return record(shape, values)


class _Table:
    """Collects in `columns` what its expressions read beside the columns of the lowered plan."""

    def __init__(self, lowered: Lowered, chooser: Chooser) -> None:
        self.lowered = lowered
        self.chooser = chooser
        self.zone = ZoneInfo(lowered.plan.zone)
        self.columns: list[Column] = []

    def said(self) -> dict[str, Sql]:
        """The columns of the table but for the ticket's number."""
        outcomes, defeated = self._slots("outcomes"), self._slots("defeated")
        derived = {name: _fact(held) for name, held in sorted(self.lowered.derived.items())}
        return {
            "source_file": exp.column("source_file"),
            "source_row": exp.column("source_row"),
            "edition": exp.Literal.string(self.lowered.plan.edition),
            "as_of": exp.column("as_of"),
            "outcomes": self._list(outcomes, OUTCOME),
            "defeated": self._list(defeated, DEFEATED),
            "undecided": self._undecided(),
            "totals": self._totals(outcomes),
            **({"derived": lists.struct(derived)} if derived else {}),
        }

    def _slots(self, part: str) -> list[Slot]:
        return [slot for slot in self.lowered.slots if slot.part == part]

    # --- what is said ---------------------------------------------------------------------------------

    def _list(self, slots: Sequence[Slot], shape: Parts) -> Sql:
        """What the slots say that are present, in the order of the plan."""
        if not slots:
            return nothing(shape)
        values: dict[str, Values] = {}
        said = [self._said(slot, shape, values) for slot in slots]
        wide = Parts({**shape.fields, **{_place(name): Plain.WHOLE for name in values}})
        self.columns += [one.column() for one in values.values()]
        fields = {name: _field(name, part, values.get(name)) for name, part in shape.fields.items()}
        found = self.chooser.looked_up(self.chooser.numbers([slot.present for slot in slots]), wide, said)
        return lists.mapped(found, ENTRY, lists.struct(fields))

    def _said(self, slot: Slot, shape: Parts, values: dict[str, Values]) -> dict[str, Any]:
        """What is the same for every ticket, and where the values stand that are not."""
        said = {**slot.fixed, "rule": slot.rule, "table_row": slot.fixed.get("row")}
        said = {name: value for name, value in said.items() if name not in WITH_PARTS}
        for name in dict.fromkeys(str(path[0]) for path in slot.held):
            value = self._value(slot, name, shape.fields[name])
            if _is_constant(value):
                said[name] = value
            else:
                kept = values.setdefault(name, Values(f"slots_{name}"))
                said[_place(name)] = kept.place(value)
        return said

    def _value(self, slot: Slot, name: str, shape: Shape) -> Sql:
        match name:
            case "shares":
                return v.when(slot.present, _shares(slot))
            case "alternatives":
                return v.when(slot.present, _alternatives(slot))
            case _:
                held = slot.held[name,]
        if _is_constant(held.expression):
            return held.expression
        if held.type.kind in (Kind.DATE, Kind.MONTH):
            return start_of(held.expression, self.zone)
        return v.cast(held.expression, sql_type(shape)) if isinstance(shape, Exact) else held.expression

    def _undecided(self) -> Sql:
        columns = {column.name: column.expression for column in self.lowered.columns}
        found, read = undecided_list(self._slots("undecided"), columns, self.chooser)
        self.columns += read
        return found

    def _totals(self, outcomes: Sequence[Slot]) -> Sql:
        """Money by kind and unit, as `engine.evaluate.conclude.totals` adds it up."""
        paid: dict[tuple[str, str], list[tuple[Sql, Held]]] = {}
        for slot in outcomes:
            if slot.amount is not None:
                pair = slot.fixed["kind"], slot.fixed["unit"]
                paid.setdefault(pair, []).append((slot.present, slot.amount))
        if not paid:
            return nothing(TOTAL)
        order = sorted(paid, key=lambda pair: (ADDED_UP.index(pair[0]), pair[1]))
        return self.chooser.some([(any_of(paid[pair]), _total(*pair, paid[pair])) for pair in order])


def _place(name: str) -> str:
    return f"{name}_at"


def _field(name: str, shape: Shape, values: Values | None) -> Sql:
    """The field as it is fixed, or as its value is on the ticket."""
    fixed = of_entry(name)
    if values is None:
        return fixed
    value = values.at(of_entry(_place(name)))
    if shape is Plain.INSTANT and name != "stopped":
        value = _to_the_second(value)
    return exp.Coalesce(this=v.cast(value, sql_type(shape)), expressions=[fixed])


def _to_the_second(instant: Sql) -> Sql:
    """As verdicts show all instants but that of a stop."""
    return v.call("DATE_TRUNC", exp.Literal.string("second"), instant)


def _is_constant(value: Sql) -> bool:
    return v.is_literal(value) or isinstance(value, exp.Boolean | exp.Null)


def _shares(slot: Slot) -> Sql:
    return lists.array(
        [
            record(SHARE, {**share, "amount": slot.held["shares", place, "amount"].expression})
            for place, share in enumerate(slot.fixed["shares"])
        ]
    )


def _total(kind: str, unit: str, paid: Sequence[tuple[Sql, Held]]) -> Sql:
    zero = v.cast(whole(0), sql_type(MONEY))
    amounts = [
        v.when(present, v.cast(amount.expression, sql_type(MONEY)), zero.copy()) for present, amount in paid
    ]
    total = amounts[0]
    for amount in amounts[1:]:
        total = exp.Add(this=total, expression=amount)
    return record(TOTAL, {"kind": kind, "unit": unit, "amount": total})


def _fact(held: Held) -> Sql:
    instant = held.type.kind is Kind.INSTANT and not isinstance(held.expression, exp.Null)
    value = _to_the_second(held.expression) if instant else held.expression
    return v.cast(value, sql_type(fact_shape(held.type)))


# --- what other readings put out ----------------------------------------------------------------------


def _alternatives(slot: Slot) -> Sql:
    others = [(path, held) for path, held in slot.held.items() if path[0] == "alternatives"]
    return lists.array([_alternative(path, held) for path, held in others])


def _alternative(path: Path, held: Held) -> Sql:
    _, reading, output = path
    text = _as_text(held.expression, held.type)
    return record(ALTERNATIVE, {"reading": str(reading), "output": str(output), "value": text})


def _as_text(value: Sql, type_: Type) -> Sql:
    """A value as it stands in a verdict."""
    text = sql_type(Plain.TEXT)
    match type_.kind:
        case Kind.BOOLEAN:
            words = [(value, exp.Literal.string("true")), (negation(value), exp.Literal.string("false"))]
            return case(words, exp.Null())
        case Kind.MONEY:
            return v.cast(v.cast(value, sql_type(MONEY)), text)
        case Kind.DECIMAL:
            all_digits = v.cast(v.cast(value, sql_type(Exact(MOST_DIGITS_OF_DECIMALS))), text)
            zeros, gone = exp.Literal.string("[.]?0+$"), exp.Literal.string("")
            return v.call("REGEXP_REPLACE", all_digits, zeros, gone)
        case Kind.MONTH:
            return exp.Substring(this=v.cast(value, text), start=whole(1), length=whole(7))
        case Kind.INTEGER | Kind.ENUM | Kind.TEXT | Kind.DATE:
            return v.cast(value, text)
        case _:
            raise refuse("Q141")
