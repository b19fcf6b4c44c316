"""What tells two verdicts apart: which rules appear, disappear or change, with what each side says of them.

Both verdicts are plain data and neither is changed. A rule may say several things (an outcome of each
kind, one a row), so a side is all that its verdict says of the rule, in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from engine.evaluate.verdict import Verdict

Kind: TypeAlias = Literal["appears", "disappears", "changes"]
Part: TypeAlias = Literal["outcomes", "defeated", "undecided"]
PARTS: tuple[Part, ...] = ("outcomes", "defeated", "undecided")

Entry: TypeAlias = tuple[Part, Mapping[str, Any]]
"""Something that a verdict says of a rule, and in which of its parts."""

WORDING = frozenset({"title", "citations", "because"})
"""What explains a conclusion; where only this differs, the ticket is judged alike."""


@dataclass(frozen=True, slots=True)
class RuleDifference:
    """One rule of which the verdicts say different things; a side that says nothing is empty.

    `in_words_only`: titles, citations or reasons differ, what is concluded does not.
    """

    rule: str
    kind: Kind
    before: tuple[Entry, ...]
    after: tuple[Entry, ...]
    in_words_only: bool


@dataclass(frozen=True, slots=True)
class ValueDifference:
    """A derived fact or a total that differs; None: that side does not have it."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Differences:
    """All that tells two verdicts apart, apart from their editions and `as_of`.

    Rules stand in the order of the second verdict, then those that only the first one names. A total is
    named by its kind and unit (`fine CNY`).
    """

    rules: tuple[RuleDifference, ...]
    derived: tuple[ValueDifference, ...]
    totals: tuple[ValueDifference, ...]

    def __bool__(self) -> bool:
        """Whether the verdicts differ at all."""
        return bool(self.rules or self.derived or self.totals)


def differences(before: Verdict, after: Verdict) -> Differences:
    """What tells the second verdict from the first; `as_of` and edition are not compared."""
    old, new = _by_rule(before), _by_rule(after)
    rules = [_difference(rule, old.get(rule, ()), new.get(rule, ())) for rule in {**new, **old}]
    return Differences(
        tuple(found for found in rules if found is not None),
        tuple(_values(before["derived"], after["derived"])),
        tuple(_values(_totals(before), _totals(after))),
    )


def _by_rule(verdict: Verdict) -> dict[str, tuple[Entry, ...]]:
    found: dict[str, tuple[Entry, ...]] = {}
    for part in PARTS:
        for entry in verdict[part]:
            found[entry["rule"]] = (*found.get(entry["rule"], ()), (part, entry))
    return found


def _difference(rule: str, before: tuple[Entry, ...], after: tuple[Entry, ...]) -> RuleDifference | None:
    if before == after:
        return None
    kind: Kind = "changes" if before and after else "appears" if after else "disappears"
    return RuleDifference(rule, kind, before, after, _concluded(before) == _concluded(after))


def _concluded(side: tuple[Entry, ...]) -> list[tuple[Part, dict[str, Any]]]:
    """A side without its words."""
    return [(part, {k: v for k, v in entry.items() if k not in WORDING}) for part, entry in side]


def _values(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ValueDifference]:
    for name in {**after, **before}:
        old, new = before.get(name), after.get(name)
        if old != new:
            yield ValueDifference(name, old, new)


def _totals(verdict: Verdict) -> dict[str, str]:
    return {
        f"{kind} {unit}": amount for kind, sums in verdict["totals"].items() for unit, amount in sums.items()
    }
