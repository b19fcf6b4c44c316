"""Two editions held against each other in one scan: what of each ticket is kept, and how it is read again.

A rule's slots that are alike on both sides say the same of every ticket, since columns are named by what
they compute; only the others are compared. Of each ticket there remain a few narrow columns: its place, the
values that it is grouped by, money on both sides, and for each rule that differs a state of seven bits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sqlglot import exp

from engine.evaluate.values import Cause
from engine.replay.dry_run.impact import MoneyKind, RuleChange, Said, Share
from engine.replay.dry_run.said import MONEY, Entry, differ, differently_said, joined, left, string
from engine.replay.lowering.exclusive import runs
from engine.replay.sql import logic
from engine.replay.sql.columns import Columns, merged
from engine.replay.sql.logic import Truth, disjunction
from engine.replay.sql.slots import MONEY_KINDS, Column, Lowered, Part, Slot, Sql

SideName: TypeAlias = Literal["before", "after"]
SIDES: tuple[SideName, SideName] = ("before", "after")
STATES: Mapping[Part, int] = {"outcomes": 1, "defeated": 2, "undecided": 4}
"""The bits of a rule's state before; those after are eight times as much."""
AFTER = 8
CHANGED = 64
CLASS = "class"
NO_MONEY = exp.cast(logic.whole(0), "DECIMAL(18, 2)")


@dataclass(frozen=True)
class Rule:
    """A rule of which the two editions say different things, be it of no ticket.

    `said`: what its slots say, each once; codes in a class's text are places in it.
    """

    id: str
    number: int
    before: tuple[Entry, ...]
    after: tuple[Entry, ...]
    said: tuple[Said, ...]

    @property
    def state(self) -> str:
        return f"state_{self.number}"

    @property
    def kinds(self) -> tuple[MoneyKind, ...]:
        """The money that it may cost on either side."""
        return kinds_of(entry.slot for entry in (*self.before, *self.after))

    def money(self, kind: MoneyKind, side: SideName) -> str:
        return f"{side}_{self.number}_{self.kinds.index(kind)}"

    def side(self, side: SideName) -> tuple[Entry, ...]:
        return self.before if side == "before" else self.after


