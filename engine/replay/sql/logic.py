"""Kleene's logic over SQL's, with what is already known folded away.

A truth is a SQL boolean (NULL: unknown) or, where it is the same for every ticket, True, False or None.
Facts that no ticket of a file carries are such constants, and whatever rests on them alone is never asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from sqlglot import exp

from engine.replay.sql.slots import Sql

Truth: TypeAlias = Sql | bool | None

OPPOSITES: Mapping[type[Sql], type[exp.Binary]] = {
    exp.EQ: exp.NEQ,
    exp.NEQ: exp.EQ,
    exp.LT: exp.GTE,
    exp.LTE: exp.GT,
    exp.GT: exp.LTE,
    exp.GTE: exp.LT,
}


def sql(truth: Truth) -> Sql:
    """The truth as SQL."""
    match truth:
        case None:
            return exp.Null()
        case bool():
            return exp.Boolean(this=truth)
        case _:
            return truth


def conjunction(truths: Iterable[Truth]) -> Truth:
    """False if one is false, else NULL if one is."""
    return _joined(exp.And, truths, neutral=True)


def disjunction(truths: Iterable[Truth]) -> Truth:
    """True if one is true, else NULL if one is; tests of one column for several constants become one."""
    return _joined(exp.Or, _merged(list(truths)), neutral=False)


def _merged(truths: list[Truth]) -> list[Truth]:
    """`a = 1 OR a = 2` as `a IN (1, 2)`, which is unknown in the same cases."""
    merged: list[Truth] = []
    places: dict[str, int] = {}
    for truth in truths:
        column = _tested_column(truth)
        if column is None or column not in places:
            if column is not None:
                places[column] = len(merged)
            merged.append(truth)
        else:
            merged[places[column]] = _one_of(merged[places[column]], truth)
    return merged


def _tested_column(truth: Truth) -> str | None:
    """The column that is compared with constants only, whatever is asked of it."""
    match truth:
        case exp.EQ(this=exp.Column() as column, expression=exp.Literal() | exp.Neg()):
            return str(column.name)
        case exp.In(this=exp.Column() as column):
            return str(column.name)
        case exp.Coalesce(this=tested, expressions=[exp.Boolean(this=False)]):
            inner = _tested_column(tested)
            return None if inner is None else f"{inner} or false"
        case _:
            return None


def _one_of(*truths: Truth) -> Truth:
    if isinstance(truths[0], exp.Coalesce):
        inner = _one_of(*(truth.this for truth in truths if isinstance(truth, exp.Coalesce)))
        return exp.Coalesce(this=sql(inner), expressions=[exp.false()])
    values: list[Sql] = []
    for truth in truths:
        assert isinstance(truth, exp.EQ | exp.In), "only tests of one column are merged"
        for value in [truth.expression] if isinstance(truth, exp.EQ) else truth.expressions:
            if value not in values:
                values.append(value)
    subject = truths[0].this  # type: ignore[union-attr]  # an EQ or an IN
    if len(values) == 1:
        return exp.EQ(this=subject, expression=values[0])
    return exp.In(this=subject, expressions=values)


def _joined(node: type[exp.And | exp.Or], truths: Iterable[Truth], *, neutral: bool) -> Truth:
    parts: list[Truth] = []
    for truth in truths:
        if truth is (not neutral):
            return truth
        if truth is not neutral and not any(truth is part or truth == part for part in parts):
            parts.append(truth)
    if not parts:
        return neutral
    return _tree(node, parts)


def _tree(node: type[exp.And | exp.Or], parts: Sequence[Truth]) -> Truth:
    """Halves joined, so that hundreds of parts make no deep tree."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    first, second = sql(_tree(node, parts[:half])), sql(_tree(node, parts[half:]))
    return node(this=_grouped(first, node), expression=_grouped(second, node))


def negation(truth: Truth) -> Truth:
    if isinstance(truth, exp.Not):
        return bare(truth.this)
    if truth is None or isinstance(truth, bool):
        return None if truth is None else not truth
    if type(truth) in OPPOSITES:
        return OPPOSITES[type(truth)](this=truth.this, expression=truth.expression)
    return exp.Not(this=_grouped(truth))


def bare(expression: Sql) -> Sql:
    """Without the brackets around it."""
    return expression.this if isinstance(expression, exp.Paren) else expression


def _grouped(expression: Sql, beside: type[exp.Binary] | None = None) -> Sql:
    """In brackets where it would be read otherwise without them."""
    needs = isinstance(expression, exp.Binary | exp.Not | exp.Between | exp.In) and not isinstance(
        expression, beside or exp.Paren
    )
    return exp.Paren(this=expression) if needs else expression


