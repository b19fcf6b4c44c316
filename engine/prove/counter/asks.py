"""Which fact to ask next: the one after which least is undecided, whatever it turns out to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any, TypeAlias

from engine.evaluate.facts import Facts
from engine.evaluate.values import NONE
from engine.evaluate.verdict import Outcome, Undecided
from engine.prove.counter.counterfactual import Apart, Ask, Piece
from engine.prove.counter.nearest import boundary
from engine.prove.counter.reach import Reach
from engine.prove.counter.values import Values
from engine.prove.trial import Trial
from engine.rulebook.types import ORDERED, Kind, Type, Value

Sign: TypeAlias = tuple[Any, ...]
"""What a value comes to, in what matters: two values of one sign are as good as each other."""

MOST_PIECES = 12
"""Of more pieces than these the amounts are left out: they follow the value."""
TIMES = ("due", "started", "stopped", "inclusive")
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
        rest = [name for name in entry["missing"] if not self._is_askable(entry, name)]
        if "as_of" in rest:
            yield "as_of", ("as_of",)
        names = tuple(name for name in rest if name != "as_of")
        if names:
            parameters = all(name in self.trial.plan.parameters for name in names)
            happens = all(name in self.trial.plan.facts for name in names)
            waits = "clock_running" if happens and entry["reason"] == "fact_missing" else entry["reason"]
            yield "parameter_missing" if parameters else waits, names
        elif not entry["missing"]:
            yield entry["reason"], ()

    def _is_askable(self, entry: Undecided, name: str) -> bool:
        """A fact that the ticket does not give, and that has a value: not what has not happened yet."""
        records, _, field = name.partition(".")
        declared = self.trial.plan.facts.get(records)
        if declared is None or declared.derived == "engine" or entry["reason"] != "fact_missing":
            return False
        return bool(field) or (name not in self.trial.facts and self.trial.worth(name) is not NONE)

    @cached_property
    def _waiting(self) -> Mapping[str, list[str]]:
        """The facts that could be given, in the catalogue's order, with the entries that wait for each."""
        found: dict[str, list[str]] = {}
        for entry in self.undecided:
            for name in entry["missing"]:
                if self._is_askable(entry, name):
                    found.setdefault(name, []).append(entry["rule"])
        order = list(self.trial.plan.facts)
        return dict(sorted(found.items(), key=lambda each: order.index(each[0].partition(".")[0])))

    @cached_property
    def _reaches(self) -> tuple[Reach, ...]:
        return tuple(Reach(self.trial.plan, item) for item in self.trial.plan.items)

    def _ask(self, name: str) -> Ask:
        records, _, field = name.partition(".")
        touched = tuple(reach for reach in self._reaches if records in reach.facts)
        asked = _Asked(self.trial, len(self.undecided), touched, records, field)
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
    field: str

    @property
    def _type(self) -> Type:
        type_ = self.trial.plan.facts[self.name].type
        return type_.fields[self.field].type if self.field else type_

    @property
    def has_words(self) -> bool:
        """Whether its values are a few words, each of which counts for itself."""
        return self._type.kind in (Kind.BOOLEAN, Kind.ENUM)

    def pieces(self) -> tuple[Piece, ...]:
        """The fact's values, those together that come to the same."""
        values = Values(self.trial, self._open)
        found = values.of_field(self.name, self.field) if self.field else values.of(self.name)
        pieces = self._pieces(found, amounts=True)
        return pieces if len(pieces) <= MOST_PIECES else self._pieces(found, amounts=False)

    @cached_property
    def _open(self) -> tuple[Reach, ...]:
        """Those of the items of which something is undecided: only their boundaries matter."""
        return tuple(r for r in self.touched if self.trial.said(r.item.origin.id).undecided) or self.touched

    def _pieces(self, values: Sequence[Any], *, amounts: bool) -> tuple[Piece, ...]:
        def sign(value: Value) -> Sign:
            return self._sign(value, amounts=amounts)

        if self._type.kind in ORDERED:
            return self._ranges(values, sign, amounts=amounts)
        groups: dict[Sign, list[Value]] = {}
        for value in values:
            groups.setdefault(sign(value), []).append(value)
        return tuple(self._piece(group, amounts=amounts) for group in groups.values())

    def _ranges(
        self, values: Sequence[Any], sign: Callable[[Value], Sign], *, amounts: bool
    ) -> tuple[Piece, ...]:
        """The pieces of an ordered range, cut where what a value comes to changes."""
        groups = [(key, list(group)) for key, group in groupby(values, sign)]

        def cut(before: Sequence[Any], key: Sign, after: Sequence[Any]) -> Any:
            return boundary(before[-1], after[0], self._type, lambda value: sign(value) == key)

        cuts = [cut(before, key, after) for (_, before), (key, after) in pairwise(groups)]
        ends = zip([None, *cuts], [*cuts, None], strict=True)
        return tuple(
            self._piece(group[:1], amounts=amounts, low=low, below=below)
            for (_, group), (low, below) in zip(groups, ends, strict=True)
        )

    def _piece(self, values: Sequence[Value], *, amounts: bool, low: Any = None, below: Any = None) -> Piece:
        left, gains = self._comes_to(values[0])
        shown = tuple(gain if amounts else _without_amount(gain) for gain in gains)
        members = () if self._type.kind in ORDERED else tuple(values)
        return Piece(members, left, shown, low, below)

    def _sign(self, value: Value, *, amounts: bool) -> Sign:
        left, gains = self._comes_to(value)
        hidden = WORDS if amounts else (*WORDS, "amount", "points", "of", "shares")
        return left, tuple(_without(gain, hidden) for gain in gains)

    def _comes_to(self, value: Value) -> tuple[int, tuple[Outcome, ...]]:
        """How many entries stay undecided, and what applies that did not."""
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
        if not self.field:
            return {**facts, self.name: value}
        records = facts[self.name]
        assert isinstance(records, tuple), "only a list has fields"
        return {**facts, self.name: tuple({self.field: value, **record} for record in records)}


def _without(outcome: Outcome, names: Sequence[str]) -> str:
    return repr({key: value for key, value in outcome.items() if key not in names})


def _without_amount(outcome: Outcome) -> Outcome:
    return {**outcome, "amount": None} if "amount" in outcome else outcome
