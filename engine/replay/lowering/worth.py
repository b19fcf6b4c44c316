"""What an expression is worth on a ticket, in SQL: a value, known to be none, or unknown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from engine.replay.sql.logic import Truth, case, conjunction, disjunction, is_null, is_unknown, negation, sql
from engine.replay.sql.numbers import Number
from engine.replay.sql.slots import Sql

NULL = exp.Null()


@dataclass(frozen=True)
class Worth:
    """`value` is NULL where there is none and where it is not known; `none` tells which, and is never NULL.

    `number` is the same value with its digits, for numbers; a ratio has no `value` until it is rounded.
    """

    value: Sql
    none: Truth = False
    may_be_unknown: bool = True
    number: Number | None = None

    @property
    def unknown(self) -> Truth:
        """Whether it is not known; never NULL."""
        if not self.may_be_unknown:
            return False
        return conjunction([negation(self.none), self.missing])

    @property
    def missing(self) -> Truth:
        """Whether there is no value, known or not; never NULL."""
        if isinstance(self.value, exp.Null):
            return True
        return False if isinstance(self.value, exp.Literal | exp.Boolean) else is_null(self.value)

    @property
    def there(self) -> Truth:
        """Whether there is a value; never NULL."""
        return negation(self.missing)


UNKNOWN = Worth(NULL)
NONE = Worth(NULL, none=True, may_be_unknown=False)


def truth_worth(truth: Truth) -> Worth:
    """A condition as a value: it is never none."""
    return Worth(sql(truth), may_be_unknown=is_unknown(truth) is not False)


def any_none(worths: Iterable[Worth]) -> Truth:
    return disjunction(worth.none for worth in worths)


def without_value(operands: Sequence[Worth]) -> Worth:
    """What needs all its operands, of which one never has a value."""
    none = any_none(operands)
    return NONE if none is True else Worth(NULL, none)


def worked_out(value: Sql, operands: Sequence[Worth], number: Number | None = None) -> Worth:
    """What needs all its operands: none if one is none, unknown if one is unknown.

    The value must be NULL where an operand is, as SQL's functions have it.
    """
    unknown = any(operand.may_be_unknown for operand in operands)
    return Worth(value, any_none(operands), may_be_unknown=unknown, number=number)


def chosen(branches: Sequence[tuple[Truth, Worth]], otherwise: Worth) -> Worth:
    """The worth of the first branch whose condition holds."""
    all_of_them = [*(worth for _, worth in branches), otherwise]
    value = case([(condition, worth.value) for condition, worth in branches], otherwise.value)
    if all(worth.none is False for worth in all_of_them):
        none: Truth = False
    else:
        none = _truth(case([(c, sql(worth.none)) for c, worth in branches], sql(otherwise.none)))
    return Worth(value, none, may_be_unknown=any(worth.may_be_unknown for worth in all_of_them))


def _truth(expression: Sql) -> Truth:
    return bool(expression.this) if isinstance(expression, exp.Boolean) else expression
