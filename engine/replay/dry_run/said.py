"""Whether two editions say the same of a ticket: the slots of one rule on both sides, as one boolean.

Slots that are alike on both sides say the same of every ticket, since columns are named by what they
compute, so only the others are compared. The order in which a rule says several things does not matter.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlglot import exp

from engine.evaluate.values import NAMED, Cause
from engine.evaluate.verdict import REASONS
from engine.replay.sql import logic
from engine.replay.sql.logic import Truth, disjunction
from engine.replay.sql.slots import Causes, Held, Slot, Sql
from engine.replay.sql.vocabulary import Listed, Sorted

MONEY = "DECIMAL(38, 2)"

NO_BITS = logic.whole(0)


@dataclass(frozen=True)
class Entry:
    """A slot with the texts by which it is compared, each written once."""

    slot: Slot

    @cached_property
    def key(self) -> str:
        """What it says, without values; entries of one key say the same, each in its own case."""
        fixed = json.dumps(self.slot.fixed, sort_keys=True, default=str, ensure_ascii=False)
        return f"{self.slot.part} {fixed} {sorted(map(str, self.slot.held))}"

    @cached_property
    def text(self) -> str:
        """All of it: entries of equal text say the same of every ticket (editions share their bits)."""
        held = [f"{path} {held.type} {_text(held.expression)}" for path, held in self.slot.held.items()]
        causes = [_text(word) for word, _ in self.slot.causes.words] if self.slot.causes else ""
        return f"{self.key} {_text(self.slot.present)} {sorted(held)} {causes}"

    @property
    def present(self) -> Truth:
        """Whether it is said of a ticket; never NULL."""
        present = self.slot.present
        return bool(present.this) if isinstance(present, exp.Boolean) else present


def differ(before: Sequence[Entry], after: Sequence[Entry]) -> bool:
    """Whether a side has an entry that the other one does not have."""
    return Counter(entry.text for entry in before) != Counter(entry.text for entry in after)


def differently_said(before: Sequence[Entry], after: Sequence[Entry]) -> Truth:
    """Whether a rule's entries say different things of a ticket, in whatever order; never NULL."""
    had, has = Counter(entry.text for entry in before), Counter(entry.text for entry in after)
    old, new = left(before, had - has), left(after, has - had)
    keys = {entry.key: None for entry in (*old, *new)}
    return disjunction(
        _of_one_key([e for e in old if e.key == key], [e for e in new if e.key == key]) for key in keys
    )


def left(entries: Sequence[Entry], wanted: Counter[str]) -> list[Entry]:
    """The entries that the other side does not have."""
    left = []
    for entry in entries:
        if wanted[entry.text] > 0:
            wanted[entry.text] -= 1
            left.append(entry)
    return left


def _of_one_key(before: Sequence[Entry], after: Sequence[Entry]) -> Truth:
    if not before or not after:
        return disjunction(entry.present for entry in (*before, *after))
    if len(before) == len(after) == 1:
        return _one_said_differently(before[0], after[0])
    longest = max(len(before), len(after))
    layout = layout_of(entry.slot.causes for entry in (*before, *after))
    old, new = (_sorted(entries, longest, layout) for entries in (before, after))
    said_at_all = disjunction(entry.present for entry in (*before, *after))
    return logic.case([(said_at_all, exp.NullSafeNEQ(this=old, expression=new))], exp.false())


def _one_said_differently(before: Entry, after: Entry) -> Truth:
    there, then = before.present, after.present
    values = [(_value(held), _value(after.slot.held[path])) for path, held in before.slot.held.items()]
    other_values = (exp.NullSafeNEQ(this=old, expression=new) for old, new in values if old != new)
    differ = disjunction((*other_values, other_causes(before.slot.causes, after.slot.causes)))
    if there == then:
        return logic.case([(there, logic.sql(differ))], exp.false())
    one_alone = exp.NEQ(this=_bracketed(there), expression=_bracketed(then))
    otherwise = disjunction((one_alone, logic.conjunction((there, then, differ))))
    # Asked only of the few tickets of which the rule says anything.
    return logic.case([(disjunction((there, then)), logic.sql(otherwise))], exp.false())


def _bracketed(truth: Truth) -> Sql:
    return exp.Paren(this=logic.sql(truth))


def _value(held: Held) -> Sql:
    """The value with the digits that every edition's value of this type has."""
    money = held.type.is_number and held.type.scale == 2
    return exp.cast(held.expression, MONEY) if money else held.expression


