"""What an edition may say of a ticket, as columns of SQL: one slot a thing, said where its `present` holds.

A slot's words are fixed by the plan; what differs from ticket to ticket stands in columns. Columns are named
by what they compute, so that two editions which say the same share the column, and a difference of names is
a difference of meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

from sqlglot import exp

from engine.evaluate.values import Cause
from engine.plan.nodes import Plan
from engine.rulebook.expressions import TRUE, Expression
from engine.rulebook.types import Type

Sql: TypeAlias = exp.Expr
Part: TypeAlias = Literal["outcomes", "defeated", "undecided"]
Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands in what a verdict says: `("amount",)`, `("shares", 0, "amount")`."""

MONEY_KINDS = ("fine", "fee", "compensation")


@dataclass(frozen=True)
class Column:
    """A column worked out from the ticket's own columns and from columns before it."""

    name: str
    expression: Sql

    @property
    def read(self) -> exp.Column:
        """An expression that reads the column."""
        return exp.column(self.name)

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The names of the columns that it reads, as often as it reads them."""
        return columns_read(self.expression)


def columns_read(expression: Sql) -> tuple[str, ...]:
    """The names of the columns in an expression, as often as they stand there."""
    return tuple(column.name for column in expression.find_all(exp.Column))


@dataclass(frozen=True)
class Held:
    """A value that differs from ticket to ticket: an expression over columns, and the type it has."""

    expression: Sql
    type: Type


@dataclass(frozen=True)
class Causes:
    """Why something is undecided: whole numbers whose bits, lowest first, stand for the named causes.

    They are 0 on tickets on which it is not undecided.
    """

    words: tuple[tuple[Sql, tuple[Cause, ...]], ...]


@dataclass(frozen=True)
class Slot:
    """One entry that a verdict may have; `fixed` are its fields that are the same for every ticket.

    `present` is a boolean expression that is never NULL. For what is undecided, `causes` gives reason and
    missing names. Titles, citations and reasons are left to the reference evaluator. Where it is present
    `premise` holds, and of one `choice` (a table's column of hits) the number is this one.
    """

    part: Part
    rule: str
    fixed: Mapping[str, Any]
    present: Sql
    held: Mapping[Path, Held] = field(default_factory=dict)
    causes: Causes | None = None
    premise: Expression = TRUE
    choice: tuple[str, int] | None = None

    @property
    def amount(self) -> Held | None:
        """The money of a fine, fee or compensation, where it has one."""
        return self.held.get(("amount",)) if self.fixed.get("kind") in MONEY_KINDS else None


@dataclass(frozen=True)
class Lowered:
    """A plan as SQL: all columns in an order in which they can be worked out, and what is said by them.

    `derived`: the facts that the plan works out, NULL where one is none, not known, or given by the ticket.
    `asked`: further conditions that were to be lowered; None for one that SQL cannot say.
    """

    plan: Plan
    columns: tuple[Column, ...]
    slots: tuple[Slot, ...]
    derived: Mapping[str, Held]
    asked: tuple[Sql | None, ...] = ()
