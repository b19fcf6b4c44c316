"""What is undecided, with its reason and what is missing: from bits to names, in SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from sqlglot import exp

from engine.evaluate.values import NAMED, Cause
from engine.evaluate.verdict import REASONS
from engine.replay.sql import lists
from engine.replay.sql import vocabulary as v
from engine.replay.sql.logic import Truth, case, disjunction, sql, whole
from engine.replay.sql.slots import Column, Slot, Sql
from engine.replay.verdicts.listed import (
    ENTRY,
    TOGETHER,
    Chooser,
    Values,
    any_of,
    nothing,
    of_entry,
    record,
    slices,
)
from engine.replay.verdicts.shape import TEXTS, UNDECIDED, Parts, Plain, sql_type

Word: TypeAlias = tuple[Cause, ...]
Masks: TypeAlias = Mapping[int, int]
"""Bits to look for, by the place of their word."""


def undecided_list(
    slots: Sequence[Slot], columns: Mapping[str, Sql], chooser: Chooser
) -> tuple[Sql, list[Column]]:
    """The list of what is undecided, and the columns that it reads beside `columns` (by name)."""
    words = _words(slots)
    if not words:
        return nothing(UNDECIDED), []
    masks = [Values(f"slots_{_word(place)}") for place in range(len(words))]
    shape = Parts({"rule": Plain.TEXT, **{_place(place): Plain.WHOLE for place in range(len(words))}})
    records = [_fixed(slot, words, masks, columns) for slot in slots]
    found = chooser.looked_up(chooser.numbers([slot.present for slot in slots]), shape, records)
    own = {_word(place): _mask(values, place) for place, values in enumerate(masks)}
    masked = lists.mapped(found, ENTRY, lists.struct({"rule": of_entry("rule"), **own}))
    said = {"rule": of_entry("rule"), "reason": _reason(words), "missing": _missing(words, chooser)}
    open_ = any_of([(slot.present, None) for slot in slots])
    return lists.mapped(masked, ENTRY, record(UNDECIDED, said)), [values.column(open_) for values in masks]


def _words(slots: Sequence[Slot]) -> list[Word]:
    """The causes of each word's bits; a word is known by the cause of its first bit."""
    longest: dict[Cause, Word] = {}
    for slot in slots:
        for _, names in slot.causes.words if slot.causes else ():
            if len(names) > len(longest.get(names[0], ())):
                longest[names[0]] = names
    return list(longest.values())


def _word(place: int) -> str:
    return f"word_{place}"


def _place(place: int) -> str:
    return f"word_{place}_at"


def _fixed(
    slot: Slot, words: Sequence[Word], masks: Sequence[Values], columns: Mapping[str, Sql]
) -> dict[str, str | int]:
    """The rule, and where its masks stand.

    What a column of causes computes stands in the place of the column, so that it is worked out only for
    tickets of which something is undecided.
    """
    own = {names[0]: mask for mask, names in (slot.causes.words if slot.causes else ())}
    found: dict[str, str | int] = {"rule": slot.rule}
    for place, (names, values) in enumerate(zip(words, masks, strict=True)):
        mask = own.get(names[0])
        if mask is not None:
            worked_out = columns.get(mask.name, mask) if isinstance(mask, exp.Column) else mask
            found[_place(place)] = values.place(v.cast(worked_out, v.BIGINT))
    return found


def _mask(values: Values, place: int) -> Sql:
    return exp.Coalesce(this=values.at(of_entry(_place(place))), expressions=[whole(0)])


def _bits(words: Sequence[Word]) -> Iterator[tuple[int, int, Cause]]:
    for word, names in enumerate(words):
        for bit, cause in enumerate(names):
            yield word, 1 << bit, cause


def _reason(words: Sequence[Word]) -> Sql:
    """The reason that can be mended first."""
    masks: dict[str, dict[int, int]] = {}
    for word, bit, cause in _bits(words):
        own = masks.setdefault(cause.reason, {})
        own[word] = own.get(word, 0) | bit
    found: list[tuple[Truth, Sql]] = [
        (_has(masks[reason]), exp.Literal.string(reason)) for reason in REASONS if reason in masks
    ]
    return case(found, exp.Null())


def _missing(words: Sequence[Word], chooser: Chooser) -> Sql:
    """The names whose bits are set, sorted."""
    named: dict[str, dict[int, int]] = {}
    for word, bit, cause in _bits(words):
        if cause.reason in NAMED:
            masks = named.setdefault(cause.name, {})
            masks[word] = masks.get(word, 0) | bit
    together: dict[tuple[int, ...], list[str]] = {}
    for name in sorted(named):
        together.setdefault(tuple(named[name]), []).append(name)
    if not together:
        return exp.cast(exp.Array(), sql_type(TEXTS))
    parts = [
        _names({name: named[name] for name in run}, chooser)
        for names in together.values()
        for run in slices(names, TOGETHER)
    ]
    return lists.sort(chooser.flat(parts))


def _names(named: Mapping[str, Masks], chooser: Chooser) -> Sql:
    """Those of a few names whose bits are set, or NULL where none is: few of the bits ever are."""
    united: dict[int, int] = {}
    for masks in named.values():
        for word, mask in masks.items():
            united[word] = united.get(word, 0) | mask
    entries = [(_has(masks), exp.Literal.string(name)) for name, masks in named.items()]
    return v.when(_has(united), chooser.constants(entries))


def _has(masks: Masks) -> Sql:
    """Whether one of the bits of an entry's masks is set."""
    return sql(disjunction(_has_bits(word, mask) for word, mask in masks.items()))


def _has_bits(word: int, mask: int) -> Sql:
    both = exp.BitwiseAnd(this=of_entry(_word(word)), expression=whole(mask))
    return exp.NEQ(this=exp.Paren(this=both), expression=whole(0))
