"""Whether two editions say the same of a ticket: the slots of one rule on both sides, as one boolean.

Slots that are alike on both sides say the same of every ticket, since columns are named by what they
compute, so only the others are compared. The order in which a rule says several things does not matter.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from sqlglot import exp

from engine.evaluate.values import NAMED
from engine.evaluate.verdict import REASONS
from engine.replay import logic
from engine.replay.logic import Truth, disjunction
from engine.replay.slots import Causes, Held, Slot, Sql
from engine.replay.vocabulary import Listed, Sorted

MONEY = "DECIMAL(38, 2)"


def key_of(slot: Slot) -> str:
    """What a slot says, without values; two slots of one rule with one key say the same in different ways."""
    fixed = json.dumps(slot.fixed, sort_keys=True, default=str, ensure_ascii=False)
    return f"{slot.part} {fixed} {sorted(map(str, slot.held))}"


def _text(slot: Slot) -> str:
    """All of a slot: slots of equal text say the same of every ticket (bits are shared by the editions)."""
    held = [f"{path} {held.type} {held.expression.sql('duckdb')}" for path, held in slot.held.items()]
    causes = [word.sql("duckdb") for word, _ in slot.causes.words] if slot.causes else ""
    return f"{key_of(slot)} {slot.present.sql('duckdb')} {sorted(held)} {causes}"


def differ(before: Sequence[Slot], after: Sequence[Slot]) -> bool:
    """Whether a side has a slot that the other one does not have."""
    return Counter(map(_text, before)) != Counter(map(_text, after))


def differently_said(before: Sequence[Slot], after: Sequence[Slot]) -> Truth:
    """Whether a rule's slots say different things of a ticket, in whatever order; never NULL."""
    had, has = Counter(map(_text, before)), Counter(map(_text, after))
    old, new = _left(before, had - has), _left(after, has - had)
    keys = {key_of(slot): None for slot in (*old, *new)}
    return disjunction(
        _of_one_key([s for s in old if key_of(s) == key], [s for s in new if key_of(s) == key])
        for key in keys
    )


def _left(slots: Sequence[Slot], wanted: Counter[str]) -> list[Slot]:
    """The slots that the other side does not have."""
    left = []
    for slot in slots:
        if wanted[_text(slot)] > 0:
            wanted[_text(slot)] -= 1
            left.append(slot)
    return left


def _of_one_key(before: Sequence[Slot], after: Sequence[Slot]) -> Truth:
    if not before or not after:
        return disjunction(truth_of(slot) for slot in (*before, *after))
    if len(before) == len(after) == 1:
        return _one_said_differently(before[0], after[0])
    longest = max(len(before), len(after))
    return exp.NullSafeNEQ(this=_sorted(before, longest), expression=_sorted(after, longest))


def _one_said_differently(before: Slot, after: Slot) -> Truth:
    there, then = truth_of(before), truth_of(after)
    other_values = disjunction(
        exp.NullSafeNEQ(this=_value(before.held[path]), expression=_value(after.held[path]))
        for path in before.held
        if _value(before.held[path]) != _value(after.held[path])
    )
    other_causes = _other_causes(before.causes, after.causes)
    differ = disjunction((other_values, other_causes))
    if there == then:
        return logic.conjunction((there, differ))
    one_alone = exp.NEQ(this=_bracketed(there), expression=_bracketed(then))
    return disjunction((one_alone, logic.conjunction((there, then, differ))))


def truth_of(slot: Slot) -> Truth:
    """Whether the slot is said of a ticket; never NULL."""
    return bool(slot.present.this) if isinstance(slot.present, exp.Boolean) else slot.present


def _bracketed(truth: Truth) -> Sql:
    return exp.Paren(this=logic.sql(truth))


def _value(held: Held) -> Sql:
    """The value with the digits that every edition's value of this type has."""
    return (
        exp.cast(held.expression, MONEY) if held.type.is_number and held.type.scale == 2 else held.expression
    )


def _sorted(slots: Sequence[Slot], longest: int) -> Sql:
    """What is said of a ticket by several slots of one key, as a sorted list that always has that length."""
    entries = [logic.case([(truth_of(slot), _entry(slot))], exp.Null()) for slot in slots]
    empty = exp.cast(exp.Null(), "TEXT")
    return Sorted(this=Listed(expressions=[*entries, *[empty.copy() for _ in range(longest - len(entries))]]))


def _entry(slot: Slot) -> Sql:
    """The values and causes of a slot as text."""
    parts = [_as_text(_value(slot.held[path])) for path in sorted(slot.held, key=str)]
    return joined("|", [*parts, *_cause_text(slot.causes)]) if parts or slot.causes else _string("")


def _as_text(value: Sql) -> Sql:
    return exp.Coalesce(this=exp.cast(value, "TEXT"), expressions=[_string("")])


def _other_causes(before: Causes | None, after: Causes | None) -> Truth:
    """Whether the reason or the missing names differ, whatever bits each side has for them."""
    if before == after or before is None or after is None:
        return False
    return exp.NEQ(this=joined("|", _cause_text(before)), expression=joined("|", _cause_text(after)))


def _cause_text(causes: Causes | None) -> list[Sql]:
    """The reason first, then the missing names, each as text."""
    if causes is None:
        return []
    bits = [(cause, word, 1 << bit) for word, names in causes.words for bit, cause in enumerate(names)]
    reasons: dict[str, list[tuple[Sql, int]]] = {}
    missing: dict[str, list[tuple[Sql, int]]] = {}
    for cause, word, bit in bits:
        reasons.setdefault(cause.reason, []).append((word, bit))
        if cause.reason in NAMED:
            missing.setdefault(cause.name, []).append((word, bit))
    first = logic.case([(_any(reasons[r]), _string(r)) for r in REASONS if r in reasons], _string(""))
    return [first, *(logic.case([(_any(missing[n]), _string(n))], exp.Null()) for n in sorted(missing))]


def _any(bits: Sequence[tuple[Sql, int]]) -> Truth:
    """Whether one of the bits is set."""
    masks: dict[str, tuple[Sql, int]] = {}
    for word, bit in bits:
        text = word.sql("duckdb")
        masks[text] = (word, masks.get(text, (word, 0))[1] | bit)
    return disjunction(has_bits(word, mask) for word, mask in masks.values())


def has_bits(word: Sql, mask: int) -> Sql:
    """Whether one of the mask's bits is set in a whole number; NULL where that is."""
    both = exp.BitwiseAnd(this=exp.Paren(this=word.copy()), expression=logic.whole(mask))
    return exp.NEQ(this=exp.Paren(this=both), expression=logic.whole(0))


def _string(text: str) -> Sql:
    return exp.Literal.string(text)


def joined(separator: str, parts: Sequence[Sql]) -> Sql:
    """The texts with the separator between them; those that are NULL are left out."""
    return exp.Anonymous(this="CONCAT_WS", expressions=[_string(separator), *parts])