@dataclass(frozen=True)
class Lack:
    """Columns that tell why a slot is undecided, 0 in all of them where it is not."""

    rule: str
    side: SideName
    select: tuple[exp.Alias, ...]
    causes: tuple[tuple[Cause, ...], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(part.alias for part in self.select)

    def causes_in(self, words: Sequence[int]) -> list[Cause]:
        """The causes whose bits are set."""
        return [
            cause
            for word, causes in zip(words, self.causes, strict=True)
            for bit, cause in enumerate(causes)
            if word >> bit & 1
        ]


@dataclass(frozen=True)
class Comparison:
    """What is asked of every ticket: the columns to be worked out, and what is selected from them."""

    columns: tuple[Column, ...]
    select: tuple[Sql, ...]
    rules: tuple[Rule, ...]
    kinds: tuple[MoneyKind, ...]
    lacks: tuple[Lack, ...]

    def money(self, kind: MoneyKind, side: SideName) -> str:
        """The column of a ticket's whole money of one kind."""
        return f"{side}_{self.kinds.index(kind)}"


def comparison(base: Lowered, candidate: Lowered, keys: Mapping[str, Sql]) -> Comparison:
    """What is kept of each ticket; `keys` are columns of its own: its place, its number, its groups.

    Both editions must have been lowered with the same bits.
    """
    made = Columns()
    before, after = (tuple(map(Entry, lowered.slots)) for lowered in (base, candidate))
    rules = _rules(before, after)
    changes = [_changed(rule, made) for rule in rules]
    kinds = kinds_of((*base.slots, *candidate.slots))
    lacks = _lacks(rules)
    select = [
        *(named(sql.copy(), name) for name, sql in keys.items()),
        named(_class(rules, changes, made), CLASS),
        *_undecided(before, after, made),
        *_totals(before, after, kinds, made),
        *(named(_state(rule, changed), rule.state) for rule, changed in zip(rules, changes, strict=True)),
        *(part for rule in rules for part in _money_of(rule)),
        *{part.alias: part for lack in lacks for part in lack.select}.values(),
    ]
    columns = merged(base.columns, candidate.columns, made.all())
    return Comparison(columns, tuple(select), rules, kinds, lacks)


def _changed(rule: Rule, made: Columns) -> Truth:
    """Whether the rule says something else of a ticket, as a column of its own."""
    changed = differently_said(rule.before, rule.after)
    return changed if isinstance(changed, bool | None) else made.add("changed", changed, never_null=True)


def named(sql: Sql, name: str) -> exp.Alias:
    return exp.Alias(this=sql, alias=exp.to_identifier(name))


def kinds_of(slots: Iterable[Slot]) -> tuple[MoneyKind, ...]:
    """Kinds and units of the money in slots, in the order of kinds that totals have."""
    found = {(str(s.fixed["kind"]), str(s.fixed["unit"])) for s in slots if s.amount is not None}
    return tuple(sorted(found, key=lambda kind: (MONEY_KINDS.index(kind[0]), kind[1])))


def _rules(base: Sequence[Entry], candidate: Sequence[Entry]) -> tuple[Rule, ...]:
    """Every rule with a slot that the other side does not have."""
    before, after = _by_rule(base), _by_rule(candidate)
    names = [name for name in {**after, **before} if differ(before.get(name, ()), after.get(name, ()))]
    return tuple(
        _rule(number, name, before.get(name, ()), after.get(name, ())) for number, name in enumerate(names)
    )


def _by_rule(entries: Iterable[Entry]) -> dict[str, tuple[Entry, ...]]:
    found: dict[str, tuple[Entry, ...]] = {}
    for entry in entries:
        found[entry.slot.rule] = (*found.get(entry.slot.rule, ()), entry)
    return found


def _rule(number: int, name: str, before: tuple[Entry, ...], after: tuple[Entry, ...]) -> Rule:
    said = {entry.key: said_by(entry.slot) for entry in (*before, *after)}
    return Rule(name, number, before, after, tuple(said.values()))


def said_by(slot: Slot) -> Said:
    """Without the fields that differ from ticket to ticket."""
    return Said(slot.part, {key: value for key, value in slot.fixed.items() if (key,) not in slot.held})


def _class(rules: Sequence[Rule], changes: Sequence[Truth], made: Columns) -> Sql:
    """What changes of a ticket, as text: `0:1,2>3;4:>0`; NULL where nothing does."""
    any_changed = disjunction(changes)
    if not isinstance(any_changed, bool | None):
        any_changed = made.add("changed", any_changed, never_null=True)
    parts = [
        logic.case([(changed, _class_of(rule))], exp.Null())
        for rule, changed in zip(rules, changes, strict=True)
        if changed is not False
    ]
    return (
        logic.case([(any_changed, joined(";", parts))], exp.Null()) if parts else exp.cast(exp.Null(), "TEXT")
    )


def _class_of(rule: Rule) -> Sql:
    keys = dict.fromkeys(entry.key for entry in (*rule.before, *rule.after))
    codes = {key: string(str(code)) for code, key in enumerate(keys)}
    before, after = (
        [logic.case([(entry.present, codes[entry.key].copy())], exp.Null()) for entry in rule.side(side)]
        for side in SIDES
    )
    parts = [string(f"{rule.number}:"), _codes(before), string(">"), _codes(after)]
    return exp.Anonymous(this="CONCAT", expressions=parts)


def _codes(codes: Sequence[Sql]) -> Sql:
    return joined(",", codes) if codes else string("")


def changes_in(text: str, rules: Sequence[Rule]) -> tuple[RuleChange, ...]:
    """What the text of a class says, in the order of the rules."""
    changes = []
    for part in text.split(";"):
        number, _, codes = part.partition(":")
        rule = rules[int(number)]
        before, after = (_said(rule, side) for side in codes.split(">"))
        kind: Share = "changes" if before and after else "appears" if after else "disappears"
        changes.append(RuleChange(rule.id, kind, before, after))
    return tuple(changes)


def _said(rule: Rule, codes: str) -> tuple[Said, ...]:
    return tuple(rule.said[int(code)] for code in codes.split(",") if code)


def _undecided(base: Sequence[Entry], candidate: Sequence[Entry], made: Columns) -> list[Sql]:
    """Whether anything at all of a ticket is undecided, on each side."""
    alike, own = _shared(base, candidate)
    both = made.truth("undecided", _there(alike, "undecided"))
    return [
        named(logic.sql(disjunction((both, _there(entries, "undecided")))), f"undecided_{side}")
        for entries, side in zip(own, SIDES, strict=True)
    ]


def _shared(
    base: Sequence[Entry], candidate: Sequence[Entry]
) -> tuple[list[Entry], tuple[list[Entry], list[Entry]]]:
    """The entries that both sides have, which are asked once, and those of each side alone."""
    had, has = Counter(entry.text for entry in base), Counter(entry.text for entry in candidate)
    return left(base, had & has), (left(base, had - has), left(candidate, has - had))


def _there(entries: Sequence[Entry], part: Part) -> Truth:
    return disjunction(entry.present for entry in entries if entry.slot.part == part)


def _state(rule: Rule, changed: Truth) -> Sql:
    """The bits of a rule on one ticket."""
    bits = [
        (_there(rule.side(side), part), bit * (AFTER if side == "after" else 1))
        for side in SIDES
        for part, bit in STATES.items()
    ]
    terms = [
        logic.case([(truth, logic.whole(bit))], logic.whole(0)) for truth, bit in (*bits, (changed, CHANGED))
    ]
    terms = [term for term in terms if term != logic.whole(0)]
    return exp.cast(_added(terms) if terms else logic.whole(0), "TINYINT")


def _added(terms: Sequence[Sql]) -> Sql:
    total, *others = terms
    for term in others:
        total = exp.Add(this=total, expression=term)
    return total


# --- money ------------------------------------------------------------------------------------------


def _totals(
    base: Sequence[Entry], candidate: Sequence[Entry], kinds: Sequence[MoneyKind], made: Columns
) -> list[Sql]:
    """A ticket's whole money by kind on both sides; what both sides have is added up once."""
    alike, own = _shared(base, candidate)
    totals: list[Sql] = []
    for place, kind in enumerate(kinds):
        both = made.add("money", _sum(alike, kind))
        totals += [
            named(_added([both, *parts]) if (parts := _terms(entries, kind)) else both, f"{side}_{place}")
            for entries, side in zip(own, SIDES, strict=True)
        ]
    return [exp.alias_(exp.cast(total.this, MONEY), total.alias) for total in totals]


def _money_of(rule: Rule) -> list[Sql]:
    return [
        named(_sum(rule.side(side), kind), rule.money(kind, side)) for kind in rule.kinds for side in SIDES
    ]


def _sum(entries: Sequence[Entry], kind: MoneyKind) -> Sql:
    """The amounts of one kind that are said of a ticket, added up; one alone is as narrow as it is."""
    match _terms(entries, kind):
        case []:
            return NO_MONEY.copy()
        case [term]:
            return term
        case terms:
            return exp.cast(_added(terms), MONEY)


def _terms(entries: Sequence[Entry], kind: MoneyKind) -> list[Sql]:
    """A term for all the entries of which a ticket has one at most."""
    paid = {
        id(entry.slot): (entry.present, amount.expression)
        for entry in entries
        if (amount := entry.slot.amount) is not None
        and (entry.slot.fixed["kind"], entry.slot.fixed["unit"]) == kind
    }
    slots = [entry.slot for entry in entries if id(entry.slot) in paid]
    return [logic.case([paid[id(slot)] for slot in run], NO_MONEY) for run in runs(slots)]


# --- what undecided rules lack ------------------------------------------------------------------------


def _lacks(rules: Sequence[Rule]) -> tuple[Lack, ...]:
    """The causes of every undecided slot of the rules that differ; what both sides say is asked once.

    The words of a slot are 0 wherever it is not present.
    """
    return tuple(
        Lack(
            rule.id,
            side,
            tuple(
                named(word.copy(), f"lack_{rule.number}_{_number(rule, entry)}_{number}")
                for number, (word, _) in enumerate(entry.slot.causes.words)
            ),
            tuple(names for _, names in entry.slot.causes.words),
        )
        for rule in rules
        for side in SIDES
        for entry in rule.side(side)
        if entry.slot.causes is not None and entry.slot.causes.words
    )


def _number(rule: Rule, entry: Entry) -> int:
    """The number of an entry in its rule, the same for those that say the same of every ticket."""
    return list(dict.fromkeys(other.text for other in (*rule.before, *rule.after))).index(entry.text)