def known_first(truth: Truth) -> Truth:
    """A conjunction of which the rest is only asked where the parts hold that are never unknown."""
    if not isinstance(truth, exp.And):
        return truth
    parts = [_constant(part) for part in truth.flatten()]
    known = [part for part in parts if is_unknown(part) is False]
    rest = [part for part in parts if is_unknown(part) is not False]
    if not known or not rest:
        return truth
    return case([(conjunction(known), sql(conjunction(rest)))], exp.false())


def is_true(truth: Truth) -> Truth:
    """Whether it is known to hold; never NULL."""
    match truth:
        case None:
            return False
        case bool():
            return truth
        case exp.And():
            parts = [is_true(_constant(part)) for part in truth.flatten()]
            return conjunction(parts)
        case exp.Or():
            return disjunction(is_true(_constant(part)) for part in truth.flatten())
        case _ if never_null(truth):
            return truth
        case _:
            return exp.Is(this=_grouped(truth), expression=exp.Boolean(this=True))


def is_false(truth: Truth) -> Truth:
    """Whether it is known not to hold; never NULL."""
    return is_true(negation_inward(truth))


def negation_inward(truth: Truth) -> Truth:
    """The negation, with conjunctions and disjunctions turned into one another."""
    match truth:
        case exp.And():
            return disjunction(negation_inward(_constant(part)) for part in truth.flatten())
        case exp.Or():
            return conjunction(negation_inward(_constant(part)) for part in truth.flatten())
        case _:
            return negation(truth)


def is_unknown(truth: Truth) -> Truth:
    """Whether it is not known; never NULL."""
    if truth is None or isinstance(truth, bool):
        return truth is None
    return False if never_null(truth) else is_null(truth)


def may_hold(truth: Truth) -> Truth:
    """Whether it is not known to be false; never NULL."""
    return negation(is_false(truth))


def is_null(value: Sql) -> Sql:
    return exp.Is(this=_grouped(value), expression=exp.Null())


def is_there(value: Sql) -> Sql:
    return exp.Not(this=is_null(value))


def never_null(truth: Sql) -> bool:
    """Whether it is plain to see that the boolean has a value."""
    match truth:
        case exp.Is() | exp.Boolean():
            return True
        case exp.Not() | exp.Paren():
            return never_null(truth.this)
        case exp.And() | exp.Or():
            return never_null(truth.left) and never_null(truth.right)
        case exp.Coalesce():
            return isinstance(truth.expressions[-1], exp.Boolean)
        case exp.Column():
            return bool(truth.meta.get("never_null"))
        case exp.EQ() | exp.NEQ() | exp.LT() | exp.LTE() | exp.GT() | exp.GTE():
            return _has_value(truth.this) and _has_value(truth.expression)
        case exp.In():
            return _has_value(truth.this)
        case _:
            return False


def _has_value(value: Sql) -> bool:
    """Whether it is plain to see that the value is there."""
    return isinstance(value, exp.Literal | exp.Neg) or (
        isinstance(value, exp.Column) and bool(value.meta.get("never_null"))
    )


def _constant(part: Sql) -> Truth:
    """A part of a conjunction, as a truth again."""
    match bare(part):
        case exp.Null():
            return None
        case exp.Boolean() as boolean:
            return bool(boolean.this)
        case other:
            return other


def case(branches: Sequence[tuple[Truth, Sql]], otherwise: Sql) -> Sql:
    """The value of the first branch whose condition holds.

    Branches that never hold are left out, and neighbours with one value become one.
    """
    kept: list[tuple[Truth, Sql]] = []
    for condition, value in branches:
        fires = firing(condition)
        if fires is True:
            otherwise = value
            break
        if fires is False or fires is None:
            continue
        if kept and kept[-1][1] == value:
            kept[-1] = disjunction([kept[-1][0], fires]), value
        else:
            kept.append((fires, value))
    while kept and kept[-1][1] == otherwise:
        kept.pop()
    if not kept:
        return otherwise
    ifs = [exp.If(this=sql(condition), true=value) for condition, value in kept]
    return exp.Case(ifs=ifs, default=otherwise)


def firing(truth: Truth) -> Truth:
    """The same for a place where unknown is as good as false, without what only tells the two apart."""
    match truth:
        case exp.And():
            return conjunction(firing(_constant(part)) for part in truth.flatten())
        case exp.Or():
            return disjunction(firing(_constant(part)) for part in truth.flatten())
        case exp.Coalesce(expressions=[exp.Boolean(this=False)]):
            return firing(bare(truth.this))
        case exp.Is(expression=exp.Boolean(this=True)):
            return firing(bare(truth.this))
        case None:
            return False
        case _:
            return truth


def whole(number: int) -> Sql:
    """A whole number as a literal."""
    return exp.Literal.number(number) if number >= 0 else exp.Neg(this=exp.Literal.number(-number))