def _sorted(entries: Sequence[Entry], longest: int, layout: Layout) -> Sql:
    """What several entries of one key say of a ticket, as a sorted list that always has that length."""
    nothing = exp.cast(exp.Null(), "TEXT")
    said = [logic.case([(entry.present, _said(entry.slot, layout))], nothing) for entry in entries]
    return Sorted(this=Listed(expressions=[*said, *(nothing.copy() for _ in range(longest - len(said)))]))


def _said(slot: Slot, layout: Layout) -> Sql:
    """The values and causes of an entry as text."""
    parts = [_value(slot.held[path]) for path in sorted(slot.held, key=str)]
    parts += layout.parts(slot.causes) if slot.causes else []
    return joined("|", [_as_text(part) for part in parts]) if parts else string("")


def _as_text(value: Sql) -> Sql:
    return exp.Coalesce(this=exp.cast(value, "TEXT"), expressions=[string("")])


# --- why something is undecided -----------------------------------------------------------------------


@dataclass(frozen=True)
class Layout:
    """Which causes stand behind the bits of some masks: by the first cause of a word, all of its causes."""

    words: Mapping[Cause, tuple[Cause, ...]]

    def parts(self, causes: Causes | None) -> list[Sql]:
        """What a verdict says of the causes, as whole numbers and booleans: the place of the first reason,
        the missing names that one bit stands for, together, and the other missing names one by one.
        """
        numbers = {names[0]: word for word, names in causes.words if names} if causes else {}
        alone, several = self._named
        reasons = [
            (_any(numbers, self._masks(lambda cause, r=reason: cause.reason == r)), logic.whole(place))
            for place, reason in enumerate(REASONS)
        ]
        return [
            logic.case(reasons, logic.whole(len(REASONS))),
            *(
                _masked(numbers[word], mask) if word in numbers else NO_BITS.copy()
                for word, mask in alone.items()
            ),
            *(_bracketed(_any(numbers, masks)) for masks in several),
        ]

    @property
    def _named(self) -> tuple[Mapping[Cause, int], list[Mapping[Cause, int]]]:
        """The bits of names that have one bit, by word, and those of each other name."""
        every = [cause for names in self.words.values() for cause in names if cause.reason in NAMED]
        count = Counter(cause.name for cause in every)
        alone = self._masks(lambda cause: cause.reason in NAMED and count[cause.name] == 1)
        twice = [name for name, times in count.items() if times > 1]
        return alone, [self._masks(lambda c, n=name: c.reason in NAMED and c.name == n) for name in twice]

    def _masks(self, wanted: Callable[..., bool]) -> Mapping[Cause, int]:
        masks = {
            first: sum(1 << bit for bit, cause in enumerate(names) if wanted(cause))
            for first, names in self.words.items()
        }
        return {first: mask for first, mask in masks.items() if mask}


def layout_of(some: Iterable[Causes | None]) -> Layout:
    """Of masks that share their bits; the more is known of a word, the more causes it has."""
    words: dict[Cause, tuple[Cause, ...]] = {}
    for causes in some:
        for _, names in causes.words if causes else ():
            if names and len(names) > len(words.get(names[0], ())):
                words[names[0]] = names
    return Layout(words)


def other_causes(before: Causes | None, after: Causes | None) -> Truth:
    """Whether the reason or the missing names differ."""
    layout = layout_of((before, after))
    parts = zip(layout.parts(before), layout.parts(after), strict=True)
    return disjunction(exp.NEQ(this=old, expression=new) for old, new in parts if old != new)


def _any(numbers: Mapping[Cause, Sql], masks: Mapping[Cause, int]) -> Truth:
    """Whether one of the bits is set."""
    return disjunction(has_bits(numbers[word], mask) for word, mask in masks.items() if word in numbers)


def has_bits(word: Sql, mask: int) -> Sql:
    """Whether one of the mask's bits is set in a whole number; NULL where that is."""
    return exp.NEQ(this=_masked(word, mask), expression=logic.whole(0))


def _masked(word: Sql, mask: int) -> Sql:
    operand = word.copy() if isinstance(word, exp.Column) else exp.Paren(this=word.copy())
    return exp.Paren(this=exp.BitwiseAnd(this=operand, expression=logic.whole(mask)))


def _text(expression: Sql) -> str:
    return expression.name if isinstance(expression, exp.Column) else expression.sql("duckdb")


def string(text: str) -> Sql:
    return exp.Literal.string(text)


def joined(separator: str, parts: Sequence[Sql]) -> Sql:
    """The texts with the separator between them; those that are NULL are left out."""
    return exp.Anonymous(this="CONCAT_WS", expressions=[string(separator), *parts])
