"""The leaves of conditions: comparisons and the like, each with its formula, of which regions are said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from engine.plan.nodes import ClockPlan, TablePlan, expressions_of
from engine.prove.encoding.encoding import Encoding
from engine.prove.encoding.worth import Worth
from engine.prove.solver import FALSE, TRUE, Bool, same
from engine.rulebook.expressions import (
    All,
    AnyOf,
    Comparison,
    Constant,
    Count,
    Expression,
    FactValue,
    FieldValue,
    Not,
    Operator,
    ParameterValue,
    Picked,
    Present,
    Quantifier,
    Test,
    facts_in,
    type_of,
    walk,
)
from engine.rulebook.types import DATE, Kind

MIRRORED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
MOST_BENEATH = 400
"""So many leaves of the definitions beneath; a region is seldom said in them."""


@dataclass(frozen=True, slots=True)
class Measure:
    """What a leaf compares: `subject` with a constant, worth `bound`. Without them: whether it is there."""

    subject: Expression
    worth: Worth
    operator: Operator | None = None
    constant: Constant | None = None
    bound: Worth | None = None


@dataclass(frozen=True, slots=True)
class Atom:
    """A leaf and whether it surely holds. Leaves of a lower `prefer` are kept rather than others.

    `opposite`: that it surely does not hold, where that may be not known; without one it always is.
    """

    condition: Bool
    expression: Expression
    prefer: int = 0
    measure: Measure | None = None
    opposite: Bool | None = None


def atoms_of(encoding: Encoding, *expressions: Expression) -> list[Atom]:
    """The leaves of conditions, and with a higher `prefer` those of the definitions that they rest on."""
    found: dict[Expression, Atom] = {}
    seen: set[str] = set()
    level, waiting = 0, list(expressions)
    while waiting and (level == 0 or len(found) < MOST_BENEATH):
        leaves = [leaf for whole in waiting for leaf in (*_leaves(whole), *_steps(encoding, whole))]
        for leaf in leaves:
            _add(encoding, leaf, level, found)
        names = [f.name for f in facts_in(*waiting) if f.name in encoding.plan.defined and f.name not in seen]
        seen.update(names)
        waiting = [part for name in names for part in _beneath(encoding, name)]
        level += 1
    return list(found.values())


def _add(encoding: Encoding, leaf: Expression, level: int, found: dict[Expression, Atom]) -> None:
    if leaf in found:
        return
    rails = encoding.condition(leaf)
    if same(rails.must, TRUE) or same(rails.must, FALSE):
        return
    found[leaf] = Atom(rails.must, leaf, level, _measure(encoding, leaf), rails.false)


def _beneath(encoding: Encoding, name: str) -> tuple[Expression, ...]:
    body = encoding.plan.defined[name].body
    return expressions_of(body) if isinstance(body, TablePlan | ClockPlan) else (body,)


def _leaves(expression: Expression) -> Iterator[Expression]:
    match expression:
        case Test(condition=condition):
            yield from [expression] if _looks_at_records(condition) else _leaves(condition)
        case All(items=items) | AnyOf(items=items):
            yield from _leaves_of(items)
        case Not(item=item):
            yield from _leaves(item)
        case Comparison() | Present() | Quantifier() | Picked():
            yield expression
        case _ if type_of(expression).kind is Kind.BOOLEAN and not isinstance(expression, Constant):
            yield expression
        case _:
            compared = (part for part in walk(expression) if isinstance(part, Comparison))
            yield from _leaves_of(part for part in compared if not _looks_at_records(part))


def _steps(encoding: Encoding, expression: Expression) -> Iterator[Expression]:
    """The days from which the values of parameters hold, and comparisons with each of the values."""
    for part in walk(expression):
        if isinstance(part, ParameterValue) and part.on is not None:
            for start, _ in encoding.plan.parameters[part.id].steps:
                yield Comparison(">=", part.on, Constant(start, DATE))
        if isinstance(part, Comparison):
            yield from _with_values(encoding, part)


def _with_values(encoding: Encoding, test: Comparison) -> Iterator[Expression]:
    for constant in _values(encoding, test.right):
        yield replace(test, right=constant)
    for constant in _values(encoding, test.left):
        yield replace(test, left=constant)


def _values(encoding: Encoding, parameter: Expression) -> Iterator[Constant]:
    if isinstance(parameter, ParameterValue):
        for _, step in encoding.plan.parameters[parameter.id].steps:
            yield Constant(step, parameter.type)


def _leaves_of(items: Iterable[Expression]) -> Iterator[Expression]:
    for item in items:
        yield from _leaves(item)


def _looks_at_records(condition: Expression) -> bool:
    return any(isinstance(part, FieldValue | Quantifier | Picked | Count) for part in walk(condition))


def _measure(encoding: Encoding, leaf: Expression) -> Measure | None:
    match leaf:
        case Present(operand=FactValue() as fact) if fact.type.kind is not Kind.LIST:
            return Measure(fact, encoding.worth(fact))
        case FactValue():
            return Measure(leaf, encoding.worth(leaf))
        case Comparison(operator=operator, left=left, right=Constant() as right):
            return _against(encoding, operator, left, right)
        case Comparison(operator=operator, left=Constant() as left, right=right):
            return _against(encoding, MIRRORED[operator], right, left)
        case _:
            return None


def _against(
    encoding: Encoding, operator: Operator, subject: Expression, constant: Constant
) -> Measure | None:
    if isinstance(subject, Constant) or _looks_at_records(subject):
        return None
    worth = encoding.worth(subject)
    if worth.over is not None:
        return None
    return Measure(subject, worth, operator, constant, encoding.worth(constant))
