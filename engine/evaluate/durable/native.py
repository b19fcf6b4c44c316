"""Conditions that durable-rules tests natively: integers of one flat fact against constants.

Two-valued, since every field is always there. `$or` is made of branches of which at most one is true:
the library runs a rule once for each combination of true branches, 1024 times for ten pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import Any, Literal, TypeAlias, assert_never

NativeOperator: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">="]
MOST_ATOMS = 200
"""A rule with more tests than this is not lowered; far from where a node of the library overflows (512)."""
MOST_CONNECTIVES = 15
"""In one condition: with the sixteenth `$and` or `$or` the library refuses a ruleset (error 113)."""
MOST_SPLIT = 16
"""A condition that needs more rules than this is not lowered."""

_OPPOSITE: Mapping[NativeOperator, NativeOperator] = {
    "=": "!=",
    "!=": "=",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
}
_COMPARE: Mapping[NativeOperator, Callable[[int, int], bool]] = {
    "=": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
_KEYWORD: Mapping[NativeOperator, str] = {
    "!=": "$neq",
    "<": "$lt",
    "<=": "$lte",
    ">": "$gt",
    ">=": "$gte",
}


class TooLarge(Exception):
    """The branches of a condition cannot be told apart in few enough tests."""


@dataclass(frozen=True, slots=True)
class Atom:
    """One field against one constant."""

    field: str
    operator: NativeOperator
    value: int

    def holds(self, value: int) -> bool:
        return _COMPARE[self.operator](value, self.value)


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Native, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Native, ...]


Native: TypeAlias = Atom | And | Or

ALWAYS = And(())
NEVER = Or(())


def all_true(parts: Iterable[Native]) -> Native:
    """The conjunction: flat, each test once, `NEVER` where two tests exclude each other."""
    found: dict[Native, None] = {}
    for part in parts:
        found.update(dict.fromkeys(part.parts if isinstance(part, And) else (part,)))
    atoms = [part for part in found if isinstance(part, Atom)]
    if NEVER in found or any(_exclude(a, b) for a in atoms for b in atoms):
        return NEVER
    kept = [part for part in found if not (isinstance(part, Atom) and _implied(part, atoms))]
    return kept[0] if len(kept) == 1 else And(tuple(kept))


def any_true(parts: Iterable[Native]) -> Native:
    """The disjunction: flat, each branch once, `ALWAYS` where one branch is always true."""
    found: dict[Native, None] = {}
    for part in parts:
        found.update(dict.fromkeys(part.parts if isinstance(part, Or) else (part,)))
    if ALWAYS in found:
        return ALWAYS
    kept = tuple(found)
    return kept[0] if len(kept) == 1 else Or(kept)


def negated(native: Native) -> Native:
    match native:
        case Atom(field=field, operator=operator, value=value):
            return Atom(field, _OPPOSITE[operator], value)
        case And(parts=parts):
            return any_true(negated(part) for part in parts)
        case Or(parts=parts):
            return all_true(negated(part) for part in parts)
        case _:
            assert_never(native)


def exclusive(native: Native) -> Native:
    """The same condition with disjunctions of which at most one branch is true.

    Raises TooLarge beyond `MOST_ATOMS` tests.
    """
    match native:
        case Atom():
            return native
        case And(parts=parts):
            made = all_true(exclusive(part) for part in parts)
        case Or(parts=parts):
            made = any_true(_without_earlier(part, parts[:i]) for i, part in enumerate(parts))
        case _:
            assert_never(native)
    if sum(1 for _ in atoms_of(made)) > MOST_ATOMS:
        raise TooLarge
    return made


def split(native: Native) -> list[Native]:
    """Conditions of few enough connectives of which one is true where the whole is.

    Raises TooLarge where they would be too many.
    """
    if connectives(native) <= MOST_CONNECTIVES:
        return [native]
    widest = max((part for part in _conjuncts(native) if isinstance(part, Or)), key=connectives)
    rest = [part for part in _conjuncts(native) if part is not widest]
    cases = [case for branch in widest.parts for case in split(all_true((*rest, branch))) if case != NEVER]
    if len(cases) > MOST_SPLIT:
        raise TooLarge
    return cases


def connectives(native: Native) -> int:
    return 0 if isinstance(native, Atom) else 1 + sum(map(connectives, native.parts))


def pending(native: Native) -> int:
    """How many of its tests can wait on the library's stack at once, while one of them is followed up."""
    match native:
        case Atom():
            return 1
        case And(parts=parts):
            return 1 + sum(pending(part) - 1 for part in parts)
        case Or(parts=parts):
            return _heads(parts) - 1 + max(map(pending, parts), default=1)
        case _:
            assert_never(native)


def widest(native: Native) -> int:
    """How many of its tests can be put on the library's stack by one step."""
    match native:
        case Atom():
            return 1
        case And(parts=parts):
            return max(map(widest, parts), default=1)
        case Or(parts=parts):
            return max(_heads(parts), *map(widest, parts))
        case _:
            assert_never(native)


def _heads(branches: tuple[Native, ...]) -> int:
    """How many branches can begin to match: those that begin with one test share its node."""
    first = list({next(atoms_of(branch)) for branch in branches})
    apart = all(_exclude(a, b) or _exclude(b, a) for i, a in enumerate(first) for b in first[:i])
    return 1 if apart else len(first)


def _conjuncts(native: Native) -> tuple[Native, ...]:
    return native.parts if isinstance(native, And) else (native,)


def _without_earlier(part: Native, earlier: tuple[Native, ...]) -> Native:
    overlapping = (other for other in earlier if not _apart(other, part))
    return all_true((*(exclusive(negated(other)) for other in overlapping), exclusive(part)))


def _apart(one: Native, other: Native) -> bool:
    """Whether the two are seen never to be true together."""
    return any(_exclude(a, b) or _exclude(b, a) for a in _own_atoms(one) for b in _own_atoms(other))


def _own_atoms(native: Native) -> Iterator[Atom]:
    return (part for part in _conjuncts(native) if isinstance(part, Atom))


def _exclude(one: Atom, other: Atom) -> bool:
    if one.field != other.field:
        return False
    opposite = one.operator == _OPPOSITE[other.operator] and one.value == other.value
    return opposite or (one.operator == "=" and not other.holds(one.value))


def _implied(atom: Atom, atoms: Iterable[Atom]) -> bool:
    """An equality on the same field makes every other test of it superfluous."""
    return any(other.operator == "=" and other.field == atom.field and other != atom for other in atoms)


def atoms_of(native: Native) -> Iterator[Atom]:
    """Every test, in the order of reading."""
    if isinstance(native, Atom):
        yield native
    else:
        for part in native.parts:
            yield from atoms_of(part)


def is_true(native: Native, fact: Mapping[str, int]) -> bool:
    """What the library should find of a flat fact."""
    match native:
        case Atom(field=field):
            return native.holds(fact[field])
        case And(parts=parts):
            return all(is_true(part, fact) for part in parts)
        case Or(parts=parts):
            return any(is_true(part, fact) for part in parts)
        case _:
            assert_never(native)


def definition(native: Native) -> dict[str, Any]:
    """The condition in the library's own grammar: one key a level, constants on the right."""
    match native:
        case Atom(field=field, operator="=", value=value):
            return {field: value}
        case Atom(field=field, operator=operator, value=value):
            return {_KEYWORD[operator]: {field: value}}
        case And(parts=parts):
            return {"$and": [definition(part) for part in parts]}
        case Or(parts=parts):
            return {"$or": [definition(part) for part in parts]}
        case _:
            assert_never(native)
