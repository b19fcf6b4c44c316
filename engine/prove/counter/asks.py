"""Which fact to ask next: the one after which least is undecided, whatever it turns out to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, partial
from itertools import groupby, pairwise
from typing import Any, TypeAlias

from engine.evaluate.facts import Facts
from engine.evaluate.values import NONE
from engine.evaluate.verdict import Outcome, Undecided
from engine.plan.nodes import needs
from engine.prove.asking.trial import Trial
from engine.prove.counter.counterfactual import Apart, Ask, Piece
from engine.prove.counter.nearest import boundary
from engine.prove.counter.reach import Reach
from engine.prove.counter.values import Values
from engine.rulebook.types import ORDERED, Kind, Type, Value

Sign: TypeAlias = tuple[Any, ...]
"""What a value comes to, in what matters: two values of one sign are as good as each other."""

Groups: TypeAlias = list[tuple[Sign, list[Any]]]
"""Values side by side that come to the same."""

MOST_PIECES = 12
"""Of more pieces than these the amounts are left out: they follow the value."""
TIMES = ("due", "started", "stopped", "inclusive")
AMOUNTS = ("amount", "points", "of", "shares")
WORDS = ("because", "title", "citations", *TIMES)


@dataclass(frozen=True)
class Inquiry:
    """A ticket of which something is undecided; `undecided` are the entries of its verdict."""

    trial: Trial
    undecided: Sequence[Undecided]

    def asks(self) -> tuple[Ask, ...]:
        """Every fact that could be given, the one that decides most first: at worst, then on average."""
        asks = [self._ask(name) for name in self._waiting]
        return tuple(sorted(asks, key=lambda ask: (ask.worst, ask.average)))

    def apart(self) -> tuple[Apart, ...]:
        """What leaves entries undecided and is no fact that anybody could give."""
        found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for entry in self.undecided:
            for reason, names in self._not_askable(entry):
                found.setdefault((reason, names), []).append(entry["rule"])
        return tuple(Apart(reason, names, tuple(rules)) for (reason, names), rules in found.items())

    def _not_askable(self, entry: Undecided) -> Iterator[tuple[str, tuple[str, ...]]]:
        rest = [name for name in entry["missing"] if not self._askable(entry, name)]
        if "as_of" in rest:
            yield "as_of", ("as_of",)
        names = tuple(name for name in rest if name != "as_of")
        if names:
            yield self._reason(entry, names), names
        elif not entry["missing"]:
            yield entry["reason"], ()

    def _reason(self, entry: Undecided, names: Sequence[str]) -> str:
        """An entry tells the reason that can be mended first; what is left of it may have another."""
        if all(name in self.trial.plan.parameters for name in names):
            return "parameter_missing"
        happens = all(name in self.trial.plan.facts for name in names)
        return "clock_running" if happens and entry["reason"] == "fact_missing" else entry["reason"]

    def _askable(self, entry: Undecided, name: str) -> tuple[str, ...]:
        """The facts for which an entry waits by this name and that could be given, so far as known."""
        plan, trial = self.trial.plan, self.trial
        records, _, part = name.partition(".")
        if records not in plan.facts or entry["reason"] != "fact_missing":
            return ()
        if plan.facts[records].derived == "engine":
            return self._beneath(name)
        is_open = part or (name not in trial.facts and trial.worth(name) is not NONE)
        return (name,) if is_open else ()

    def _beneath(self, derived: str) -> tuple[str, ...]:
        """What the ticket does not give of the facts from which another is worked out."""
        plan = self.trial.plan
        read = (need for definition in plan.leading_to.get(derived, ()) for need in needs(definition))
        given = (name for name in read if plan.facts[name].derived != "engine")
        return tuple(dict.fromkeys(name for name in given if name not in self.trial.facts))

    @cached_property
    def _waiting(self) -> Mapping[str, list[str]]:
        """The facts that could be given, in the catalogue's order, with the entries that wait for each."""
        found: dict[str, list[str]] = {}
        for entry in self.undecided:
            names = (fact for name in entry["missing"] for fact in self._askable(entry, name))
            for name in dict.fromkeys(names):
                found.setdefault(name, []).append(entry["rule"])
        order = list(self.trial.plan.facts)
        return dict(sorted(found.items(), key=lambda each: order.index(each[0].partition(".")[0])))

    @cached_property
    def _reaches(self) -> tuple[Reach, ...]:
        return tuple(Reach(self.trial.plan, item) for item in self.trial.plan.items)

    def _ask(self, name: str) -> Ask:
        records, _, part = name.partition(".")
        touched = tuple(reach for reach in self._reaches if records in reach.facts)
        asked = _Asked(self.trial, len(self.undecided), touched, records, part)
        pieces = asked.pieces()
        left = [piece.left for piece in pieces for _ in (piece.members if asked.has_words else (None,))]
        average = Fraction(sum(left), len(left))
        return Ask(name, tuple(self._waiting[name]), max(left), average, pieces)


