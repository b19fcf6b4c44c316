"""The one place that knows the solver: terms that fold what is constant, and questions with an allowance.

Terms are whole numbers and truth values. An allowance is counted in the solver's own steps, not in seconds,
so that the same question has the same answer on every machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import z3

Bool: TypeAlias = Any
"""A truth value that the solver may choose."""
Int: TypeAlias = Any
"""A whole number that the solver may choose."""
Term: TypeAlias = Any

TRUE: Bool = z3.BoolVal(True)
FALSE: Bool = z3.BoolVal(False)

STEPS = 4_000_000
"""What one question may take, unless it says otherwise: some two seconds."""


def number(value: int) -> Int:
    return z3.IntVal(value)


def int_symbol(name: str) -> Int:
    return z3.Int(name)


def bool_symbol(name: str) -> Bool:
    return z3.Bool(name)


def constant(term: Int) -> int | None:
    """The number that a term is, where it is one."""
    return int(term.as_long()) if z3.is_int_value(term) else None


def same(left: Term, right: Term) -> bool:
    """Whether two terms are one and the same, as they stand."""
    return bool(left.eq(right))


def negation(item: Bool) -> Bool:
    if item.eq(TRUE):
        return FALSE
    if item.eq(FALSE):
        return TRUE
    return item.arg(0) if z3.is_not(item) else z3.Not(item)


def conjunction(items: Iterable[Bool]) -> Bool:
    """And, without what is true anyway; false where one part is."""
    kept = []
    for item in items:
        if item.eq(FALSE):
            return FALSE
        if not item.eq(TRUE):
            kept.append(item)
    if not kept:
        return TRUE
    return kept[0] if len(kept) == 1 else z3.And(kept)


def disjunction(items: Iterable[Bool]) -> Bool:
    """Or, without what is false anyway; true where one part is."""
    kept = []
    for item in items:
        if item.eq(TRUE):
            return TRUE
        if not item.eq(FALSE):
            kept.append(item)
    if not kept:
        return FALSE
    return kept[0] if len(kept) == 1 else z3.Or(kept)


def both(*items: Bool) -> Bool:
    return conjunction(items)


def either(*items: Bool) -> Bool:
    return disjunction(items)


def implies(left: Bool, right: Bool) -> Bool:
    return either(negation(left), right)


def equal(left: Term, right: Term) -> Bool:
    """Equality of two numbers or of two truth values."""
    if left.eq(right):
        return TRUE
    a, b = _constant(left), _constant(right)
    if a is not None and b is not None:
        return TRUE if a == b else FALSE
    if z3.is_bool(left):
        if a is not None:
            return right if a else negation(right)
        if b is not None:
            return left if b else negation(left)
    return left == right


def _constant(term: Term) -> int | bool | None:
    if z3.is_int_value(term):
        return int(term.as_long())
    return True if term.eq(TRUE) else False if term.eq(FALSE) else None


def compared(operator: Literal["<", "<=", ">", ">="], left: Int, right: Int) -> Bool:
    a, b = constant(left), constant(right)
    if a is not None and b is not None:
        return TRUE if {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator] else FALSE
    match operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right


def choice(condition: Bool, yes: Term, no: Term) -> Term:
    """The one where the condition holds, else the other."""
    if condition.eq(TRUE) or yes.eq(no):
        return yes
    return no if condition.eq(FALSE) else z3.If(condition, yes, no)


def plus(left: Int, right: Int) -> Int:
    a, b = constant(left), constant(right)
    if a is not None and b is not None:
        return number(a + b)
    if a is not None:
        left, right, b = right, left, a
    return left + right if b is None else _shifted(left, b)


def minus(left: Int, right: Int) -> Int:
    a, b = constant(left), constant(right)
    if a is not None and b is not None:
        return number(a - b)
    return left - right if b is None else _shifted(left, -b)


def _shifted(term: Int, by: int) -> Int:
    """So much more; what has been added before is added up."""
    if z3.is_add(term) and term.num_args() == 2:
        already = constant(term.arg(1))
        if already is not None:
            return _shifted(term.arg(0), already + by)
    return term if by == 0 else term + number(by)


def times(left: Int, right: Int) -> Int:
    """A product; a choice of constants is multiplied branch by branch, so that it stays linear."""
    a, b = constant(left), constant(right)
    if a is not None and b is not None:
        return number(a * b)
    if a == 1 or b == 1:
        return right if a == 1 else left
    if a is None and b is None:
        for one, other in ((left, right), (right, left)):
            if z3.is_app_of(one, z3.Z3_OP_ITE):
                return choice(one.arg(0), times(one.arg(1), other), times(one.arg(2), other))
    return left * right


def floor_quotient(left: Int, divisor: int) -> Int:
    """Rounded towards minus infinity; the divisor is a positive constant."""
    a = constant(left)
    return number(a // divisor) if a is not None else left if divisor == 1 else left / number(divisor)


def at_least_two(items: Sequence[Bool]) -> Bool:
    return z3.PbGe([(item, 1) for item in items], 2) if len(items) > 1 else FALSE


@dataclass(frozen=True, slots=True)
class Model:
    """What the solver chose; what it left open gets a value too."""

    found: Any

    def number(self, term: Int) -> int:
        return int(self.found.eval(term, model_completion=True).as_long())

    def value(self, term: Term) -> Term:
        """The value as a term."""
        return self.found.eval(term, model_completion=True)

    def truth(self, term: Bool) -> bool:
        return bool(z3.is_true(self.found.eval(term, model_completion=True)))


Found: TypeAlias = Model | Literal["none", "not_known"]


class Solver:
    """Axioms, and questions about them; a question may assume more for itself."""

    def __init__(self, axioms: Iterable[Bool] = (), steps: int = STEPS) -> None:
        self._solver = z3.Solver()
        self._solver.set("rlimit", steps)
        self.add(axioms)

    def add(self, axioms: Iterable[Bool]) -> None:
        kept = [axiom for axiom in axioms if not axiom.eq(TRUE)]
        if kept:
            self._solver.add(kept)

    def find(self, *conditions: Bool) -> Found:
        """A choice under which all conditions hold, `none` where there is none."""
        if any(condition.eq(FALSE) for condition in conditions):
            return "none"
        self._solver.push()
        try:
            self._solver.add([c for c in conditions if not c.eq(TRUE)])
            return self._outcome(self._solver.check())
        finally:
            self._solver.pop()

    def assume(self, named: Sequence[Bool]) -> Found | frozenset[int]:
        """The same for symbols; instead of `none` the places of those that contradict each other."""
        outcome = self._outcome(self._solver.check(*named))
        if outcome != "none":
            return outcome
        core = self._solver.unsat_core()
        return frozenset(n for n, symbol in enumerate(named) if any(symbol.eq(c) for c in core))

    def _outcome(self, answer: Any) -> Found:
        if answer == z3.sat:
            return Model(self._solver.model())
        return "none" if answer == z3.unsat else "not_known"


def substituted(term: Term, new: Mapping[Any, Term] | Sequence[tuple[Term, Term]]) -> Term:
    """The term with some symbols put in place of others."""
    pairs = list(new.items()) if isinstance(new, Mapping) else list(new)
    return z3.substitute(term, *pairs) if pairs else term


class SymbolIndex:
    """The names of all symbols that terms read; what has been asked once is not looked through again."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Term, frozenset[str]]] = {}

    def of(self, *terms: Term) -> frozenset[str]:
        return frozenset().union(*(self._of(term) for term in terms))

    def _of(self, whole: Term) -> frozenset[str]:
        if whole.get_id() not in self._known:
            self._known[whole.get_id()] = whole, self._looked_through(whole)
        return self._known[whole.get_id()][1]

    def _looked_through(self, whole: Term) -> frozenset[str]:
        found: set[str] = set()
        seen: set[int] = set()
        waiting = [whole]
        while waiting:
            term = waiting.pop()
            number = term.get_id()
            if number in seen:
                continue
            seen.add(number)
            if number in self._known:
                found |= self._known[number][1]
            elif term.num_args():
                waiting.extend(term.children())
            elif term.decl().kind() == z3.Z3_OP_UNINTERPRETED:
                found.add(term.decl().name())
        return frozenset(found)


def identity(term: Term) -> int:
    """The same for the same term, as long as it is kept."""
    return int(term.get_id())


def branches(term: Term) -> list[Term] | None:
    """The constants that a term comes to one of; None where it is more than a choice among constants."""
    if z3.is_int_value(term) or term.eq(TRUE) or term.eq(FALSE):
        return [term]
    if not z3.is_app_of(term, z3.Z3_OP_ITE):
        return None
    yes, no = branches(term.arg(1)), branches(term.arg(2))
    return None if yes is None or no is None else [*yes, *no]