@dataclass(frozen=True)
class _Asked:
    """One fact, or one field of a list's records, and the items that rest on it."""

    trial: Trial
    undecided: int
    touched: tuple[Reach, ...]
    name: str
    part: str
    _known: dict[str, tuple[int, tuple[Outcome, ...]]] = field(default_factory=dict)

    @property
    def _type(self) -> Type:
        type_ = self.trial.plan.facts[self.name].type
        return type_.fields[self.part].type if self.part else type_

    @property
    def has_words(self) -> bool:
        """Whether its values are a few words, each of which counts for itself."""
        return self._type.kind in (Kind.BOOLEAN, Kind.ENUM)

    def pieces(self) -> tuple[Piece, ...]:
        """The fact's values, those together that come to the same."""
        values = Values(self.trial, self.touched)
        found = values.of_field(self.name, self.part) if self.part else values.of(self.name)
        if self._type.kind in ORDERED:
            return self._ranges(found)
        groups: dict[Sign, list[Value]] = {}
        for value in found:
            groups.setdefault(self._exactly(value), []).append(value)
        return tuple(self._piece(group) for group in groups.values())

    def _ranges(self, values: Sequence[Any]) -> tuple[Piece, ...]:
        """The pieces of an ordered range; amounts cut it too, where they go in steps."""
        groups = _grouped(values, self._exactly)
        if len(groups) <= MOST_PIECES:
            begins = self._cuts(groups, lambda value, _, new: self._exactly(value) == new)
            ends = self._cuts(groups, lambda value, old, _: self._exactly(value) != old)
            if begins == ends:
                return self._between(groups, begins)
        groups = _grouped(values, self._roughly)
        return self._between(groups, self._cuts(groups, lambda value, _, new: self._roughly(value) == new))

    def _cuts(self, groups: Groups, begins: Callable[[Any, Sign, Sign], bool]) -> list[Any]:
        """Between each two groups the first value that begins the second."""
        return [
            boundary(before[-1], after[0], self._type, partial(_by_signs, begins, old, new))
            for (old, before), (new, after) in pairwise(groups)
        ]

    def _between(self, groups: Groups, cuts: Sequence[Any]) -> tuple[Piece, ...]:
        lows, highs = [None, *cuts], [*cuts, None]
        return tuple(
            self._piece(group, low, below) for (_, group), low, below in zip(groups, lows, highs, strict=True)
        )

    def _piece(self, values: Sequence[Value], low: Any = None, below: Any = None) -> Piece:
        """Amounts are told where they are the same for all of the values."""
        left, gains = self._comes_to(values[0])
        if any(self._exactly(value) != self._exactly(values[0]) for value in values):
            gains = tuple(map(_without_amount, gains))
        return Piece(() if self._type.kind in ORDERED else tuple(values), left, gains, low, below)

    def _exactly(self, value: Value) -> Sign:
        left, gains = self._comes_to(value)
        return left, tuple(_without(gain, WORDS) for gain in gains)

    def _roughly(self, value: Value) -> Sign:
        left, gains = self._comes_to(value)
        return left, tuple(_without(gain, (*WORDS, *AMOUNTS)) for gain in gains)

    def _comes_to(self, value: Value) -> tuple[int, tuple[Outcome, ...]]:
        """How many entries stay undecided, and what applies that did not."""
        key = repr(value)
        if key not in self._known:
            self._known[key] = self._tried(value)
        return self._known[key]

    def _tried(self, value: Value) -> tuple[int, tuple[Outcome, ...]]:
        trial = Trial(self.trial.plan, self._given(value), self.trial.as_of)
        left, gains = self.undecided, []
        for reach in self.touched:
            before, after = (each.said(reach.item.origin.id) for each in (self.trial, trial))
            left += len(after.undecided) - len(before.undecided)
            known = [_without(outcome, WORDS) for outcome in before.outcomes]
            gains += [outcome for outcome in after.outcomes if _without(outcome, WORDS) not in known]
        return left, tuple(gains)

    def _given(self, value: Value) -> Facts:
        facts = self.trial.facts
        if not self.part:
            return {**facts, self.name: value}
        records = facts[self.name]
        assert isinstance(records, tuple), "only a list has fields"
        return {**facts, self.name: tuple({self.part: value, **record} for record in records)}


def _grouped(values: Sequence[Any], sign: Callable[[Value], Sign]) -> Groups:
    return [(key, list(group)) for key, group in groupby(values, sign)]


def _by_signs(begins: Callable[[Any, Sign, Sign], bool], old: Sign, new: Sign, value: Any) -> bool:
    return begins(value, old, new)


def _without(outcome: Outcome, names: Sequence[str]) -> str:
    return repr({key: value for key, value in outcome.items() if key not in names})


def _without_amount(outcome: Outcome) -> Outcome:
    return {**outcome, "amount": None} if "amount" in outcome else outcome
